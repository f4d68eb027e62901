package sip

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// validateSession checks how a trunk's calls are refreshed, and from where its
// requests may come.
func (c TrunkConfig) validateSession() []error {
	var errs []error
	if c.SessionExpires != 0 && c.SessionExpires < leastExpires {
		errs = append(errs, fmt.Errorf("session_expires: want 0 or %v at least (RFC 4028), not %v", leastExpires, c.SessionExpires))
	}
	switch c.Requests {
	case "trunk", "strict":
	default:
		errs = append(errs, fmt.Errorf("requests: %q is none of trunk, strict", text(c.Requests)))
	}
	return errs
}

// leastExpires is the shortest interval that RFC 4028 section 4 allows, and
// that we demand of a caller.
const leastExpires = 90 * time.Second

// errExpires reports a Session-Expires or Min-SE that is no number.
var errExpires = errors.New("session interval is not understood")

// keeping is how a call is kept from being taken for dead: one of the two
// sides refreshes it (RFC 4028). It is pure; the dialog has the clocks.
type keeping struct {
	interval time.Duration // 0: nobody does
	minimum  time.Duration // nobody on the way wants it more often
	ours     bool          // it is we who refresh
	known    bool          // the caller knows session timers
	update   bool          // and takes UPDATE
}

// proposal is what a request or an answer says about refreshing.
type proposal struct {
	interval, minimum time.Duration // 0: not said
	refresher         string        // uac, uas or not said
	known             bool
	allows, update    bool // there is Allow; UPDATE is in it
}

// propose reads a message.
func propose(m sipmsg.Message) (proposal, error) {
	p := proposal{known: listed(m, "timer", "supported", "k") || listed(m, "timer", "require")}
	var err error
	if p.interval, p.refresher, err = expires(m, "session-expires", "x"); err != nil {
		return p, err
	}
	if p.minimum, _, err = expires(m, "min-se"); err != nil {
		return p, err
	}
	_, p.allows = firstOf(m, "allow")
	p.update = listed(m, "update", "allow")
	return p, nil
}

// expires reads Session-Expires or Min-SE: seconds and perhaps a refresher.
func expires(m sipmsg.Message, names ...string) (time.Duration, string, error) {
	for _, name := range names {
		value, ok := firstOf(m, name)
		if !ok {
			continue
		}
		number, params, _ := strings.Cut(value, ";")
		seconds, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
		if err != nil || seconds == 0 {
			return 0, "", errExpires
		}
		refresher := ""
		for param := range strings.SplitSeq(params, ";") {
			k, v, _ := strings.Cut(param, "=")
			if strings.EqualFold(strings.TrimSpace(k), "refresher") {
				refresher = strings.ToLower(strings.Trim(v, ` "`))
			}
		}
		return time.Duration(min(seconds, math.MaxInt32)) * time.Second, refresher, nil
	}
	return 0, "", nil
}

// firstOf is the first header under any of its names.
func firstOf(m sipmsg.Message, names ...string) (string, bool) {
	for _, name := range names {
		if all := m.GetHeaders(name); len(all) > 0 {
			return all[0].Value(), true
		}
	}
	return "", false
}

// listed reports whether a list of tokens names one, under any of its headers'
// names.
func listed(m sipmsg.Message, token string, names ...string) bool {
	for _, name := range names {
		for _, h := range m.GetHeaders(name) {
			for one := range strings.SplitSeq(h.Value(), ",") {
				if strings.EqualFold(strings.TrimSpace(one), token) {
					return true
				}
			}
		}
	}
	return false
}

// tooOften reports that the caller would be refreshed more often than we take.
// Only who knows what 422 means is told so.
func (p proposal) tooOften() bool { return p.known && p.interval != 0 && p.interval < leastExpires }

// asked is what holds after a request of the caller, where the operator wants
// own as interval and the caller wants none. The caller's interval is taken as
// it is, and the work is left to them where they can do it (RFC 4028 section 9).
func (k keeping) asked(p proposal, own time.Duration) keeping {
	k.known = k.known || p.known
	if p.allows {
		k.update = p.update
	}
	k.minimum = max(k.minimum, p.minimum)
	began := k.interval != 0
	switch {
	case p.interval != 0:
		k.interval = max(p.interval, leastExpires)
	case !began && own != 0:
		k.interval = max(own, k.minimum, leastExpires)
	}
	switch {
	case !k.known || p.refresher == "uas":
		k.ours = true
	case p.refresher == "uac" || !began:
		k.ours = false
	}
	return k
}

// replied is what holds after a success of our own refresh, in which we are the
// uac. An answer that is silent about it comes from a caller who does not know.
func (k keeping) replied(p proposal) keeping {
	if p.allows {
		k.update = p.update
	}
	if p.interval != 0 {
		k.known = true
		k.interval, k.ours = max(p.interval, leastExpires), p.refresher != "uas"
	}
	return k
}

// refused raises the interval to what a 422 asks for, and reports whether it is
// worth another try.
func (k keeping) refused(p proposal) (keeping, bool) {
	if p.minimum <= k.interval {
		return k, false
	}
	k.interval, k.minimum = p.minimum, p.minimum
	return k, true
}

// answer are the headers of a 200 of ours.
func (k keeping) answer() []sipmsg.Header {
	switch {
	case k.interval == 0:
		return nil
	case k.ours:
		return []sipmsg.Header{k.header("uas")}
	}
	return []sipmsg.Header{sipmsg.NewHeader("Require", "timer"), k.header("uac")}
}

// request are the headers of a refresh of ours.
func (k keeping) request() []sipmsg.Header {
	headers := []sipmsg.Header{k.header("uac")}
	if k.minimum > leastExpires {
		headers = append(headers, minSE(k.minimum))
	}
	return headers
}

func (k keeping) header(refresher string) sipmsg.Header {
	return sipmsg.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=%s", int64(k.interval/time.Second), refresher))
}

func minSE(d time.Duration) sipmsg.Header {
	return sipmsg.NewHeader("Min-SE", strconv.FormatInt(int64(d/time.Second), 10))
}

// due is when we refresh: halfway (RFC 4028 section 10). 0: never.
func (k keeping) due() time.Duration {
	if !k.ours {
		return 0
	}
	return k.interval / 2
}

// end is when a call that was not refreshed is hung up: somewhat before it
// expires. 0: never, as with a caller who knows nothing of it: they have
// answered somehow, or the refresh itself would have ended the call.
func (k keeping) end() time.Duration {
	if !k.known {
		return 0
	}
	return k.interval - min(32*time.Second, k.interval/3)
}
