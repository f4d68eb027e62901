package passport

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

func TestAuthority(t *testing.T) {
	code := peertest.CarrierCode("709J")
	rows := peertest.NumberRange("4930555010", 10, "493099")
	for _, tt := range []struct {
		name   string
		list   []byte
		number string
		want   bool
	}{
		{"a carrier's code covers its numbers, whichever they are", code, "12025550123", true},
		{"the first of a row", rows, "4930555010", true},
		{"the last of a row", rows, "4930555019", true},
		{"one before a row", rows, "4930555009", false},
		{"one behind a row", rows, "4930555020", false},
		{"a longer number than those of a row", rows, "49305550100", false},
		{"a single number", rows, "493099", true},
		{"letters", rows, "49305550x1", false},
		{"nothing", rows, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := ParseAuthority(tt.list)
			if err != nil || a.Covers(tt.number) != tt.want {
				t.Errorf("Covers(%q) = %v (%v), want %v", tt.number, !tt.want, err, tt.want)
			}
		})
	}
}

func FuzzAuthority(f *testing.F) {
	f.Add(peertest.CarrierCode("709J"), "493055")
	f.Add(peertest.NumberRange("493055", 10, "493099"), "493059")
	f.Add([]byte{0x30, 0x00}, "")
	f.Add([]byte{0x30, 0x80, 0xa1}, "1")
	f.Fuzz(func(t *testing.T, der []byte, number string) {
		a, err := ParseAuthority(der)
		if err != nil && (Authority{}).Covers(number) {
			t.Error("nothing covers something")
		}
		if a.Covers(number) && len(a.Codes)+len(a.Numbers)+len(a.Ranges) == 0 {
			t.Error("an empty list covers something")
		}
	})
}

func FuzzParse(f *testing.F) {
	signature := strings.Repeat("A", 86)
	f.Add("e30.e30." + signature + ";info=<https://a/b;c>;alg=ES256;ppt=\"shaken\"")
	f.Add(".." + signature + ";info=<https://a/b>;alg=ES256")
	f.Add("eyJ0eXAiOiJwYXNzcG9ydCJ9.eyJpYXQiOjF9." + signature)
	f.Add(";;;=<>\"")
	f.Add("..;<;>")
	f.Fuzz(func(t *testing.T, value string) {
		for _, one := range split([]string{value, value}) {
			token, err := Parse(one)
			if err != nil {
				continue
			}
			whole := token.complete(Call{Caller: "1", Called: "2"})
			if whole.signed == "" || len(whole.signature) != 64 || len(whole.Dest) > maxNumbers {
				t.Errorf("Parse(%q) = %+v", one, whole)
			}
		}
		if n := len(split([]string{value, value})); n > maxTokens {
			t.Errorf("%d tokens", n)
		}
	})
}
