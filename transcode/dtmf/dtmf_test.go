package dtmf

import (
	"errors"
	"strings"
	"testing"
)

// step is one packet of a sender.
type step struct {
	ts  uint32
	key rune
	end bool
	dur uint16
}

func payload(s step) []byte {
	code, _ := Code(s.key)
	return Event{Code: code, End: s.end, Volume: 10, Duration: s.dur}.Append(nil)
}

func TestReceiver(t *testing.T) {
	for _, tt := range []struct {
		name   string
		steps  []step
		want   string
		active bool
	}{
		{"one press is one digit", []step{{800, '5', false, 160}, {800, '5', false, 320}, {800, '5', true, 480}, {800, '5', true, 480}, {800, '5', true, 480}}, "5", false},
		{"a digit counts from its first packet", []step{{800, '5', false, 160}}, "5", true},
		{"the first packet may have no length yet", []step{{800, '5', false, 0}, {800, '5', false, 160}}, "5", true},
		{"only the end came", []step{{800, '#', true, 800}}, "#", false},
		{"only the last of three ends came, twice", []step{{800, '1', true, 800}, {4000, '1', true, 800}}, "11", false},
		{"the same key twice is two digits", []step{{800, '7', false, 160}, {800, '7', true, 320}, {2400, '7', false, 160}, {2400, '7', true, 320}}, "77", false},
		{"the same key twice, all ends lost", []step{{800, '7', false, 160}, {2400, '7', false, 160}}, "77", true},
		{"a new key without a pause", []step{{800, '1', false, 800}, {1600, '2', false, 160}}, "12", true},
		{"packets of the key before come late", []step{{800, '1', false, 160}, {2400, '2', false, 160}, {800, '1', true, 320}}, "12", true},
		{"a packet without the end comes after it", []step{{800, '1', true, 320}, {800, '1', false, 160}}, "1", false},
		{"a press longer than 65535 is sent in segments", []step{{800, '*', false, 65535}, {800 + 65535, '*', false, 160}, {800 + 65535, '*', true, 320}}, "*", false},
		{"a sender that counts the timestamp on", []step{{800, '3', false, 160}, {960, '3', false, 320}, {1120, '3', false, 480}, {1280, '3', true, 640}}, "3", false},
		{"a sender that begins its timestamps anew", []step{{900000, '4', true, 160}, {160, '5', false, 160}, {160, '5', true, 320}, {2400, '6', true, 160}}, "456", false},
		{"timestamps wrap round", []step{{0xffffff00, '4', true, 160}, {0x00000800, '5', true, 160}}, "45", false},
		{"all keys", []step{{1, '0', true, 1}, {1000, '9', true, 1}, {2000, 'A', true, 1}, {3000, 'D', true, 1}}, "09AD", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r Receiver
			var got strings.Builder
			for _, s := range tt.steps {
				if digit, ok := r.Push(s.ts, payload(s)); ok {
					got.WriteRune(digit)
				}
			}
			if got.String() != tt.want || r.Active() != tt.active {
				t.Errorf("digits %q, active %v; want %q, %v", got.String(), r.Active(), tt.want, tt.active)
			}
		})
	}
}

func TestWhatIsNoKeyIsNoDigit(t *testing.T) {
	var r Receiver
	for _, p := range [][]byte{nil, {1}, {1, 2, 3}, {16, 0x80, 0, 1}, {255, 0, 0, 0}} {
		if digit, ok := r.Push(1, p); ok || r.Active() {
			t.Errorf("%v is %q", p, digit)
		}
	}
}

func TestKeyIsLetGo(t *testing.T) {
	var r Receiver
	r.Push(800, payload(step{800, '1', false, 160}))
	r.Release()
	if r.Active() {
		t.Error("still active")
	}
	if _, ok := r.Push(800, payload(step{800, '1', true, 320})); ok {
		t.Error("the same key counts again")
	}
	r.Reset()
	if digit, ok := r.Push(100, payload(step{100, '1', true, 320})); !ok || digit != '1' {
		t.Error("after a reset an older timestamp does not count")
	}
}

func TestParseInfo(t *testing.T) {
	for _, tt := range []struct {
		name, kind, body string
		want             rune
		err              error
	}{
		{"relay", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5', nil},
		{"spaces and the other order", "application/dtmf-relay", "Duration = 250\r\nSignal = #\r\n", '#', nil},
		{"capitals and parameters", "Application/DTMF-Relay; charset=utf-8", "SIGNAL=*\n", '*', nil},
		{"a star as a number", "application/dtmf-relay", "Signal=10\r\n", '*', nil},
		{"a hash as a number", "application/dtmf-relay", "Signal=11\r\n", '#', nil},
		{"a letter", "application/dtmf-relay", "Signal=d", 'D', nil},
		{"a colon", "application/dtmf-relay", "Signal: 7\r\n", '7', nil},
		{"the bare key", "application/dtmf", "8", '8', nil},
		{"the bare key in a line", "application/dtmf", "\r\n9\r\n", '9', nil},
		{"the other body", "application/dtmf", "Signal=3\r\nDuration=100\r\n", '3', nil},
		{"nothing", "application/dtmf", "", 0, ErrNoDigit},
		{"no key", "application/dtmf-relay", "Duration=160\r\n", 0, ErrNoDigit},
		{"a flash", "application/dtmf-relay", "Signal=16\r\n", 0, ErrNoDigit},
		{"a word", "application/dtmf", "hello", 0, ErrNoDigit},
		{"a sign", "application/dtmf", "+5", 0, ErrNoDigit},
		{"a byte of something", "application/dtmf", "\xff", 0, ErrNoDigit},
		{"something else", "text/plain", "5", 0, ErrContentType},
		{"no type", "", "5", 0, ErrContentType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseInfo(tt.kind, []byte(tt.body))
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("ParseInfo = %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add(uint32(800), []byte{5, 10, 0, 160}, uint32(800), []byte{5, 0x8a, 1, 64})
	f.Fuzz(func(t *testing.T, ts1 uint32, p1 []byte, ts2 uint32, p2 []byte) {
		var r Receiver
		for _, p := range []struct {
			ts uint32
			b  []byte
		}{{ts1, p1}, {ts2, p2}, {ts1, p1}, {ts2, p2}} {
			digit, ok := r.Push(p.ts, p.b)
			if ok != (digit != 0) || ok && !strings.ContainsRune(digits, digit) {
				t.Fatalf("Push = %q, %v", digit, ok)
			}
			if _, again := r.Push(p.ts, p.b); again {
				t.Fatal("the same packet counts twice")
			}
		}
		if e, err := Parse(p1); err == nil {
			if back, err := Parse(e.Append(nil)); err != nil || back != e {
				t.Fatalf("%+v comes back as %+v, %v", e, back, err)
			}
		}
	})
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160"))
	f.Add("application/dtmf", []byte("5"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		digit, err := ParseInfo(kind, body)
		if (err == nil) != strings.ContainsRune(digits, digit) {
			t.Fatalf("ParseInfo = %q, %v", digit, err)
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	var r Receiver
	p, ts := payload(step{0, '5', true, 160}), uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		ts += 800
		r.Push(ts, p)
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}
