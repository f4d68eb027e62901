package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

// quietRoom gives the page a microphone in a room where somebody sings; after hush
// it is as quiet as rooms are, with hiss of -60 dBov, until they sing again.
const quietRoom = `navigator.mediaDevices.getUserMedia = async () => {
	const c = new AudioContext(), mic = c.createMediaStreamDestination();
	const hiss = c.createBufferSource(), note = c.createOscillator(), mouth = c.createGain();
	hiss.buffer = c.createBuffer(1, 10 * c.sampleRate, c.sampleRate);
	const samples = hiss.buffer.getChannelData(0);
	for (let i = 0; i < samples.length; i++) samples[i] = 0.0017 * (2 * Math.random() - 1);
	hiss.loop = true;
	mouth.gain.value = 0.3;
	hiss.connect(mic);
	note.connect(mouth).connect(mic);
	hiss.start();
	note.start();
	globalThis.hush = () => { mouth.gain.value = 0; };
	globalThis.sing = () => { mouth.gain.value = 0.3; };
	return mic.stream;
}`

// TestPagesPauseWhileNobodySpeaks: a browser's encoder is asked to (RFC 7587
// section 6.1), and sends a fifth of the packets at most; but not where it would be heard
// in music, or would show who speaks to who has no key.
func TestPagesPauseWhileNobodySpeaks(t *testing.T) {
	const second, frame = 48000, 960
	for _, tt := range []struct {
		name, meeting, key string
		original, pauses   bool
	}{
		{"speech pauses", "100000001", "", false, true},
		{"music does not", "100000001", "", true, false},
		{"what is sealed does not", "100000006", testKey, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := meetings(t)
			ann := come(t, url+"/meet/"+tt.meeting+tt.key, "Ann", tt.original, script(quietRoom))
			ear := webtest.Dial(t, url, tt.meeting, webtest.Join{Name: "Ear"})
			ear.Joined()
			id := idOf(ear, "Ann")
			// till is the first packet so much later than another.
			till := func(what string, from int, ticks uint32) (to int) {
				ear.Await(what, func(h webtest.History) bool {
					all := h.Packets[id]
					for to = from; to < len(all); to++ {
						if all[to].Header.Timestamp-all[from].Header.Timestamp >= ticks {
							return true
						}
					}
					return false
				})
				return to
			}
			sung := till("a note", 0, second)
			ann.do(chromedp.Evaluate[chromedp.Void](`hush()`))
			begun := till("hiss", sung, second) // the encoder makes sure first
			ended := till("four seconds of hiss", begun, 4*second)
			from, to := ear.Heard(id)[begun].Header, ear.Heard(id)[ended].Header
			// By their numbers, so that one which is lost on the way is no pause.
			sent, frames := int(to.SequenceNumber-from.SequenceNumber), int(to.Timestamp-from.Timestamp)/frame
			switch {
			case tt.pauses && (sent < 10 || sent > 40):
				t.Errorf("%d packets in four seconds, want 10 to 40", sent)
			case !tt.pauses && sent != frames:
				t.Errorf("%d packets in the time of %d", sent, frames)
			}
			ann.do(chromedp.Evaluate[chromedp.Void](`sing()`))
			ear.Await("each packet of a note", func(h webtest.History) bool {
				all := h.Packets[id][ended:]
				return len(all) > 50 && all[len(all)-1].Header.Timestamp-all[len(all)-51].Header.Timestamp == 50*frame
			})
		})
	}
}
