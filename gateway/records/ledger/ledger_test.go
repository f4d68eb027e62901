package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
)

var begun = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// signer is a key that is the same each time.
func signer(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// kept is a ledger as a store has it.
type kept struct {
	entries     []Entry
	checkpoints []Checkpoint
}

// write makes a ledger of n entries in commits of so many, each signed.
func write(n, together int) *kept {
	k := new(kept)
	var t Tail
	for i := range n {
		k.append(&t, Draft{"consent", "consent", fmt.Appendf(nil, `{"n":%d}`, i+1)})
		if (i+1)%together == 0 || i+1 == n {
			k.sign(t)
		}
	}
	return k
}

func (k *kept) append(t *Tail, d Draft) {
	key := bytes.Repeat([]byte{byte(t.Seq)}, KeySize)
	e := t.Append(begun.Add(time.Duration(t.Seq)*time.Minute), d, key)
	k.entries, *t = append(k.entries, e), e.Tail()
}

func (k *kept) sign(t Tail) {
	k.checkpoints = append(k.checkpoints, t.Sign(begun.Add(time.Duration(t.Seq)*time.Minute), signer(1)))
}

func (k *kept) tail() Tail { return k.entries[len(k.entries)-1].Tail() }

// at is the entry of a place.
func (k *kept) at(seq uint64) *Entry {
	i := slices.IndexFunc(k.entries, func(e Entry) bool { return e.Seq == seq })
	return &k.entries[i]
}

func (k *kept) remove(from, to uint64) {
	k.entries = slices.DeleteFunc(k.entries, func(e Entry) bool { return from <= e.Seq && e.Seq <= to })
}

// renumber gives entries the places from 1 on, in their order.
func (k *kept) renumber() {
	for i := range k.entries {
		k.entries[i].Seq = uint64(i + 1)
	}
}

// rewrite makes the chain fit in itself from an entry on, as somebody without
// the key can.
func (k *kept) rewrite(from uint64) {
	for i := range k.entries {
		if e := &k.entries[i]; e.Seq >= from {
			if i > 0 {
				e.Prev = k.entries[i-1].Hash
			}
			e.Commitment = commitment(e.Key, e.Body)
			e.Hash = e.digest()
		}
	}
}

func (k *kept) verify(anchors ...Checkpoint) Report {
	r, err := Verify(
		Source{Entries: row(k.entries), Checkpoints: row(k.checkpoints)},
		Trust{Keys: []ed25519.PublicKey{signer(1).Public().(ed25519.PublicKey)}, Anchors: anchors},
	)
	if err != nil {
		panic(err)
	}
	return r
}

func row[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range all {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (k *kept) faults(anchors ...Checkpoint) []string {
	var all []string
	for _, f := range k.verify(anchors...).Faults {
		all = append(all, f.String())
	}
	return all
}

func TestWholeLedgerHasNoFault(t *testing.T) {
	for _, together := range []int{1, 3, 20} {
		k := write(20, together)
		r := k.verify()
		if !r.Whole() || r.Entries != 20 || r.Tail != k.tail() || !r.First.Equal(begun) || !r.Last.Equal(begun.Add(19*time.Minute)) {
			t.Errorf("commits of %d: %+v", together, r)
		}
	}
	if r := new(kept).verify(); !r.Whole() || r.Entries != 0 {
		t.Errorf("an empty ledger: %+v", r)
	}
}

func TestEachTamperingIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper func(k *kept)
		want   []string
	}{
		{"a body is altered", func(k *kept) { k.at(7).Body = []byte(`{"n":8}`) }, []string{
			"entry 7 altered: its content is not the one that was written",
		}},
		{"a body and its commitment", func(k *kept) {
			k.at(7).Body = []byte(`{"n":8}`)
			k.at(7).Commitment = commitment(k.at(7).Key, k.at(7).Body)
		}, []string{
			"entry 7 altered: its header is not the one that was hashed",
		}},
		{"a time", func(k *kept) { k.at(7).Time = begun }, []string{
			"entry 7 altered: its header is not the one that was hashed",
		}},
		{"a body, with all that can be computed of one entry", func(k *kept) {
			e := k.at(7)
			e.Body = []byte(`{"n":8}`)
			e.Commitment = commitment(e.Key, e.Body)
			e.Hash = e.digest()
		}, []string{
			"entry 7 altered: the next entry has another hash of it",
		}},
		{"a body, and the chain from there written anew", func(k *kept) { k.at(7).Body = []byte(`{"n":8}`); k.rewrite(7) }, []string{
			"entries 7 to 20 altered: not what was signed",
		}},
		{"the same without the checkpoints", func(k *kept) {
			k.at(7).Body = []byte(`{"n":8}`)
			k.rewrite(7)
			k.checkpoints = k.checkpoints[:6]
		}, []string{
			"entries 7 to 20 unsigned: no checkpoint covers it",
		}},
		{"the same with checkpoints of another key", func(k *kept) {
			k.at(7).Body = []byte(`{"n":8}`)
			k.rewrite(7)
			k.checkpoints = append(k.checkpoints[:6], k.tail().Sign(begun, signer(2)))
		}, []string{
			"entries 7 to 20 unsigned: no checkpoint covers it",
			"entry 20 forged: its checkpoint is not signed with a key that is trusted",
		}},
		{"a body is erased without a word", func(k *kept) { k.at(7).Body, k.at(7).Key = nil, nil }, []string{
			"entry 7 emptied: its content is gone, and no entry says why",
		}},
		{"only the key of a body is gone", func(k *kept) { k.at(7).Key = nil }, []string{
			"entry 7 altered: its content is not the one that was written",
		}},
		{"an entry is removed", func(k *kept) { k.remove(7, 7) }, []string{"entry 7 removed: nothing stands in its place"}},
		{"several are", func(k *kept) { k.remove(7, 9) }, []string{"entries 7 to 9 removed: nothing stands in its place"}},
		{"the first is", func(k *kept) { k.remove(1, 1) }, []string{"entry 1 removed: nothing stands in its place"}},
		{"one is removed, and the rest moves up", func(k *kept) { k.remove(7, 7); k.renumber() }, []string{
			"entries 7 to 19 reordered: written 1 further on",
			"entry 7 removed: another stands in its place",
		}},
		{"the same, written anew", func(k *kept) { k.remove(7, 7); k.renumber(); k.rewrite(7) }, []string{
			"entries 7 to 19 altered: not what was signed",
			"entry 20 removed: nothing stands in its place",
		}},
		{"the end is cut off", func(k *kept) { k.remove(18, 20) }, []string{"entries 18 to 20 removed: nothing stands in its place"}},
		{"two are exchanged", func(k *kept) { k.at(7).Seq, k.at(12).Seq = 12, 7; k.sort() }, []string{
			"entry 7 reordered: written 5 further on",
			"entry 12 reordered: written 5 further up",
		}},
		{"two neighbours are", func(k *kept) { k.at(7).Seq, k.at(8).Seq = 8, 7; k.sort() }, []string{
			"entry 7 reordered: written 1 further on",
			"entry 8 reordered: written 1 further up",
		}},
		{"one is inserted, and the rest moves on", func(k *kept) { k.insert(7); k.renumber() }, []string{
			"entry 7 inserted: the entry that was written there stands at 8",
			"entries 8 to 21 reordered: written 1 further up",
		}},
		{"one is appended", func(k *kept) { k.insert(21) }, []string{"entry 21 unsigned: no checkpoint covers it"}},
		{"one is overwritten with a copy of another", func(k *kept) { k.entries[11] = *k.at(7); k.entries[11].Seq = 12 }, []string{
			"entry 12 removed: a copy of entry 7 stands in its place",
		}},
		{"two are", func(k *kept) {
			k.entries[11], k.entries[2] = *k.at(7), *k.at(7)
			k.entries[11].Seq, k.entries[2].Seq = 12, 3
		}, []string{
			"entry 3 removed: a copy of entry 7 stands in its place",
			"entry 12 removed: a copy of entry 7 stands in its place",
		}},
		{"a copy is appended", func(k *kept) { k.entries = append(k.entries, *k.at(7)); k.entries[20].Seq = 21 }, []string{
			"entry 21 inserted: it is a copy of entry 7",
		}},
		{"two have one place", func(k *kept) { k.insert(8); k.entries[7].Seq = 7 }, []string{"entry 7 inserted: the place is taken already"}},
		{"a checkpoint is altered", func(k *kept) { k.checkpoints[6].Time = begun }, []string{
			"entry 7 forged: its checkpoint is not signed with a key that is trusted",
		}},
		{"the last place is far away", func(k *kept) { k.at(20).Seq = 1 << 62 }, []string{
			"entry 4611686018427387904 altered: its header is not the one that was hashed",
			"entries 20 to 4611686018427387903 removed: nothing stands in its place",
		}},
	} {
		k := write(20, 1)
		tt.tamper(k)
		got := k.faults()
		slices.Sort(got)
		slices.Sort(tt.want)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n\t%s\nwant\n\t%s", tt.name, strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
		}
	}
}

