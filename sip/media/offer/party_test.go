package offer

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/sdp/v3"
)

func local(codecs ...string) Local {
	return Local{
		Address: netip.MustParseAddr("192.0.2.1"),
		Port:    20000,
		Session: 7,
		Codecs:  Codecs(codecs),
	}
}

// session writes a description with these lines after the usual beginning.
func session(lines ...string) []byte {
	head := []string{"v=0", "o=- 1 1 IN IP4 198.51.100.2", "s=-", "c=IN IP4 198.51.100.2", "t=0 0"}
	return []byte(strings.Join(append(head, lines...), "\r\n") + "\r\n")
}

// body is what we say from the m= lines on.
func body(t *testing.T, answer []byte) string {
	t.Helper()
	var strict sdp.SessionDescription
	if err := strict.Unmarshal(answer); err != nil && !strings.Contains(string(answer), "m=image") {
		t.Errorf("pion refuses what we say: %v\n%s", err, answer)
	}
	_, streams, _ := strings.Cut(string(answer), "m=")
	return "m=" + strings.TrimSuffix(strings.ReplaceAll(streams, "\r\n", "\n"), "\n")
}

const (
	pcmaAnswer = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=ptime:20\na=maxptime:60\na="
	both       = "m=audio 5004 RTP/AVP 8 101"
	events     = "a=rtpmap:101 telephone-event/8000"
)

