// Package seal keeps a text from everybody but the one who has the key, which
// is not on this machine: with age and X25519, as the program age has it.
package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// Recipient is whom texts are sealed to. It is public.
type Recipient struct{ to *age.X25519Recipient }

// ParseRecipient reads what age-keygen prints as the public key.
func ParseRecipient(text string) (Recipient, error) {
	to, err := age.ParseX25519Recipient(text)
	if err != nil {
		return Recipient{}, errors.New("this is no public key of age: want age1..., as age-keygen prints it")
	}
	return Recipient{to}, nil
}

// Seal makes of a text what only the recipient's identity opens. Nobody else
// can tell whether two of them hold the same.
func (r Recipient) Seal(text string) ([]byte, error) { return Recipients{r}.Seal(text) }

// Recipients are those of whom each can open what is sealed.
type Recipients []Recipient

// ParseRecipients reads what age-keygen prints as public keys.
func ParseRecipients(keys []string) (Recipients, error) {
	var all Recipients
	for _, key := range keys {
		r, err := ParseRecipient(key)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// Seal makes of a text what the identity of any of the recipients opens.
func (r Recipients) Seal(text string) ([]byte, error) {
	to := make([]age.Recipient, len(r))
	for i := range r {
		to[i] = r[i].to
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to...)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed.Bytes(), nil
}

// Identities are the keys that open what is sealed.
type Identities struct{ all []age.Identity }

// ParseIdentities reads the file that age-keygen writes.
func ParseIdentities(file string) (Identities, error) {
	all, err := age.ParseIdentities(strings.NewReader(file))
	if err != nil {
		return Identities{}, errors.New("no identities of age: want the file that age-keygen writes")
	}
	return Identities{all}, nil
}

// Open reads what was sealed.
func (i Identities) Open(sealed []byte) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), i.all...)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	return string(text), nil
}