func (k *kept) sort() {
	slices.SortFunc(k.entries, func(a, b Entry) int { return int(int64(a.Seq) - int64(b.Seq)) })
}

// insert puts an entry at a place that fits to the one before.
func (k *kept) insert(seq uint64) {
	e := k.entries[seq-2].Tail().Append(begun, Draft{"consent", "consent", []byte(`{"n":99}`)}, make([]byte, KeySize))
	k.entries = slices.Insert(k.entries, int(seq-1), e)
}

// In commits of several entries only the last is signed; whatever is done to one
// of them shows all the same.
func TestOneOfACommitIsAltered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper func(k *kept)
		want   []string
	}{
		{"the first, alone", func(k *kept) { k.at(6).Time = begun }, []string{"entry 6 altered: its header is not the one that was hashed"}},
		{"one behind another", func(k *kept) { k.at(7).Time = begun }, []string{
			"entry 6 unsigned: no checkpoint covers it",
			"entry 7 altered: its header is not the one that was hashed",
		}},
		{"with its hash", func(k *kept) { k.at(7).Time = begun; k.at(7).Hash = k.at(7).digest() }, []string{
			"entry 6 unsigned: no checkpoint covers it",
			"entry 7 altered: the next entry has another hash of it",
		}},
		{"with all of the commit", func(k *kept) { k.at(7).Time = begun; k.rewrite(7) }, []string{"entries 6 to 20 altered: not what was signed"}},
		{"with those up to the signed one", func(k *kept) {
			whole := slices.Clone(k.entries[9:])
			k.at(7).Time = begun
			k.rewrite(7)
			copy(k.entries[9:], whole)
		}, []string{
			"entries 6 to 8 unsigned: no checkpoint covers it",
			"entry 9 altered: the next entry has another hash of it",
		}},
		{"so that only the signed one does not fit", func(k *kept) {
			hash := k.at(10).Hash
			k.at(7).Time = begun
			k.rewrite(7)
			k.entries = k.entries[:10]
			k.at(10).Hash = hash
			k.checkpoints = k.checkpoints[:2]
		}, []string{
			"entries 6 to 9 unsigned: no checkpoint covers it",
			"entry 10 altered: its header is not the one that was hashed",
		}},
		{"before one that is removed", func(k *kept) {
			k.at(7).Time = begun
			k.rewrite(7)
			k.entries = k.entries[:10]
			k.checkpoints = k.checkpoints[:2]
			k.remove(10, 10)
		}, []string{
			"entries 6 to 9 unsigned: no checkpoint covers it",
			"entry 10 removed: nothing stands in its place",
		}},
		{"before an end that does not fit", func(k *kept) { k.insert(21); k.insert(22); k.insert(23); k.at(23).Kind = "x" }, []string{
			"entries 21 to 22 unsigned: no checkpoint covers it",
			"entry 23 altered: its header is not the one that was hashed",
		}},
	} {
		k := write(20, 5)
		tt.tamper(k)
		if got := k.faults(); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n\t%s\nwant\n\t%s", tt.name, strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
		}
	}
}

