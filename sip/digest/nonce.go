package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"time"
)

// A nonce is when it was made, after the start of its guard, eight random bytes
// and a MAC over both, the address it was made for and the realm: nothing need be
// kept of it until it has served, and nobody else can use it.
const (
	nonceHead = 16
	nonceSize = nonceHead + 16
)

func (g *Guard) nonce(realm string, source netip.Addr, now time.Time) string {
	var n [nonceSize]byte
	binary.BigEndian.PutUint64(n[:8], uint64(now.Sub(g.start)))
	_, _ = rand.Read(n[8:nonceHead]) // never fails
	copy(n[nonceHead:], g.mac(n[:nonceHead], realm, source))
	return base64.RawURLEncoding.EncodeToString(n[:])
}

// made returns when we made a nonce; ok is whether we did, for this source.
func (g *Guard) made(nonce, realm string, source netip.Addr) (at time.Time, ok bool) {
	var n [nonceSize]byte
	if base64.RawURLEncoding.DecodedLen(len(nonce)) != nonceSize {
		return time.Time{}, false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(n[:], []byte(nonce)); err != nil {
		return time.Time{}, false
	}
	if !hmac.Equal(n[nonceHead:], g.mac(n[:nonceHead], realm, source)) {
		return time.Time{}, false
	}
	return g.start.Add(time.Duration(binary.BigEndian.Uint64(n[:8]))), true
}

func (g *Guard) mac(head []byte, realm string, source netip.Addr) []byte {
	m := hmac.New(sha256.New, g.key[:])
	m.Write(head)
	m.Write([]byte(realm))
	m.Write([]byte{0})
	m.Write([]byte(source.String()))
	return m.Sum(nil)[:nonceSize-nonceHead]
}
