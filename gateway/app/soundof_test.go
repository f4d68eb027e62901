package app

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/level"
)

func TestWhatIsMeasuredOfACallIsWhatIsToldOfIt(t *testing.T) {
	for _, tt := range []struct {
		name string
		is   media.LegStats
		want *records.Sound
	}{
		{name: "nothing was agreed", is: media.LegStats{PacketsIn: 3}},
		{
			name: "each figure has its place and its unit",
			is: media.LegStats{
				Codec: "PCMA", PacketsIn: 90, Lost: 10, Jitter: 1260 * time.Microsecond, TheyLost: .02, RoundTrip: 31 * time.Millisecond,
				Concealed: .03, Discarded: .04, Delay: 22940 * time.Microsecond, Level: -21, Noise: -62, Rating: 81.26, TheirRating: 71,
			},
			want: &records.Sound{
				Codec: "PCMA", Lost: .1, Jitter: 1.3, TheyLost: .02, RoundTrip: 31,
				Concealed: .03, Discarded: .04, Delay: 22.9, Level: -21, Noise: -62, Rating: 81.3, TheirRating: 71,
			},
		},
		{
			name: "who has said nothing has no level",
			is:   media.LegStats{Codec: "PCMA", Level: level.Silent, Noise: level.Silent},
			want: &records.Sound{Codec: "PCMA"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := soundOf(tt.is)
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
