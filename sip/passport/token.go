package passport

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Token is one PASSporT as it stands in an Identity header.
type Token struct {
	Kind      string // ppt: shaken, div, ...; empty: none
	Algorithm string
	Source    string // where the certificate is
	Attest    string
	Issued    time.Time
	Orig      string   // the caller's number, in the digits of E.164
	Dest      []string // the called ones
	// Compact tokens leave out what the request says already (RFC 8225 section
	// 7): all but Kind, Algorithm and Source is empty, and complete fills it in.
	Compact bool

	signed    string // header and payload, as they were signed
	signature []byte
}

type header struct {
	Algorithm string `json:"alg"`
	Kind      string `json:"ppt,omitempty"`
	Type      string `json:"typ"`
	Source    string `json:"x5u"`
}

type payload struct {
	Attest string `json:"attest,omitempty"`
	Dest   struct {
		Numbers []string `json:"tn"`
	} `json:"dest"`
	Issued int64 `json:"iat"`
	Orig   struct {
		Number string `json:"tn"`
	} `json:"orig"`
}

// Parse reads the value of one Identity header: the PASSporT and, behind it,
// parameters that repeat some of it.
func Parse(value string) (Token, error) {
	if len(value) > maxValue {
		return Token{}, fmt.Errorf("%d bytes are too many", len(value))
	}
	compact, rest, _ := strings.Cut(value, ";")
	parts := strings.Split(strings.TrimSpace(compact), ".")
	if len(parts) != 3 {
		return Token{}, errors.New("is no PASSporT: want three parts with dots between them")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return Token{}, errors.New("signature is not one of ES256")
	}
	t := Token{signature: signature}
	params := paramsOf(rest)
	if parts[0] == "" && parts[1] == "" {
		t.Compact = true
		t.Kind, t.Algorithm, t.Source = params["ppt"], params["alg"], params["info"]
		if t.Algorithm == "" {
			t.Algorithm = "ES256" // RFC 8224 section 4.1
		}
		return t, nil
	}
	t.signed = parts[0] + "." + parts[1]
	return t, t.read(parts[0], parts[1], params)
}

// read fills t from the two signed parts.
func (t *Token) read(first, second string, params map[string]string) error {
	var h header
	if err := decode(first, &h); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	var p payload
	if err := decode(second, &p); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	switch {
	case !strings.EqualFold(h.Type, "passport"):
		return errors.New("header: is no passport by its typ")
	case params["ppt"] != "" && params["ppt"] != h.Kind:
		return errors.New("ppt is not the one that was signed")
	case len(p.Dest.Numbers) > maxNumbers:
		return errors.New("too many called numbers")
	}
	t.Kind, t.Algorithm, t.Source = h.Kind, h.Algorithm, h.Source
	t.Attest, t.Issued = p.Attest, time.Unix(p.Issued, 0)
	t.Orig = plain(p.Orig.Number)
	for _, n := range p.Dest.Numbers {
		t.Dest = append(t.Dest, plain(n))
	}
	return nil
}

// complete writes a compact token out as its signer must have had it.
func (t Token) complete(c Call) Token {
	if !t.Compact {
		return t
	}
	p := payload{Issued: c.Date.Unix()}
	p.Orig.Number, p.Dest.Numbers = plain(c.Caller), []string{plain(c.Called)}
	t.signed = encode(header{t.Algorithm, t.Kind, "passport", t.Source}) + "." + encode(p)
	t.Issued, t.Orig, t.Dest = c.Date, p.Orig.Number, p.Dest.Numbers
	return t
}

// signedBy reports whether the owner of key has signed the token.
func (t Token) signedBy(key *ecdsa.PublicKey) bool {
	hash := sha256.Sum256([]byte(t.signed))
	half := len(t.signature) / 2
	return ecdsa.Verify(key, hash[:], new(big.Int).SetBytes(t.signature[:half]), new(big.Int).SetBytes(t.signature[half:]))
}

func decode(part string, into any) error {
	plain, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errors.New("is not base64url")
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return errors.New("is not the JSON of a PASSporT")
	}
	return nil
}

// encode writes JSON in the one form that can be signed: no white space, keys
// in order, which is that of the fields (RFC 8225 section 9).
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings and numbers in memory
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// paramsOf reads ;info=<...>;alg=ES256;ppt="shaken".
func paramsOf(s string) map[string]string {
	all := map[string]string{}
	for n := 0; s != "" && n < maxParams; n++ {
		end := strings.IndexByte(s, ';')
		if open, shut := strings.IndexByte(s, '<'), strings.IndexByte(s, '>'); open >= 0 && open < end && shut > open {
			end = shut + 1 // a semicolon in the address is not ours
		}
		part := s
		if end >= 0 && end <= len(s) {
			part = s[:end]
		}
		s = strings.TrimPrefix(s[len(part):], ";")
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := all[name]; !twice {
			all[name] = strings.Trim(strings.TrimSpace(value), `"<>`)
		}
	}
	return all
}
