package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/records"
)

// archive is records of which something is deleted.
type archive struct {
	entries []uint64
	calls   []int64
	why     string
	sure    bool
	purged  bool
	access  records.Access
	fault   error
}

func (a *archive) Access(x records.Access) error {
	a.access = x
	return a.fault
}

func (a *archive) Erase(entries []uint64, calls []int64, why string) error {
	a.entries, a.calls, a.why = entries, calls, why
	return a.fault
}

func (a *archive) Purge(_ context.Context, sure bool) ([]records.Purged, error) {
	a.sure, a.purged = sure, true
	return []records.Purged{{Class: records.ClassCall, Count: 3}}, a.fault
}

func (a *archive) server(t *testing.T) *Server {
	t.Helper()
	s, err := New(Config{Listen: "127.0.0.1:0"}, token, Sources{Keeping: a}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestRecordsAreErasedByTheirPlacesAndForAReason(t *testing.T) {
	for _, tt := range []struct {
		body   string
		status int
		calls  int
	}{
		{`{"entries":[12,13],"calls":[7],"why":"asked for"}`, 200, 1},
		{`{"calls":[7],"why":"asked for"}`, 200, 1},
		{`{"calls":[7]}`, 400, 0},
		{`{"why":"asked for"}`, 400, 0},
		{`{"calls":["7"],"why":"asked for"}`, 400, 0},
		{`{"calls":[7],"why":"asked for"} {"calls":[8]}`, 400, 0},
		{`{"calls":[7],"why":"` + strings.Repeat("x", maxErase) + `"}`, 413, 0},
		{`{"number":"+4930","why":"asked for"}`, 400, 0},
		{``, 400, 0},
	} {
		t.Run(tt.body[:min(len(tt.body), 60)], func(t *testing.T) {
			a := &archive{}
			answer := ask(a.server(t), http.MethodPost, "/api/v1/records/erase", tt.body)
			if answer.Code != tt.status || len(a.calls) != tt.calls {
				t.Errorf("%d %s; erased %v", answer.Code, answer.Body, a.calls)
			}
		})
	}
}

func TestAClockIsTrustedWhenSomebodySaysSo(t *testing.T) {
	for _, tt := range []struct {
		body   string
		status int
		sure   bool
	}{
		{``, 200, false},
		{`{}`, 200, false},
		{`{"right_clock":true}`, 200, true},
		{`{"right_clock":"yes"}`, 400, false},
		{`{"everything":true}`, 400, false},
		{`{} {"right_clock":true}`, 400, false},
		{`{"right_clock":` + strings.Repeat(" ", maxControl) + `true}`, 413, false},
	} {
		t.Run(tt.body[:min(len(tt.body), 60)], func(t *testing.T) {
			a := &archive{}
			answer := ask(a.server(t), http.MethodPost, "/api/v1/records/purge", tt.body)
			if answer.Code != tt.status || a.sure != tt.sure || a.purged != (tt.status == 200) {
				t.Errorf("%d %s; purged %v, sure %v", answer.Code, answer.Body, a.purged, a.sure)
			}
		})
	}
}

func TestWhatCannotBeDeletedIsTold(t *testing.T) {
	for _, fault := range []error{nil, errors.New("disk full")} {
		a := &archive{fault: fault}
		s := a.server(t)
		for path, body := range map[string]string{"erase": `{"calls":[7],"why":"asked for"}`, "purge": ""} {
			answer := ask(s, http.MethodPost, "/api/v1/records/"+path, body)
			if (answer.Code == http.StatusOK) != (fault == nil) || fault != nil && !strings.Contains(answer.Body.String(), "disk full") {
				t.Errorf("%s with %v: %d %s", path, fault, answer.Code, answer.Body)
			}
		}
	}
}

func TestWhoTakesARecordingIsToldToTheLedger(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"taken", `{"recording":"1-20261122T090000Z","meeting":"1","outcome":"exported","who":"ada"}`, 201},
		{"wanted", `{"recording":"1-20261122T090000Z","meeting":"1","outcome":"refused","who":"ada","why":"no key"}`, 201},
		{"by nobody", `{"recording":"1-20261122T090000Z","outcome":"exported"}`, 400},
		{"nothing", `{"outcome":"exported","who":"ada"}`, 400},
		{"something else", `{"recording":"1","outcome":"erased","who":"ada"}`, 400},
		{"at length", `{"recording":"1","outcome":"exported","who":"` + strings.Repeat("a", 301) + `"}`, 400},
		{"two at once", `{"recording":"1","outcome":"exported","who":"ada"} {}`, 400},
		{"too much", `{"recording":"1","outcome":"exported","who":"` + strings.Repeat("a", maxAccess) + `"}`, 413},
		{"no text", `{"recording":1,"outcome":"exported","who":"ada"}`, 400},
		{"more than there is", `{"recording":"1","outcome":"exported","who":"ada","key":"1"}`, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &archive{}
			answer := ask(a.server(t), http.MethodPost, "/api/v1/records/access", tt.body)
			if told := a.access.Who == "ada, with the operator's token" && !a.access.Time.IsZero(); answer.Code != tt.status || told != (tt.status == 201) {
				t.Errorf("%d %s; told %+v", answer.Code, answer.Body, a.access)
			}
		})
	}
	a := &archive{fault: errors.New("disk full")}
	if answer := ask(a.server(t), http.MethodPost, "/api/v1/records/access", `{"recording":"1","outcome":"exported","who":"ada"}`); answer.Code != 500 {
		t.Errorf("what cannot be written: %d", answer.Code)
	}
}
