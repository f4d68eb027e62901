package admin

import (
	"encoding/json"
	"slices"
)

// change is what has become different since the event before. What is nil has
// not.
type change struct {
	*board
	Meetings []*Meeting `json:"meetings,omitzero"`         // all, in their order, or else:
	Changed  []*Meeting `json:"meetings_changed,omitzero"` // these; new ones come behind the others
	Gone     []string   `json:"meetings_gone,omitzero"`    // by ID
}

// telling is what one reader of the stream has been told.
type telling struct {
	board    []byte
	meetings []*Meeting
}

// next is the event that tells what is new, nil where nothing is. There may be
// thousands of meetings: those in which nothing has changed cost a comparison.
func (t *telling) next(now board, meetings []*Meeting) ([]byte, error) {
	var c change
	text, err := json.Marshal(now)
	if err != nil {
		return nil, err
	}
	if string(text) != string(t.board) {
		c.board = &now
	}
	if t.board == nil {
		c.Meetings = meetings
	} else if !slices.Equal(meetings, t.meetings) {
		c.compare(t.meetings, meetings)
	}
	t.board, t.meetings = text, meetings
	if c.board == nil && c.Meetings == nil && c.Changed == nil && c.Gone == nil {
		return nil, nil
	}
	return json.Marshal(c)
}

// compare notes what has become of the meetings of before.
func (c *change) compare(before, now []*Meeting) {
	known := make(map[string]*Meeting, len(before))
	for _, m := range before {
		known[m.ID] = m
	}
	added := false
	for _, m := range now {
		was := known[m.ID]
		delete(known, m.ID)
		if was == nil {
			added = true
		} else if added { // a new one stands before it
			*c = change{board: c.board, Meetings: now}
			return
		}
		if was != m {
			c.Changed = append(c.Changed, m)
		}
	}
	for _, m := range before {
		if known[m.ID] != nil {
			c.Gone = append(c.Gone, m.ID)
		}
	}
}
