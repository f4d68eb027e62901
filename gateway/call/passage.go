package call

import (
	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
)

// company tells who comes in how many are there already.
func company(s state) words {
	if s.meeting.Announce == conference.AnnounceNothing {
		return nil
	}
	there := s.meeting.People
	if s.meeting.You.Seated {
		there--
	}
	return words{{prompt: others, count: there}}
}

// passages are the sounds for who has come and who has gone since, and their
// names where the meeting wants them. Several at once are one sound.
func passages(before, now conference.State) words {
	var row words
	for _, p := range []struct {
		was, is conference.Passage
		sound   announcements.Prompt
	}{
		{before.Joined, now.Joined, came},
		{before.Left, now.Left, went},
	} {
		if now.Announce == conference.AnnounceNothing || p.is.Count <= p.was.Count {
			continue
		}
		row = row.then(word{prompt: p.sound})
	}
	return row
}
