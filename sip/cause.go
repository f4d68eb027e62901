package sip

import (
	"errors"
	"fmt"
)

// Cause is why we refuse or end a call.
type Cause struct {
	// Status is the final SIP answer to a call that has not been answered yet.
	Status int
	// Q850 is the cause that carriers put into their records, in the Reason
	// header (RFC 3326) of a final answer and of BYE; 0 sends none.
	Q850 int
	// Text says it in words, to whoever reads the trace.
	Text string
}

func (c Cause) String() string { return fmt.Sprintf("%d/%d %s", c.Status, c.Q850, text(c.Text)) }

// status is the final answer, for causes that were made for BYE.
func (c Cause) status() int {
	if c.Status >= 300 && c.Status <= 699 {
		return c.Status
	}
	return 480
}

// reason is the value of the Reason header, empty for none.
func (c Cause) reason() string {
	if c.Q850 <= 0 || c.Q850 > 127 {
		return ""
	}
	if c.Text == "" {
		return fmt.Sprintf("Q.850;cause=%d", c.Q850)
	}
	return fmt.Sprintf("Q.850;cause=%d;text=%s", c.Q850, quote(c.Text))
}

// Why a call has ended, as [Call.Err] tells.
var (
	// ErrCallerGone reports that the caller hung up.
	ErrCallerGone = errors.New("caller gone")
	// ErrCancelled reports that the caller hung up before we had answered.
	ErrCancelled = fmt.Errorf("%w before the answer", ErrCallerGone)
	// ErrNoAcknowledgement reports that our answer never reached the caller.
	ErrNoAcknowledgement = errors.New("answer never acknowledged")
	// ErrNoMedia reports that the caller sent no sound for too long.
	ErrNoMedia = errors.New("no sound from the caller")
	// ErrExpired reports that the caller has not refreshed the call in time.
	ErrExpired = errors.New("call was not refreshed")
	// ErrNoReply reports that the caller no longer answers our requests.
	ErrNoReply = errors.New("caller does not reply")
	// ErrHungUp reports that we hung up or refused.
	ErrHungUp = errors.New("hung up by the gateway")
	// ErrOffer reports that no common ground was found for the sound.
	ErrOffer = errors.New("offer refused")
)

// Causes that arise in this package.
var (
	causeNormal     = Cause{Status: 480, Q850: 16, Text: "Normal call clearing"}
	causeFault      = Cause{Status: 500, Q850: 41, Text: "Temporary failure"}
	causeClosing    = Cause{Status: 503, Q850: 41, Text: "Gateway is shutting down"}
	causeNoAck      = Cause{Status: 408, Q850: 102, Text: "No ACK"}
	causeNoMedia    = Cause{Status: 480, Q850: 127, Text: "No RTP"}
	causeNoReply    = Cause{Status: 480, Q850: 102, Text: "No reply"}
	causeDraining   = Cause{Status: 503, Q850: 41, Text: "Gateway takes no new calls"}
	causeRetired    = Cause{Status: 503, Q850: 41, Text: "Trunk is no longer configured"}
	causeTooMany    = Cause{Status: 503, Q850: 34, Text: "max_calls of the trunk is reached"}
	causeTooFast    = Cause{Status: 503, Q850: 42, Text: "max_calls_per_second of the trunk is reached"}
	causeOverload   = Cause{Status: 503, Q850: 42, Text: "Too much to do"}
	causeNoPorts    = Cause{Status: 503, Q850: 34, Text: "No media port is free"}
	causeNoCodec    = Cause{Status: 488, Q850: 88, Text: "No common codec"}
	causeInsecure   = Cause{Status: 488, Q850: 88, Text: "SRTP is required"}
	causeBadType    = Cause{Status: 415, Q850: 95, Text: "Body not understood"}
	causeBadOffer   = Cause{Status: 400, Q850: 95, Text: "Session description not understood"}
	causeBadAnswer  = Cause{Status: 488, Q850: 88, Text: "Answer does not fit our offer"}
	causeUnanswered = Cause{Status: 480, Q850: 41, Text: "Nobody took the call"}
	causeExpired    = Cause{Status: 408, Q850: 102, Text: "Session not refreshed"}
	causeNoPrack    = Cause{Status: 504, Q850: 102, Text: "No PRACK"}
	causeEarlyOffer = Cause{Status: 491, Q850: 0, Text: "Offer while another is open"}
	causeCancelled  = Cause{Status: 487, Q850: 16, Text: "Call was cancelled"}
)

// q850 is what stands in carriers' records for a final answer that gives no
// cause of its own (RFC 3398 section 8.2.6.1). What is left out ends no call:
// the caller is asked for a password, another interval, or to try again.
var q850 = map[int]int{
	400: 41, 403: 21, 404: 1, 405: 63, 408: 102, 410: 22, 415: 79, 416: 127, 420: 127,
	480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 486: 17, 487: 16, 488: 88, 500: 41, 501: 79,
	503: 41, 504: 102, 505: 127, 600: 17, 603: 21, 604: 1, 606: 88,
}
