package store

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// ClassCall is the class under which contents of calls are encrypted.
const ClassCall = "call"

// vault encrypts contents by the class and time of their record. A content that
// cannot be opened any more counts as erased.
type vault interface {
	Seal(class string, at time.Time, plain []byte) ([]byte, error)
	Open(class string, at time.Time, sealed []byte) (plain []byte, err error)
	Gone(class string, at time.Time) bool
}

// Encrypt has contents encrypted from here on, and decrypted where they are.
// What entries tell of erasures stays open: whoever verifies a copy needs it,
// and it is about nobody.
func (s *Store) Encrypt(v vault) { s.vault = v }

// Decrypt has the view open contents.
func (v *View) Decrypt(with vault) { v.vault = with }

// SealedMark begins a content that is encrypted: what follows is base64. So it
// can be seen on a disk where contents are left.
const SealedMark = "sealed:"

// conceal is a content as it is written.
func (s *Store) conceal(class string, at time.Time, content []byte) (string, error) {
	if s.vault == nil {
		return string(content), nil
	}
	sealed, err := s.vault.Seal(class, time.Unix(0, at.UnixNano()), content) // as the time is read again
	return SealedMark + base64.StdEncoding.EncodeToString(sealed), err
}

// concealed is an entry's key and body as they are written: encrypted, the key
// stands before the body.
func (s *Store) concealed(e ledger.Entry) (key []byte, body string, err error) {
	if s.vault == nil || e.Kind == ledger.KindErased || e.Kind == ledger.KindPurged {
		return e.Key, string(e.Body), nil
	}
	content := append(append(make([]byte, 0, len(e.Key)+len(e.Body)), e.Key...), e.Body...)
	body, err = s.conceal(e.Class, e.Time, content)
	return nil, body, err
}

// open is a content as it was before it was written: nil where its key is gone,
// and as it stands where somebody has altered it.
func (v *View) open(class string, at time.Time, text string) []byte {
	encoded, isSealed := strings.CutPrefix(text, SealedMark)
	if !isSealed {
		return []byte(text)
	}
	if v.vault == nil || v.vault.Gone(class, at) {
		return nil
	}
	sealed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return []byte(text)
	}
	plain, err := v.vault.Open(class, at, sealed)
	if err != nil {
		return []byte(text)
	}
	return plain
}

// reveal puts key and body of an entry where they belong.
func (v *View) reveal(e *ledger.Entry, text string) {
	content := v.open(e.Class, e.Time, text)
	if !strings.HasPrefix(text, SealedMark) || len(content) < ledger.KeySize {
		e.Body = content
		return
	}
	e.Key, e.Body = content[:ledger.KeySize:ledger.KeySize], content[ledger.KeySize:]
}
