package records

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// Exported is an entry of the ledger as an export has it: all that is needed to
// verify it elsewhere, and its content as it was written.
type Exported struct {
	Seq        uint64          `json:"seq"`
	Time       time.Time       `json:"time"`
	Kind       string          `json:"kind"`
	Class      string          `json:"class"`
	Erased     bool            `json:"erased,omitempty"`
	Content    json.RawMessage `json:"content,omitempty"`
	Key        []byte          `json:"key,omitempty"`
	Commitment ledger.Hash     `json:"commitment"`
	Prev       ledger.Hash     `json:"prev"`
	Hash       ledger.Hash     `json:"hash"`
}

func exported(e ledger.Entry) Exported {
	x := Exported{
		Seq: e.Seq, Time: e.Time, Kind: e.Kind, Class: e.Class, Erased: e.Erased(),
		Key: e.Key, Commitment: e.Commitment, Prev: e.Prev, Hash: e.Hash,
	}
	switch {
	case json.Valid(e.Body):
		x.Content = e.Body
	case !x.Erased: // somebody has altered it: shown as it stands
		x.Content, _ = json.Marshal(string(e.Body))
	}
	return x
}

// ExportedCall is a call record as an export has it.
type ExportedCall struct {
	ID int64 `json:"id"`
	Call
}

// WriteJSON writes entries as a list of JSON, one on each line.
func WriteJSON(w io.Writer, entries iter.Seq2[ledger.Entry, error]) error {
	return writeList(w, entries, func(e ledger.Entry) (any, error) { return exported(e), nil })
}

// WriteCallsJSON writes call records as a list of JSON, one on each line.
func WriteCallsJSON(w io.Writer, calls iter.Seq2[store.Call, error]) error {
	return writeList(w, calls, func(c store.Call) (any, error) { return readCall(c) })
}

func readCall(c store.Call) (ExportedCall, error) {
	x := ExportedCall{ID: c.ID}
	if err := json.Unmarshal(c.Body, &x.Call); err != nil {
		return x, fmt.Errorf("call record %d cannot be read: %w", c.ID, err)
	}
	return x, nil
}

func writeList[T any](w io.Writer, rows iter.Seq2[T, error], shape func(T) (any, error)) error {
	b := bufio.NewWriter(w)
	before := "["
	for row, err := range rows {
		if err != nil {
			return err
		}
		x, err := shape(row)
		if err != nil {
			return err
		}
		line, err := json.Marshal(x)
		if err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
		_, _ = b.WriteString(before + "\n") // Flush has the error
		_, _ = b.Write(line)
		before = ","
	}
	if before == "[" {
		_, _ = b.WriteString(before)
	}
	_, _ = b.WriteString("\n]\n")
	return b.Flush()
}

// WriteCSV writes entries as a table.
func WriteCSV(w io.Writer, entries iter.Seq2[ledger.Entry, error]) error {
	head := []string{
		"seq", "written", "kind", "class", "erased", "time", "call", "meeting", "run", "policy", "answer", "key",
		"language", "prompts", "words", "words_sha256", "heard_ms", "purpose", "program", "sealed", "subject", "hash",
		"recording", "outcome", "who", "why", "manifest_sha256",
	}
	return writeTable(w, head, entries, func(e ledger.Entry) ([]string, error) {
		var c Consent
		var a Access
		if e.Kind != ledger.KindErased && e.Kind != ledger.KindPurged {
			_ = json.Unmarshal(e.Body, &c) // one that was altered or erased has no columns
		}
		if e.Kind == KindAccess {
			_ = json.Unmarshal(e.Body, &a) // likewise
		}
		return []string{
			strconv.FormatUint(e.Seq, 10), stamp(e.Time.UTC()), e.Kind, e.Class, strconv.FormatBool(e.Erased()),
			stamp(c.Time), c.Call, c.Meeting, positive(c.Run), c.Policy, c.Answer, c.Key,
			c.Language, strings.Join(c.Prompts, " "), c.Words, c.Hash, positive(c.Heard.Milliseconds()), c.Purpose, c.Program,
			base64.StdEncoding.EncodeToString(c.Sealed), c.Subject, e.Hash.String(),
			a.Recording, a.Outcome, a.Who, a.Why, a.Manifest,
		}, nil
	})
}

// WriteCallsCSV writes call records as a table.
func WriteCallsCSV(w io.Writer, calls iter.Seq2[store.Call, error]) error {
	head := []string{
		"id", "start", "duration_ms", "call", "subject", "last_digits", "trunk", "number", "caller", "meeting", "language", "encryption", "secure_leg", "outcome",
		"codec", "r_factor", "lost", "discarded", "concealed", "jitter_ms", "delay_ms", "level_dbov", "noise_dbov",
		"they_lost", "round_trip_ms", "their_r_factor",
	}
	return writeTable(w, head, calls, func(row store.Call) ([]string, error) {
		c, err := readCall(row)
		s := c.Sound
		if s == nil {
			s = &Sound{}
		}
		return []string{
			strconv.FormatInt(c.ID, 10), stamp(c.Start), strconv.FormatInt(c.Duration.Milliseconds(), 10), c.Call.Call, c.Subject, c.LastDigits,
			c.Trunk, c.Number, c.Caller, c.Meeting, c.Language, c.Encryption, strconv.FormatBool(c.SecureLeg), c.Outcome,
			s.Codec, figure(s.Rating), figure(s.Lost), figure(s.Discarded), figure(s.Concealed), figure(s.Jitter), figure(s.Delay),
			figure(float64(s.Level)), figure(float64(s.Noise)), figure(s.TheyLost), figure(s.RoundTrip), figure(s.TheirRating),
		}, err
	})
}

func writeTable[T any](w io.Writer, head []string, rows iter.Seq2[T, error], columns func(T) ([]string, error)) error {
	c := csv.NewWriter(w)
	_ = c.Write(head) // Error has it
	for row, err := range rows {
		if err != nil {
			return err
		}
		fields, err := columns(row)
		if err != nil {
			return err
		}
		for i := range fields {
			fields[i] = harmless(fields[i])
		}
		_ = c.Write(fields)
	}
	c.Flush()
	return c.Error()
}

// harmless keeps a spreadsheet from taking a text for a formula. A negative
// number is none.
func harmless(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && text[0] == '-' {
		return text
	}
	return "'" + text
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func positive[T uint64 | int64](n T) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func figure(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