func TestAnswer(t *testing.T) {
	const remote = "198.51.100.2:5004"
	for _, tt := range []struct {
		name    string
		offer   []string
		want    string // our streams
		remote  string
		rtcp    string
		digits  uint8
		held    bool
		refused bool
	}{
		{
			name: "payload types 0 and 8 need no rtpmap", offer: []string{"m=audio 5004 RTP/AVP 0"},
			want: "m=audio 20000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=ptime:20\na=maxptime:60\na=sendrecv",
		},
		{
			name: "our order of encodings decides, and one is answered", offer: []string{"m=audio 5004 RTP/AVP 18 9 0 8"},
			want: pcmaAnswer + "sendrecv",
		},
		{
			name: "an encoding under a dynamic type keeps the caller's type", offer: []string{"m=audio 5004 RTP/AVP 96", "a=rtpmap:96 pcma/8000"},
			want: "m=audio 20000 RTP/AVP 96\na=rtpmap:96 pcma/8000\na=ptime:20\na=maxptime:60\na=sendrecv",
		},
		{
			name: "a static type that is mapped otherwise is what the map says", offer: []string{"m=audio 5004 RTP/AVP 8 0", "a=rtpmap:8 G729/8000"},
			want: "m=audio 20000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=ptime:20\na=maxptime:60\na=sendrecv",
		},
		{
			name: "stereo is another encoding", offer: []string{"m=audio 5004 RTP/AVP 96 8", "a=rtpmap:96 PCMA/8000/2"},
			want: pcmaAnswer + "sendrecv",
		},
		{
			name: "telephone-event on its usual type", offer: []string{both, events, "a=fmtp:101 0-16"}, digits: 101,
			want: "m=audio 20000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=maxptime:60\na=sendrecv",
		},
		{
			name: "telephone-event on any type, at the clock of the sound", offer: []string{"m=audio 5004 RTP/AVP 8 97 126", "a=rtpmap:97 telephone-event/48000", "a=rtpmap:126 Telephone-Event/8000"}, digits: 126,
			want: "m=audio 20000 RTP/AVP 8 126\na=rtpmap:8 PCMA/8000\na=rtpmap:126 Telephone-Event/8000\na=fmtp:126 0-15\na=ptime:20\na=maxptime:60\na=sendrecv",
		},
		{
			name: "telephone-event at another clock is better than none", offer: []string{"m=audio 5004 RTP/AVP 8 97", "a=rtpmap:97 telephone-event/16000"}, digits: 97,
			want: "m=audio 20000 RTP/AVP 8 97\na=rtpmap:8 PCMA/8000\na=rtpmap:97 telephone-event/16000\na=fmtp:97 0-15\na=ptime:20\na=maxptime:60\na=sendrecv",
		},
		{name: "comfort noise is not promised", offer: []string{"m=audio 5004 RTP/AVP 8 13"}, want: pcmaAnswer + "sendrecv"},
		{name: "their ptime does not change ours", offer: []string{"m=audio 5004 RTP/AVP 8", "a=ptime:30"}, want: pcmaAnswer + "sendrecv"},
		{
			name: "AVPF is answered as AVPF", offer: []string{"m=audio 5004 RTP/AVPF 8"},
			want: strings.Replace(pcmaAnswer, "AVP", "AVPF", 1) + "sendrecv",
		},

		{name: "sendonly is a hold, answered recvonly", offer: []string{"m=audio 5004 RTP/AVP 8", "a=sendonly"}, held: true, want: pcmaAnswer + "recvonly"},
		{name: "inactive is a hold, answered inactive", offer: []string{"m=audio 5004 RTP/AVP 8", "a=inactive"}, held: true, want: pcmaAnswer + "inactive"},
		{name: "recvonly is no hold, answered sendonly", offer: []string{"m=audio 5004 RTP/AVP 8", "a=recvonly"}, want: pcmaAnswer + "sendonly"},
		{name: "a direction for the session holds the stream", offer: []string{"a=sendonly", "m=audio 5004 RTP/AVP 8"}, held: true, want: pcmaAnswer + "recvonly"},
		{name: "the stream's direction comes before the session's", offer: []string{"a=inactive", "m=audio 5004 RTP/AVP 8", "a=sendrecv"}, want: pcmaAnswer + "sendrecv"},
		{name: "c=0.0.0.0 is a hold", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 0.0.0.0"}, held: true, remote: "invalid", rtcp: "invalid", want: pcmaAnswer + "recvonly"},
		{name: "c=:: is a hold", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP6 ::"}, held: true, remote: "invalid", rtcp: "invalid", want: pcmaAnswer + "recvonly"},
		{name: "c=0.0.0.0 and inactive is inactive", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 0.0.0.0", "a=inactive"}, held: true, remote: "invalid", rtcp: "invalid", want: pcmaAnswer + "inactive"},

		{name: "the stream's address comes before the session's", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 203.0.113.9"}, remote: "203.0.113.9:5004", rtcp: "203.0.113.9:5005", want: pcmaAnswer + "sendrecv"},
		{name: "of two addresses the first counts", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 203.0.113.9", "c=IN IP6 2001:db8::9"}, remote: "203.0.113.9:5004", rtcp: "203.0.113.9:5005", want: pcmaAnswer + "sendrecv"},
		{name: "a name as address leaves us to learn", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 pbx.example.org"}, remote: "invalid", rtcp: "invalid", want: pcmaAnswer + "sendrecv"},
		{name: "nothing is sent to a group", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 224.2.1.1/127"}, remote: "invalid", rtcp: "invalid", want: pcmaAnswer + "sendrecv"},
		{name: "nothing is sent to everybody", offer: []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 255.255.255.255"}, remote: "invalid", rtcp: "invalid", want: pcmaAnswer + "sendrecv"},
		{name: "RTCP goes where a=rtcp says", offer: []string{"m=audio 5004 RTP/AVP 8", "a=rtcp:53020 IN IP4 203.0.113.9"}, rtcp: "203.0.113.9:53020", want: pcmaAnswer + "sendrecv"},
		{name: "a=rtcp with a port alone", offer: []string{"m=audio 5004 RTP/AVP 8", "a=rtcp:53020"}, rtcp: "198.51.100.2:53020", want: pcmaAnswer + "sendrecv"},
		{name: "rtcp-mux is answered", offer: []string{"m=audio 5004 RTP/AVP 8", "a=rtcp-mux"}, rtcp: remote, want: pcmaAnswer[:len(pcmaAnswer)-2] + "a=rtcp-mux\na=sendrecv"},

		{
			name: "an image stream is refused with port 0", offer: []string{"m=audio 5004 RTP/AVP 8", "m=image 5006 udptl t38"},
			want: pcmaAnswer + "sendrecv\nm=image 0 udptl t38",
		},
		{
			name: "text in real time is refused with port 0, and the call goes on", offer: []string{"m=audio 5004 RTP/AVP 8", "m=text 5006 RTP/AVP 98", "a=rtpmap:98 t140/1000"},
			want: pcmaAnswer + "sendrecv\nm=text 0 RTP/AVP 98",
		},
		{
			name: "a video stream before the sound keeps its place", offer: []string{"m=video 5006 RTP/AVP 96 97", "a=rtpmap:96 H264/90000", "m=audio 5004 RTP/AVP 8"},
			want: "m=video 0 RTP/AVP 96 97\n" + pcmaAnswer + "sendrecv",
		},
		{
			name: "a second audio stream is refused", offer: []string{"m=audio 5004 RTP/AVP 8", "m=audio 5008 RTP/AVP 8"},
			want: pcmaAnswer + "sendrecv\nm=audio 0 RTP/AVP 8",
		},
		{
			name: "of two audio streams the one that fits is taken", offer: []string{"m=audio 5002 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", "m=audio 5004 RTP/AVP 8"},
			want: "m=audio 0 RTP/SAVP 8\n" + pcmaAnswer + "sendrecv",
		},
		{
			name: "a stream already off stays off", offer: []string{"m=audio 0 RTP/AVP 0", "m=audio 5004 RTP/AVP 8"},
			want: "m=audio 0 RTP/AVP 0\n" + pcmaAnswer + "sendrecv",
		},

		{name: "no encoding of ours", offer: []string{"m=audio 5004 RTP/AVP 18 4"}, refused: true},
		{name: "only telephone-event", offer: []string{"m=audio 5004 RTP/AVP 101", events}, refused: true},
		{name: "only encrypted", offer: []string{"m=audio 5004 RTP/SAVP 8"}, refused: true},
		{name: "only an image", offer: []string{"m=image 5006 udptl t38"}, refused: true},
		{name: "no stream at all", offer: nil, refused: true},
		{name: "a call does not begin with port 0", offer: []string{"m=audio 0 RTP/AVP 8"}, refused: true},
		{name: "types from 64 to 95 are RTCP on a shared port", offer: []string{"m=audio 5004 RTP/AVP 72", "a=rtpmap:72 PCMA/8000"}, refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewParty(local("pcma", "pcmu"))
			answer, a, err := p.Answer(session(tt.offer...))
			if tt.refused {
				if !errors.Is(err, ErrNothingFits) {
					t.Fatalf("err = %v, want ErrNothingFits", err)
				}
				if _, ok := p.Agreed(); ok {
					t.Error("a refused offer has settled something")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := body(t, answer); got != tt.want {
				t.Errorf("answer\n%s\nwant\n%s", got, tt.want)
			}
			if got, want := show(a.Remote), or(tt.remote, remote); got != want {
				t.Errorf("remote %s, want %s", got, want)
			}
			if got, want := show(a.RTCP), or(tt.rtcp, "198.51.100.2:5005"); got != want {
				t.Errorf("RTCP %s, want %s", got, want)
			}
			if a.Held() != tt.held {
				t.Errorf("held = %v", a.Held())
			}
			if a.Digits.Type != tt.digits {
				t.Errorf("digits on %d, want %d", a.Digits.Type, tt.digits)
			}
			if a.Secure() {
				t.Error("clear sound counts as secure")
			}
		})
	}
}

func show(a netip.AddrPort) string {
	if !a.IsValid() {
		return "invalid"
	}
	return a.String()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func TestTrunkDecidesWhatIsSpoken(t *testing.T) {
	const all = "m=audio 5004 RTP/AVP 0 8 9 96"
	for _, tt := range []struct {
		name   string
		codecs []string
		offer  []string
		want   string
	}{
		{"nothing named is everything built, the best first", nil, []string{all, "a=rtpmap:96 opus/48000/2"}, "96 opus"},
		{"the operator's order decides", []string{"pcmu", "g722", "opus"}, []string{all, "a=rtpmap:96 opus/48000/2"}, "0 PCMU"},
		{"what they do not offer is passed over", []string{"opus", "g722", "pcmu"}, []string{"m=audio 5004 RTP/AVP 8 0"}, "0 PCMU"},
		{"payload type 9 needs no rtpmap", []string{"g722"}, []string{"m=audio 5004 RTP/AVP 8 9"}, "9 G722"},
		{"G.722 says 8000 and means 16000", []string{"g722"}, []string{"m=audio 5004 RTP/AVP 97", "a=rtpmap:97 G722/8000"}, "97 G722"},
		{"Opus without its channels is Opus", []string{"opus"}, []string{"m=audio 5004 RTP/AVP 97", "a=rtpmap:97 OPUS/48000"}, "97 OPUS"},
		{"of the same encoding twice the first is taken", []string{"opus"}, []string{"m=audio 5004 RTP/AVP 98 97", "a=rtpmap:97 opus/48000/2", "a=rtpmap:98 opus/48000/2"}, "98 opus"},
		{"upper case is met", []string{"PCMU"}, []string{all}, "0 PCMU"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, a, err := NewParty(local(tt.codecs...)).Answer(session(tt.offer...))
			if err != nil || fmt.Sprint(a.Send.Type, " ", a.Send.Name) != tt.want {
				t.Fatalf("%v %v, want %s", a.Send, err, tt.want)
			}
			if got := strings.Count(string(answer), "a=rtpmap:"); got != 1 {
				t.Errorf("%d encodings in the answer:\n%s", got, answer)
			}
		})
	}
}

func TestDigitsFitTheSound(t *testing.T) {
	const three = "m=audio 5004 RTP/AVP 96 9 8 100 101 102"
	maps := []string{"a=rtpmap:96 opus/48000/2", "a=rtpmap:100 telephone-event/8000", "a=rtpmap:101 telephone-event/16000", "a=rtpmap:102 telephone-event/48000"}
	for _, tt := range []struct {
		codec string
		want  uint8
	}{{"opus", 102}, {"g722", 100}, {"pcma", 100}} {
		answer, a, err := NewParty(local(tt.codec)).Answer(session(append([]string{three}, maps...)...))
		if err != nil || a.Digits.Type != tt.want {
			t.Errorf("%s: keys under %d, %v", tt.codec, a.Digits.Type, err)
		}
		if n := strings.Count(string(answer), "telephone-event"); n != 1 {
			t.Errorf("%s: %d kinds of keys in the answer", tt.codec, n)
		}
		if len(a.Receive) != 4 {
			t.Errorf("%s: keys under the other types would be lost: %v", tt.codec, a.Receive)
		}
	}
}

func TestWhatTheyAskOfOurSound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  Asks
	}{
		{"nothing", nil, Asks{}},
		{"metrics of how they sound", []string{"a=rtcp-xr:stat-summary=loss voip-metrics"}, Asks{Metrics: true}},
		{"other reports, which we do not make", []string{"a=rtcp-xr:rcvr-rtt=all:10"}, Asks{}},
		{"short packets", []string{"a=ptime:30", "a=maxptime:10"}, Asks{Longest: 10 * time.Millisecond}},
		{"what Opus may be", []string{"a=fmtp:96 maxaveragebitrate=16000; CBR=1;usedtx=1 ; useinbandfec=1;stereo=1"}, Asks{Bitrate: 16000, CBR: true, DTX: true, FEC: true}},
		{"what is no number", []string{"a=fmtp:96 maxaveragebitrate=much;;=;useinbandfec", "a=maxptime:x"}, Asks{}},
		{"of another encoding", []string{"a=fmtp:8 usedtx=1"}, Asks{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := append([]string{"m=audio 5004 RTP/AVP 8 96", "a=rtpmap:96 opus/48000/2"}, tt.lines...)
			_, a, err := NewParty(local("opus")).Answer(session(lines...))
			if err != nil || a.Asks != tt.want {
				t.Errorf("%+v %v, want %+v", a.Asks, err, tt.want)
			}
		})
	}
}

func TestATypeNeverGetsAnotherMeaning(t *testing.T) {
	p := NewParty(local("opus", "pcma"))
	if _, _, err := p.Answer(session("m=audio 5004 RTP/AVP 8 111 101", "a=rtpmap:111 G726-32/8000", "a=rtpmap:101 iLBC/8000")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Answer(session("m=audio 5004 RTP/AVP 8")); err != nil {
		t.Fatal(err)
	}
	offer, err := p.Offer()
	if err != nil || !strings.Contains(string(offer), "RTP/AVP 96 8 110 97\r\n") {
		t.Errorf("%v\n%s", err, offer)
	}
	if _, err := p.Accept(session("m=audio 5004 RTP/AVP 96", "a=rtpmap:96 opus/48000/2")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Answer(session("m=audio 5004 RTP/AVP 8 120", "a=rtpmap:120 opus/48000/2")); err != nil {
		t.Fatal(err)
	}
	if again, _ := p.Offer(); !strings.Contains(string(again), "RTP/AVP 96 8 110 97\r\n") && !strings.Contains(string(again), "RTP/AVP 120 8 110 97\r\n") {
		t.Errorf("another order or another type:\n%s", again)
	}
}

func TestBrokenBodies(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		line       int
	}{
		{"empty", "", 0},
		{"blank", "\r\n\r\n", 0},
		{"another format", "<?xml version='1.0'?>", 1},
		{"another version", "v=1\r\n", 1},
		{"no letter", "v=0\r\nhello\r\n", 2},
		{"port out of range", "v=0\r\nm=audio 65536 RTP/AVP 8\r\n", 2},
		{"negative port", "v=0\r\nm=audio -1 RTP/AVP 8\r\n", 2},
		{"m= without protocol", "v=0\r\nm=audio 5004\r\n", 2},
		{"c= without address", "v=0\r\nc=IN IP4\r\n", 2},
		{"control character", "v=0\r\nm=audio 5004 RTP/AVP 8\x01\r\n", 2},
		{"carriage return within a line", "v=0\r\nm=video 5004 RTP/AVP 8\ra=x\r\n", 2},
		{"too many streams", "v=0\r\n" + strings.Repeat("m=audio 5004 RTP/AVP 8\r\n", 33), 34},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := NewParty(local()).Answer([]byte(tt.body))
			var broken *Error
			if !errors.As(err, &broken) || broken.Line != tt.line {
				t.Errorf("err = %v, want one for line %d", err, tt.line)
			}
		})
	}
}

func TestOddBodiesAreMet(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"line feeds only", "v=0\no=- 1 1 IN IP4 1.2.3.4\ns=-\nc=IN IP4 1.2.3.4\nt=0 0\nm=audio 5004 RTP/AVP 8\n"},
		{"no last line feed", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 8"},
		{"lines out of order", "v=0\r\ns=-\r\na=x\r\nt=0 0\r\nc=IN IP4 1.2.3.4\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 8\r\na=sendrecv\r\nb=AS:64\r\ni=title\r\n"},
		{"unknown letters", "v=0\r\nc=IN IP4 1.2.3.4\r\nx=1\r\nm=audio 5004 RTP/AVP 8\r\ny=2\r\n"},
		{"zero bytes at the end", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 8\r\n\x00"},
		{"a number of ports", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004/1 RTP/AVP 8\r\n"},
		{"formats that are no numbers", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP x 300 8\r\n"},
		{"rtpmap without a type", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 8\r\na=rtpmap\r\na=rtpmap:\r\na=fmtp:8\r\n"},
		{"no c= at all", "v=0\r\nm=audio 5004 RTP/AVP 8\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := NewParty(local()).Answer([]byte(tt.body)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEndlessListsAreCutShort(t *testing.T) {
	long := session("m=audio 5004 RTP/AVP 8"+strings.Repeat(" 0", 20000), "m=video 5006 RTP/AVP"+strings.Repeat(" 31", 1000))
	answer, a, err := NewParty(local()).Answer(long)
	if err != nil || len(a.Receive) != 1 || len(answer) > 1000 {
		t.Errorf("%v, %d formats, answered with %d bytes", err, len(a.Receive), len(answer))
	}
}

// version reads the version from our o=.
func version(t *testing.T, body []byte) (v int) {
	t.Helper()
	var id int
	_, rest, _ := strings.Cut(string(body), "o=- ")
	if _, err := fmt.Sscanf(rest, "%d %d", &id, &v); err != nil {
		t.Fatal(err)
	}
	if id != 7 {
		t.Errorf("session %d, want 7", id)
	}
	return v
}

func TestLaterOffers(t *testing.T) {
	const plain = "m=audio 5004 RTP/AVP 8"
	for _, tt := range []struct {
		name    string
		offer   []string
		grows   int // by how much our version grows
		held    bool
		remote  string
		codec   string
		refused bool
	}{
		{name: "the same again, as session timers send it", offer: []string{plain}},
		{name: "another port changes nothing of ours", offer: []string{"m=audio 5010 RTP/AVP 8"}, remote: "198.51.100.2:5010"},
		{name: "another address changes nothing of ours", offer: []string{plain, "c=IN IP4 203.0.113.9"}, remote: "203.0.113.9:5004"},
		{name: "another encoding is followed", offer: []string{"m=audio 5004 RTP/AVP 0"}, grows: 1, codec: "PCMU"},
		{name: "another payload type is followed", offer: []string{"m=audio 5004 RTP/AVP 98", "a=rtpmap:98 PCMA/8000"}, grows: 1},
		{name: "hold by sendonly", offer: []string{plain, "a=sendonly"}, grows: 1, held: true},
		{name: "hold by inactive", offer: []string{plain, "a=inactive"}, grows: 1, held: true},
		{name: "hold by c=0.0.0.0", offer: []string{plain, "c=IN IP4 0.0.0.0"}, grows: 1, held: true, remote: "invalid"},
		{name: "hold by port 0", offer: []string{"m=audio 0 RTP/AVP 8"}, grows: 1, held: true},
		{name: "an image stream beside the sound is refused", offer: []string{plain, "m=image 5006 udptl t38"}, grows: 1},
		{name: "an image stream in place of the sound leaves the call alone", offer: []string{"m=audio 0 RTP/AVP 8", "m=image 5006 udptl t38"}, refused: true},
		{name: "an image stream alone leaves the call alone", offer: []string{"m=image 5006 udptl t38"}, refused: true},
		{name: "an encoding that we cannot speak leaves the call alone", offer: []string{"m=audio 5004 RTP/AVP 18"}, refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewParty(local())
			first, before, err := p.Answer(session(plain))
			if err != nil {
				t.Fatal(err)
			}
			second, a, err := p.Answer(session(tt.offer...))
			if tt.refused {
				if !errors.Is(err, ErrNothingFits) {
					t.Fatalf("err = %v, want ErrNothingFits", err)
				}
				again, after, err := p.Answer(session(plain))
				if err != nil || string(again) != string(first) || after.Remote != before.Remote {
					t.Errorf("the call has changed: %v\n%s", err, again)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := version(t, second) - version(t, first); got != tt.grows {
				t.Errorf("version grew by %d, want %d", got, tt.grows)
			}
			if a.Held() != tt.held {
				t.Errorf("held = %v", a.Held())
			}
			if got, want := show(a.Remote), or(tt.remote, "198.51.100.2:5004"); got != want {
				t.Errorf("remote %s, want %s", got, want)
			}
			if got := or(tt.codec, "PCMA"); a.Send.Name != got {
				t.Errorf("codec %s, want %s", a.Send.Name, got)
			}
			back, a, err := p.Answer(session(plain))
			if err != nil || a.Held() || a.Remote != before.Remote {
				t.Errorf("resume: %v, held %v, remote %v", err, a.Held(), a.Remote)
			}
			if got := version(t, back) - version(t, second); got != tt.grows {
				t.Errorf("version grew by %d on the way back, want %d", got, tt.grows)
			}
		})
	}
}

func TestOffer(t *testing.T) {
	const ours = "m=audio 20000 RTP/AVP 8 0 101\na=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\n" +
		"a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=maxptime:60\na=sendrecv"
	for _, tt := range []struct {
		name    string
		answer  []string
		send    uint8
		receive []uint8
		digits  uint8
		held    bool
		refused bool
	}{
		{name: "one encoding is answered", answer: []string{both, events}, send: 8, receive: []uint8{8, 101}, digits: 101},
		{name: "several are answered: the first is sent, all may come", answer: []string{"m=audio 5004 RTP/AVP 0 8"}, send: 0, receive: []uint8{8, 0}},
		{name: "they want another type than we: each keeps its own", answer: []string{"m=audio 5004 RTP/AVP 96 102", "a=rtpmap:96 PCMA/8000", "a=rtpmap:102 telephone-event/8000"}, send: 96, receive: []uint8{8, 101}, digits: 101},
		{name: "answered with a hold", answer: []string{both, events, "a=sendonly"}, send: 8, receive: []uint8{8, 101}, digits: 101, held: true},
		{name: "answered with port 0", answer: []string{"m=audio 0 RTP/AVP 8"}, refused: true},
		{name: "answered with nothing of ours", answer: []string{"m=audio 5004 RTP/AVP 18"}, refused: true},
		{name: "answered without a stream", answer: nil, refused: true},
		{name: "answered with another kind", answer: []string{"m=video 5004 RTP/AVP 8"}, refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewParty(local("pcma", "pcmu"))
			offer, err := p.Offer()
			if err != nil {
				t.Fatal(err)
			}
			if got := body(t, offer); got != ours {
				t.Errorf("offer\n%s\nwant\n%s", got, ours)
			}
			a, err := p.Accept(session(tt.answer...))
			if tt.refused {
				if !errors.Is(err, ErrNothingFits) {
					t.Errorf("err = %v, want ErrNothingFits", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var receive []uint8
			for _, f := range a.Receive {
				receive = append(receive, f.Type)
			}
			if a.Send.Type != tt.send || !slices.Equal(receive, tt.receive) || a.Digits.Type != tt.digits || a.Held() != tt.held {
				t.Errorf("send %d receive %v digits %d held %v", a.Send.Type, receive, a.Digits.Type, a.Held())
			}
			if _, err := p.Accept(session(both)); !errors.Is(err, ErrNotOffered) {
				t.Errorf("a second answer: %v", err)
			}
		})
	}
}

func TestOfferWithinACallKeepsLinesAndTypes(t *testing.T) {
	p := NewParty(local("pcma", "pcmu"))
	first, _, err := p.Answer(session("m=video 5006 RTP/AVP 97", "m=audio 5004 RTP/AVP 96 99", "a=rtpmap:96 PCMU/8000", "a=rtpmap:99 telephone-event/8000"))
	if err != nil {
		t.Fatal(err)
	}
	offer, err := p.Offer()
	if err != nil {
		t.Fatal(err)
	}
	const want = "m=video 0 RTP/AVP 97\nm=audio 20000 RTP/AVP 8 96 99\na=rtpmap:8 PCMA/8000\na=rtpmap:96 PCMU/8000\n" +
		"a=rtpmap:99 telephone-event/8000\na=fmtp:99 0-15\na=ptime:20\na=maxptime:60\na=sendrecv"
	if got := body(t, offer); got != want {
		t.Errorf("offer\n%s\nwant\n%s", got, want)
	}
	if version(t, offer) != version(t, first)+1 {
		t.Error("the version did not grow")
	}
	if _, err := p.Accept(session("m=video 0 RTP/AVP 97", "m=audio 0 RTP/AVP 96")); err != nil {
		t.Fatal(err)
	}
	if a, _ := p.Agreed(); !a.Held() {
		t.Error("a stream that was answered with port 0 is not held")
	}
}

func TestTheirOfferEndsOurs(t *testing.T) {
	p := NewParty(local("pcma", "pcmu"))
	if _, err := p.Offer(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Answer(session(both, events)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Accept(session(both, events)); !errors.Is(err, ErrNotOffered) {
		t.Errorf("err = %v", err)
	}
}

func TestTypesKeepTheirMeaningInAnOffer(t *testing.T) {
	p := NewParty(local("pcma", "pcmu"))
	if _, _, err := p.Answer(session("m=audio 5004 RTP/AVP 0 96", "a=rtpmap:0 PCMA/8000", "a=rtpmap:96 telephone-event/8000")); err != nil {
		t.Fatal(err)
	}
	offer, err := p.Offer()
	if err != nil {
		t.Fatal(err)
	}
	const want = "m=audio 20000 RTP/AVP 0 97 96\na=rtpmap:0 PCMA/8000\na=rtpmap:97 PCMU/8000\na=rtpmap:96 telephone-event/8000\n"
	if got := body(t, offer); !strings.HasPrefix(got, want) {
		t.Errorf("offer\n%s\nwant\n%s", got, want)
	}
}

func TestOverIPv6(t *testing.T) {
	l := local()
	l.Address = netip.MustParseAddr("2001:db8::1")
	answer, a, err := NewParty(l).Answer([]byte("v=0\r\nc=IN IP6 2001:db8::2\r\nm=audio 5004 RTP/AVP 8\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(answer), "c=IN IP6 2001:db8::1\r\n") || a.Remote.String() != "[2001:db8::2]:5004" {
		t.Errorf("remote %v\n%s", a.Remote, answer)
	}
}