// Whoever has the key can write the chain anew and sign each place of it again.
// What was kept elsewhere is not outvoted by that.
func TestAChainThatIsSignedAnewDoesNotFitACheckpointKeptElsewhere(t *testing.T) {
	k := write(20, 1)
	early, late := k.checkpoints[4], k.checkpoints[14]
	k.at(7).Body = []byte(`{"n":8}`)
	k.rewrite(7)
	k.checkpoints = nil
	for _, e := range k.entries {
		k.sign(e.Tail())
	}
	if got := k.faults(); got != nil {
		t.Errorf("without an anchor nothing can be seen, but %q", got)
	}
	if got, want := k.faults(early, late), []string{"entries 6 to 15 altered: not what was signed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// An erasure is told after what it is about was written, and never before.
func TestAnErasureTellsNothingOfWhatComesLater(t *testing.T) {
	k := write(4, 1)
	tail := k.tail()
	for _, x := range []Erasure{{Entries: []uint64{5, 6, 7, 8}}, {Class: "consent", From: 7, To: 8}} {
		body, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		k.append(&tail, Draft{KindErased, "ledger", body})
		k.append(&tail, Draft{"consent", "consent", []byte(`{}`)})
		k.sign(tail)
	}
	if got := k.faults(); got != nil {
		t.Error(got)
	}
}

func TestACutThatFitsShowsByACheckpointKeptElsewhere(t *testing.T) {
	k := write(20, 1)
	anchor := k.checkpoints[19]
	k.remove(18, 20)
	k.checkpoints = k.checkpoints[:17]
	if got := k.faults(); got != nil {
		t.Errorf("without an anchor nothing can be seen, but %q", got)
	}
	line, err := ParseCheckpoint(anchor.String())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.faults(line), "entries 18 to 20 removed: nothing stands in its place"; len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}

	// The same for a ledger that was begun anew, with the right key.
	k, other := write(20, 20), write(30, 30)
	other.at(1).Time = begun.Add(time.Second)
	other.rewrite(1)
	other.checkpoints = nil
	other.sign(other.tail())
	if got, want := other.faults(k.checkpoints[0]), "entries 1 to 20 altered: not what was signed"; len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestErasureLeavesTheChainWhole(t *testing.T) {
	k := write(20, 1)
	tail := k.tail()
	tell := func(kind string, x Erasure) {
		body, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		k.append(&tail, Draft{kind, "ledger", body})
		k.sign(tail)
	}
	erase := func(seqs ...uint64) {
		for _, seq := range seqs {
			k.at(seq).Body, k.at(seq).Key = nil, nil
		}
	}
	erase(3, 17)
	tell(KindErased, Erasure{Entries: []uint64{3, 17}, Count: 2})
	erase(5, 6, 7)
	tell(KindPurged, Erasure{Class: "consent", From: 5, To: 7, Count: 3})
	if r := k.verify(); !r.Whole() || r.Erased != 5 {
		t.Errorf("%+v", r)
	}
	erase(8)
	k.at(6).Body, k.at(6).Key = []byte(`{"n":6}`), bytes.Repeat([]byte{5}, KeySize)
	want := []string{"entry 6 returned: its content was erased", "entry 8 emptied: its content is gone, and no entry says why"}
	if got := k.faults(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Nothing of an erased body can be found out by trying: the commitment needs
// the key.
func TestCommitmentOfTheSameBodyIsNeverTheSame(t *testing.T) {
	a := Tail{}.Append(begun, Draft{Body: []byte("1")}, make([]byte, KeySize))
	b := Tail{}.Append(begun, Draft{Body: []byte("1")}, bytes.Repeat([]byte{1}, KeySize))
	if a.Commitment == b.Commitment {
		t.Error("the key does not matter")
	}
}

// TestTheHashStaysWhatItWas: an auditor's own program relies on it.
func TestTheHashStaysWhatItWas(t *testing.T) {
	e := Tail{Seq: 6, Hash: Hash{1}}.Append(begun, Draft{"consent", "refusal", []byte(`{"answer":"declined"}`)}, make([]byte, KeySize))
	if got, want := e.Hash.String(), "645e33365efb06707b2713121b665ec0a9d0470f560e006bb3e2aee6d302efde"; got != want {
		t.Errorf("hash = %s, want %s", got, want)
	}
	if got, want := e.Commitment.String(), "cb17e8ab16f1cdc3fffc0a025de18df63f310ef1a02d165b77805f0c6edff1ca"; got != want {
		t.Errorf("commitment = %s, want %s", got, want)
	}
}
