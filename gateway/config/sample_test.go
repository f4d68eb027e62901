package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/sip"
)

func TestSampleLoadsAndEqualsTheDefaults(t *testing.T) {
	c, err := Parse(SampleFile())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, Sample()) {
		t.Errorf("Sample() = %+v, want what the file says: %+v", Sample(), c)
	}
	want := Default()
	want.Conference.Embedded.Consent, want.Conference.Embedded.AfterNo = want.Recording.Consent, want.Recording.AfterNo
	c.Trunks, c.Numbers, c.Meetings = nil, nil, nil
	if !reflect.DeepEqual(c, want) {
		t.Errorf("the sample differs from the defaults:\n%+v\nwant\n%+v\nin %v", c, want, Diff(want, c))
	}
}

// What stands in the sample's lists is what tests outside of the project and
// people's habits rely on.
func TestSampleHasTheNumbersTheTrunkAndTheMeetings(t *testing.T) {
	c := Sample()
	trunk := sip.DefaultTrunkConfig()
	trunk.Name, trunk.Peers = "loopback", []string{"127.0.0.0/8"}
	if want := []sip.TrunkConfig{trunk}; !reflect.DeepEqual(c.Trunks, want) {
		t.Errorf("trunks = %+v, want %+v", c.Trunks, want)
	}
	var numbers Numbers
	for number, languages := range map[string][]string{"en": {"en"}, "de": {"de"}, "menu": {"en", "de"}} {
		n, ok := c.Directory().Find("loopback", number)
		if !ok || !reflect.DeepEqual(n.Languages, languages) || n.Backend != Embedded || n.Meeting != "" {
			t.Errorf("number %q = %+v, want it to speak %v", number, n, languages)
		}
		numbers = append(numbers, n)
	}
	if len(c.Numbers) != len(numbers) {
		t.Errorf("numbers = %+v, want en, de and menu", c.Numbers)
	}

	var want []embedded.MeetingConfig
	meeting := func(id string, set func(m *embedded.MeetingConfig)) {
		m := embedded.DefaultMeetingConfig()
		m.ID, m.Consent = id, "required"
		set(&m)
		want = append(want, m)
	}
	meeting("100000001", func(*embedded.MeetingConfig) {})
	meeting("100000002", func(m *embedded.MeetingConfig) { m.PIN, m.HostPIN = "4711", "815815" })
	meeting("100000003", func(m *embedded.MeetingConfig) { m.Recording, m.Consent = "on", "notice" })
	meeting("100000004", func(m *embedded.MeetingConfig) { m.Recording, m.Consent = "on", "required" })
	meeting("100000005", func(m *embedded.MeetingConfig) { m.Encryption = "enhanced" })
	meeting("100000006", func(m *embedded.MeetingConfig) { m.Encryption = "e2ee" })
	meeting("100000007", func(m *embedded.MeetingConfig) { m.Lobby = true })
	meeting("100000008", func(m *embedded.MeetingConfig) { m.Locked = true })
	meeting("100000009", func(m *embedded.MeetingConfig) { m.HostPIN, m.JoinBeforeHost = "815815", false })
	if len(c.Meetings) != len(want) {
		t.Fatalf("%d meetings, want %d", len(c.Meetings), len(want))
	}
	for i, m := range c.Meetings {
		if m.Title == "" {
			t.Errorf("meeting %s has no title", m.ID)
		}
		m.Title = ""
		if !reflect.DeepEqual(m, want[i]) {
			t.Errorf("meeting %s differs: PINs %v %v\n%+v\nwant\n%+v", m.ID, m.PIN == want[i].PIN, m.HostPIN == want[i].HostPIN, m, want[i])
		}
	}
}

func TestSampleShowsEveryKey(t *testing.T) {
	body, err := document(SampleFile())
	if err != nil {
		t.Fatal(err)
	}
	_, d := decode(body, surroundings{})
	for _, key := range keysOf("", reflect.TypeFor[Config]()) {
		if _, shown := d.lines[key]; !shown && !inExample(key) && !inGeneral(d, key) {
			t.Errorf("%s is not in the sample", key)
		}
	}
}

// inGeneral reports whether a key that says what is otherwise for a number or a
// meeting stands where it is said in general.
func inGeneral(d *decoder, key string) bool {
	for _, special := range []string{"numbers[0].admission.", "admission.meetings[0]."} {
		if of, is := strings.CutPrefix(key, special); is {
			return d.lines["admission."+of] > 0 || d.lines["recording."+of] > 0 || of == "e2ee" || of == "meeting"
		}
	}
	return false
}

// inExample reports whether a key stands in a comment of the sample, as part of
// an example of a list that is empty by default.
func inExample(key string) bool {
	i := strings.LastIndexByte(key, '.')
	if list := key[:max(i, 0)]; !strings.HasSuffix(list, "auth.users[0]") && !strings.HasSuffix(list, "register[0]") && !strings.HasSuffix(list, "registrants[0]") {
		return false
	}
	for line := range strings.Lines(string(SampleFile())) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "# - {") && (strings.Contains(line, key[i+1:]+":") || strings.Contains(line, key[i+1:]+"_file:")) {
			return true
		}
	}
	return false
}

func TestSampleExplainsEveryKey(t *testing.T) {
	lines := strings.Split(string(SampleFile()), "\n")
	body, err := document(SampleFile())
	if err != nil {
		t.Fatal(err)
	}
	_, d := decode(body, surroundings{})
	// These say with their name and value what they are, or follow from the
	// comment above the section.
	plain := map[string]bool{
		"admission.encryption.transport": true, "admission.encryption.enhanced": true,
		"conference.embedded.webrtc": true, "log": true, "privacy": true,
	}
	for _, key := range keysOf("", reflect.TypeFor[Config]()) {
		n := d.lines[key]
		if n == 0 || plain[key] {
			continue
		}
		above := n > 1 && strings.HasPrefix(strings.TrimSpace(lines[n-2]), "#")
		if !above && !strings.Contains(lines[n-1], "# ") {
			t.Errorf("line %d: %s has no comment", n, key)
		}
	}
}

// keysOf lists all keys that a type takes from a file; of a list, those of its
// first element.
func keysOf(key string, t reflect.Type) []string {
	var all []string
	switch {
	case isScalar(t):
	case t.Kind() == reflect.Slice:
		return keysOf(at(key, 0), t.Elem())
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			name, options, tagged := tagOf(t.Field(i))
			if options == "inline" {
				all = append(all, keysOf(key, t.Field(i).Type)...)
			}
			if !tagged {
				continue
			}
			all = append(all, join(key, name))
			all = append(all, keysOf(join(key, name), t.Field(i).Type)...)
		}
	}
	return all
}
