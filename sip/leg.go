package sip

import (
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// leg is what a dialog needs of the call's sound.
type leg interface {
	Answer(offer []byte) ([]byte, error)
	Offer() ([]byte, error)
	Accept(answer []byte) error
	// Repeat makes an offer of what Answer or Offer has said last.
	Repeat() error
	Connect(hear pcm.Source, speak pcm.Sink)
	Digits() <-chan rune
	PushDigit(r rune)
	Held() bool
	Unwatched() bool
	Lost() <-chan struct{}
	Stats() media.LegStats
	Secure() bool
	Close()
}
