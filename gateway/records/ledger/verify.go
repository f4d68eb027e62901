package ledger

import (
	"crypto/ed25519"
	"iter"
	"slices"
	"time"
)

// Source is a ledger to be looked at. Both rows are in the order of Seq, and
// are gone through once.
type Source struct {
	Entries     iter.Seq2[Entry, error]
	Checkpoints iter.Seq2[Checkpoint, error]
}

// Trust is what the one who verifies knows from elsewhere.
type Trust struct {
	Keys    []ed25519.PublicKey // whose signatures count
	Anchors []Checkpoint        // kept elsewhere; they are looked at like the ledger's own
}

// Report is what was found.
type Report struct {
	Entries     uint64
	Erased      uint64 // entries among them whose body was erased, as the ledger tells
	Checkpoints uint64
	First, Last time.Time
	Tail        Tail
	Faults      []Fault
}

// Whole reports whether nothing is wrong.
func (r Report) Whole() bool { return len(r.Faults) == 0 }

// Verify goes through a ledger and names all that does not fit. The error is
// of reading, not of what was read.
func Verify(s Source, t Trust) (Report, error) {
	v := newVerifier(t)
	next, stop := iter.Pull2(s.Checkpoints)
	defer stop()
	c, err, more := next()
	for e, fault := range s.Entries {
		if fault != nil {
			return Report{}, fault
		}
		var here []Checkpoint
		for ; more && err == nil && c.Seq <= e.Seq; c, err, more = next() {
			here = append(here, c)
		}
		if err != nil {
			return Report{}, err
		}
		v.entry(e, here)
	}
	for ; more; c, err, more = next() {
		if err != nil {
			return Report{}, err
		}
		v.beyond(c)
	}
	return v.finish(), nil
}

// verifier has seen the entries up to one.
type verifier struct {
	trust   Trust
	anchors map[uint64][]Checkpoint
	report  Report

	last    Entry
	clear   bool   // the last entry fits
	run     uint64 // from there on there is no gap
	signed  uint64 // the last entry that a checkpoint fits
	kept    uint64 // the last that one kept elsewhere fits
	cut     uint64 // up to there no later signature reaches back
	highest uint64 // that a checkpoint is of

	strange map[uint64]string // what does not fit, and why
	moved   map[uint64]origin // by where it stands: where it was written
	gaps    [][2]uint64       // places without an entry
	loose   [][2]uint64       // entries that no signature reaches
	search  int               // hashes that may yet be made to find where entries come from

	bodies []body
	told   erasures
}

// searches bounds how many hashes are made to find where entries that do not fit
// come from: a second's worth.
const searches = 3_000_000

func newVerifier(t Trust) *verifier {
	v := &verifier{
		trust: t, anchors: map[uint64][]Checkpoint{}, clear: true, search: searches,
		strange: map[uint64]string{}, moved: map[uint64]origin{},
	}
	for _, a := range t.Anchors {
		v.anchors[a.Seq] = append(v.anchors[a.Seq], a)
		v.highest = max(v.highest, a.Seq)
	}
	return v
}

func (v *verifier) fault(kind string, from, to uint64, detail string) {
	v.report.Faults = append(v.report.Faults, Fault{kind, from, to, detail})
}

// entry looks at the next entry, with the checkpoints up to it that the ledger
// has.
func (v *verifier) entry(e Entry, own []Checkpoint) {
	if v.report.Entries++; v.report.Entries == 1 {
		v.report.First = e.Time
	}
	want := v.last.Seq + 1
	if e.Seq < want {
		v.fault(Inserted, e.Seq, e.Seq, "the place is taken already")
		return
	}
	whole := e.Seq == want
	fits := v.header(e)
	torn := whole && v.clear && e.Prev != v.last.Hash
	if !whole || !fits || torn {
		v.sever()
	}
	if !whole {
		v.gaps = append(v.gaps, [2]uint64{want, e.Seq - 1})
		v.run, v.cut = e.Seq, e.Seq-1
	}
	if fits && torn {
		// One of the two was written anew. What was signed was not.
		if v.signed != v.last.Seq {
			v.strange[v.last.Seq] = "the next entry has another hash of it"
		} else {
			v.strange[e.Seq], fits = "it follows another entry", false
		}
	}
	v.body(e)
	for _, a := range v.anchors[e.Seq] {
		v.checkpoint(a, e, fits, &v.kept)
	}
	for _, c := range own {
		v.checkpoint(c, e, fits, &v.signed)
	}
	v.signed = max(v.signed, v.kept)
	v.last, v.clear = e, fits
	v.report.Last, v.report.Tail = e.Time, e.Tail()
}

