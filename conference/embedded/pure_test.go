package embedded

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/opus"
)

func TestPlaceInARecording(t *testing.T) {
	type packet struct {
		ts      uint32
		after   time.Duration
		written int64
		want    int64 // -1: left out
	}
	ms := time.Millisecond
	for _, tt := range []struct {
		name    string
		packets []packet
	}{
		{"the first goes where it comes", []packet{{5000, 100 * ms, 0, 4800}}},
		{"the sender's clock counts from packet to packet", []packet{{0, 100 * ms, 0, 4800}, {960, 150 * ms, 5760, 5760}, {1920, 151 * ms, 6720, 6720}}},
		{"a pause of the sender is a gap", []packet{{0, 0, 0, 0}, {48000, 1000 * ms, 960, 48000}}},
		{"what was sent twice is written once", []packet{{0, 0, 0, 0}, {0, 20 * ms, 960, -1}}},
		{"what comes late is left out", []packet{{960, 0, 0, 0}, {1920, 20 * ms, 960, 960}, {960, 40 * ms, 1920, -1}}},
		{"the sender's clock may wrap", []packet{{0xfffffc40, 0, 0, 0}, {0, 20 * ms, 960, 960}}},
		{"what a stalled network gives back is in its place", []packet{{0, 0, 0, 0}, {960, 500 * ms, 960, 960}, {1920, 500 * ms, 1920, 1920}}},
		{"a place that was filled meanwhile is not given again", []packet{{0, 0, 0, 0}, {960, 3000 * ms, 96000, 144000}}},
		{"of what comes too late at once only little is kept", []packet{
			{0, 0, 0, 0}, {960, 3000 * ms, 96000, 144000}, {1920, 3000 * ms, 144960, 144960}, {48000, 3000 * ms, 154560, -1},
		}},
		{"a sender that is late all the time is brought back", []packet{
			{0, 0, 0, 0}, {240000, 5500 * ms, 960, 240000}, {480000, 10500 * ms, 240960, 504000},
		}},
		{"a sender that runs ahead is brought back", []packet{{0, 0, 0, 0}, {96000, 100 * ms, 960, 4800}}},
		{"another beginning of the sender's clock is followed", []packet{{1 << 30, 0, 0, 0}, {7, 20 * ms, 960, 960}}},
		{"nothing is put where something is", []packet{{0, 0, 0, 0}, {960, 20 * ms, 1500, 1500}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a aligner
			for i, p := range tt.packets {
				got, ok := a.place(p.ts, p.after, p.written)
				if !ok {
					got = -1
				}
				if got != p.want {
					t.Errorf("packet %d at %d, want %d", i, got, p.want)
				}
			}
		})
	}
}

func TestSilenceIsSilentAndAsLongAsItSays(t *testing.T) {
	for _, s := range silences {
		if got := ogg.Samples([]byte(s.packet)); int64(got) != s.samples {
			t.Errorf("%x is %d samples, want %d", s.packet, got, s.samples)
		}
		d, err := opus.NewDecoder(8000)
		if err != nil {
			t.Fatal(err)
		}
		frame := make([]int16, 960)
		n, err := d.Decode(frame, []byte(s.packet))
		if err != nil || int64(n) != s.samples/6 {
			t.Errorf("%x: %d samples, %v", s.packet, n, err)
		}
		for _, v := range frame[:max(n, 0)] {
			if v != 0 {
				t.Errorf("%x is not silent", s.packet)
				break
			}
		}
		d.Close()
	}
}

