package app

import (
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/records"
)

// sealer seals keys of recordings; nil where this gateway keeps them.
func sealer(keys []string) (embedded.Sealer, error) {
	to, err := records.Recipients(keys)
	if err != nil || len(to) == 0 {
		return nil, err
	}
	return to, nil
}

// witness has the ledger tell how each recording was when it ended.
type witness struct{ *App }

// Recorded tells of one.
func (w witness) Recorded(recording, meeting, sum string) {
	if err := w.book.AppendRecorded(recording, meeting, sum); err != nil {
		w.log.Error().Err(err).Str("recording", recording).Msg("the ledger could not be told of a recording: only its key shows whether somebody alters it")
	}
}
