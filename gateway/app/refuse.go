package app

import (
	"slices"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
)

// notOurs answers a number that the operator's file does not have: Q.850
// cause 1 is "unallocated number".
func notOurs() sip.Cause { return sip.Cause{Status: 404, Q850: 1, Text: "Number not served here"} }

// refuseNumber turns a call away whose number the operator's file does not
// have. The log shows what the trunk has sent, as far as it may, since that is what
// the file must have; a trunk's max_calls_per_second bounds how often.
func (a *App) refuseNumber(phone *sip.Call, now *settings) {
	a.log.Warn().Str("call", phone.ID()).Str("trunk", phone.Trunk()).Str("number", now.shown(phone)).
		Msg("refused: numbers has no entry for this number on this trunk")
	a.metrics.CallBegun()
	phone.Reject(notOurs())
	a.metrics.CallEnded(records.Call{Outcome: "unknown_number", Duration: time.Since(phone.Began())})
}

// shown is a called number that the file does not have, as the log may have it. It
// is the operator's own, and stands there as it came; but where the trunk tells who
// has forwarded the call, it is whoever did so, and often one person's: of that only
// the end is shown, of at most four digits.
func (s *settings) shown(phone *sip.Call) string {
	const most, end = 32, 4
	called := []rune(phone.To())
	of := slices.IndexFunc(s.Trunks, func(t sip.TrunkConfig) bool { return t.Name == phone.Trunk() })
	if of >= 0 && s.Trunks[of].CalledIsForwarder() {
		return "..." + string(called[len(called)-min(end, len(called)/2):])
	}
	return string(called[:min(most, len(called))])
}

// refuseFull turns a call away to a number that has as many as it may. The log
// tells of it now and then.
func (a *App) refuseFull(phone *sip.Call, number config.Number, why sip.Cause, refused int) {
	if refused > 0 {
		a.log.Warn().Str("trunk", phone.Trunk()).Str("number", number.Number).Int("calls", refused).
			Msg("refused: " + why.Text + " (numbers)")
	}
	a.metrics.CallBegun()
	phone.Reject(why)
	a.metrics.CallEnded(records.Call{Outcome: "number_full", Duration: time.Since(phone.Began())})
}
