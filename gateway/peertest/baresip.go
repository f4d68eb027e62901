package peertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Baresip is a baresip that plays a file into its calls and records what it
// hears.
type Baresip struct {
	t    testing.TB
	dir  string
	proc *process
	conn net.Conn

	mu     sync.Mutex
	events []string // types, in the order in which they came
	dumps  map[track]*dump
}

const baresipConfig = `sip_listen 127.0.0.1:0
net_interface 127.0.0.1
audio_source aufile,%s
audio_player aufile,%s
audio_alert aufile,%s
audio_srate 8000-8000
audio_channels 1-1
jitter_buffer_type fixed
jitter_buffer_delay 1-2
module_path %s
module g711.so
module aufile.so
module sndfile.so
module srtp.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
snd_path %s
ctrl_tcp_listen 127.0.0.1:%d
`

// modulePaths are where distributions keep baresip's modules.
var modulePaths = [...]string{"/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/lib/aarch64-linux-gnu/baresip/modules", "/usr/local/lib/baresip/modules"}

// StartBaresip starts a phone that plays the WAV file play (8 kHz mono) and
// prefers codec ("PCMA", "PCMU", BaresipG722 or BaresipOpus). More settings are those of its account, as
// mediaenc=srtp-mand, those with a space in them lines of its configuration, as
// sip_cafile /tmp/ca.pem, and one in brackets is the address it calls from.
func StartBaresip(t testing.TB, play, codec string, more ...string) *Baresip {
	t.Helper()
	b := &Baresip{t: t, dir: t.TempDir(), dumps: map[track]*dump{}}
	port := Port(t)
	modules := ""
	for _, path := range modulePaths {
		if _, err := os.Stat(path); err == nil {
			modules = path
			break
		}
	}
	config := fmt.Sprintf(baresipConfig, play, filepath.Join(b.dir, "player.wav"), filepath.Join(b.dir, "alert.wav"), modules, b.dir, port)
	config, codec = codecSettings(config, codec)
	from := "<sip:phone@127.0.0.1>"
	for _, line := range more {
		switch {
		case strings.HasPrefix(line, "<"):
			from = line
		case strings.Contains(line, " "):
			config += line + "\n"
		}
	}
	more = slices.DeleteFunc(slices.Clone(more), func(s string) bool { return strings.Contains(s, " ") || strings.HasPrefix(s, "<") })
	account := fmt.Sprintf("%s;regint=0;%s\n", from, strings.Join(append(more, "audio_codecs="+codec), ";"))
	b.write("config", config)
	b.write("accounts", account)
	b.proc = start(t, b.dir, "baresip", "-4", "-f", b.dir)
	Eventually(t, "baresip answers on its control port", func() bool {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		b.conn = conn
		return err == nil
	})
	go b.listen()
	t.Cleanup(func() { b.conn.Close() })
	return b
}

func (b *Baresip) write(name, content string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// Dial calls uri and waits until the call stands.
func (b *Baresip) Dial(uri string) {
	b.t.Helper()
	b.Try(uri)
	b.Wait("CALL_ESTABLISHED")
}

// Try calls uri and waits for nothing.
func (b *Baresip) Try(uri string) {
	b.t.Helper()
	b.command("dial", uri)
}

// Key presses the keys, one after the other, as RFC 4733 events.
func (b *Baresip) Key(keys string) {
	b.t.Helper()
	for _, k := range keys {
		b.command("sndcode", string(k))
	}
}

// Hold puts the call on hold; Resume takes it back.
func (b *Baresip) Hold() { b.command("hold", "") }

// Resume takes the call back from hold.
func (b *Baresip) Resume() { b.command("resume", "") }

// Hangup ends the call.
func (b *Baresip) Hangup() {
	b.t.Helper()
	b.command("hangup", "")
}

// Wait waits until baresip has reported an event of this type.
func (b *Baresip) Wait(event string) {
	b.t.Helper()
	Eventually(b.t, "baresip reports "+event, func() bool { return b.Seen(event) })
}

// Seen reports whether baresip has reported an event of this type.
func (b *Baresip) Seen(event string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e == event {
			return true
		}
	}
	return false
}

// Heard is what the phone has heard so far in its newest call: linear samples
// at 8 kHz.
func (b *Baresip) Heard() []int16 { return b.recording(heard, rate) }

// Said is what the phone has said so far in its newest call.
func (b *Baresip) Said() []int16 { return b.recording(said, rate) }

// HeardWide is Heard at 16 kHz, of a phone that speaks a wideband codec.
func (b *Baresip) HeardWide() []int16 { return b.recording(heard, 2*rate) }

// How the names of baresip's recordings end.
const (
	heard = "-dec.wav"
	said  = "-enc.wav"
)

// track is one of the recordings of a phone, at a rate.
type track struct {
	suffix string
	rate   int
}

func (b *Baresip) recording(suffix string, rate int) []int16 {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	which := track{suffix, rate}
	if b.dumps[which] == nil {
		b.dumps[which] = new(dump)
	}
	sound, err := b.dumps[which].read(filepath.Join(b.dir, "dump-*"+suffix), rate)
	if err != nil {
		b.t.Fatal(err)
	}
	return sound
}

// command sends one netstring; baresip's answer arrives with its events.
func (b *Baresip) command(name, params string) {
	b.t.Helper()
	msg, _ := json.Marshal(map[string]string{"command": name, "params": params})
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(msg), msg); err != nil {
		b.t.Fatalf("baresip %s: %v", name, err)
	}
}

// listen collects events until the connection closes.
func (b *Baresip) listen() {
	r := bufio.NewReader(b.conn)
	for {
		prefix, err := r.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(prefix, ":"))
		if err != nil || n < 0 || n > 1<<20 {
			return
		}
		msg := make([]byte, n+1) // with the closing comma
		if _, err := io.ReadFull(r, msg); err != nil {
			return
		}
		var event struct {
			Event bool
			Type  string
		}
		if json.Unmarshal(msg[:n], &event) == nil && event.Event {
			b.mu.Lock()
			b.events = append(b.events, event.Type)
			b.mu.Unlock()
		}
	}
}

// Close ends baresip, so that its recording is whole.
func (b *Baresip) Close() {
	b.t.Helper()
	b.command("quit", "")
	select {
	case <-b.proc.done:
	case <-time.After(Patience):
		b.proc.kill()
	}
}
