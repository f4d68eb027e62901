package sip

import (
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// tidy makes the parameters of the headers that place a message comparable:
// their names have no case, and white space may stand around each semicolon
// (RFC 3261 sections 7.3.1 and 25.1). sipgo's parser keeps both in the name, and
// a tag so written would not be found.
func tidy(msg sipmsg.Message) {
	for _, h := range msg.GetHeaders("Via") {
		if via, ok := h.(*sipmsg.ViaHeader); ok {
			tidyParams(&via.Params)
		}
	}
	if from := msg.From(); from != nil {
		tidyParams(&from.Params)
	}
	if to := msg.To(); to != nil {
		tidyParams(&to.Params)
	}
}

func tidyParams(params *sipmsg.HeaderParams) {
	if !slices.ContainsFunc(*params, isUntidy) {
		return
	}
	all := make(sipmsg.HeaderParams, 0, len(*params))
	for _, p := range *params {
		if name := strings.ToLower(strings.TrimSpace(p.K)); name != "" {
			all = append(all, sipmsg.HeaderKV{K: name, V: strings.TrimSpace(p.V)})
		}
	}
	*params = all
}

func isUntidy(p sipmsg.HeaderKV) bool {
	return p.K == "" || p.K != strings.TrimSpace(p.K) || p.V != strings.TrimSpace(p.V) || p.K != strings.ToLower(p.K)
}
