package media

import "errors"

// IsWeb reports whether an offer is a browser's: DTLS-SRTP and ICE.
func IsWeb(offer []byte) bool { return false }

// WebLeg is the sound of a call from a browser.
type WebLeg struct{ *Leg }

// NewWebLeg makes the leg of a call from a browser.
func (e *Engine) NewWebLeg(LegConfig) (*WebLeg, error) { return nil, errors.New("no browsers") }
