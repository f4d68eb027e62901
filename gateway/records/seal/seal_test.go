package seal

import (
	"bytes"
	"strings"
	"testing"

	"filippo.io/age"
)

func TestOnlyTheRecipientOpens(t *testing.T) {
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := ParseRecipient(mine.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := to.Seal("+4930123456")
	if err != nil {
		t.Fatal(err)
	}
	again, err := to.Seal("+4930123456")
	if err != nil || bytes.Equal(sealed, again) {
		t.Errorf("the same number is sealed alike, %v", err)
	}
	for _, tt := range []struct {
		name, identities string
		want             string
		fails            bool
	}{
		{"the recipient", mine.String(), "+4930123456", false},
		{"with other keys in the file", "# comment\n" + other.String() + "\n" + mine.String() + "\n", "+4930123456", false},
		{"somebody else", other.String(), "", true},
	} {
		keys, err := ParseIdentities(tt.identities)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keys.Open(sealed); got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	sealed[len(sealed)-1] ^= 1
	keys, _ := ParseIdentities(mine.String())
	if got, err := keys.Open(sealed); err == nil {
		t.Errorf("opened what was altered: %q", got)
	}
}

func TestMistakesTellNoKey(t *testing.T) {
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRecipient(mine.String()); err == nil || strings.Contains(err.Error(), mine.String()) {
		t.Errorf("a private key as recipient: %v", err)
	}
	if _, err := ParseIdentities(mine.String() + "x"); err == nil || strings.Contains(err.Error(), mine.String()) {
		t.Errorf("a damaged identity: %v", err)
	}
}

func TestEachOfSeveralRecipientsOpens(t *testing.T) {
	var keys, private []string
	for range 3 {
		one, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		keys, private = append(keys, one.Recipient().String()), append(private, one.String())
	}
	to, err := ParseRecipients(keys[:2])
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := to.Seal("the key of a recording")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		mine, err := ParseIdentities(private[i])
		if err != nil {
			t.Fatal(err)
		}
		if text, err := mine.Open(sealed); (err == nil) != want || want && text != "the key of a recording" {
			t.Errorf("%d opens %q, %v", i, text, err)
		}
	}
	if _, err := ParseRecipients([]string{keys[0], "age1"}); err == nil {
		t.Errorf("a key that is none: %v", err)
	}
}
