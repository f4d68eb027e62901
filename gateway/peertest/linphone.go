package peertest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Linphone is a linphonec that plays a file into its call and records what it
// hears.
type Linphone struct {
	t     testing.TB
	dir   string
	proc  *process
	stdin io.WriteCloser
}

// The phone speaks PCMA only, so that its recording is at 8 kHz whatever it
// would rather speak.
const linphoneConfig = `[sip]
sip_port=%d
sip_tcp_port=0
bind_address=127.0.0.1
default_proxy=-1
guess_hostname=0
contact=sip:phone@127.0.0.1
media_encryption=%s
media_encryption_mandatory=%d
[rtp]
audio_rtp_port=%d
[misc]
auto_net_state_mon=0
add_missing_audio_codecs=0
[audio_codec_0]
mime=PCMA
rate=8000
channels=1
enabled=1
`

// StartLinphone starts a phone that plays the WAV file play (8 kHz mono) into
// its calls. Encryption is none, or srtp, which it then insists on. It speaks
// PCMA, or one codec as opus/48000/2.
func StartLinphone(t testing.TB, play, encryption string, codec ...string) *Linphone {
	t.Helper()
	l := &Linphone{t: t, dir: t.TempDir()}
	home := filepath.Join(l.dir, "home")
	if err := os.MkdirAll(filepath.Join(home, ".local/share/linphone"), 0o700); err != nil {
		t.Fatal(err)
	}
	mandatory := 0
	if encryption != "none" {
		mandatory = 1
	}
	rc := filepath.Join(l.dir, "linphonerc")
	config := fmt.Sprintf(linphoneConfig, Port(t), encryption, mandatory, Port(t))
	for _, c := range codec {
		name, rest, _ := strings.Cut(c, "/")
		rate, channels, _ := strings.Cut(rest, "/")
		config = strings.Replace(config, "mime=PCMA\nrate=8000\nchannels=1\n", "mime="+name+"\nrate="+rate+"\nchannels="+channels+"\n", 1)
	}
	if err := os.WriteFile(rc, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	l.proc = launch(t, l.dir, func(c *exec.Cmd) (err error) {
		c.Env = append(os.Environ(), "HOME="+home)
		l.stdin, err = c.StdinPipe()
		return err
	}, "linphonec", "-c", rc, "-d", "0")
	l.say("soundcard use files")
	l.say("play " + play)
	l.say("record " + filepath.Join(l.dir, "heard.wav"))
	return l
}

// say types a command.
func (l *Linphone) say(command string) {
	l.t.Helper()
	if _, err := io.WriteString(l.stdin, command+"\n"); err != nil {
		l.t.Fatalf("linphonec %s: %v", command, err)
	}
}

// Try calls uri and waits for nothing.
func (l *Linphone) Try(uri string) { l.say("call " + uri) }

// Dial calls uri and waits until the call stands.
func (l *Linphone) Dial(uri string) {
	l.t.Helper()
	l.Try(uri)
	l.Wait(" connected.")
}

// Key presses a key, as an RFC 4733 event.
func (l *Linphone) Key(key rune) { l.say(string(key)) }

// Hold puts the call on hold, and waits until linphonec knows that it is: it
// resumes none before.
func (l *Linphone) Hold() {
	l.t.Helper()
	l.say("pause")
	l.Wait(" is now paused.")
}

// Resume takes the call back from hold.
func (l *Linphone) Resume() { l.say("resume") }

// Hangup ends the call.
func (l *Linphone) Hangup() { l.say("terminate") }

// Wait waits until linphonec has printed words.
func (l *Linphone) Wait(words string) {
	l.t.Helper()
	Eventually(l.t, "linphonec prints "+words, func() bool { return strings.Contains(l.proc.printed(), words) })
}

// Heard is what the phone has heard since its last hold, once it is closed:
// linear samples at 8 kHz.
func (l *Linphone) Heard() []int16 {
	l.t.Helper()
	sound, err := new(dump).read(filepath.Join(l.dir, "heard.wav"), rate)
	if err != nil {
		l.t.Fatal(err)
	}
	return sound
}

// Close ends linphonec.
func (l *Linphone) Close() {
	l.t.Helper()
	l.say("quit")
	select {
	case <-l.proc.done:
	case <-time.After(Patience):
		l.proc.kill()
	}
}
