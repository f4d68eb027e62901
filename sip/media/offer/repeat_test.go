package offer

import (
	"errors"
	"testing"
)

func TestRepeat(t *testing.T) {
	const theirs = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	p := NewParty(Local{Port: 20000, Session: 7, Codecs: Codecs([]string{"pcma"})})
	if err := p.Repeat(); !errors.Is(err, ErrNotOffered) {
		t.Fatalf("before anything was said: %v", err)
	}
	first, before, err := p.Answer([]byte(theirs))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Repeat(); err != nil {
		t.Fatal(err)
	}
	after, err := p.Accept([]byte(theirs))
	if err != nil {
		t.Fatal(err)
	}
	if after.Send.Type != before.Send.Type || len(after.Receive) != len(before.Receive) || after.Digits != before.Digits || after.Remote != before.Remote {
		t.Errorf("the agreement became %+v, was %+v", after, before)
	}
	if again, _, err := p.Answer([]byte(theirs)); err != nil || string(again) != string(first) {
		t.Errorf("our description became %q, was %q: %v", again, first, err)
	}
}

func TestRepeatAnOfferThatWasNeverAnswered(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
	p := NewParty(Local{Port: 20000, Session: 7, Codecs: Codecs([]string{"pcma", "pcmu"})})
	if _, _, err := p.Answer([]byte(head + "m=audio 4000 RTP/AVP 8\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Offer(); err != nil {
		t.Fatal(err)
	}
	if err := p.Repeat(); err != nil {
		t.Fatal(err)
	}
	after, err := p.Accept([]byte(head + "m=audio 4000 RTP/AVP 0\r\n"))
	if err != nil || after.Send.Type != 0 || len(after.Receive) != 1 || after.Receive[0].Type != 0 {
		t.Errorf("sends %d, takes %v: %v", after.Send.Type, after.Receive, err)
	}
}
