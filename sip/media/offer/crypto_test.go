package offer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// inline is a key of n bytes, all of value b.
func inline(n int, b byte) string {
	return "inline:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, n))
}

func TestReadCrypto(t *testing.T) {
	key := inline(30, 1)
	for _, tt := range []struct {
		name, value string
		suite       Suite
		keys        int
		mki         string // of the first key, in hex
		refused     bool
	}{
		{name: "AES 128 with a tag of 80 bits", value: "1 AES_CM_128_HMAC_SHA1_80 " + key, suite: AES128SHA80},
		{name: "AES 128 with a tag of 32 bits", value: "1 AES_CM_128_HMAC_SHA1_32 " + key, suite: AES128SHA32},
		{name: "AES 256 with a tag of 80 bits", value: "1 AES_256_CM_HMAC_SHA1_80 " + inline(46, 1), suite: AES256SHA80},
		{name: "AES 256 with a tag of 32 bits", value: "1 AES_256_CM_HMAC_SHA1_32 " + inline(46, 1), suite: AES256SHA32},
		{name: "AES 256 as it was spelt before RFC 6188", value: "1 AES_CM_256_HMAC_SHA1_80 " + inline(46, 1), suite: AES256SHA80},
		{name: "AES 128 GCM", value: "1 AEAD_AES_128_GCM " + inline(28, 1), suite: AES128GCM},
		{name: "AES 256 GCM", value: "1 AEAD_AES_256_GCM " + inline(44, 1), suite: AES256GCM},
		{name: "letters of any case", value: "1 aead_aes_256_gcm " + strings.Replace(inline(44, 1), "inline", "INLINE", 1), suite: AES256GCM},
		{name: "a key without the padding of base64", value: "1 AEAD_AES_256_GCM " + strings.TrimRight(inline(44, 1), "="), suite: AES256GCM},
		{name: "a lifetime as a power", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^48", suite: AES128SHA80},
		{name: "a lifetime as a number", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|1048576", suite: AES128SHA80},
		{name: "lifetime and identifier", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^31|1:1", suite: AES128SHA80, mki: "01"},
		{name: "an identifier alone", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|258:4", suite: AES128SHA80, mki: "00000102"},
		{name: "the longest identifier", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|1:128", suite: AES128SHA80, mki: strings.Repeat("00", 127) + "01"},
		{name: "two keys", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|1:4;" + inline(30, 2) + "|2^20|2:4", suite: AES128SHA80, keys: 2, mki: "00000001"},
		{name: "advice about the replay window", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " WSH=128", suite: AES128SHA80},
		{name: "FEC without a FEC stream", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " FEC_ORDER=FEC_SRTP FEC_KEY=" + key, suite: AES128SHA80},
		{name: "a parameter that may be passed over", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " -X-COLOUR=blue", suite: AES128SHA80},
		{name: "a tag of nine digits", value: "999999999 AES_CM_128_HMAC_SHA1_80 " + key, suite: AES128SHA80},

		{name: "sound left in the clear", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " UNENCRYPTED_SRTP", refused: true},
		{name: "reports left in the clear", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " UNENCRYPTED_SRTCP", refused: true},
		{name: "sound not authenticated", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " UNAUTHENTICATED_SRTP", refused: true},
		{name: "keys derived anew", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " KDR=10", refused: true},
		{name: "a parameter that nobody knows", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + " COLOUR=blue", refused: true},
		{name: "a suite that nobody knows", value: "1 F8_128_HMAC_SHA1_80 " + key, refused: true},
		{name: "no encryption at all", value: "1 NULL_HMAC_SHA1_80 " + key, refused: true},
		{name: "a key that is too short", value: "1 AES_CM_128_HMAC_SHA1_80 " + inline(29, 1), refused: true},
		{name: "a key that is too long", value: "1 AES_CM_128_HMAC_SHA1_80 " + inline(46, 1), refused: true},
		{name: "no base64", value: "1 AES_CM_128_HMAC_SHA1_80 inline:****************************************", refused: true},
		{name: "a key that is elsewhere", value: "1 AES_CM_128_HMAC_SHA1_80 uri:https://example.org/key", refused: true},
		{name: "no key", value: "1 AES_CM_128_HMAC_SHA1_80", refused: true},
		{name: "no tag", value: "AES_CM_128_HMAC_SHA1_80 " + key, refused: true},
		{name: "a negative tag", value: "-1 AES_CM_128_HMAC_SHA1_80 " + key, refused: true},
		{name: "a tag of ten digits", value: "1000000000 AES_CM_128_HMAC_SHA1_80 " + key, refused: true},
		{name: "a lifetime of nothing", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|0", refused: true},
		{name: "a lifetime beyond 2^48", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^49", refused: true},
		{name: "an identifier longer than it says", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|256:1", refused: true},
		{name: "an identifier of no bytes", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|1:0", refused: true},
		{name: "an identifier beyond 128 bytes", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|1:129", refused: true},
		{name: "an identifier with a sign", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|+1:1", refused: true},
		{name: "two keys without identifiers", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + ";" + inline(30, 2), refused: true},
		{name: "two keys with one identifier", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|1:1;" + inline(30, 2) + "|1:1", refused: true},
		{name: "identifiers of two lengths", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|1:1;" + inline(30, 2) + "|2:2", refused: true},
		{name: "seventeen keys", value: "1 AES_CM_128_HMAC_SHA1_80 " + manyKeys(17), refused: true},
		{name: "something after the identifier", value: "1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|1:1|x", refused: true},
		{name: "nothing", value: "", refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, ok := readCrypto(tt.value)
			if ok == tt.refused {
				t.Fatalf("ok = %v", ok)
			}
			if tt.refused {
				return
			}
			if c.Suite != tt.suite || len(c.Keys) != max(tt.keys, 1) || fmt.Sprintf("%x", c.Keys[0].MKI) != tt.mki {
				t.Errorf("suite %d, %d keys, MKI %x", c.Suite, len(c.Keys), c.Keys[0].MKI)
			}
			again, ok := readCrypto(c.write())
			if !ok || !again.Same(c) || again.Tag != c.Tag {
				t.Errorf("written otherwise than read: %v", ok)
			}
		})
	}
}

func manyKeys(n int) string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("%s|%d:1", inline(30, byte(i)), i))
	}
	return strings.Join(keys, ";")
}

func TestKeysAreNeverPrinted(t *testing.T) {
	c, ok := readCrypto("1 AES_CM_128_HMAC_SHA1_80 " + inline(30, 'k'))
	if !ok {
		t.Fatal("refused")
	}
	shows := func(s string) bool {
		for _, k := range []string{"kkk", "107 107", "6b6b", "0x6b, 0x6b", "a2tr"} {
			if strings.Contains(strings.ToLower(s), k) {
				return true
			}
		}
		return false
	}
	for _, whole := range []any{c.Keys[0], c, &c, Agreement{Ours: c}, Party{agreed: Agreement{Theirs: c}, keys: []Crypto{c}}, struct{ hidden Crypto }{c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d"} {
			if s := fmt.Sprintf(verb, whole); shows(s) {
				t.Errorf("%s shows a key: %s", verb, s)
			}
		}
		if s, err := json.Marshal(whole); err != nil || shows(string(s)) {
			t.Errorf("JSON shows a key: %s, %v", s, err)
		}
	}
}

// FuzzCrypto: what is taken is sound, and is read again as it was written.
func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 " + inline(30, 1) + "|2^20|1:4;" + inline(30, 2) + "|2^20|2:4 WSH=64")
	f.Add("2 AEAD_AES_256_GCM " + inline(44, 1) + "|258:4")
	f.Add("3 AES_CM_256_HMAC_SHA1_32 " + inline(46, 1) + "|1048576 UNENCRYPTED_SRTCP")
	f.Fuzz(func(t *testing.T, value string) {
		c, ok := readCrypto(value)
		if !ok {
			return
		}
		master, salt := c.Suite.lengths()
		for _, k := range c.Keys {
			if len(k.Master) != master || len(k.Salt) != salt || len(k.MKI) > maxMKI {
				t.Fatalf("a key of %d, %d, %d bytes", len(k.Master), len(k.Salt), len(k.MKI))
			}
		}
		if again, ok := readCrypto(c.write()); !ok || !again.Same(c) || again.Tag != c.Tag {
			t.Errorf("written otherwise than read")
		}
	})
}
