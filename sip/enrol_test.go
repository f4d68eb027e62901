package sip

import (
	"reflect"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// plainSteps are the steps of an account without the texts of errors.
func plainSteps(steps []any) []any {
	plain := make([]any, len(steps))
	for i, s := range steps {
		if t, ok := s.(enrolTell); ok {
			t.why = ""
			s = t
		}
		plain[i] = s
	}
	return plain
}

func TestEnrol(t *testing.T) {
	const asked = 10 * time.Minute
	asking := enrolment{phase: enrolAsking, asked: asked, targets: 2, target: 0, tried: 1}
	last := asking
	last.target, last.tried = 1, 2
	proved := asking
	proved.proved, proved.proofs = [2]bool{true, false}, 1
	resting := enrolment{phase: enrolResting, asked: asked, targets: 2, bound: true}
	tired := last
	tired.fails = 20
	refused := func(d time.Duration, serious bool) []any {
		return []any{enrolTell{state: stateFailed, serious: serious}, enrolRest{d, d + d/2}}
	}
	again := func(target int, last bool) []any { return []any{enrolAsk{target, last, asked}} }
	for _, tt := range []struct {
		name  string
		state enrolment
		event any
		want  []any
	}{
		{"a rest ends with a look-up", resting, enrolDue{}, []any{enrolSeek{}}},
		{"the first place is asked", enrolment{phase: enrolSeeking, asked: asked}, enrolFound{2, 1}, again(1, false)},
		{"the only place may take its time", enrolment{phase: enrolSeeking, asked: asked}, enrolFound{1, 0}, again(0, true)},
		{"a name that is not found is tried again soon", enrolment{phase: enrolSeeking}, enrolLost{"x"}, refused(retryFirst, false)},
		{"a registration is refreshed before it ends", asking, enrolReply{status: 200, granted: 100 * time.Second}, []any{enrolTell{state: stateRegistered, granted: 100 * time.Second}, enrolRest{80 * time.Second, 90 * time.Second}}},
		{"nothing is granted for less than a moment", asking, enrolReply{status: 200}, []any{enrolTell{state: stateRegistered, granted: minExpires}, enrolRest{4 * time.Second, 4500 * time.Millisecond}}},
		{"another address is registered at once", asking, enrolReply{status: 200, granted: asked, elsewhere: true}, again(0, false)},
		{"a challenge is answered", asking, enrolReply{status: 401, readable: true}, again(0, false)},
		{"that of a proxy, too", asking, enrolReply{status: 407, readable: true}, again(0, false)},
		{"a proxy may ask after the registrar", proved, enrolReply{status: 407, readable: true}, again(0, false)},
		{"a second challenge means that the password is wrong", proved, enrolReply{status: 401, readable: true}, refused(refusedFirst, true)},
		{"unless the nonce is only too old", proved, enrolReply{status: 401, readable: true, stale: true}, again(0, false)},
		{"one that cannot be answered", asking, enrolReply{status: 401}, refused(refusedFirst, true)},
		{"a longer interval is asked for", asking, enrolReply{status: 423, least: time.Hour}, []any{enrolAsk{0, false, time.Hour}}},
		{"an interval that is no longer is nonsense", asking, enrolReply{status: 423, least: time.Minute}, refused(refusedFirst, true)},
		{"forbidden is for long", asking, enrolReply{status: 403}, refused(refusedFirst, true)},
		{"and so is not found", asking, enrolReply{status: 404}, refused(refusedFirst, true)},
		{"a redirection is not followed", asking, enrolReply{status: 302}, refused(refusedFirst, true)},
		{"a busy registrar has a neighbour", asking, enrolReply{status: 503, later: time.Hour}, again(1, true)},
		{"a silent one, too", asking, enrolSilence{"x"}, again(1, true)},
		{"the last is busy and says for how long", last, enrolReply{status: 503, later: 10 * time.Minute}, refused(10*time.Minute, false)},
		{"an error of the last", last, enrolReply{status: 500}, refused(retryFirst, false)},
		{"the more often it fails the longer it rests", tired, enrolSilence{"x"}, refused(retryMost, false)},
		{"a connection that is cut is made again soon", resting, enrolCut{}, []any{enrolRest{0, 2 * time.Second}}},
		{"who is known takes leave", resting, enrolDismissed{}, []any{enrolAsk{0, true, 0}}},
		{"and so does who may be", asking, enrolDismissed{}, []any{enrolAsk{0, true, 0}}},
		{"who is not known just goes", enrolment{}, enrolDismissed{}, []any{enrolTell{state: stateStopped}, enrolRetire{}}},
		{"a farewell is proven as well", enrolment{phase: enrolLeaving}, enrolReply{status: 401, readable: true}, []any{enrolAsk{0, true, 0}}},
		{"a farewell is heard", enrolment{phase: enrolLeaving}, enrolReply{status: 200}, []any{enrolTell{state: stateStopped}, enrolRetire{}}},
		{"or not", enrolment{phase: enrolLeaving}, enrolSilence{"x"}, []any{enrolTell{state: stateStopped}, enrolRetire{}}},
		{"an answer while resting is late", resting, enrolReply{status: 403}, nil},
		{"nothing is due while an answer is awaited", asking, enrolDue{}, nil},
		{"a connection is cut once", func() enrolment { e := resting; e.cut = true; return e }(), enrolCut{}, nil},
		{"a registrar that refuses and hangs up is not asked again for it", func() enrolment { e := resting; e.fails = 1; return e }(), enrolCut{}, nil},
		{"a connection is cut that was not needed", asking, enrolCut{}, nil},
		{"dismissed twice", enrolment{phase: enrolLeaving}, enrolDismissed{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, steps := enrol(tt.state, tt.event)
			if got := plainSteps(steps); !reflect.DeepEqual(got, tt.want) && len(got)+len(tt.want) > 0 {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Whatever a registrar answers, the account neither asks without end nor falls
// silent.
func FuzzEnrol(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 200, 17, 4})
	f.Fuzz(func(t *testing.T, script []byte) {
		e, asks := enrolment{asked: time.Minute}, 0
		for _, b := range script {
			events := []any{
				enrolDue{},
				enrolFound{int(b%3) + 1, 0},
				enrolLost{},
				enrolSilence{},
				enrolCut{},
				enrolReply{status: 200, granted: time.Hour, elsewhere: b&32 != 0},
				enrolReply{status: 401, readable: true, stale: true},
				enrolReply{status: 407, readable: true},
				enrolReply{status: 423, least: e.asked + time.Hour},
				enrolReply{status: 503},
			}
			var steps []any
			e, steps = enrol(e, events[int(b)%len(events)])
			rested := false
			for _, s := range steps {
				switch s.(type) {
				case enrolAsk:
					asks++
				case enrolRest:
					rested = true
				}
			}
			if rested {
				asks = 0
			}
			if asks > 3*(maxProofs+2)+30 {
				t.Fatalf("%d requests without a rest", asks)
			}
		}
	})
}

func response(t testing.TB, headers string) *sipmsg.Response {
	t.Helper()
	msg, err := parse(sipmsg.NewParser(), []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport=7000;received=192.0.2.9\r\n"+headers+"Content-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return msg.(*sipmsg.Response)
}

func TestGranted(t *testing.T) {
	const asked = time.Hour
	for _, tt := range []struct {
		name, headers string
		want          time.Duration
	}{
		{"nothing is said", "", asked},
		{"for all", "Expires: 300\r\n", 300 * time.Second},
		{"for our contact", "Expires: 300\r\nContact: <sip:a@10.0.0.1;line=x>;expires=120\r\n", 120 * time.Second},
		{"for ours among others", "Contact: <sip:a@10.0.0.9>;expires=10, <sip:a@10.0.0.1;line=x>;expires=\"90\"\r\n", 90 * time.Second},
		{"a registrar that keeps no parameters", "Contact: <sip:a@10.0.0.9>;expires=80\r\nContact: <sip:a@10.0.0.1>;expires=70\r\n", 70 * time.Second},
		{"of somebody else only", "Contact: <sip:b@10.0.0.9>;expires=80\r\n", asked},
		{"nonsense", "Expires: soon\r\nContact: <sip:a@10.0.0.1>;expires=-1\r\n", asked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := granted(response(t, tt.headers), "x", "a", asked); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWhatARegistrarTells(t *testing.T) {
	res := response(t, "Retry-After: 120 (busy);duration=3\r\nMin-Expires: 1800\r\nService-Route: <sip:a;lr>, <sip:b;lr>\r\nService-Route: <sip:c;lr>\r\nService-Route: nonsense\r\n")
	reply := readReply(res, "x", "a", time.Hour)
	if reply.later != 2*time.Minute || reply.least != 30*time.Minute {
		t.Errorf("reply %+v", reply)
	}
	if got, want := serviceRoute(res), []string{"<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"}; !reflect.DeepEqual(got, want) {
		t.Errorf("routes %v", got)
	}
	if at, ok := seenAs(res); !ok || at.String() != "192.0.2.9:7000" {
		t.Errorf("seen as %v", at)
	}
}

func FuzzReadReply(f *testing.F) {
	f.Add("Contact: <sip:a@b;line=x>;expires=5\r\nService-Route: <sip:a;lr>\r\nMin-Expires: 1\r\n")
	f.Fuzz(func(_ *testing.T, headers string) {
		msg, err := parse(sipmsg.NewParser(), []byte("SIP/2.0 200 OK\r\n"+headers+"Content-Length: 0\r\n\r\n"))
		if res, ok := msg.(*sipmsg.Response); err == nil && ok {
			_ = readReply(res, "x", "a", time.Hour)
			_ = serviceRoute(res)
			_, _ = seenAs(res)
		}
	})
}
