package media

import (
	"strings"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/g711"
)

// kind is what a payload type means to us.
type kind uint8

const (
	unknown kind = iota
	sound
	digit
	comfort // RFC 3389: the caller is silent. Met from anybody, agreed or not
)

const (
	comfortNoise    = 13
	oldComfortNoise = 19 // of drafts before RFC 3389, and of Cisco
)

// terms is an agreement in the form that packets need. It is never changed.
type terms struct {
	offer.Agreement
	kinds [128]kind
	laws  [128]g711.Law // of the types that are sound
	law   g711.Law      // of what we send
	seal  *seal         // nil: what we send is in the clear
}

func newTerms(a offer.Agreement) *terms {
	t := &terms{Agreement: a, law: lawOf(a.Send)}
	t.kinds[comfortNoise], t.kinds[oldComfortNoise] = comfort, comfort
	for _, f := range a.Receive {
		t.kinds[f.Type], t.laws[f.Type] = sound, lawOf(f)
	}
	if a.Digits.Clock != 0 {
		t.kinds[a.Digits.Type] = digit
	}
	return t
}

func lawOf(f offer.Format) g711.Law {
	if strings.EqualFold(f.Name, "PCMU") {
		return g711.MuLaw
	}
	return g711.ALaw
}
