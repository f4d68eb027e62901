package admin

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"
)

// news is a change as the dashboard reads it.
type news struct {
	Calls    *[]Call
	Meetings *[]Meeting
	Changed  []Meeting `json:"meetings_changed"`
	Gone     []string  `json:"meetings_gone"`
}

// titles are the meetings that the dashboard would have after the news.
func (n news) titles(before []string) []string {
	if n.Meetings != nil {
		before = nil
		for _, m := range *n.Meetings {
			before = append(before, m.ID+m.Title)
		}
		return before
	}
	before = slices.DeleteFunc(before, func(m string) bool { return slices.Contains(n.Gone, m[:1]) })
	for _, m := range n.Changed {
		i := slices.IndexFunc(before, func(was string) bool { return was[:1] == m.ID })
		if i < 0 {
			before = append(before, m.ID+m.Title)
		} else {
			before[i] = m.ID + m.Title
		}
	}
	return before
}

func TestChangeTellsOnlyWhatIsNew(t *testing.T) {
	meeting := func(id, title string) *Meeting { return &Meeting{ID: id, Title: title, People: []Person{}} }
	a, b, c := meeting("1", "a"), meeting("2", "b"), meeting("3", "c")
	other := meeting("2", "B")
	before := []*Meeting{a, b, c}
	for _, tt := range []struct {
		name          string
		now           []*Meeting
		changed, gone int
		all           bool
	}{
		{"one is different", []*Meeting{a, other, c}, 1, 0, false},
		{"one has come", []*Meeting{a, b, c, meeting("4", "d")}, 1, 0, false},
		{"one has gone", []*Meeting{a, c}, 0, 1, false},
		{"one has gone, one has come, one is different", []*Meeting{other, c, meeting("4", "d")}, 2, 1, false},
		{"all have gone", []*Meeting{}, 0, 3, false},
		{"one has come before others: the order tells", []*Meeting{a, meeting("4", "d"), b, c}, 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var told telling
			first, err := told.next(board{}, before)
			if err != nil {
				t.Fatal(err)
			}
			text, err := told.next(board{}, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			var all, n news
			if err := json.Unmarshal(first, &all); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &n); err != nil {
				t.Fatal(err)
			}
			if n.Calls != nil || len(n.Changed) != tt.changed || len(n.Gone) != tt.gone || (n.Meetings != nil) != tt.all {
				t.Errorf("told %s", text)
			}
			var want []string
			for _, m := range tt.now {
				want = append(want, m.ID+m.Title)
			}
			if got := n.titles(all.titles(nil)); !slices.Equal(got, want) {
				t.Errorf("the dashboard has %v, want %v", got, want)
			}
		})
	}
}

func TestChangeWithoutNewsIsNone(t *testing.T) {
	var told telling
	for _, want := range []bool{true, false} {
		if text, err := told.next(board{}, []*Meeting{}); err != nil || (text != nil) != want {
			t.Errorf("%s, %v", text, err)
		}
	}
	text, err := told.next(board{Calls: []Call{{ID: "1"}}}, []*Meeting{})
	var n news
	if err != nil || json.Unmarshal(text, &n) != nil || n.Calls == nil || n.Meetings != nil {
		t.Errorf("a call more: %s, %v", text, err)
	}
}

// BenchmarkChange is what each open dashboard costs once a second beside many
// meetings: where one of them has changed, where none has, and where all are told,
// as at its beginning.
func BenchmarkChange(b *testing.B) {
	const many = 5000
	all := make([]*Meeting, many)
	for i := range all {
		all[i] = &Meeting{ID: strconv.Itoa(i), Title: "Weekly", Backend: "embedded", Encryption: "transport", Recording: "off", People: []Person{}}
	}
	for _, mode := range []string{"none", "one", "all"} {
		b.Run(mode, func(b *testing.B) {
			var told telling
			b.ReportAllocs()
			for b.Loop() {
				switch mode {
				case "all":
					told = telling{}
				case "one":
					all = slices.Clone(all)
					m := *all[7]
					all[7] = &m
				}
				if _, err := told.next(board{}, all); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
