package config

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestDiffNamesWhatChanged(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   []Change
	}{
		{"nothing", func(*Config) {}, nil},
		{"a limit holds for new calls", func(c *Config) { c.Limits.Wait = time.Minute }, []Change{{"limits.wait", false}}},
		{"a port needs a restart", func(c *Config) { c.Media.Ports.Last = 29001 }, []Change{{"media.ports", true}}},
		{"a listening address needs a restart", func(c *Config) { c.SIP.Listen = []string{"udp://0.0.0.0:5060"} }, []Change{{"sip.listen", true}}},
		{"an element of a list", func(c *Config) { c.Trunks = slices.Clone(c.Trunks); c.Trunks[0].MaxCalls = 7 }, []Change{{"trunks[0].max_calls", false}}},
		{"a secret, without telling it", func(c *Config) { c.Meetings = slices.Clone(c.Meetings); c.Meetings[1].PIN = "1234" }, []Change{{"meetings[1].pin", false}}},
		{"a longer list", func(c *Config) { c.Numbers = append(slices.Clone(c.Numbers), DefaultNumber()) }, []Change{{"numbers", false}}},
		{"a key of a section that needs none may need one", func(c *Config) { c.Log.Format = "json" }, []Change{{"log.format", true}}},
		{"two, in the order of the file", func(c *Config) { c.Log.Level, c.SIP.Advertise = "warn", "x" }, []Change{{"sip.advertise", true}, {"log.level", false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := Sample()
			tt.change(&changed)
			if got := Diff(Sample(), changed); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Diff = %v, want %v", got, tt.want)
			}
		})
	}
	if got := NeedRestart([]Change{{"a", true}, {"b", false}}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("NeedRestart = %v, want a", got)
	}
}
