package offer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Suite is how packets are encrypted and authenticated.
type Suite uint8

// The suites of RFC 4568, RFC 6188 and RFC 7714 that are built.
const (
	Clear Suite = iota // no encryption
	AES128SHA80
	AES128SHA32
	AES256SHA80
	AES256SHA32
	AES128GCM
	AES256GCM
)

// suiteNames are the suites by their names in a=crypto. AES_CM_256 is what
// they were called in drafts before RFC 6188, and still are by many.
var suiteNames = [...]struct {
	name  string
	suite Suite
}{
	{"AES_CM_128_HMAC_SHA1_80", AES128SHA80},
	{"AES_CM_128_HMAC_SHA1_32", AES128SHA32},
	{"AES_256_CM_HMAC_SHA1_80", AES256SHA80},
	{"AES_256_CM_HMAC_SHA1_32", AES256SHA32},
	{"AES_CM_256_HMAC_SHA1_80", AES256SHA80},
	{"AES_CM_256_HMAC_SHA1_32", AES256SHA32},
	{"AEAD_AES_128_GCM", AES128GCM},
	{"AEAD_AES_256_GCM", AES256GCM},
}

// lengths are of a suite's master key and master salt, in bytes.
func (s Suite) lengths() (key, salt int) {
	switch s {
	case AES128SHA80, AES128SHA32:
		return 16, 14
	case AES256SHA80, AES256SHA32:
		return 32, 14
	case AES128GCM:
		return 16, 12
	case AES256GCM:
		return 32, 12
	}
	return 0, 0
}

// Key is a master key. Packets that it protects bear MKI, if it has one. It must
// never come into a log: however it is printed, alone or within anything else, it
// says nothing.
type Key struct{ *material }

// material stands behind a pointer because fmt follows none within a struct, but
// shows fields that are not exported as they are.
type material struct{ Master, Salt, MKI []byte }

// NewKey is a key without an identifier.
func NewKey(master, salt []byte) Key { return Key{&material{Master: master, Salt: salt}} }

// Format is for package fmt.
func (Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "(key)") }

// MarshalText is for everything that writes JSON.
func (Key) MarshalText() ([]byte, error) { return []byte("(key)"), nil }

// Crypto is what one a=crypto line says (RFC 4568): how its writer encrypts
// what they send.
type Crypto struct {
	Tag   int
	Suite Suite
	Keys  []Key  // the first is the one that a sender begins with
	name  string // of the suite, as they spell it
}

// Same reports whether both name the same keys, so that what the first has
// begun goes on under the second.
func (c Crypto) Same(o Crypto) bool {
	return c.Suite == o.Suite && slices.EqualFunc(c.Keys, o.Keys, func(a, b Key) bool {
		return bytes.Equal(a.Master, b.Master) && bytes.Equal(a.Salt, b.Salt) && bytes.Equal(a.MKI, b.MKI)
	})
}

// maxKeys bounds the keys of one line.
const maxKeys = 16

// readCrypto reads the value of one a=crypto. ok is false for a line that is
// broken, or that asks for anything we do not do: RFC 4568 then wants the next
// line to be tried.
func readCrypto(value string) (c Crypto, ok bool) {
	fields := strings.Fields(value)
	if len(fields) < 3 || len(fields[0]) > 9 {
		return Crypto{}, false
	}
	tag, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return Crypto{}, false
	}
	for _, known := range suiteNames {
		if strings.EqualFold(fields[1], known.name) {
			c = Crypto{Tag: int(tag), Suite: known.suite, name: known.name}
		}
	}
	if c.Suite == Clear || slices.ContainsFunc(fields[3:], refusedParameter) {
		return Crypto{}, false
	}
	for one := range strings.SplitSeq(fields[2], ";") {
		k, ok := readKey(c.Suite, one)
		if !ok || len(c.Keys) == maxKeys {
			return Crypto{}, false
		}
		c.Keys = append(c.Keys, k)
	}
	return c, distinct(c.Keys)
}

// distinct reports whether packets tell which of several keys they are under:
// each must have an identifier of its own, all of one length (RFC 4568, 6.1).
func distinct(keys []Key) bool {
	for i, k := range keys {
		if len(keys) > 1 && len(k.MKI) == 0 || len(k.MKI) != len(keys[0].MKI) {
			return false
		}
		if slices.ContainsFunc(keys[:i], func(o Key) bool { return bytes.Equal(o.MKI, k.MKI) }) {
			return false
		}
	}
	return true
}

// refusedParameter reports whether a session parameter (RFC 4568, 6.3) makes
// the line useless to us. WSH is advice about the replay window. Without a FEC
// stream the FEC parameters mean nothing. What begins with a minus may be passed
// over; everything else changes what is on the wire, or takes away protection.
func refusedParameter(p string) bool {
	name, _, _ := strings.Cut(strings.ToUpper(p), "=")
	switch name {
	case "WSH", "FEC_ORDER", "FEC_KEY":
		return false
	}
	return !strings.HasPrefix(name, "-")
}

// readKey reads inline:KEY|LIFETIME|MKI:LENGTH, of which the last two may be
// missing.
func readKey(s Suite, value string) (k Key, ok bool) {
	method, info, _ := strings.Cut(value, ":")
	if !strings.EqualFold(method, "inline") {
		return Key{}, false
	}
	parts := strings.Split(info, "|")
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	key, salt := s.lengths()
	if err != nil || len(raw) != key+salt || len(parts) > 3 {
		return Key{}, false
	}
	k = NewKey(raw[:key:key], raw[key:])
	rest := parts[1:]
	if len(rest) > 0 && !strings.Contains(rest[0], ":") {
		if !isLifetime(rest[0]) {
			return Key{}, false
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		k.MKI, ok = readMKI(rest[0])
		return k, ok && len(rest) == 1
	}
	return k, true
}

// isLifetime accepts the number of packets that a key is for, 1 to 2^48. It is
// the sender's promise, and theirs to keep.
func isLifetime(s string) bool {
	if exponent, ok := strings.CutPrefix(s, "2^"); ok {
		n, err := strconv.ParseUint(exponent, 10, 8)
		return err == nil && n <= 48
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && n > 0 && n <= 1<<48
}

// maxMKI is the longest master key identifier that RFC 4568 allows, in bytes.
const maxMKI = 128

// readMKI reads VALUE:LENGTH, a number and in how many bytes packets bear it.
func readMKI(s string) ([]byte, bool) {
	value, length, _ := strings.Cut(s, ":")
	n, err := strconv.ParseUint(length, 10, 8)
	const digits = 309 // of the largest number in maxMKI bytes
	if err != nil || n == 0 || n > maxMKI || value == "" || len(value) > digits {
		return nil, false
	}
	if strings.Trim(value, "0123456789") != "" {
		return nil, false
	}
	number, ok := new(big.Int).SetString(value, 10)
	if !ok || number.BitLen() > int(n)*8 {
		return nil, false
	}
	return number.FillBytes(make([]byte, n)), true
}

// write is the value of the a=crypto line. Its keys are ours: each lives for
// as long as RFC 3711 allows, which goes without saying.
func (c Crypto) write() string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(c.Tag) + " " + c.name + " ")
	for i, k := range c.Keys {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString("inline:" + base64.StdEncoding.EncodeToString(slices.Concat(k.Master, k.Salt)))
		if len(k.MKI) > 0 {
			b.WriteString("|" + new(big.Int).SetBytes(k.MKI).String() + ":" + strconv.Itoa(len(k.MKI)))
		}
	}
	return b.String()
}
