package sip

import (
	"reflect"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestNextBeforeTheAnswer(t *testing.T) {
	begin := func(r reliability, change ...func(*prelude)) state {
		s := state{first: 1, seq: 1, prelude: prelude{reliable: r}}
		for _, c := range change {
			c(&s.prelude)
		}
		return s
	}
	wishing := func(w wish) func(*prelude) { return func(p *prelude) { p.wish = w } }
	proving := func(p *prelude) { p.proving = true }
	requiredSaid := func(p *prelude) { p.described, p.said, p.reliable = true, true, required }
	described := func(p *prelude) { p.described = true }
	offering := func(p *prelude) { p.described, p.offering = true, true }
	said := func(p *prelude) { p.described, p.said = true, true }
	promised := func(p *prelude) { p.described, p.said, p.proving, p.promised = true, true, true, true }
	bare := func(p *prelude) { p.bare = true }
	seq := func(s state, n uint32) state { s.seq = n; return s }
	stands := func(s state) state { s.stands = true; return s }
	offered := func(s state) state { s.offered = true; return s }
	dead := func(s state) state { s.phase = over; return s }
	taken := state{first: 1, seq: 1, phase: answered, unacked: 1}
	unproven := taken
	unproven.prelude.proving = true
	for _, tt := range []struct {
		name string
		from state
		ev   event
		want state
		do   []action
	}{
		{"180 is not repeated for who does not want it", begin(never), alerted{}, begin(never), []action{ring{}}},
		{"nor for who would only understand it", begin(supported), alerted{}, begin(supported), []action{ring{}}},
		{"it is for who requires it", begin(required), alerted{}, begin(required, proving), []action{ring{true}}},
		{"one at a time", begin(required, proving), alerted{}, begin(required, proving), nil},
		{"PRACK ends it", begin(required, proving), proved{2, true, false}, seq(begin(required), 2), []action{proven{}, agree{bare: true}}},
		{"PRACK of another", begin(required, proving), proved{2, false, false}, seq(begin(required, proving), 2), []action{reply{status: 481}}},
		{"PRACK twice", begin(required), proved{2, true, false}, seq(begin(required), 2), []action{reply{status: 481}}},
		{"PRACK with an old number", begin(required, proving), proved{1, true, false}, begin(required, proving), []action{reply{status: 500}}},
		{"no PRACK for 64*T1", begin(required, proving), unproved{}, dead(begin(required, proving)), []action{refuse{causeNoPrack}, part{ErrNoAcknowledgement}, forget{}}},
		{"200 need not wait for the PRACK of 180", begin(required, proving, described, wishing(answering)), settled{sipmsg.INVITE, 1, false}, stands(unproven), []action{accept{}}},
		{"which may still come", unproven, proved{2, true, false}, seq(taken, 2), []action{proven{}, agree{bare: true}}},

		{"who waits for long is told that it rings", begin(never), lingering{}, begin(never), []action{ring{}}},
		{"once more, and sure of it", begin(required), lingering{}, begin(required, proving), []action{ring{true}}},
		{"not while another is repeated", begin(required, proving), lingering{}, begin(required, proving), nil},
		{"who hears us hears no bell meanwhile", begin(never, said), lingering{}, begin(never, said), []action{progress{}}},
		{"nor needs the description twice", begin(supported, said), lingering{}, begin(supported, said), []action{progress{bare: true}}},
		{"nor to be told unproven", begin(required, requiredSaid), lingering{}, begin(required, requiredSaid, proving), []action{progress{true, true}}},
		{"who is answered waits no more", taken, lingering{}, taken, nil},

		{"to be heard early", begin(never), forestalled{}, begin(never, wishing(hearing)), []action{negotiate{true}}},
		{"183 carries the answer", begin(never, wishing(hearing)), settled{sipmsg.INVITE, 1, false}, stands(begin(never, said)), []action{progress{}}},
		{"and is repeated for who understands that", begin(supported, wishing(hearing)), settled{sipmsg.INVITE, 1, false}, stands(begin(supported, promised)), []action{progress{reliable: true}}},
		{"183 waits for the PRACK of 180", begin(required, proving), forestalled{}, begin(required, proving, wishing(hearing)), nil},
		{"and goes when it comes", begin(required, proving, wishing(hearing)), proved{2, true, false}, seq(begin(required, wishing(hearing)), 2), []action{proven{}, agree{bare: true}, negotiate{true}}},
		{"to be heard early twice", begin(never, said), forestalled{}, begin(never, said), nil},
		{"who is heard needs no bell", begin(never, said), alerted{}, begin(never, said), nil},
		{"an offer needs PRACK for its answer", begin(never, wishing(hearing)), settled{sipmsg.INVITE, 1, true}, begin(never, offering), []action{herald{errNoEarlySound}}},
		{"the call can be answered then", begin(never, offering), wanted{}, offered(taken), []action{accept{}}},
		{"what does not fit early refuses nothing yet", begin(never, wishing(hearing)), unsettled{sipmsg.INVITE, causeNoCodec}, begin(never), []action{herald{ErrOffer}}},
		{"200 repeats what 183 said", stands(begin(never, said)), wanted{}, stands(taken), []action{accept{}}},
		{"200 waits for the PRACK of 183", stands(begin(supported, promised)), wanted{}, stands(begin(supported, promised, wishing(answering))), nil},
		{"and goes when it comes ", stands(begin(supported, promised, wishing(answering))), proved{2, true, false}, seq(stands(taken), 2), []action{proven{}, agree{bare: true}, accept{}}},
		{"a refusal does not wait", begin(supported, promised), ended{Cause{Status: 486}, ErrHungUp}, dead(begin(supported, promised)), []action{refuse{Cause{Status: 486}}, part{ErrHungUp}, forget{}}},

		{"183 carries our offer", begin(supported, wishing(hearing)), settled{sipmsg.INVITE, 1, true}, offered(begin(supported, promised, offering)), []action{progress{reliable: true}}},
		{"PRACK carries the answer", offered(begin(supported, promised, offering)), proved{2, true, true}, seq(offered(begin(supported, said, offering)), 2), []action{proven{}, conclude{}}},
		{"which fits", offered(begin(supported, said, offering)), concluded{sipmsg.PRACK}, stands(begin(supported, said, bare)), []action{agree{bare: true}}},
		{"200 says nothing more", stands(begin(supported, said, bare)), wanted{}, stands(taken), []action{accept{bare: true}}},
		{"which does not fit", offered(begin(supported, said, offering)), unsettled{sipmsg.PRACK, causeBadAnswer}, dead(offered(begin(supported, said, offering))), []action{decline{causeBadAnswer}, refuse{causeBadAnswer}, part{ErrOffer}, forget{}}},
		{"which is missing", offered(begin(supported, promised, offering)), proved{2, true, false}, dead(seq(offered(begin(supported, said, offering)), 2)), []action{proven{}, decline{causeBadAnswer}, refuse{causeBadAnswer}, part{ErrOffer}, forget{}}},
		{"PRACK carries a new offer", stands(begin(supported, promised)), proved{2, true, true}, seq(stands(begin(supported, said)), 2), []action{proven{}, negotiate{}}},
		{"which is answered in its 200", stands(begin(supported, said)), settled{sipmsg.PRACK, 2, false}, stands(begin(supported, said, bare)), []action{agree{}}},
		{"or refused, and nothing else", stands(begin(supported, said)), unsettled{sipmsg.PRACK, causeNoCodec}, stands(begin(supported, said)), []action{decline{causeNoCodec}}},
		{"PRACK of 180 with an offer while that of the INVITE is open", begin(required, proving), proved{2, true, true}, seq(begin(required), 2), []action{proven{}, decline{causeEarlyOffer}}},

		{"UPDATE without an offer", begin(never), asked{sipmsg.UPDATE, 2, false}, seq(begin(never), 2), []action{agree{bare: true}}},
		{"UPDATE after a reliable 183", stands(begin(supported, said)), asked{sipmsg.UPDATE, 2, true}, seq(stands(begin(supported, said)), 2), []action{negotiate{}}},
		{"UPDATE after an unreliable one", stands(begin(never, said)), asked{sipmsg.UPDATE, 2, true}, seq(stands(begin(never, said)), 2), []action{reply{500, true}}},
		{"UPDATE while our offer is open", offered(begin(supported, said, offering)), asked{sipmsg.UPDATE, 2, true}, seq(offered(begin(supported, said, offering)), 2), []action{reply{status: 491}}},
		{"UPDATE before any answer", begin(supported), asked{sipmsg.UPDATE, 2, true}, seq(begin(supported), 2), []action{reply{500, true}}},
		{"UPDATE that fits ", stands(begin(supported, said)), settled{sipmsg.UPDATE, 2, false}, stands(begin(supported, said, bare)), []action{agree{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, do := next(tt.from, tt.ev)
			if got != tt.want {
				t.Errorf("state %+v, want %+v", got, tt.want)
			}
			if !reflect.DeepEqual(do, tt.do) {
				t.Errorf("actions %+v, want %+v", do, tt.do)
			}
		})
	}
}

func TestNextOfOurOwnRequests(t *testing.T) {
	up := state{first: 1, seq: 1, phase: talking, stands: true}
	asking := func(m sipmsg.RequestMethod) state { s := up; s.asking = m; return s }
	seq := func(s state, n uint32) state { s.seq = n; return s }
	in := func(p phase, s state) state { s.phase = p; return s }
	busy := up
	busy.unacked = 2
	gone := []action{silent{}, part{ErrNoReply}, bye{causeNoReply}}
	for _, tt := range []struct {
		name string
		from state
		ev   event
		want state
		do   []action
	}{
		{"time to refresh", up, due{sipmsg.UPDATE}, asking(sipmsg.UPDATE), []action{refresh{sipmsg.UPDATE}}},
		{"not while the caller's INVITE awaits its ACK", busy, due{sipmsg.INVITE}, busy, []action{postpone{}}},
		{"not while another of ours is out", asking(sipmsg.INVITE), due{sipmsg.INVITE}, asking(sipmsg.INVITE), []action{postpone{}}},
		{"not after our BYE", in(leaving, up), due{sipmsg.INVITE}, in(leaving, up), nil},
		{"UPDATE is answered", asking(sipmsg.UPDATE), replied{method: sipmsg.UPDATE, status: 200}, up, nil},
		{"INVITE is answered", asking(sipmsg.INVITE), replied{sipmsg.INVITE, 200, true, ""}, up, []action{adopt{}}},
		{"INVITE is answered without a session", asking(sipmsg.INVITE), replied{sipmsg.INVITE, 200, false, ""}, up, nil},
		{"too often for somebody on the way", asking(sipmsg.INVITE), replied{sipmsg.INVITE, 422, false, sipmsg.INVITE}, asking(sipmsg.INVITE), []action{refresh{sipmsg.INVITE}}},
		{"UPDATE is unknown", asking(sipmsg.UPDATE), replied{sipmsg.UPDATE, 405, false, sipmsg.INVITE}, asking(sipmsg.INVITE), []action{refresh{sipmsg.INVITE}}},
		{"requests have met", asking(sipmsg.INVITE), replied{method: sipmsg.INVITE, status: 491}, up, []action{postpone{491}}},
		{"refused", asking(sipmsg.INVITE), replied{method: sipmsg.INVITE, status: 488}, up, []action{postpone{488}}},
		{"the call is unknown", asking(sipmsg.INVITE), replied{method: sipmsg.INVITE, status: 481}, in(leaving, up), gone},
		{"a proxy has waited in vain", asking(sipmsg.INVITE), replied{method: sipmsg.INVITE, status: 408}, in(leaving, up), gone},
		{"nobody answers", asking(sipmsg.INVITE), replied{method: sipmsg.INVITE}, in(leaving, up), gone},
		{"an answer after our BYE", in(leaving, asking(sipmsg.INVITE)), replied{method: sipmsg.INVITE, status: 487}, in(leaving, up), nil},
		{"BYE while our INVITE is out", asking(sipmsg.INVITE), ended{causeNormal, ErrHungUp}, in(leaving, asking(sipmsg.INVITE)), []action{silent{}, part{ErrHungUp}, bye{causeNormal}}},
		{"INVITE meets ours", asking(sipmsg.INVITE), asked{sipmsg.INVITE, 2, true}, seq(asking(sipmsg.INVITE), 2), []action{reply{status: 491}}},
		{"UPDATE with an offer meets our INVITE", asking(sipmsg.INVITE), asked{sipmsg.UPDATE, 2, true}, seq(asking(sipmsg.INVITE), 2), []action{reply{status: 491}}},
		{"UPDATE without one does not", asking(sipmsg.INVITE), asked{sipmsg.UPDATE, 2, false}, seq(asking(sipmsg.INVITE), 2), []action{agree{bare: true}}},
		{"INVITE and our UPDATE, which offers nothing", asking(sipmsg.UPDATE), asked{sipmsg.INVITE, 2, true}, seq(asking(sipmsg.UPDATE), 2), []action{silent{}, negotiate{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, do := next(tt.from, tt.ev)
			if got != tt.want {
				t.Errorf("state %+v, want %+v", got, tt.want)
			}
			if !reflect.DeepEqual(do, tt.do) {
				t.Errorf("actions %+v, want %+v", do, tt.do)
			}
		})
	}
}
