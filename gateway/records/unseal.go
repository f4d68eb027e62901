package records

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/einwahl/einwahl/gateway/records/seal"
)

// Unseal reads an export and writes a table of the numbers that are sealed in it.
// It is for the machine that has the identities, and needs no gateway there. What
// was sealed to somebody else is left out, and told as an error at the end.
func Unseal(w io.Writer, export io.Reader, identities string) error {
	keys, err := seal.ParseIdentities(identities)
	if err != nil {
		return err
	}
	in, out := json.NewDecoder(export), csv.NewWriter(w)
	if t, err := in.Token(); err != nil || t != json.Delim('[') {
		return errors.New("this is no export: want what `einwahl records export` writes as JSON")
	}
	_ = out.Write([]string{"seq", "time", "call", "meeting", "kind", "answer", "number"}) // Error has it
	foreign := 0
	for in.More() {
		var x Exported
		var c Consent
		if err := in.Decode(&x); err != nil {
			return fmt.Errorf("read export: %w", err)
		}
		if json.Unmarshal(x.Content, &c) != nil || c.Sealed == nil {
			continue
		}
		number, err := keys.Open(c.Sealed)
		if err != nil {
			foreign++
			continue
		}
		_ = out.Write([]string{strconv.FormatUint(x.Seq, 10), stamp(c.Time), c.Call, c.Meeting, c.Kind, c.Answer, harmless(number)})
	}
	out.Flush()
	if err := out.Error(); err != nil || foreign == 0 {
		return err
	}
	return fmt.Errorf("numbers in %d entries are sealed to another key, or damaged", foreign)
}
