package sip

import (
	"reflect"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestNext(t *testing.T) {
	busy := Cause{Status: 486, Q850: 17}
	var (
		begin   = state{first: 1, seq: 1}
		wanting = state{first: 1, seq: 1, prelude: prelude{wish: answering}}
		waiting = state{first: 1, phase: answered, seq: 1, unacked: 1, stands: true}
		offered = state{first: 1, phase: answered, seq: 1, unacked: 1, offered: true}
		up      = state{first: 1, phase: talking, seq: 1, stands: true}
		renewed = state{first: 1, phase: talking, seq: 2, unacked: 2, stands: true}
		parting = state{first: 1, phase: answered, seq: 1, unacked: 1, stands: true, parting: true, farewell: busy}
		mute    = state{first: 1, phase: talking, seq: 1}
		left    = state{first: 1, phase: leaving, seq: 1, stands: true}
		dead    = state{first: 1, phase: over, seq: 1, stands: true}
	)
	with := func(s state, change func(*state)) state { change(&s); return s }
	seq := func(s state, n uint32) state { s.seq = n; return s }
	in := func(p phase, s state) state { s.phase, s.unacked = p, 0; return s }
	for _, tt := range []struct {
		name string
		from state
		ev   event
		want state
		do   []action
	}{
		{"the gateway lets it ring", begin, alerted{}, begin, []action{ring{}}},
		{"nothing rings after the answer", waiting, alerted{}, waiting, nil},
		{"the gateway takes the call", begin, wanted{}, wanting, []action{negotiate{true}}},
		{"taking it twice does nothing", waiting, wanted{}, waiting, nil},
		{"what fits is sent", wanting, settled{sipmsg.INVITE, 1, false}, waiting, []action{accept{}}},
		{"our own offer is sent", wanting, settled{sipmsg.INVITE, 1, true}, offered, []action{accept{}}},
		{"what does not fit is refused", wanting, unsettled{sipmsg.INVITE, causeNoCodec}, in(over, wanting), []action{refuse{causeNoCodec}, part{ErrOffer}, forget{}}},
		{"refused before the answer", begin, ended{busy, ErrHungUp}, in(over, begin), []action{refuse{busy}, part{ErrHungUp}, forget{}}},

		{"CANCEL while it rings", begin, cancelled{}, in(over, begin), []action{refuse{causeCancelled}, part{ErrCancelled}, forget{}}},
		{"CANCEL after the answer is too late", waiting, cancelled{}, waiting, nil},
		{"CANCEL while talking is too late", up, cancelled{}, up, nil},

		{"ACK ends the repeating", waiting, acked{seq: 1}, up, []action{silent{}}},
		{"ACK of something else", waiting, acked{seq: 7}, waiting, nil},
		{"ACK while it rings", begin, acked{seq: 1}, begin, nil},
		{"ACK once more", up, acked{seq: 1}, up, nil},
		{"ACK with the answer to our offer", offered, acked{1, true}, mute, []action{silent{}, conclude{}}},
		{"ACK without the answer to our offer", offered, acked{1, false}, in(leaving, with(offered, func(s *state) { s.offered = false })), []action{silent{}, part{ErrOffer}, bye{causeBadAnswer}}},
		{"ACK of an empty re-INVITE without an answer leaves the call", with(renewed, func(s *state) { s.offered = true }), acked{2, false}, seq(up, 2), []action{silent{}}},
		{"answer that does not fit our later offer leaves the sound", up, unsettled{sipmsg.ACK, causeBadAnswer}, up, nil},
		{"answer that fits our offer", mute, concluded{sipmsg.ACK}, up, nil},
		{"answer that does not fit our offer", mute, unsettled{sipmsg.ACK, causeBadAnswer}, in(leaving, mute), []action{silent{}, part{ErrOffer}, bye{causeBadAnswer}}},
		{"no ACK for 64*T1", waiting, unheard{}, left, []action{silent{}, part{ErrNoAcknowledgement}, bye{causeNoAck}}},
		{"no ACK to a re-INVITE", renewed, unheard{}, seq(left, 2), []action{silent{}, part{ErrNoAcknowledgement}, bye{causeNoAck}}},
		{"the timer after the ACK", up, unheard{}, up, nil},

		{"hanging up", up, ended{busy, ErrHungUp}, left, []action{silent{}, part{ErrHungUp}, bye{busy}}},
		{"hanging up twice", left, ended{busy, ErrHungUp}, left, nil},
		{"hanging up waits for the ACK", waiting, ended{busy, ErrHungUp}, parting, []action{part{ErrHungUp}}},
		{"and a second time", parting, ended{causeNormal, ErrHungUp}, parting, nil},
		{"the ACK lets BYE go", parting, acked{seq: 1}, in(leaving, parting), []action{silent{}, bye{busy}}},
		{"so does its absence", parting, unheard{}, in(leaving, parting), []action{silent{}, part{ErrNoAcknowledgement}, bye{busy}}},
		{"BYE is confirmed", left, released{}, dead, []action{forget{}}},
		{"a confirmation of nothing", up, released{}, up, nil},
		{"no time for manners", up, abandoned{}, dead, []action{silent{}, part{ErrHungUp}, forget{}}},

		{"BYE", up, asked{sipmsg.BYE, 2, false}, seq(dead, 2), []action{reply{status: 200}, silent{}, part{ErrCallerGone}, forget{}}},
		{"BYE before the ACK", waiting, asked{sipmsg.BYE, 2, false}, seq(dead, 2), []action{reply{status: 200}, silent{}, part{ErrCallerGone}, forget{}}},
		{"BYE while it rings", begin, asked{sipmsg.BYE, 2, false}, seq(in(over, begin), 2), []action{reply{status: 200}, silent{}, refuse{causeCancelled}, part{ErrCallerGone}, forget{}}},
		{"BYE meets BYE", left, asked{sipmsg.BYE, 2, false}, seq(dead, 2), []action{reply{status: 200}, silent{}, part{ErrCallerGone}, forget{}}},
		{"BYE with an old number", seq(up, 5), asked{sipmsg.BYE, 4, false}, seq(up, 5), []action{reply{status: 500}}},
		{"anything after the end", dead, asked{sipmsg.INFO, 9, false}, dead, []action{reply{status: 481}}},
		{"INFO after our BYE", left, asked{sipmsg.INFO, 9, false}, seq(left, 9), []action{reply{status: 481}}},
		{"the same number again", up, asked{sipmsg.INFO, 1, false}, up, []action{reply{status: 500}}},

		{"re-INVITE", up, asked{sipmsg.INVITE, 2, true}, seq(up, 2), []action{silent{}, negotiate{}}},
		{"re-INVITE that fits", seq(up, 2), settled{sipmsg.INVITE, 2, false}, renewed, []action{accept{}}},
		{"re-INVITE that does not fit leaves the call", up, unsettled{sipmsg.INVITE, causeNoCodec}, up, []action{decline{causeNoCodec}}},
		{"re-INVITE before the first has its answer", begin, asked{sipmsg.INVITE, 2, true}, seq(begin, 2), []action{reply{500, true}}},
		{"re-INVITE tells that the ACK was lost", waiting, asked{sipmsg.INVITE, 2, true}, seq(up, 2), []action{silent{}, negotiate{}}},
		{"re-INVITE while our offer is open", offered, asked{sipmsg.INVITE, 2, true}, seq(offered, 2), []action{reply{status: 491}}},
		{"UPDATE that changes nothing", up, asked{sipmsg.UPDATE, 2, false}, seq(up, 2), []action{agree{bare: true}}},
		{"UPDATE with an offer", up, asked{sipmsg.UPDATE, 2, true}, seq(up, 2), []action{negotiate{}}},
		{"UPDATE that fits", up, settled{sipmsg.UPDATE, 2, false}, up, []action{agree{}}},
		{"UPDATE while it rings", begin, asked{sipmsg.UPDATE, 2, true}, seq(begin, 2), []action{reply{500, true}}},
		{"UPDATE while our offer is open", offered, asked{sipmsg.UPDATE, 2, true}, seq(offered, 2), []action{reply{status: 491}}},
		{"what settles after the end", dead, settled{sipmsg.INVITE, 1, false}, dead, nil},
		{"what fails after the end", left, unsettled{sipmsg.INVITE, causeNoCodec}, left, nil},

		{"INFO", up, asked{sipmsg.INFO, 2, true}, seq(up, 2), []action{press{}}},
		{"OPTIONS in the call", up, asked{sipmsg.OPTIONS, 2, false}, seq(up, 2), []action{reply{status: 200}}},
		{"REFER is declined", up, asked{sipmsg.REFER, 2, false}, seq(up, 2), []action{reply{status: 603}}},
		{"PRACK was never asked for", begin, proved{2, true, false}, seq(begin, 2), []action{reply{status: 481}}},
		{"a method nobody knows", up, asked{"DANCE", 2, false}, seq(up, 2), []action{reply{status: 501}}},
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

// Whatever happens in whatever order, a dialog parts from the gateway before
// it is forgotten, speaks BYE only after an answer, and does nothing once over.
func FuzzNext(f *testing.F) {
	events := []event{
		wanted{},
		cancelled{},
		unheard{},
		released{},
		acked{seq: 1},
		acked{1, true},
		acked{seq: 2},
		settled{sipmsg.INVITE, 1, false},
		settled{sipmsg.INVITE, 2, true},
		settled{sipmsg.UPDATE, 3, false},
		unsettled{sipmsg.INVITE, causeNoCodec},
		unsettled{sipmsg.ACK, causeBadAnswer},
		ended{causeNormal, ErrHungUp},
		asked{sipmsg.BYE, 9, false},
		asked{sipmsg.INVITE, 2, true},
		asked{sipmsg.UPDATE, 3, true},
		asked{sipmsg.INFO, 4, true},
		abandoned{},
		alerted{},
		forestalled{},
		proved{5, true, false},
		proved{6, true, true},
		unproved{},
		concluded{sipmsg.ACK},
		concluded{sipmsg.PRACK},
		unsettled{sipmsg.PRACK, causeBadAnswer},
		due{sipmsg.INVITE},
		replied{method: sipmsg.INVITE, status: 200},
		replied{method: sipmsg.INVITE, status: 491},
		replied{method: sipmsg.INVITE},
		lingering{},
	}
	f.Add([]byte{0, 7, 4, 12, 3})
	f.Add([]byte{0, 8, 5, 14, 7, 6, 13})
	f.Fuzz(func(t *testing.T, script []byte) {
		s := state{first: 1, seq: 1, prelude: prelude{reliable: required}}
		parted, forgotten, byes := false, 0, 0
		for _, b := range script {
			before := s
			var actions []action
			ev := events[int(b)%len(events)]
			_, isProof := ev.(proved)
			s, actions = next(s, ev)
			if before.phase == over && s.phase != over {
				t.Fatal("came back to life")
			}
			for _, a := range actions {
				switch a.(type) {
				case part:
					parted = true
				case bye:
					byes++
					if before.phase == ringing {
						t.Fatal("BYE before the answer")
					}
				case forget:
					forgotten++
				case progress:
					if before.prelude.proving && !isProof || before.phase != ringing {
						t.Fatal("183 before the one before it is proven")
					}
				case accept:
					if before.prelude.promised && !isProof {
						t.Fatal("200 before the description is proven")
					}
					if before.phase == leaving || before.phase == over {
						t.Fatal("200 after the end")
					}
				}
			}
			if s.phase == over && !parted {
				t.Fatal("over, and the gateway does not know")
			}
		}
		if byes > 1 {
			t.Fatalf("%d BYEs", byes)
		}
		if s.phase == over && forgotten == 0 {
			t.Fatal("over and not forgotten")
		}
	})
}
