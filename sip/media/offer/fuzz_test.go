package offer

import (
	"strings"
	"testing"
)

// FuzzAnswer: whatever they say, we do not fall over, we answer line for line,
// and we answer the same twice in the same way.
func FuzzAnswer(f *testing.F) {
	f.Add(session("m=audio 5004 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=sendonly"), []byte("v=0"))
	f.Add(session("m=audio 5004/2 RTP/AVPF 8", "a=rtcp:5 IN IP6 ::1", "a=rtcp-mux", "m=image 4 udptl t38"), session("m=audio 0 RTP/AVP 8"))
	f.Add([]byte("v=0\nc=IN IP4 0.0.0.0\nm=audio 1 RTP/AVP 96\na=rtpmap:96 PCMA/8000/1"), session("m=audio 9 RTP/AVP 0"))
	f.Add(session("m=audio 5004 RTP/AVP 9 107 101 102", "a=rtpmap:107 opus/48000/2", "a=fmtp:107 maxaveragebitrate=20000;cbr=1;usedtx=1;useinbandfec=1", "a=rtpmap:101 telephone-event/8000", "a=rtpmap:102 telephone-event/48000", "a=maxptime:10"), session("m=audio 5004 RTP/AVP 9", "a=rtpmap:9 G722/16000"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p := NewParty(local())
		for _, body := range [][]byte{first, second, first} {
			answer, a, err := p.Answer(body)
			if err != nil {
				continue
			}
			if strings.Count(string(answer), "\r\nm=") != strings.Count("\n"+string(body), "\nm=") {
				t.Errorf("not line for line:\n%s", answer)
			}
			if a.Sends && (len(a.Receive) == 0 || a.Send.Clock == 0) {
				t.Errorf("agreed to nothing: %+v", a)
			}
			again, _, err := p.Answer(body)
			if err != nil || string(again) != string(answer) {
				t.Errorf("answered otherwise the second time: %v\n%s\n%s", err, answer, again)
			}
		}
		if _, err := p.Offer(); err != nil {
			t.Fatal(err)
		}
		if a, err := p.Accept(second); err == nil && a.Sends && len(a.Receive) == 0 {
			t.Errorf("accepted nothing: %+v", a)
		}
	})
}
