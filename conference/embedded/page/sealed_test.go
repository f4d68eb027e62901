package page_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/opus"
)

// sings gives the page a microphone that hears a note.
func sings(hertz int) string {
	return fmt.Sprintf(`navigator.mediaDevices.getUserMedia = async () => {
		const c = new AudioContext(), note = c.createOscillator(), quieter = c.createGain(), mic = c.createMediaStreamDestination();
		note.frequency.value = %d;
		quieter.gain.value = 0.3;
		note.connect(quieter).connect(mic);
		note.start();
		return mic.stream;
	}`, hertz)
}

// hearsNote is true in a page that plays a note.
func hearsNote(hertz int) string {
	return fmt.Sprintf(`(() => {
		globalThis.ear ??= (() => {
			const c = new AudioContext(), a = c.createAnalyser();
			a.fftSize = 8192;
			return { c, a, of: new Set(), bins: new Float32Array(a.frequencyBinCount) };
		})();
		for (const audio of document.querySelectorAll("audio[data-person]")) {
			if (ear.of.has(audio)) continue;
			ear.of.add(audio);
			ear.c.createMediaStreamSource(audio.srcObject).connect(ear.a);
		}
		ear.a.getFloatFrequencyData(ear.bins);
		const step = ear.c.sampleRate / ear.a.fftSize, top = ear.bins.indexOf(Math.max(...ear.bins));
		return ear.bins[top] > -60 && Math.abs(top * step - %d) < 2 * step;
	})()`, hertz)
}

// tap is what the server passes on of a page's voice, at least so many packets, to
// somebody who has no key.
func tap(t *testing.T, url, meeting, name string, packets int) [][]byte {
	t.Helper()
	p := webtest.Dial(t, url, meeting, webtest.Join{Name: "Server"})
	p.Joined()
	id := idOf(p, name)
	p.Await("packets of "+name, func(h webtest.History) bool { return len(h.Packets[id]) >= packets })
	var payloads [][]byte
	for _, packet := range p.Heard(id) {
		payloads = append(payloads, packet.Payload)
	}
	p.Close()
	return payloads
}

// idOf waits for somebody.
func idOf(p *webtest.Peer, name string) (id string) {
	p.Sees(name, func(m webtest.Message) bool {
		for _, person := range m.Persons() {
			if person.Name == name {
				id = person.ID
			}
		}
		return id != ""
	})
	return id
}

// share is how much of the sound is one note: 1 is nothing else, and noise has
// next to nothing of any. It is the median of stretches of 50 ms.
func share(sound []int16, hertz, rate float64) float64 {
	var shares []float64
	for stretch := range slices.Chunk(sound, int(rate/20)) {
		var re, im, all float64
		for i, v := range stretch {
			a := 2 * math.Pi * hertz * float64(i) / rate
			re += float64(v) * math.Cos(a)
			im += float64(v) * math.Sin(a)
			all += float64(v) * float64(v)
		}
		if all > 0 {
			shares = append(shares, 2*(re*re+im*im)/(float64(len(stretch))*all))
		}
	}
	if len(shares) == 0 {
		return 0
	}
	slices.Sort(shares)
	return shares[len(shares)/2]
}

// decode takes payloads for Opus, whatever they are.
func decode(t *testing.T, payloads [][]byte, skip int) (sound []int16, decoded int) {
	t.Helper()
	const rate = 8000
	d, err := opus.NewDecoder(rate)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	frame := make([]int16, rate*120/1000)
	for _, p := range payloads {
		if len(p) <= skip {
			continue
		}
		if n, err := d.Decode(frame, p[skip:]); err == nil {
			sound = append(sound, frame[:n]...)
			decoded++
		}
	}
	return sound, decoded
}

// TestServerCannotDecodeASealedMeeting is the promise to the byte: what a real
// browser sends into an end-to-end encrypted meeting, and the server passes on,
// holds nothing of the speaker's sound for who has no key, and all of it for who
// has. The same note in a meeting that is not sealed proves that it would be
// found.
func TestServerCannotDecodeASealedMeeting(t *testing.T) {
	const hertz = 880
	url := meetings(t)
	visit(t, url+"/meet/100000001", "Ann", script(sings(hertz)))
	sound, n := decode(t, tap(t, url, "100000001", "Ann", 150), 0)
	if got := share(sound, hertz, 8000); n < 100 || got < 0.8 {
		t.Fatalf("in the clear %d packets decode, and %.0f%% of the sound is the note: this test would find nothing", n, 100*got)
	}

	visit(t, url+"/meet/100000006"+testKey, "Ann", script(sings(hertz)))
	bob := visit(t, url+"/meet/100000006"+testKey, "Bob", script(sings(300)))
	bob.until(hearsNote(hertz))
	// Of what is noise one in ten decodes, and few are enough to hold a note by chance.
	sealed := tap(t, url, "100000006", "Ann", 500)
	for skip := range 33 { // wherever a plain packet might begin
		sound, n := decode(t, sealed, skip)
		if got := share(sound, hertz, 8000); got > 0.1 {
			t.Errorf("%d bytes into the payload %d packets decode, and %.0f%% of the sound is the note", skip, n, 100*got)
		}
	}
	checkNonces(t, sealed)
	bob.until(hearsNote(hertz)) // and all the time the others hear
}

// checkNonces: one key ID, and no counter twice, is no nonce twice (RFC 9605,
// section 4.4.3).
func checkNonces(t *testing.T, sealed [][]byte) {
	t.Helper()
	seen := map[string]bool{}
	var kid []byte
	for _, p := range sealed {
		end := 1
		width := func(bits byte) int {
			if bits&8 == 0 {
				return 0
			}
			return int(bits&7) + 1
		}
		end += width(p[0] >> 4)
		id := p[1:end]
		end += width(p[0] & 15)
		if kid == nil {
			kid = id
		}
		if !bytes.Equal(id, kid) || len(id) < 6 {
			t.Errorf("key ID %x after %x", id, kid)
		}
		if header := string(p[:end]); seen[header] {
			t.Errorf("header %x is there twice", header)
		} else {
			seen[header] = true
		}
	}
}