func TestNumbersGoOnWithoutAGap(t *testing.T) {
	at := time.Unix(100, 0)
	var r renumber
	type packet struct {
		ssrc   uint32
		seq    uint16
		ts     uint32
		resume bool
		after  time.Duration
	}
	want := []struct {
		seq    uint16
		ts     uint32
		marker bool
	}{
		{65535, 960, true},
		{0, 1920, false},
		{1, 48960, true},  // ten packets were held back: time has passed, numbers go on
		{2, 49920, false}, // and so on
		{3, 50880, true},  // another connection of the same person
		{4, 51840, false},
		{5, 52800, true}, // what begins was sent before what ends had come
		{6, 53760, false},
		{7, 58560, true}, // and with the same SSRC
	}
	for i, p := range []packet{
		{1, 65535, 960, false, 0},
		{1, 0, 1920, false, 20 * time.Millisecond},
		{1, 11, 48960, true, time.Second},
		{1, 12, 49920, false, 1020 * time.Millisecond},
		{2, 500, 7, false, 1030 * time.Millisecond},
		{2, 501, 967, false, 1050 * time.Millisecond},
		{3, 7, 70, false, 1020 * time.Millisecond},
		{3, 8, 1030, false, 1040 * time.Millisecond},
		{3, 60000, 9, false, 1140 * time.Millisecond},
	} {
		if p.resume {
			r.resume()
		}
		seq, ts, marker, ok := r.next(rtp.Header{SSRC: p.ssrc, SequenceNumber: p.seq, Timestamp: p.ts}, at.Add(p.after))
		if !ok || seq != want[i].seq || ts != want[i].ts || marker != want[i].marker {
			t.Errorf("packet %d: %d, %d, %v, want %+v", i, seq, ts, marker, want[i])
		}
	}
}

// TestNoNumberIsGivenTwice: SRTP makes its nonce of it.
func TestNoNumberIsGivenTwice(t *testing.T) {
	var r renumber
	given := map[uint16]bool{}
	late := 0
	send := func(ssrc uint32, seqs ...uint16) {
		for _, s := range seqs {
			seq, _, _, ok := r.next(rtp.Header{SSRC: ssrc, SequenceNumber: s}, time.Unix(100, 0))
			if !ok {
				late++
				continue
			}
			if given[seq] {
				t.Errorf("number %d is given twice, to packet %d of %d", seq, s, ssrc)
			}
			given[seq] = true
		}
	}
	send(1, 65534, 0, 65535, 1) // out of order, and around the end
	r.resume()
	send(1, 11, 10, 9, 12) // 10 and 9 were said before 11, which took the next number
	send(2, 501, 500, 499, 502)
	r.resume()
	send(2, 600, 602, 601, 503)
	if want := 5; late != want {
		t.Errorf("%d packets are too late, want %d", late, want)
	}
	send(2, 602, 601, 603, 603, 900, 645, 645, 900)
	if want := 10; late != want {
		t.Errorf("%d packets are too late or come twice, want %d", late, want)
	}
	send(2, 20000, 20001, 20001)
	send(2, 3, 4, 5) // the sender has begun anew, without saying so
	send(2, 2, 4)
	if want := 13; late != want {
		t.Errorf("%d packets are too late or come twice, want %d", late, want)
	}
	clear(given)
	for s := range uint16(40000) { // past the point where a distance wraps
		if _, _, _, ok := r.next(rtp.Header{SSRC: 2, SequenceNumber: 6 + s}, time.Unix(100, 0)); !ok {
			t.Fatalf("packet %d is refused", s)
		}
	}
}

