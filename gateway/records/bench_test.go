package records

import (
	"sync"
	"testing"
	"time"
)

// BenchmarkAppend has as many calls end at a time as a busy gateway has, and
// tells how many records a second last and what a record costs.
func BenchmarkAppend(b *testing.B) {
	for name, add := range map[string]func(*Book) error{
		"call": func(b *Book) error {
			return b.AppendCall(Call{Call: "c", Trunk: "t", Outcome: "left", Sound: &Sound{Codec: "PCMA"}})
		},
		"consent": func(b *Book) error { return b.AppendConsent(sample) },
	} {
		b.Run(name, func(b *testing.B) {
			book, _ := open(b, in(b.TempDir()))
			const callers = 1000
			b.ReportAllocs()
			begun := time.Now()
			var wg sync.WaitGroup
			for w := range callers {
				wg.Go(func() {
					for n := w; n < b.N; n += callers {
						if err := add(book); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "records/s")
		})
	}
}

// BenchmarkVerify looks through a ledger as each start does.
func BenchmarkVerify(b *testing.B) {
	const entries = 20_000
	c := in(b.TempDir())
	book, end := open(b, c)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range entries / 100 {
				if err := book.AppendConsent(sample); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	end()
	b.ReportAllocs()
	for b.Loop() {
		if r := whole(b, c); r.Entries != entries {
			b.Fatalf("%d entries", r.Entries)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/entries, "µs/entry")
}
