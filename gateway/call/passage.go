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
	return words{{prompt: others, count: there(s)}}
}

// there is how many people are in the meeting beside the caller, whether or not
// the meeting counts them already.
func there(s state) int {
	if s.meeting.You.Seated {
		return s.meeting.People - 1
	}
	return s.meeting.People
}

// passages are the sounds for who has come and who has gone since; several at
// once are one sound. Where the meeting wants names, they follow once somebody
// has spoken them: a name is no recording that is there already. A telephone of
// which no name is known is a sentence of ours, and nothing of it goes to the
// synthesiser.
func passages(before, now conference.State) (words, []action) {
	if now.Announce == conference.AnnounceNothing {
		return nil, nil
	}
	var row words
	var names []action
	for _, p := range []struct {
		was, is conference.Passage
		sound   announcements.Prompt
		phone   announcements.Prompt
		has     announcements.Prompt
	}{
		{before.Joined, now.Joined, came, phoneCame, announcements.Joined},
		{before.Left, now.Left, went, phoneWent, announcements.Left},
	} {
		if p.is.Count <= p.was.Count {
			continue
		}
		row = row.then(word{prompt: p.sound})
		switch {
		case now.Announce != conference.AnnounceNames:
		case p.is.Phone:
			row = row.then(word{prompt: p.phone, count: p.is.Nickname})
		case p.is.Name != "":
			names = append(names, pronounce{p.is.Name, p.has})
		}
	}
	return row, names
}
