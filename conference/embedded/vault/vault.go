// Package vault keeps one file that nobody reads without its key: what it holds
// is sealed with AES-256-GCM, and replaced as a whole. After a crash there is
// the old content or the new one, and what Keep has returned from without an
// error lasts.
package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// header begins each file, and is sealed with it: another version is another
// header.
const header = "einwahl vault 1\n"

const keyLength = 32

var (
	errNotOurs = errors.New("it is no file of this kind")
	errKey     = fmt.Errorf("want a key of %d hexadecimal digits", 2*keyLength)
	errSeal    = errors.New("its key does not open it, or it was changed")
	errChanged = errors.New("another program has changed it meanwhile: only one may")
)

// Vault is one file and its key. It makes nothing before something is kept.
type Vault struct {
	file, key string
	seal      cipher.AEAD // nil while there is no key
	sealed    []byte      // what is in the file; nil: there is none
}

// Open opens a file whose key is in another, and returns what it holds: nil
// where there is no file yet.
func Open(file, key string) (*Vault, []byte, error) {
	v := &Vault{file: file, key: key}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read vault: %w", err)
	}
	if err := v.readKey(); err != nil {
		return nil, nil, fmt.Errorf("%s is there: %w", file, err)
	}
	content, err := unseal(v.seal, text)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s with %s: %w", file, key, err)
	}
	v.sealed = text
	return v, content, nil
}

// Keep puts content in place of what the file holds. The first time it makes
// the file, its folder and, where there is none, its key, readable by their
// owner only. A file that somebody else has changed is left alone, also where
// that happens at the same moment.
func (v *Vault) Keep(content []byte) error {
	for _, name := range []string{v.file, v.key} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return fmt.Errorf("make folder of a vault: %w", err)
		}
	}
	alone, err := lock(v.file + ".lock")
	if err != nil {
		return err
	}
	defer func() { _ = alone.Close() }() // nothing was written to it
	if err := v.unchanged(); err != nil {
		return err
	}
	if v.seal == nil {
		if err := v.makeKey(); err != nil {
			return err
		}
	}
	nonce := make([]byte, v.seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	sealed := v.seal.Seal(append([]byte(header), nonce...), nonce, content, []byte(header))
	placed, err := Replace(v.file, sealed)
	if placed {
		v.sealed = sealed // also where it may not last: it is ours to replace
	}
	if err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	return nil
}

// unchanged looks whether the file is as we know it.
func (v *Vault) unchanged() error {
	text, err := os.ReadFile(v.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = nil
	case err != nil:
		return fmt.Errorf("read vault: %w", err)
	}
	if !bytes.Equal(text, v.sealed) {
		return fmt.Errorf("%s: %w", v.file, errChanged)
	}
	return nil
}

func unseal(seal cipher.AEAD, text []byte) ([]byte, error) {
	rest, ours := strings.CutPrefix(string(text), header)
	if !ours || len(rest) < seal.NonceSize() {
		return nil, errNotOurs
	}
	nonce, sealed := rest[:seal.NonceSize()], rest[seal.NonceSize():]
	content, err := seal.Open([]byte{}, []byte(nonce), []byte(sealed), []byte(header))
	if err != nil {
		return nil, errSeal
	}
	return content, nil
}

// makeKey makes a key, unless there is one.
func (v *Vault) makeKey() error {
	err := v.readKey()
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // never fails
	if _, err := Replace(v.key, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return fmt.Errorf("write key of a vault: %w", err)
	}
	return v.readKey()
}

func (v *Vault) readKey() error {
	text, err := os.ReadFile(v.key)
	if err != nil {
		return fmt.Errorf("read key of a vault: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyLength {
		return fmt.Errorf("read key of a vault: %s: %w", v.key, errKey)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return fmt.Errorf("key of a vault: %w", err)
	}
	if v.seal, err = cipher.NewGCM(block); err != nil {
		return fmt.Errorf("key of a vault: %w", err)
	}
	return nil
}
