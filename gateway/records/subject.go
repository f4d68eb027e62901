package records

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/seal"
)

// Subject is all that is kept about a number, as far as anybody can still tell
// that it is about it.
type Subject struct {
	Number   string         `json:"number"` // as it was asked for
	Looked   time.Time      `json:"looked"`
	Calls    []ExportedCall `json:"calls"`
	Evidence []Known        `json:"evidence"`
	// Unopened is how many sealed numbers there are that none of the identities
	// opens: each may be this one.
	Unopened int `json:"unopened"`
}

// Known is an entry about a number.
type Known struct {
	Exported
	By string `json:"by"` // how it was found: see below
}

// How an entry is known to be about a number.
const (
	ByPseudonym = "pseudonym" // the key of its day is there yet
	BySeal      = "seal"      // it has the number sealed
	ByNumber    = "number"    // it has the number, for billing
	ByCall      = "call"      // it is of a call that was found
)

// about is what is looked for.
type about struct {
	numbers    map[string]bool // as they are spelled
	pseudonyms map[string]bool
	identities seal.Identities
	calls      map[string]bool // found, by their IDs
	unopened   map[uint64]bool // entries whose number none of the identities opens
}

// Subject finds what is kept about a number, which may be given in several
// spellings: by the pseudonyms of the days whose keys are there, by what the
// identities open, and by the calls of which either is.
func (r *Reader) Subject(identities seal.Identities, numbers ...string) (Subject, error) {
	a := about{numbers: map[string]bool{}, pseudonyms: map[string]bool{}, calls: map[string]bool{}, unopened: map[uint64]bool{}, identities: identities}
	for _, n := range numbers {
		a.numbers[spelled(n)] = true
		for _, p := range r.vault.Pseudonyms(spelled(n)) {
			a.pseudonyms[p] = true
		}
	}
	s := Subject{Number: numbers[0], Looked: time.Now(), Calls: []ExportedCall{}, Evidence: []Known{}}
	if err := r.callsOf(&a, &s); err != nil {
		return s, err
	}
	by := map[uint64]string{}
	for e, err := range r.Entries(0) {
		if err != nil {
			return s, err
		}
		if how, call := a.knows(e); how != "" {
			by[e.Seq], a.calls[call] = how, true
		}
	}
	err := r.evidence(&a, &s, by)
	s.Unopened = len(a.unopened)
	return s, err
}

// callsOf adds the calls of the pseudonyms.
func (r *Reader) callsOf(a *about, s *Subject) error {
	for p := range a.pseudonyms {
		for row, err := range r.CallsOf(p) {
			if err != nil {
				return err
			}
			c, err := readCall(row)
			if err != nil {
				return err
			}
			s.Calls = append(s.Calls, c)
			a.calls[c.Call.Call] = true
		}
	}
	slices.SortFunc(s.Calls, func(x, y ExportedCall) int { return int(x.ID - y.ID) })
	return nil
}

// evidence adds the entries that were found, and all others of the same calls.
func (r *Reader) evidence(a *about, s *Subject, by map[uint64]string) error {
	delete(a.calls, "")
	for e, err := range r.Entries(0) {
		if err != nil {
			return err
		}
		how := by[e.Seq]
		if how == "" && a.calls[callOf(e)] {
			how = ByCall
			delete(a.unopened, e.Seq)
		}
		if how != "" {
			s.Evidence = append(s.Evidence, Known{exported(e), how})
		}
	}
	return nil
}

// written is what of a content tells whom it is about.
type written struct {
	Call      string `json:"call"`
	Subject   string `json:"subject"`
	Sealed    []byte `json:"sealed"`
	Telephone string `json:"telephone"`
}

// callOf is the call that an entry is of, empty where it is of none.
func callOf(e ledger.Entry) string {
	if e.Kind == ledger.KindErased || e.Kind == ledger.KindPurged {
		return ""
	}
	var w written
	_ = json.Unmarshal(e.Body, &w) // what was altered or erased is of none
	return w.Call
}

// knows reports how an entry is known to be about the numbers, and of which
// call it is.
func (a *about) knows(e ledger.Entry) (how, call string) {
	var w written
	if e.Kind == ledger.KindErased || e.Kind == ledger.KindPurged || json.Unmarshal(e.Body, &w) != nil {
		return "", ""
	}
	switch {
	case w.Telephone != "" && a.numbers[spelled(w.Telephone)]:
		return ByNumber, w.Call
	case a.pseudonyms[w.Subject]:
		return ByPseudonym, w.Call
	case w.Sealed == nil:
		return "", ""
	}
	number, err := a.identities.Open(w.Sealed)
	if err != nil {
		a.unopened[e.Seq] = true
		return "", ""
	}
	if a.numbers[spelled(number)] {
		return BySeal, w.Call
	}
	return "", ""
}
