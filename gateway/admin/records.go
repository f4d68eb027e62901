package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/einwahl/einwahl/gateway/records"
)

// Erase is which records are to be erased, and why. The ledger tells of it, so
// the reason must not name anybody.
type Erase struct {
	Entries []uint64 `json:"entries,omitempty"`
	Calls   []int64  `json:"calls,omitempty"`
	Why     string   `json:"why"`
}

// Purge is what may be said when records are to be purged.
type Purge struct {
	RightClock bool `json:"right_clock,omitempty"` // although the gateway doubts it
}

// keeping is what deletes records.
type keeping interface {
	Erase(entries []uint64, calls []int64, why string) error
	Purge(ctx context.Context, rightClock bool) ([]records.Purged, error)
	Access(records.Access) error
}

// maxAccess is the most bytes that an entry about a recording may have.
const maxAccess = 4 << 10

// accessFields names what such a request may hold.
const accessFields = "recording, meeting, outcome, who, why, time"

// tellAccess has the ledger tell that somebody on this machine takes a recording.
// The time is that of the gateway, and the entry says that it came by the token.
func (s *Server) tellAccess(w http.ResponseWriter, r *http.Request) {
	var a records.Access
	if !readAtMost(maxAccess, w, r, &a, accessFields) {
		return
	}
	if err := a.Validate(); err != nil {
		fail(w, http.StatusBadRequest, `want a JSON object such as {"recording":"100000001-20261122T090000Z","outcome":"exported","who":"ada"}: `+err.Error())
		return
	}
	a.Time, a.Who = time.Now(), a.Who+", with the operator's token"
	if err := s.sources.Keeping.Access(a); err != nil {
		fail(w, http.StatusInternalServerError, "it could not be written: "+err.Error())
		return
	}
	s.log.Info().Str("recording", a.Recording).Str("outcome", a.Outcome).Msg("recording taken by the operator")
	answer(w, http.StatusCreated, a)
}

// maxErase is the most bytes that a request to erase may have: it may name a
// hundred thousand records.
const maxErase = 1 << 20

func (s *Server) eraseRecords(w http.ResponseWriter, r *http.Request) {
	var e Erase
	if !readAtMost(maxErase, w, r, &e, "entries, calls, why") {
		return
	}
	if len(e.Entries)+len(e.Calls) == 0 || e.Why == "" {
		fail(w, http.StatusBadRequest, "want entries or calls to erase, and why")
		return
	}
	if err := s.sources.Keeping.Erase(e.Entries, e.Calls, e.Why); err != nil {
		fail(w, http.StatusInternalServerError, "not all could be erased: "+err.Error())
		return
	}
	s.log.Info().Int("entries", len(e.Entries)).Int("calls", len(e.Calls)).Msg("records erased by the operator")
	answer(w, http.StatusOK, map[string]int{"entries": len(e.Entries), "calls": len(e.Calls)})
}

func (s *Server) purgeRecords(w http.ResponseWriter, r *http.Request) {
	var p Purge
	if !read(w, r, &p, "right_clock") {
		return
	}
	all, err := s.sources.Keeping.Purge(r.Context(), p.RightClock)
	if err != nil {
		fail(w, http.StatusInternalServerError, "not all could be purged: "+err.Error())
		return
	}
	answer(w, http.StatusOK, map[string]any{"purged": append([]records.Purged{}, all...)})
}
