package offer

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatDoesNotFitIsSaid(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy Policy
		offer  []string
		want   string
	}{
		{"codecs that nobody speaks", Off, []string{"m=audio 5004 RTP/AVP 18 4"}, ": audio RTP/AVP 18 4"},
		{"encryption where it is off", Off, []string{"m=audio 5004 RTP/SAVP 8"}, ": audio RTP/SAVP 8 (encrypted, which is off)"},
		{"encryption without a key", Optional, []string{"m=audio 5004 RTP/SAVP 8"}, ": audio RTP/SAVP 8 (encrypted: without a key, or under none that we know)"},
		{"a fax alone", Off, []string{"m=image 5006 udptl t38"}, ": image udptl t38"},
		{"nothing", Off, nil, ": it has none"},
		{"no more than a line of the log holds", Off, []string{"m=audio 5004 RTP/AVP 18 4 3 5 6 7 12 13 14 15 16 17"}, ": audio RTP/AVP 18 4 3 5 6 7 12 13"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := local("pcma")
			l.Policy = tt.policy
			_, _, err := NewParty(l).Answer(session(tt.offer...))
			if !errors.Is(err, ErrNothingFits) || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("err = %v, want one that ends with %q", err, tt.want)
			}
		})
	}
}
