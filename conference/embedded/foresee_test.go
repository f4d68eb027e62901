package embedded

import (
	"errors"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
)

func TestForeseeIsWhatAVisitSees(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	m := DefaultMeetingConfig()
	m.ID, m.PIN, m.HostPIN, m.JoinBeforeHost, m.Lobby = "1", "482915", "739204", false, true
	m.Start = When{noon}
	m.Registrants = []Registrant{{Name: "Ada", PIN: "618340"}}
	c := Config{Region: "eu", Consent: "notice"}
	for _, tt := range []struct {
		pin  string
		want conference.Identity
	}{
		{"482915", conference.Identity{}},
		{"739204", conference.Identity{Host: true}},
		{"618340", conference.Identity{Registered: true, Name: "Ada"}},
	} {
		who, st, err := c.Foresee(m, tt.pin, noon)
		if err != nil || who != tt.want {
			t.Errorf("%s is the PIN of %+v, %v", tt.pin, who, err)
		}
		if st.Encryption != conference.Transport || st.Consent != conference.ConsentNotice || st.Region != "eu" || !st.Lobby || st.HostPresent || st.NotStarted {
			t.Errorf("%s sees %+v", tt.pin, st)
		}
	}
	if _, st, _ := c.Foresee(m, "482915", noon.Add(-time.Minute)); !st.NotStarted {
		t.Error("it begins before its start")
	}
	if _, _, err := c.Foresee(m, "1234", noon); !errors.Is(err, conference.ErrWrongPIN) {
		t.Errorf("a wrong PIN: %v", err)
	}
}
