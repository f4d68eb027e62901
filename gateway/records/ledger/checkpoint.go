package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Checkpoint is the signed statement that the chain had this hash at this
// place.
type Checkpoint struct {
	Seq       uint64
	Hash      Hash
	Time      time.Time
	Key       ed25519.PublicKey
	Signature []byte
}

// Sign makes a checkpoint of t.
func (t Tail) Sign(at time.Time, key ed25519.PrivateKey) Checkpoint {
	c := Checkpoint{Seq: t.Seq, Hash: t.Hash, Time: at, Key: key.Public().(ed25519.PublicKey)}
	c.Signature = ed25519.Sign(key, c.message())
	return c
}

// Signed reports whether the signature is that of the checkpoint's own key.
// Whose key it is must be known from elsewhere.
func (c Checkpoint) Signed() bool {
	return len(c.Key) == ed25519.PublicKeySize && ed25519.Verify(c.Key, c.message(), c.Signature)
}

func (c Checkpoint) message() []byte {
	b := make([]byte, 0, 96)
	b = append(b, checkpointDomain...)
	b = binary.BigEndian.AppendUint64(b, c.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Time.UnixNano()))
	return append(b, c.Hash[:]...)
}

// checkpointWord begins the line of a checkpoint.
const checkpointWord = "einwahl-checkpoint-1"

// String is the checkpoint as one line, to be kept elsewhere.
func (c Checkpoint) String() string {
	return strings.Join([]string{
		checkpointWord, strconv.FormatUint(c.Seq, 10), c.Time.UTC().Format(time.RFC3339Nano), c.Hash.String(),
		FormatKey(c.Key), base64.StdEncoding.EncodeToString(c.Signature),
	}, " ")
}

// ParseCheckpoint reads a line that String has written, and looks whether it is
// signed.
func ParseCheckpoint(line string) (Checkpoint, error) {
	var c Checkpoint
	f := strings.Fields(line)
	if len(f) != 6 || f[0] != checkpointWord {
		return c, fmt.Errorf("no checkpoint: want a line that begins with %s", checkpointWord)
	}
	var errs [5]error
	c.Seq, errs[0] = strconv.ParseUint(f[1], 10, 63)
	c.Time, errs[1] = time.Parse(time.RFC3339Nano, f[2])
	errs[2] = c.Hash.UnmarshalText([]byte(f[3]))
	c.Key, errs[3] = ParseKey(f[4])
	c.Signature, errs[4] = base64.StdEncoding.DecodeString(f[5])
	if err := errors.Join(errs[:]...); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint is damaged: %w", err)
	}
	if !c.Signed() {
		return Checkpoint{}, errors.New("the signature of the checkpoint is wrong")
	}
	return c, nil
}

// FormatKey writes a public key as text.
func FormatKey(k ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(k) }

// ParseKey reads what FormatKey writes.
func ParseKey(text string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%d characters are no Ed25519 key in base64", len(text))
	}
	return b, nil
}
