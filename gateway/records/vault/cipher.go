package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Why something cannot be opened.
var (
	errGone    = errors.New("the key of its day is gone")
	errDamaged = errors.New("it was altered")
)

// Seal encrypts a record of a class and time (AES-256-GCM). The key, where it is
// the first of its day and class, is on the disk before Seal returns.
func (v *Vault) Seal(class string, at time.Time, plain []byte) ([]byte, error) {
	key, err := v.key(class, at)
	if err != nil {
		return nil, err
	}
	box, err := boxOf(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(plain)+box.Overhead())
	_, _ = rand.Read(nonce) // never fails; a day has far fewer than 2^32 records
	return box.Seal(nonce, nonce, plain, place(class, at)), nil
}

// Gone reports that the key of a class and day was destroyed, or never was.
func (v *Vault) Gone(class string, at time.Time) bool { return v.there(class, at) == nil }

func (v *Vault) there(class string, at time.Time) []byte { return v.keys()[dayOf(at)].Classes[class] }

// Open decrypts what Seal has made.
func (v *Vault) Open(class string, at time.Time, sealed []byte) ([]byte, error) {
	key := v.there(class, at)
	if key == nil {
		return nil, errGone
	}
	box, err := boxOf(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < box.NonceSize() {
		return nil, errDamaged
	}
	nonce, sealed := sealed[:box.NonceSize()], sealed[box.NonceSize():]
	plain, err := box.Open(nil, nonce, sealed, place(class, at))
	if err != nil {
		return nil, errDamaged
	}
	return plain, nil
}

// key is that of a class on a day, made where there is none.
func (v *Vault) key(class string, at time.Time) ([]byte, error) {
	if key := v.there(class, at); key != nil {
		return key, nil
	}
	v.writing.Lock()
	defer v.writing.Unlock()
	name := dayOf(at)
	d := v.keys()[name]
	if key := d.Classes[class]; key != nil { // made meanwhile
		return key, nil
	}
	key, classes := newKey(), map[string][]byte{}
	maps.Copy(classes, d.Classes)
	classes[class] = key
	d.Classes = classes
	return key, v.put(name, d)
}

func boxOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key of the records: %w", err)
	}
	return cipher.NewGCM(block)
}

// place binds what is sealed to where it stands.
func place(class string, at time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte(class+"\n"), uint64(at.UnixNano()))
}