func TestNamesPlayNoTricks(t *testing.T) {
	for in, want := range map[string]string{
		"  Ada \t Lovelace\n": "Ada Lovelace",
		"":                    "Guest",
		"\u202e\u0000":        "Guest",
		"Jo\u202ehn":          "John",
		"Zoë 🙂":               "Zoë 🙂",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := cleanName(strings.Repeat("ä", 1000)); utf8.RuneCountInString(got) != maxName {
		t.Errorf("%d characters", utf8.RuneCountInString(got))
	}
}

func TestMessagesOfAPage(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"join", `{"type":"join","name":"Ada","pin":"1"}`, true},
		{"an unknown field is the next version's", `{"type":"ping","new":1}`, true},
		{"candidate", `{"type":"candidate","pc":"pub","candidate":{"candidate":"candidate:1"}}`, true},
		{"candidate of nothing", `{"type":"candidate","pc":"pub"}`, false},
		{"candidate of another connection", `{"type":"candidate","pc":"x","candidate":{}}`, false},
		{"offer without a description", `{"type":"pub.offer"}`, false},
		{"consent", `{"type":"consent","run":1,"answer":"listen"}`, true},
		{"consent of another kind", `{"type":"consent","run":1,"answer":"yes"}`, false},
		{"negative run", `{"type":"consent","run":-1,"answer":"agree"}`, false},
		{"host", `{"type":"host","action":"lock"}`, true},
		{"host without an action", `{"type":"host"}`, false},
		{"no type", `{}`, false},
		{"a list", `[]`, false},
		{"two values", `{"type":"ping"}{"type":"ping"}`, false},
		{"no UTF-8", "{\"type\":\"ping\",\"name\":\"\xff\"}", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := decode([]byte(tt.text)); (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.text, err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"join","name":"Ada","pin":"4711","key":"k"}`))
	f.Add([]byte(`{"type":"candidate","pc":"sub","candidate":{"candidate":"x","sdpMid":"0","sdpMLineIndex":0}}`))
	f.Add([]byte(`{"type":"host","action":"encryption","level":"e2ee"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err != nil {
			if r.Type != "" || r.Name != "" || r.SDP != "" {
				t.Errorf("something comes out of what is refused: %+v", r)
			}
			return
		}
		if r.Type == "join" && (r.Name == "" || utf8.RuneCountInString(r.Name) > maxName || r.Name != cleanName(r.Name)) {
			t.Errorf("name %q", r.Name)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(text); err != nil && len(text) <= maxMessage {
			t.Errorf("%s: what was taken is not taken again: %v", text, err)
		}
	})
}

func TestSettingsNameEveryMistake(t *testing.T) {
	err := ValidateMeetings([]MeetingConfig{
		{ID: "1", PIN: "12a", HostPIN: "1", Encryption: "none", Recording: "maybe", Consent: "no", Capacity: -1},
		{ID: "x"},
		{ID: "2", Encryption: "e2ee", Recording: "on"},
		{ID: "2", PIN: "1", HostPIN: "1"},
	})
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, want := range []string{
		"meetings[0].pin:", "meetings[0].encryption:", "meetings[0].recording:", "meetings[0].consent:", "meetings[0].capacity:",
		"meetings[1].id:", "meetings[2].recording:", "meetings[3].host_pin:", "meetings[3].id:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	cfg := Config{WebRTC: WebRTC{Ports: Ports{5, 4}}, Consent: "x"}
	for _, want := range []string{"webrtc.ports:", "recordings:", "consent:"} {
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestPortsAsText(t *testing.T) {
	for text, want := range map[string]Ports{"30000": {30000, 30000}, "30000-30999": {30000, 30999}, "1 - 2": {1, 2}, "0": {}} {
		var p Ports
		if err := p.UnmarshalText([]byte(text)); err != nil || p != want {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "x", "1-", "70000", "-1", "1-2-3"} {
		var p Ports
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %v", text, p)
		}
	}
}

func TestPINsAreNotPrinted(t *testing.T) {
	m := MeetingConfig{ID: "1", PIN: "4711", HostPIN: "815815"}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{fmt.Sprint(m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), string(text)} {
		if strings.Contains(printed, "4711") || strings.Contains(printed, "815815") {
			t.Errorf("%s", printed)
		}
	}
}

// wantMistakes looks for each key in err.
func wantMistakes(t *testing.T, err error, keys ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, key := range keys {
		if !strings.Contains("\n"+err.Error(), "\n"+key) {
			t.Errorf("%q is not in %v", key, err)
		}
	}
}
