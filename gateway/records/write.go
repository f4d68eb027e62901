package records

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// request is what somebody wants written, and waits for. All of one is written
// together.
type request struct {
	drafts []ledger.Draft
	calls  []store.Call
	erase  []uint64
	remove []int64
	naming *naming // and nothing else
	tidy   bool    // what was deleted is to vanish from the disk
	done   chan error
}

// naming is a day on which callers are to be known in records of a class.
type naming struct {
	class Class
	at    time.Time
}

// patient reports whether the request may wait for others: a caller waits for
// evidence, and nobody for the record of a call that is over.
func (r request) patient() bool { return len(r.drafts) == 0 && len(r.calls) > 0 }

const (
	queue   = 1024
	largest = 512 // requests in one write
	// gathering is how long records of calls wait for each other. Each write costs
	// a write to the disk, however much is in it.
	gathering = 20 * time.Millisecond
	// patience is how long one write may take.
	patience = 5 * time.Second
	// longest is how long anybody waits for theirs, whatever the disk does.
	longest = 3 * patience
	// anchoring is how often a checkpoint goes into the file.
	anchoring = time.Hour
)

// Run writes what is appended until ctx ends, and then what was appended by
// then.
func (b *Book) Run(ctx context.Context) error {
	defer b.end.Do(func() { close(b.over) })
	tick := time.NewTicker(anchoring)
	defer tick.Stop()
	b.anchor()
	for {
		select {
		case r := <-b.requests:
			b.write(b.gather(r))
		case <-tick.C:
			b.anchor()
		case <-ctx.Done():
			for len(b.requests) > 0 {
				b.write(b.gather(<-b.requests))
			}
			b.anchor()
			return nil
		}
	}
}

// gather takes what waits beside first.
func (b *Book) gather(first request) []request {
	all := []request{first}
	if first.patient() {
		all = b.linger(all)
	}
	for len(all) < largest && len(b.requests) > 0 { // nobody else takes any
		all = append(all, <-b.requests)
	}
	return all
}

// linger waits for more, until there is something that must not wait.
func (b *Book) linger(all []request) []request {
	wait := time.NewTimer(gathering)
	defer wait.Stop()
	for len(all) < largest {
		select {
		case r := <-b.requests:
			if all = append(all, r); !r.patient() {
				return all
			}
		case <-wait.C:
			return all
		}
	}
	return all
}

// write writes requests together, and tells those who wait. What is written lasts
// whether or not the disk is tidied behind it, which may take a while.
func (b *Book) write(all []request) {
	if all = b.named(all); len(all) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := b.commit(ctx, all)
	var untidy []request
	for _, r := range all {
		if r.tidy && err == nil {
			untidy = append(untidy, r)
			continue
		}
		r.done <- err
	}
	if len(untidy) == 0 {
		return
	}
	err = b.store.Tidy(ctx)
	for _, r := range untidy {
		r.done <- err
	}
}

// named does the requests that want callers to be known, and returns the others.
func (b *Book) named(all []request) (others []request) {
	for _, r := range all {
		if r.naming == nil {
			others = append(others, r)
			continue
		}
		r.done <- b.vault.Name(string(r.naming.class), r.naming.at)
	}
	return others
}

func (b *Book) commit(ctx context.Context, all []request) error {
	if err := b.reassure(ctx); err != nil {
		return err
	}
	batch, tail, now := store.Batch{}, b.tail, b.clock.date(time.Now())
	for _, r := range all {
		for _, d := range r.drafts {
			key := make([]byte, ledger.KeySize)
			_, _ = rand.Read(key) // never fails
			e := tail.Append(now, d, key)
			batch.Entries, tail = append(batch.Entries, e), e.Tail()
		}
		batch.Calls = append(batch.Calls, r.calls...)
		batch.Erase = append(batch.Erase, r.erase...)
		batch.Delete = append(batch.Delete, r.remove...)
	}
	if tail != b.tail {
		c := tail.Sign(now, b.key)
		batch.Checkpoint = &c
	}
	b.tried = tail
	if err := b.store.Commit(ctx, batch); err != nil {
		b.unsure = true
		return err
	}
	if b.tail = tail; batch.Checkpoint != nil {
		b.head = batch.Checkpoint
	}
	return nil
}

// reassure looks where the ledger ends after a write that failed: it may have
// reached the disk all the same.
func (b *Book) reassure(ctx context.Context) error {
	if !b.unsure {
		return nil
	}
	now, err := b.store.Tail(ctx)
	if err != nil {
		return err
	}
	if now != b.tail && now != b.tried {
		return fmt.Errorf("somebody else has written to the records: they end with entry %d, and not %d", now.Seq, b.tail.Seq)
	}
	b.tail, b.unsure = now, false
	return nil
}
