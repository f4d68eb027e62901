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
