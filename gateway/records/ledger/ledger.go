// Package ledger is the arithmetic of a book to which entries are only ever
// added, and in which each change made by anybody else shows.
//
// An [Entry] has a header, which stays, and a body, which can be erased. The
// header has the body's commitment: HMAC-SHA-256 of the body under a random key
// of this one entry. The entry's hash covers its header, and the header has the
// hash of the entry before. So each hash stands for everything up to there; and
// when a body is erased together with its key, what stays says nothing about
// it, and the chain still fits.
//
// A [Checkpoint] is a hash that the gateway has signed. Whoever has no key can
// write a chain anew that fits in itself, but not one that fits what was signed;
// and whoever keeps a checkpoint elsewhere sees when entries up to it are gone.
//
// Nothing here touches a disk or a clock. [Verify] finds what does not fit and
// names it.
package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// KeySize is how long the key of a body's commitment is, in bytes.
const KeySize = 32

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is String, for JSON.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what String writes.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("%d characters are no SHA-256 in hexadecimal", len(text))
	}
	copy(h[:], b)
	return nil
}

// Entry is one entry as it is kept.
type Entry struct {
	Seq        uint64 // its place, from 1 without a gap
	Time       time.Time
	Kind       string // what the body is
	Class      string // for how long the body is kept
	Commitment Hash   // to the body
	Prev       Hash   // the entry before; zero for the first
	Hash       Hash   // of all the above

	Key  []byte // of the commitment; nil once the body is erased
	Body []byte // nil once it is erased
}

// Tail is where the next entry goes. The zero value is the beginning.
type Tail struct {
	Seq  uint64
	Hash Hash
}

// Draft is an entry that has no place yet.
type Draft struct {
	Kind, Class string
	Body        []byte
}

// Append makes the entry that follows t. The key must be new and random, of
// KeySize bytes.
func (t Tail) Append(at time.Time, d Draft, key []byte) Entry {
	e := Entry{
		Seq:        t.Seq + 1,
		Time:       at,
		Kind:       d.Kind,
		Class:      d.Class,
		Commitment: commitment(key, d.Body),
		Prev:       t.Hash,
		Key:        key,
		Body:       d.Body,
	}
	e.Hash = e.digest()
	return e
}

// Tail is where the entry after e goes.
func (e Entry) Tail() Tail { return Tail{Seq: e.Seq, Hash: e.Hash} }

// Erased reports whether the body is gone.
func (e Entry) Erased() bool { return e.Body == nil && e.Key == nil }

// sound reports whether the body is the one that was written. HMAC takes a key
// without its last zeros for the same.
func (e Entry) sound() bool {
	c := commitment(e.Key, e.Body)
	return len(e.Key) == KeySize && subtle.ConstantTimeCompare(c[:], e.Commitment[:]) == 1
}

func commitment(key, body []byte) (h Hash) {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	mac.Sum(h[:0])
	return h
}

// The first bytes of what is hashed and signed, so that the one is never taken
// for the other.
const (
	entryDomain      = "einwahl ledger entry 1\n"
	checkpointDomain = "einwahl ledger checkpoint 1\n"
)

// digest is the hash of the header: numbers are 8 bytes, big-endian, the time
// in nanoseconds since 1970; before each text stands its length.
func (e Entry) digest() Hash {
	b := make([]byte, 0, 256)
	b = append(b, entryDomain...)
	b = binary.BigEndian.AppendUint64(b, e.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixNano()))
	for _, text := range []string{e.Kind, e.Class} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = append(b, e.Commitment[:]...)
	b = append(b, e.Prev[:]...)
	return sha256.Sum256(b)
}
