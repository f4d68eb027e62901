package conferencetest

import (
	"context"
	"errors"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

func unknownNumber(t *testing.T, s suite) {
	if _, err := s.Backend.Find(context.Background(), "99999999"); !errors.Is(err, conference.ErrNoMeeting) {
		t.Fatalf("find: %v, want %v", err, conference.ErrNoMeeting)
	}
}

func identifies(t *testing.T, s suite) {
	ctx := context.Background()
	if s.find(Open).NeedsPIN() {
		t.Error("an open meeting needs a PIN")
	}
	if _, err := s.find(Open).Identify(ctx, ""); err != nil {
		t.Errorf("no PIN where none is needed: %v", err)
	}
	m := s.find(Secret)
	if !m.NeedsPIN() {
		t.Error("a secret meeting needs no PIN")
	}
	for _, wrong := range []string{"", "471", "47111", "815814", "0000"} {
		if who, err := m.Identify(ctx, wrong); !errors.Is(err, conference.ErrWrongPIN) || who.Host {
			t.Errorf("PIN %q: %v, host %v", wrong, err, who.Host)
		}
	}
	if who, err := m.Identify(ctx, PIN); err != nil || who.Host {
		t.Errorf("right PIN: %v, host %v", err, who.Host)
	}
	if who, err := m.Identify(ctx, HostPIN); err != nil || !who.Host {
		t.Errorf("host's PIN: %v, host %v", err, who.Host)
	}
}

func visitBegins(t *testing.T, s suite) {
	st := s.await(s.visit(s.find(Open), "a", false), "first state", func(conference.State) bool { return true })
	if st.Encryption == conference.Unknown || !st.Encryption.Valid() || st.Ended || st.People != 0 {
		t.Errorf("state of an open meeting: %+v", st)
	}
	if st.Recording != conference.NotRecording {
		t.Errorf("recording %v, want off", st.Recording)
	}
	sealed := s.await(s.visit(s.find(Sealed), "b", false), "first state", func(conference.State) bool { return true })
	if sealed.Encryption != conference.EndToEnd {
		t.Errorf("encryption %v, want e2ee", sealed.Encryption)
	}
}

func visitEnds(t *testing.T, s suite) {
	m := s.find(Open)
	stays, leaves := s.visit(m, "stays", false), s.visit(m, "leaves", false)
	s.open(stays)
	s.open(leaves)
	s.await(stays, "two people", func(st conference.State) bool { return st.People == 2 })
	leaves.Leave()
	leaves.Leave()
	s.awaitEnd(leaves)
	s.await(stays, "one person", func(st conference.State) bool { return st.People == 1 })
	if _, err := leaves.Open(context.Background()); err == nil {
		t.Error("a seat after Leave")
	}
}

func newestState(_ *testing.T, s suite) {
	m := s.find(Secret)
	slow := s.visit(m, "slow", false)
	for range 20 {
		v := s.visit(m, "other", false)
		s.open(v)
		v.Leave()
	}
	s.open(slow)
	s.await(slow, "newest state", func(st conference.State) bool { return st.People == 1 })
}

// pair seats two phones that have opened their microphones.
func (s suite) pair(k Kind) (a, b *phone, va, vb conference.Visit) {
	s.Helper()
	m := s.find(k)
	va, vb = s.visit(m, "a", false), s.visit(m, "b", false)
	a, b = s.sit(s.open(va)), s.sit(s.open(vb))
	a.seat.SetMicrophone(true)
	b.seat.SetMicrophone(true)
	return a, b, va, vb
}

func twoPhones(_ *testing.T, s suite) {
	a, b, _, _ := s.pair(Open)
	b.talks = false
	s.hears(b, true, "b hears a")
	s.hears(a, false, "a does not hear itself")
}

func shutAtFirst(_ *testing.T, s suite) {
	m := s.find(Open)
	a, b := s.sit(s.open(s.visit(m, "a", false))), s.sit(s.open(s.visit(m, "b", false)))
	s.hears(b, false, "a's microphone was never opened")
	a.seat.SetMicrophone(true)
	s.hears(b, true, "a's microphone is open")
	a.seat.SetMicrophone(false)
	s.hears(b, false, "a's microphone is shut")
}

func sealed(_ *testing.T, s suite) {
	s.refused(s.visit(s.find(Sealed), "a", false))
	s.refused(s.visit(s.find(Sealed), "host", true))
}

func turnsSealed(t *testing.T, s suite) {
	a, b, va, vb := s.pair(Open)
	s.hears(b, true, "before")
	s.Encrypt(s.Number(Open), conference.EndToEnd)
	s.Step()
	if a.heard != 0 || b.heard != 0 {
		t.Fatalf("heard on the next beat: %d, %d", a.heard, b.heard)
	}
	for _, v := range []conference.Visit{va, vb} {
		if last := s.awaitEnd(v); last.Encryption != conference.EndToEnd {
			t.Errorf("last state %+v", last)
		}
	}
	s.hears(a, false, "afterwards")
	s.hears(b, false, "afterwards")
	s.refused(s.visit(s.find(Open), "late", false))
}

func locked(_ *testing.T, s suite) {
	m := s.find(Locked)
	s.refused(s.visit(m, "a", false))
	s.open(s.visit(m, "host", true))
}

func lobby(t *testing.T, s suite) {
	m := s.find(Lobby)
	host, guest := s.visit(m, "host", true), s.visit(m, "guest", false)
	s.open(host)
	s.refused(guest)
	s.await(host, "one waits", func(st conference.State) bool { return st.You.Waiting == 1 })
	s.Admit(s.Number(Lobby), "guest")
	s.await(guest, "admitted", func(st conference.State) bool { return st.You.Admitted })
	s.open(guest)
	next := s.visit(m, "next", false)
	s.await(host, "another waits", func(st conference.State) bool { return st.You.Waiting == 1 })
	if err := host.Command(context.Background(), conference.AdmitNext, 0); err != nil {
		t.Fatalf("admit by key: %v", err)
	}
	s.await(next, "admitted", func(st conference.State) bool { return st.You.Admitted })
	s.open(next)
}

func looks(_ *testing.T, s suite) {
	m := s.find(Lobby)
	host := s.visit(m, "host", true)
	s.open(host)
	looking := s.visitAs(m, conference.Guest{Call: "looking", Language: "en", Looks: true})
	s.await(looking, "a waiting room", func(st conference.State) bool { return st.Lobby })
	s.refused(looking)
	s.visit(m, "guest", false)
	s.await(host, "one waits", func(st conference.State) bool { return st.You.Waiting == 1 })
	s.refused(s.visitAs(s.find(Open), conference.Guest{Call: "looking", Language: "en", Looks: true}))
}

func held(_ *testing.T, s suite) {
	m := s.find(Secret)
	host := s.visit(m, "host", true)
	s.open(host)
	guest := s.visitAs(m, conference.Guest{Call: "held", Label: "held", Language: "en", Held: true})
	s.await(guest, "waits to be let in", func(st conference.State) bool { return st.Lobby && !st.You.Admitted })
	s.refused(guest)
	s.await(host, "one waits", func(st conference.State) bool { return st.You.Waiting == 1 })
	other := s.visit(m, "other", false)
	s.await(other, "waits for nobody", func(st conference.State) bool { return !st.Lobby })
	s.open(other)
	s.Admit(s.Number(Secret), "held")
	s.await(guest, "admitted", func(st conference.State) bool { return st.You.Admitted })
	s.open(guest)
}

func declined(t *testing.T, s suite) {
	v := s.visit(s.find(Lobby), "guest", false)
	s.Decline(s.Number(Lobby), "guest")
	if last := s.awaitEnd(v); !last.You.Declined {
		t.Errorf("last state %+v", last)
	}
}

func hostFirst(_ *testing.T, s suite) {
	m := s.find(HostFirst)
	guest := s.visit(m, "guest", false)
	s.refused(guest)
	s.open(s.visit(m, "host", true))
	s.await(guest, "the host is there", func(st conference.State) bool { return st.HostPresent })
	s.open(guest)
}

func full(_ *testing.T, s suite) {
	m := s.find(Small)
	first := s.visit(m, "first", false)
	s.open(first)
	second := s.visit(m, "second", false)
	s.refused(second)
	first.Leave()
	s.await(second, "room again", func(st conference.State) bool { return st.People < st.Capacity })
	s.open(second)
}

func closed(_ *testing.T, s suite) {
	v := s.visit(s.find(Closed), "a", false)
	s.await(v, "no telephones", func(st conference.State) bool { return st.PhonesRefused })
	s.refused(v)
}

// answers lets a answer the recording that runs, and tells which it was.
func (s suite) answers(v conference.Visit, p *phone, a conference.Answer) uint64 {
	s.Helper()
	st := s.await(v, "a recording", func(st conference.State) bool { return st.Recording.Active() })
	p.seat.Answer(st.RecordingRun, a)
	return st.RecordingRun
}

func consent(_ *testing.T, s suite) {
	a, b, va, _ := s.pair(Consent)
	s.hears(b, false, "not answered")
	run := s.answers(va, a, conference.Informed)
	s.hears(b, false, "informed is no yes")
	a.seat.Answer(run+1, conference.Agreed)
	s.hears(b, false, "a yes to another recording")
	a.seat.Answer(run, conference.Agreed)
	s.hears(b, true, "agreed")
	a.seat.Answer(run, conference.Declined)
	s.hears(b, false, "taken back")
}

func notice(_ *testing.T, s suite) {
	a, b, va, _ := s.pair(Notice)
	s.hears(b, false, "not told")
	s.answers(va, a, conference.Informed)
	s.hears(b, true, "told")
}

func recordingBegins(t *testing.T, s suite) {
	a, b, va, _ := s.pair(Open)
	s.hears(b, true, "before")
	s.Record(s.Number(Open), true)
	st := s.await(va, "a recording", func(st conference.State) bool { return st.Recording.Active() })
	if st.Consent != conference.ConsentRequired {
		t.Fatalf("consent %v: the suite wants it required", st.Consent)
	}
	s.hears(b, false, "not answered")
	a.seat.Answer(st.RecordingRun, conference.Agreed)
	s.hears(b, true, "agreed")
	s.Record(s.Number(Open), false)
	s.await(va, "no recording", func(st conference.State) bool { return !st.Recording.Active() })
	s.Record(s.Number(Open), true)
	again := s.await(va, "another recording", func(st conference.State) bool { return st.Recording.Active() })
	if again.RecordingRun <= st.RecordingRun {
		t.Errorf("run %d after %d", again.RecordingRun, st.RecordingRun)
	}
	s.hears(b, false, "an answer belongs to one recording")
}

func muted(_ *testing.T, s suite) {
	a, b, va, _ := s.pair(Open)
	s.hears(b, true, "before")
	s.Mute(s.Number(Open), "a")
	s.await(va, "muted", func(st conference.State) bool { return st.You.Muted })
	s.hears(b, false, "muted")
	a.seat.SetMicrophone(true)
	s.await(va, "not muted", func(st conference.State) bool { return !st.You.Muted })
	s.hears(b, true, "taken off")
}

func asked(_ *testing.T, s suite) {
	a, b, va, _ := s.pair(Open)
	a.seat.SetMicrophone(false)
	s.Ask(s.Number(Open), "a")
	s.await(va, "asked", func(st conference.State) bool { return st.You.SpeakRequests == 1 })
	s.hears(b, false, "a host opens no microphone")
}

func removed(t *testing.T, s suite) {
	_, b, va, _ := s.pair(Open)
	s.hears(b, true, "before")
	s.Remove(s.Number(Open), "a")
	if last := s.awaitEnd(va); !last.You.Removed {
		t.Errorf("last state %+v", last)
	}
	s.hears(b, false, "removed")
	if _, err := va.Open(context.Background()); err == nil {
		t.Error("a seat for who was removed")
	}
}

func ended(t *testing.T, s suite) {
	_, b, va, vb := s.pair(Open)
	s.End(s.Number(Open))
	for _, v := range []conference.Visit{va, vb} {
		if last := s.awaitEnd(v); !last.Ended {
			t.Errorf("last state %+v", last)
		}
	}
	s.hears(b, false, "ended")
}

func commands(t *testing.T, s suite) {
	ctx := context.Background()
	m := s.find(Secret)
	host, guest := s.visit(m, "host", true), s.visit(m, "guest", false)
	s.open(host)
	p := s.sit(s.open(guest))
	p.seat.SetMicrophone(true)
	if err := guest.Command(ctx, conference.ToggleLock, 0); !errors.Is(err, conference.ErrNotAdmitted) {
		t.Errorf("a guest's command: %v", err)
	}
	for _, want := range []bool{true, false} {
		if err := host.Command(ctx, conference.ToggleLock, 0); err != nil {
			t.Fatalf("lock: %v", err)
		}
		s.await(guest, "lock", func(st conference.State) bool { return st.Locked == want })
	}
	if err := host.Command(ctx, conference.MuteAll, 0); err != nil {
		t.Fatalf("mute all: %v", err)
	}
	s.await(guest, "muted", func(st conference.State) bool { return st.You.Muted })
	if err := host.Command(ctx, conference.ToggleRecording, 0); err != nil {
		t.Fatalf("record: %v", err)
	}
	s.await(guest, "a recording", func(st conference.State) bool { return st.Recording.Active() })
}

func removesLast(t *testing.T, s suite) {
	ctx := context.Background()
	m := s.find(Secret)
	host, first := s.visit(m, "host", true), s.visit(m, "first", false)
	s.open(first)
	s.open(host)
	asked := s.await(host, "who came last", func(st conference.State) bool { return st.You.Last != 0 }).You.Last
	last := s.visit(m, "last", false)
	s.open(last)
	other := s.await(host, "who came since", func(st conference.State) bool { return st.You.Last != asked }).You.Last
	if err := first.Command(ctx, conference.RemoveLast, other); !errors.Is(err, conference.ErrNotAdmitted) {
		t.Errorf("a guest's command: %v", err)
	}
	if err := host.Command(ctx, conference.RemoveLast, asked); err != nil {
		t.Fatalf("remove: %v", err)
	}
	if st := s.awaitEnd(first); !st.You.Removed {
		t.Errorf("who was last when the host was asked: %+v", st)
	}
	if err := host.Command(ctx, conference.RemoveLast, asked); !errors.Is(err, conference.ErrGone) {
		t.Errorf("who has gone: %v, want %v", err, conference.ErrGone)
	}
	if err := host.Command(ctx, conference.RemoveLast, other); err != nil {
		t.Fatalf("remove: %v", err)
	}
	s.awaitEnd(last)
	s.await(host, "nobody to remove", func(st conference.State) bool { return st.You.Last == 0 })
}

func endsByKey(t *testing.T, s suite) {
	m := s.find(Secret)
	host, guest := s.visit(m, "host", true), s.visit(m, "guest", false)
	s.open(guest)
	s.open(host)
	if err := host.Command(context.Background(), conference.EndMeeting, 0); err != nil {
		t.Fatalf("end: %v", err)
	}
	for _, v := range []conference.Visit{guest, host} {
		if st := s.awaitEnd(v); !st.Ended {
			t.Errorf("last state %+v", st)
		}
	}
}

func comesAndGoes(t *testing.T, s suite) {
	m := s.find(Open)
	a, b, c := s.visit(m, "a", false), s.visit(m, "b", false), s.visit(m, "c", false)
	s.open(a)
	before := s.await(a, "in", func(st conference.State) bool { return st.People == 1 })
	s.open(b)
	s.await(a, "b has come", func(st conference.State) bool { return st.Joined.Count == before.Joined.Count+1 })
	inside := s.await(b, "in", func(st conference.State) bool { return st.People == 2 })
	s.open(c)
	s.await(b, "c has come, and b is no news to b", func(st conference.State) bool { return st.Joined.Count == inside.Joined.Count+1 })
	b.Leave()
	st := s.await(a, "b has gone", func(st conference.State) bool { return st.Left.Count == before.Left.Count+1 })
	if st.Joined.Count != before.Joined.Count+2 {
		t.Errorf("joined %+v, began with %+v", st.Joined, before.Joined)
	}
	if st.Joined.Name != "" || st.Left.Name != "" {
		t.Errorf("joined %+v, left %+v: what others see of a number is no name", st.Joined, st.Left)
	}
}