// header reports whether the entry's hash is that of its header. One that was
// written for another place is moved.
func (v *verifier) header(e Entry) bool {
	if e.digest() == e.Hash {
		return true
	}
	if at, ok := v.origin(e); ok {
		v.moved[e.Seq] = origin{at, e.mark()}
		return false
	}
	v.strange[e.Seq] = "its header is not the one that was hashed"
	return false
}

// origin looks for the place that an entry was written for, near it first.
func (v *verifier) origin(e Entry) (uint64, bool) {
	const reach = 10_000
	here := e.Seq
	for d := uint64(1); d <= reach && v.search > 0; d++ {
		v.search -= 2
		if e.Seq = here + d; e.digest() == e.Hash {
			return e.Seq, true
		}
		if e.Seq = here - d; d < here && e.digest() == e.Hash {
			return e.Seq, true
		}
	}
	return 0, false
}

// body looks whether the body is what was written, and what it tells of others
// that were erased.
func (v *verifier) body(e Entry) {
	v.bodies = append(v.bodies, body{e.Seq, e.Class, e.Erased(), e.mark()})
	switch {
	case e.Erased():
		return
	case !e.sound():
		v.fault(Altered, e.Seq, e.Seq, "its content is not the one that was written")
		return
	}
	if e.Kind == KindErased || e.Kind == KindPurged {
		x, err := ReadErasure(e.Body)
		if err != nil {
			v.fault(Altered, e.Seq, e.Seq, "it cannot be read")
			return
		}
		v.told.add(x, e.Seq)
	}
}

// sever tells that the chain breaks behind the last entry: what is signed later
// says nothing about those before that are not signed themselves.
func (v *verifier) sever() {
	if from := max(v.signed, v.cut) + 1; from <= v.last.Seq {
		v.loose = append(v.loose, [2]uint64{from, v.last.Seq})
	}
	v.cut = v.last.Seq
}

// checkpoint compares what was signed with the entry that stands there, or with
// the next one where none does. Up to the entry shown the ledger is known to fit
// checkpoints of this kind: one that was kept elsewhere is not outvoted by the
// ledger's own, which whoever has the key can make anew.
func (v *verifier) checkpoint(c Checkpoint, e Entry, fits bool, shown *uint64) {
	v.report.Checkpoints++
	v.highest = max(v.highest, c.Seq)
	switch {
	case !v.trusted(c):
		v.fault(Forged, c.Seq, c.Seq, "its checkpoint is not signed with a key that is trusted")
	case c.Seq == e.Seq && c.Hash == e.Hash:
		*shown = e.Seq
	case c.Seq == e.Seq && fits:
		for s := max(*shown+1, v.run); s <= e.Seq; s++ {
			if !v.known(s) {
				v.strange[s] = "not what was signed"
			}
		}
	}
}

// known reports whether something is wrong with an entry already.
func (v *verifier) known(seq uint64) bool {
	_, strange := v.strange[seq]
	gap := slices.ContainsFunc(v.gaps, func(g [2]uint64) bool { return g[0] <= seq && seq <= g[1] })
	return strange || gap
}

func (v *verifier) trusted(c Checkpoint) bool {
	return c.Signed() && slices.ContainsFunc(v.trust.Keys, func(k ed25519.PublicKey) bool { return k.Equal(c.Key) })
}

// beyond takes a checkpoint of an entry after the last.
func (v *verifier) beyond(c Checkpoint) {
	v.report.Checkpoints++
	if !v.trusted(c) {
		v.fault(Forged, c.Seq, c.Seq, "its checkpoint is not signed with a key that is trusted")
		return
	}
	v.highest = max(v.highest, c.Seq)
}

// finish puts together what only shows at the end.
func (v *verifier) finish() Report {
	end := v.last.Seq
	v.sever()
	v.unsigned()
	if v.highest > end {
		v.gaps = append(v.gaps, [2]uint64{end + 1, v.highest})
	}
	v.places()
	v.erased()
	v.report.Faults = inOrder(v.report.Faults)
	return v.report
}

// unsigned tells of entries that no signature reaches, and of which nothing else
// is known.
func (v *verifier) unsigned() {
	for _, l := range v.loose {
		for s := l[0]; s <= l[1]; s++ {
			if _, moved := v.moved[s]; !moved && !v.known(s) {
				v.fault(Unsigned, s, s, "no checkpoint covers it")
			}
		}
	}
}

// erased compares the bodies that are there with what the ledger tells of
// erasures.
func (v *verifier) erased() {
	v.told.settle()
	for _, b := range v.bodies {
		told := v.told.cover(b)
		switch {
		case b.erased && told:
			v.report.Erased++
		case b.erased:
			v.fault(Emptied, b.seq, b.seq, "its content is gone, and no entry says why")
		case told:
			v.fault(Returned, b.seq, b.seq, "its content was erased")
		}
	}
}
