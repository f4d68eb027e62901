package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/admin"
)

// house is a gateway that runs, and the folder it runs in.
type house struct {
	*running
	folder string
	file   string // that tells the other commands where it is
}

const houseFile = "sip: {listen: ['udp://127.0.0.1:0']}\nconference: {embedded: {webrtc: {ports: 0}}}\n"

// startHouse runs a gateway in a folder.
func startHouse(t *testing.T, folder string) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r := begin(t, program(ctx, folder, "run", "--config", write(t, "", houseFile+"admin: {listen: '127.0.0.1:0'}\n")))
	u, err := url.Parse(r.http)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{running: r, folder: folder}
	h.file = write(t, filepath.Join(folder, "there.yaml"), houseFile+"admin: {listen: '"+u.Host+"'}\n")
	return h
}

// meetings runs `einwahl meetings`.
func (h *house) meetings(args ...string) (stdout, stderr string) {
	h.t.Helper()
	var out, faults bytes.Buffer
	c := program(h.t.Context(), h.folder, append([]string{"meetings"}, append(args, "--config", h.file)...)...)
	c.Stdout, c.Stderr = &out, &faults
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	if code := c.ProcessState.ExitCode(); (code == 0) != (faults.Len() == 0) {
		h.t.Errorf("%v: exit %d\n%s", args, code, faults.String())
	}
	return out.String(), faults.String()
}

// A meeting that was told to be made is there after a kill -9, with all that was
// changed of it.
func TestMeetingsAreMadeOnTheCommandLineAndOutliveAKill(t *testing.T) {
	folder := t.TempDir()
	h := startHouse(t, folder)
	text, _ := h.meetings("create", "--title", "Board", "--registrant", "Ada L.", "--purpose", "de=Protokoll; kurz", "--no-phones", "--json")
	var made admin.Access
	if err := json.Unmarshal([]byte(text), &made); err != nil || made.PIN == "" || made.HostPIN == "" || len(made.Registrants) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	h.meetings("change", made.ID, "--message", "en=We begin at nine.")
	fresh, _ := h.meetings("rotate", made.ID)
	gone, _ := h.meetings("create", "--json")
	var ended admin.Access
	if err := json.Unmarshal([]byte(gone), &ended); err != nil {
		t.Fatal(err)
	}
	h.meetings("end", ended.ID)
	h.kill()

	check := program(t.Context(), folder, "check", "--config", h.file)
	if text, err := check.Output(); err != nil || !strings.Contains(string(text), "1 meeting was made by einwahl meetings") {
		t.Errorf("check: %v\n%s", err, text)
	}
	h = startHouse(t, folder)
	shown, _ := h.meetings("show", made.ID[:3]+" "+made.ID[3:])
	for _, want := range []string{"Board", "de Protokoll; kurz", "en We begin at nine.", "waiting room, host first, no telephones"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if list, _ := h.meetings("list"); !strings.Contains(list, made.ID) || strings.Contains(list, ended.ID) || !strings.Contains(list, "100000001") {
		t.Errorf("the list:\n%s", list)
	}
	invitation, _ := h.meetings("invite", made.ID, "--language", "pl", "--json")
	var i admin.Invitation
	if err := json.Unmarshal([]byte(invitation), &i); err != nil || i.Language != "pl" || strings.Contains(i.Text, made.PIN[:3]+" "+made.PIN[3:]) {
		t.Errorf("%v: the old PIN, or no invitation\n%s", err, invitation)
	}
	if pin := strings.Fields(fresh); len(pin) < 4 || !strings.Contains(strings.ReplaceAll(i.Private, " ", ""), pin[3]) {
		t.Errorf("the new PIN is not in\n%s", i.Private)
	}
}

func TestMeetingsSayInWordsWhatCannotBeDone(t *testing.T) {
	h := startHouse(t, t.TempDir())
	text, _ := h.meetings("create", "--json")
	var made admin.Access
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"show", "999"}, "no meeting 999"},
		{[]string{"end", "100000001"}, "it stands in the operator's file: change it there; einwahl meetings end --keep 100000001 sends everybody out"},
		{[]string{"create", "--id", "12345678"}, "easy to guess"},
		{[]string{"create", "--start", "tomorrow"}, "want a time with its offset"},
		{[]string{"create", "--purpose", "en=the minutes"}, "purpose: nothing can speak it in en"},
		{[]string{"rotate", "999"}, "no such meeting"},
		{[]string{"change", "100000001"}, "nothing to change"},
		{[]string{"unregister", made.ID, ".."}, `nobody called ".." is registered`},
		{[]string{"unregister", made.ID, "a/../.."}, `nobody called "a/../.." is registered`},
		{[]string{"end", ".."}, "meeting ..: "},
	} {
		if stdout, stderr := h.meetings(tt.args...); !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%v: %q %q, want %q", tt.args, stdout, stderr, tt.want)
		}
	}
	if stdout, stderr := h.meetings("end", "--keep", "100000001"); stdout != "" || stderr != "" {
		t.Errorf("end --keep: %q %q", stdout, stderr)
	}
	h.kill()
	if _, stderr := h.meetings("list"); !strings.Contains(stderr, "no gateway answers") {
		t.Errorf("nobody there: %q", stderr)
	}
}
