package media

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/srtp/v3"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	savp  = "m=audio %d RTP/SAVP 8"
	usual = "AES_CM_128_HMAC_SHA1_80"
)

func TestEveryEncryptionBothWays(t *testing.T) {
	var all []secret
	for suite := range suites {
		all = append(all, newSecret(t, suite))
		marked := newSecret(t, suite)
		marked.mki, marked.bytes = "|2^31|258:4", []byte{0, 0, 1, 2}
		all = append(all, marked)
	}
	for _, s := range all {
		t.Run(s.suite+s.mki, func(t *testing.T) {
			t.Parallel()
			p := newBench(t, nil).secure(s)
			heard := &record{}
			p.leg.Connect(tone{8000}, heard)
			want := encoded(g711.ALaw, 160)
			for range 20 { // over the overflow of the sequence numbers
				p.send(8, want, 160)
				p.step(1)
				if got := p.receive(); !bytes.Equal(got.Payload, want) {
					t.Fatal("the phone hears something else")
				}
			}
			if n := heard.full(); n < 15 || !p.leg.Secure() {
				t.Errorf("%d frames heard, secure %v", n, p.leg.Secure())
			}
			if s := p.leg.Stats(); s.PacketsIn != 20 || s.Forged != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestSeveralKeysInOneLine(t *testing.T) {
	first, second := newSecret(t, usual), newSecret(t, usual)
	first.mki, first.bytes = "|2^31|1:1", []byte{1}
	second.bytes = []byte{2}
	both := first
	both.mki = "|2^31|1:1;inline:" + base64.StdEncoding.EncodeToString(second.raw) + "|2^31|2:1"
	p := newBench(t, nil).dialWith(LegConfig{SRTP: "optional"})
	p.offer(savp, both.line())
	for _, s := range []secret{first, second} {
		p.seal = s.context(t)
		p.seal.SetROC(p.ssrc, 0)
		for range 3 {
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
	}
	if s := p.leg.Stats(); s.PacketsIn != 6 {
		t.Errorf("%+v", s)
	}
}

func TestOnlyTheKeyOpensAnEncryptedCall(t *testing.T) {
	key := newSecret(t, usual)
	for _, tt := range []struct {
		name string
		seal func(t *testing.T) *srtp.Context
	}{
		{"in the clear", func(*testing.T) *srtp.Context { return nil }},
		{"under another key", func(t *testing.T) *srtp.Context { return newSecret(t, usual).context(t) }},
		{"under another suite", func(t *testing.T) *srtp.Context {
			c := key
			c.suite = "AES_CM_128_HMAC_SHA1_32"
			return c.context(t)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).secure(key)
			heard := &record{}
			p.leg.Connect(nil, heard)
			intruder := *p
			intruder.seal = tt.seal(t)
			for range 3 * enough {
				intruder.send(8, encoded(g711.ALaw, 160), 160) // from the very port of the description
				p.step(1)
			}
			if s := p.leg.Stats(); s.Forged != 3*enough || s.PacketsIn != 0 || s.Unproven != 0 || heard.full() > 0 {
				t.Errorf("%+v, %d heard", s, heard.full())
			}
			p.send(8, encoded(g711.ALaw, 160), 160)
			if s := p.leg.Stats(); s.PacketsIn != 1 {
				t.Errorf("the caller is shut out: %+v", s)
			}
			if all := p.engine.Stats(); all.Forged != 3*enough {
				t.Errorf("%+v", all)
			}
		})
	}
}

func TestWhatCameBeforeIsNotHeardAgain(t *testing.T) {
	p := newBench(t, nil).secure(newSecret(t, usual))
	kept := p.seal
	p.seal = nil
	var recorded [][]byte
	for i := range 10 {
		packet, err := kept.EncryptRTP(nil, rawPacket(t, p, uint16(i)), nil)
		if err != nil {
			t.Fatal(err)
		}
		recorded = append(recorded, packet)
		p.raw(p.rtp, packet)
	}
	for _, from := range []int{0, 1} {
		for _, packet := range recorded {
			if from == 0 {
				p.raw(p.rtp, packet)
			} else {
				p.raw(p.socket(), packet)
			}
		}
	}
	if s := p.leg.Stats(); s.PacketsIn != 10 || s.Forged != 10 || s.Foreign != 10 {
		t.Errorf("%+v", s)
	}
}

// rawPacket is a packet in the clear.
func rawPacket(t testing.TB, p *phone, seq uint16) []byte {
	t.Helper()
	in := newPackets()
	in.header.SSRC, in.header.SequenceNumber = p.ssrc, seq
	return bytes.Clone(in.next())
}

func TestKeysInMidCall(t *testing.T) {
	first := newSecret(t, usual)
	t.Run("a key that stays goes on counting", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		say := func(n int) {
			for range n {
				p.send(8, encoded(g711.ALaw, 160), 160)
				p.step(1)
				p.receive()
			}
		}
		say(10) // over the overflow of theirs
		p.leg.out.header.SequenceNumber = 1<<16 - 5
		p.opener.SetROC(p.leg.terms.Load().own.ssrc, 0)
		say(10) // and of ours
		seal, opener := p.seal, p.opener
		p.offer(savp, first.line())
		p.offer(savp, first.line(), "a=sendonly")
		p.offer("m=audio %d RTP/AVP 8", first.line())
		p.seal, p.opener = seal, opener
		say(10)
		if s := p.leg.Stats(); s.Forged != 0 || s.PacketsIn != 30 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("under a new key what is on its way still counts", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		p.send(8, encoded(g711.ALaw, 160), 160)
		old := p.seal
		p.rekey(newSecret(t, "AEAD_AES_256_GCM"))
		p.step(1)
		p.receive() // under our new key
		fresh := p.seal
		for _, seal := range []*srtp.Context{old, fresh, old, fresh} {
			p.seal = seal
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		p.step(int(inFlight/pcm.FrameDuration) + 1)
		p.seal = old
		p.send(8, encoded(g711.ALaw, 160), 160)
		if s := p.leg.Stats(); s.PacketsIn != 5 || s.Forged != 1 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("our sequence number does not overflow at once under a new key", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		p.leg.out.header.SequenceNumber = 1<<16 - 10
		p.rekey(newSecret(t, usual))
		p.step(1)
		if got := p.receive().SequenceNumber; got != 0 {
			t.Errorf("goes on with %d", got)
		}
	})
	t.Run("a key that comes back goes on counting", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		for range 10 { // over the overflow of theirs
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		caller, seq := p.seal, p.seq
		heard, err := caller.EncryptRTP(nil, rawPacket(t, p, seq), nil)
		if err != nil {
			t.Fatal(err)
		}
		p.raw(p.rtp, heard)
		p.rekey(newSecret(t, usual)) // of who plays the music
		p.ssrc, p.seq = 78, 100
		for range enough {
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		p.rekey(first)
		p.seal, p.ssrc, p.seq = caller, 77, seq+2
		for range enough {
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		if s := p.leg.Stats(); s.Forged != 0 {
			t.Errorf("the caller is not understood: %+v", s)
		}
		p.raw(p.rtp, heard)
		if s := p.leg.Stats(); s.Forged != 1 {
			t.Errorf("what was heard before is heard again: %+v", s)
		}
		p.step(1)
		p.receive() // under a key that was never used
	})
	t.Run("keys without end are not remembered", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		for range 3 * manyKeys {
			p.rekey(newSecret(t, usual))
		}
		p.send(8, encoded(g711.ALaw, 160), 160)
		if s := p.leg.Stats(); len(p.leg.openers) != manyKeys || s.PacketsIn != 1 {
			t.Errorf("%d keys, %+v", len(p.leg.openers), s)
		}
	})
	t.Run("a new SSRC of ours does not overflow at once", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		p.step(1)
		before := p.receive()
		p.leg.out.header.SequenceNumber = 1<<16 - 10
		p.offer("m=audio %d RTP/SAVP 96", opusMap, first.line())
		p.step(1)
		if got := p.receive(); got.SSRC == before.SSRC || got.SequenceNumber != 0 {
			t.Errorf("goes on with %v", got.Header)
		}
	})
	t.Run("a new SSRC has its own count", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		for range enough {
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		p.ssrc, p.seq = p.ssrc+1, 40000
		for range 3 {
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		if s := p.leg.Stats(); s.PacketsIn != enough+2 || s.Unproven != 1 || s.Forged != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("SSRCs without end are not remembered", func(t *testing.T) {
		p := newBench(t, nil).secure(first)
		for range manySSRCs + 10 {
			p.ssrc++
			p.send(8, nil, 160)
		}
		if s := p.leg.Stats(); s.Forged != 10 {
			t.Errorf("%+v", s)
		}
	})
}

func TestEncryptionIsNotTakenAway(t *testing.T) {
	key := newSecret(t, usual)
	for _, policy := range []string{"optional", "required"} {
		t.Run(policy, func(t *testing.T) {
			p := newBench(t, nil).dialWith(LegConfig{SRTP: policy})
			p.rekey(key)
			p.send(8, encoded(g711.ALaw, 160), 160)
			if _, err := p.leg.Answer(p.describe(pcma)); !errors.Is(err, ErrClear) || !errors.Is(err, ErrNothingFits) {
				t.Fatalf("err = %v, want ErrClear", err)
			}
			p.step(1)
			p.receive() // still encrypted
			p.send(8, encoded(g711.ALaw, 160), 160)
			if s := p.leg.Stats(); s.PacketsIn != 2 || !p.leg.Secure() {
				t.Errorf("%+v, secure %v", s, p.leg.Secure())
			}
		})
	}
}

func TestPolicyOfALeg(t *testing.T) {
	key := newSecret(t, usual)
	for _, tt := range []struct {
		policy string
		lines  []string
		secure bool
		err    error
	}{
		{"", []string{pcma, key.line()}, false, nil},
		{"off", []string{savp, key.line()}, false, ErrNothingFits},
		{"optional", []string{pcma}, false, nil},
		{"optional", []string{pcma, key.line()}, true, nil},
		{"required", []string{pcma}, false, ErrClear},
	} {
		t.Run(fmt.Sprint(tt.policy, tt.lines[0], len(tt.lines)), func(t *testing.T) {
			p := newBench(t, nil).dialWith(LegConfig{SRTP: tt.policy})
			_, err := p.leg.Answer(p.describe(tt.lines...))
			if !errors.Is(err, tt.err) || err == nil && p.leg.Secure() != tt.secure {
				t.Errorf("%v, secure %v", err, p.leg.Secure())
			}
		})
	}
}

func TestOurOfferOfKeys(t *testing.T) {
	p := newBench(t, nil).dialWith(LegConfig{SRTP: "required"})
	body, err := p.leg.Offer()
	if err != nil {
		t.Fatal(err)
	}
	_, ours, ok := strings.Cut(string(body), "a=crypto:3 AEAD_AES_128_GCM inline:")
	ours, _, _ = strings.Cut(ours, "\r\n")
	raw, err := base64.StdEncoding.DecodeString(ours)
	if !ok || err != nil || !p.leg.Secure() { // where it is required there is no other call
		t.Fatalf("%v\n%s", err, body)
	}
	key := newSecret(t, "AEAD_AES_128_GCM")
	if err := p.leg.Accept(p.describe(savp, strings.Replace(key.line(), ":1 ", ":3 ", 1))); err != nil {
		t.Fatal(err)
	}
	p.seal, p.opener = key.context(t), secret{suite: key.suite, raw: raw}.context(t)
	p.send(8, encoded(g711.ALaw, 160), 160)
	p.step(1)
	p.receive()
	if s := p.leg.Stats(); s.PacketsIn != 1 || !p.leg.Secure() {
		t.Errorf("%+v, secure %v", s, p.leg.Secure())
	}
}

func TestKeysPressedUnderEncryption(t *testing.T) {
	p := newBench(t, nil).secure(newSecret(t, usual), "m=audio %d RTP/SAVP 8 101", eventsMap)
	for _, end := range []byte{0, 0x80, 0x80, 0x80} {
		p.send(101, []byte{5, end | 10, 0, 160}, 0)
	}
	select {
	case r := <-p.leg.Digits():
		if r != '5' {
			t.Errorf("digit %c", r)
		}
	case <-time.After(20 * time.Second):
		t.Error("no digit")
	}
}

func TestEncryptionIsKnownBeforeTheAnswer(t *testing.T) {
	key := newSecret(t, usual)
	for _, tt := range []struct {
		name, policy string
		lines        []string
		want         bool
	}{
		{"keys offered", "optional", []string{savp, key.line()}, true},
		{"keys offered where we do not encrypt", "off", []string{pcma, key.line()}, false},
		{"sound in the clear offered", "optional", []string{pcma}, false},
		{"nothing offered yet", "optional", nil, false},
		{"nothing offered yet where encryption is required", "required", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			p := b.dial()
			c := LegConfig{SRTP: tt.policy}
			if tt.lines != nil {
				c.Offer = p.describe(tt.lines...)
			}
			if got := b.dialWith(c).leg.Secure(); got != tt.want {
				t.Errorf("secure: %v", got)
			}
		})
	}
}
