package embedded

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/conferencetest"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testConfig takes media on loopback only, on a port of the system's choice.
func testConfig(t testing.TB) Config {
	cfg := DefaultConfig()
	cfg.WebRTC = WebRTC{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	cfg.Recordings, cfg.Directory = t.TempDir(), t.TempDir()
	return cfg
}

// journal is a log that is shown where a test fails.
func journal(t testing.TB) zerolog.Logger { return zerolog.New(zerolog.NewTestWriter(t)) }

// start runs a service until the test ends. Its rooms beat with clock.
func start(t testing.TB, cfg Config, clock pcm.Clock, meetings ...MeetingConfig) *Backend {
	t.Helper()
	b, err := newBackend(cfg, meetings, func() pcm.Clock { return clock }, journal(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	<-b.Ready()
	return b
}

func meetingOf(id string, change func(*MeetingConfig)) MeetingConfig {
	m := DefaultMeetingConfig()
	m.ID = id
	if change != nil {
		change(&m)
	}
	return m
}

func TestKeepsThePromisesOfAConference(t *testing.T) {
	conferencetest.Run(t, func(t *testing.T) conferencetest.Service {
		clock := &pace.Manual{}
		kinds := map[conferencetest.Kind]MeetingConfig{
			conferencetest.Open:   meetingOf("1", nil),
			conferencetest.Secret: meetingOf("2", func(m *MeetingConfig) { m.PIN, m.HostPIN = conferencetest.PIN, conferencetest.HostPIN }),
			conferencetest.Sealed: meetingOf("3", func(m *MeetingConfig) { m.Encryption = "e2ee" }),
			conferencetest.Locked: meetingOf("4", func(m *MeetingConfig) { m.Locked, m.HostPIN = true, conferencetest.HostPIN }),
			conferencetest.Lobby:  meetingOf("5", func(m *MeetingConfig) { m.Lobby, m.HostPIN = true, conferencetest.HostPIN }),
			conferencetest.HostFirst: meetingOf("6", func(m *MeetingConfig) {
				m.JoinBeforeHost, m.HostPIN = false, conferencetest.HostPIN
			}),
			conferencetest.Notice:  meetingOf("7", func(m *MeetingConfig) { m.Recording, m.Consent = "on", "notice" }),
			conferencetest.Consent: meetingOf("8", func(m *MeetingConfig) { m.Recording, m.Consent = "on", "required" }),
			conferencetest.Small:   meetingOf("9", func(m *MeetingConfig) { m.Capacity = 1 }),
			conferencetest.Closed:  meetingOf("10", func(m *MeetingConfig) { m.Phones = false }),
		}
		var meetings []MeetingConfig
		for _, m := range kinds {
			meetings = append(meetings, m)
		}
		b := start(t, testConfig(t), clock, meetings...)
		control := func(number string, c Control) {
			t.Helper()
			if err := b.Control(number, c); err != nil {
				t.Fatalf("control %+v: %v", c, err)
			}
		}
		id := func(number, label string) string { return personID(t, b, number, label) }
		return conferencetest.Service{
			Backend: b,
			Number:  func(k conferencetest.Kind) string { return kinds[k].ID },
			Step:    clock.Step,
			Encrypt: func(n string, level conference.Encryption) { control(n, Control{Encryption: level.String()}) },
			Admit:   func(n, l string) { control(n, Control{Admit: id(n, l)}) },
			Decline: func(n, l string) { control(n, Control{Decline: id(n, l)}) },
			Remove:  func(n, l string) { control(n, Control{Remove: id(n, l)}) },
			Mute:    func(n, l string) { control(n, Control{Mute: id(n, l)}) },
			Ask:     func(n, l string) { control(n, Control{AskToSpeak: id(n, l)}) },
			Record: func(n string, on bool) {
				control(n, Control{Recording: map[bool]string{true: "start", false: "stop"}[on]})
			},
			End: func(n string) { control(n, Control{End: true}) },
		}
	})
}

// personID finds somebody whom hosts see by name.
func personID(t *testing.T, b *Backend, number, name string) string {
	t.Helper()
	for _, info := range b.Meetings() {
		for _, p := range info.People {
			if info.ID == number && p.Name == name {
				return p.ID
			}
		}
	}
	t.Fatalf("nobody called %q in meeting %s: %v", name, number, fmt.Sprint(b.Meetings()))
	return ""
}
