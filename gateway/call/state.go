package call

import (
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// phase is where in its life a call is.
type phase int

const (
	answering  phase = iota // the call is being answered
	foreseeing              // the meeting is looked at before the call is answered
	excusing                // the caller is to hear, unanswered, why not
	choosing                // the caller chooses a language
	greeting                // welcome, where the number leads to one meeting
	numbering               // the caller keys in a meeting number
	finding                 // the meeting is looked up
	pinning                 // the caller keys in a PIN
	proving                 // number and PIN are looked up
	delaying                // a wrong entry costs time
	visiting                // the meeting is told of the caller
	informing               // the caller hears the privacy notice
	consenting              // the caller is asked for consent to be connected at all
	holding                 // the caller waits for the host or in the lobby
	asking                  // the caller is asked for consent
	noticing                // the caller hears that the meeting is recorded
	testifying              // what the caller has heard or answered is written down
	opening                 // the seat is being opened
	talking                 // the caller is in the meeting
	leaving                 // the caller hears why it ends
	ended                   // nothing more happens
)

var phaseNames = [...]string{
	"answering", "foreseeing", "excusing", "choosing", "greeting", "numbering", "finding", "pinning", "proving", "delaying", "visiting", "informing", "consenting",
	"holding", "asking", "noticing", "testifying", "opening", "talking", "leaving", "ended",
}

func (p phase) String() string { return phaseNames[p] }

// terms are what stays the same for the whole call.
type terms struct {
	limits      Config
	policy      admission.Policy // for calls to this number, and once it is found for its meeting
	languages   []string
	leadsTo     string // the meeting of the number; empty: the caller keys it in
	secure      bool
	caller      admission.Caller
	early       bool                // what is known before the answer is told before it
	waitingRoom bool                // single callers can be held until a host admits them
	message     announcements.Texts // for who waits, where the meeting has none
	processing  bool                // consent to the processing of data is asked
}

// state is a call at one moment. It is a value; next never changes one that it
// was given.
type state struct {
	*terms
	now   time.Time // of what has happened last
	phase phase
	lang  string

	// Finding the meeting.
	entry  string // keys of the entry so far
	ahead  string // keys pressed while the meeting was looked up, or a notice written down
	rounds int    // times the present question went unanswered
	tries  int    // pairs of number and PIN that were wrong
	trying bool   // a host PIN is looked up, or costs time for being wrong

	// What is known of the caller and the meeting.
	proven   bool
	pin      admission.PIN
	identity conference.Identity
	meeting  conference.State
	met      bool // meeting has come
	informed bool // the privacy notice was heard or passed over, maybe ahead
	unasked  bool // digits were pressed ahead that nothing asks for
	shown    bool // and that is on paper
	consents bool // to the processing of their data, on paper
	seated   bool
	entered  bool // the words on entering were heard
	noted    admission.Decision
	waitsFor admission.Reason
	warned   bool // who waits was asked whether they are still there
	waits    int  // times they have said so
	ending   bool // the call was warned of its end, or would have been
	spans    int  // times it was extended

	// Consent. answer belongs to run; pending is being written for asked.
	answer  conference.Answer
	run     uint64
	asked   uint64
	pending conference.Answer
	about   string // what pending is about: a kind of evidence
	confirm words  // what the answer is confirmed with

	takesBack bool                 // a no came while a yes, or that a notice was heard, is written
	thanks    words                // for a consent to the processing, not said yet
	anew      bool                 // the caller has asked to be asked
	opening   announcements.Prompt // what a notice or question begins with
	purpose   string               // that it tells
	untold    bool                 // and that cannot be told now, so nobody can agree

	// Texts of others. They have to be spoken before they can be said.
	awaits string // is being spoken, for what the phase has to say
	ready  string // was spoken
	due    bool   // ready is to be said to who waits, as soon as nothing else is

	// In the meeting.
	mic  bool // the caller's own choice
	hand bool

	confirming conference.Command // waits for the caller's 1; 0: none
	removing   uint64             // who was last when the caller was asked
	stillWait  int                // people in the waiting room once the one was admitted

	// What the caller hears.
	star     bool  // * was pressed, the key that follows is a command
	speaking bool  // a speech runs
	cuttable bool  // a key stops it
	reading  bool  // it is the full privacy notice
	agreeAt  int   // the item of the question that names the key for yes
	queue    words // what is to be said after it

	why Outcome
}

// event is something that has happened.
type event any

type (
	answered struct{ err error }
	// foreseen is what the meeting behind the number is like before the call is
	// answered, met where that may be known without a PIN.
	foreseen struct {
		id       string
		identity conference.Identity
		meeting  conference.State
		met      bool
		err      error
	}
	fronted struct{ err error } // the caller can hear, unanswered
	// digit is a key. begun is the item of the running speech that was heard
	// when it was pressed.
	digit struct {
		key   rune
		begun int
	}
	spoken  struct{} // the running speech was heard to its end
	expired struct{ timer timer }
	found   struct {
		id       string // of the meeting, as its service has it
		needsPIN bool
		err      error
	}
	// proof is what has come of a PIN that was tried.
	proof struct {
		pin      admission.PIN
		identity conference.Identity
		err      error
	}
	proved    proof // of the caller's PIN
	claimed   proof // of the host's
	visited   struct{ err error }
	changed   struct{ meeting conference.State }
	over      struct{} // the meeting has nothing more to say
	testified struct {
		about  string
		answer string
		err    error
	}
	rendered struct {
		text string
		err  error
	}
	opened struct{ err error }
	obeyed struct {
		command conference.Command
		err     error
	}
	// pronounced is a name that can be said now, and what its bearer has done.
	pronounced struct {
		name string
		has  announcements.Prompt
		err  error
	}
	gone     struct{ err error } // there is no call any more; nil: the caller has hung up
	draining struct{}            // the gateway closes
)

// action is something to be done. None of them opens a voice: see outline.
type action any

type (
	answer struct{}
	// foresee looks at the meeting of the number before the call is answered.
	foresee struct{}
	front   struct{}              // open early media
	say     struct{ words words } // stops what is being said
	hush    struct{}
	flush   struct{} // forget keys that were pressed and not yet looked at
	arm     struct {
		timer timer
		d     time.Duration
	}
	disarm struct{ timer timer }
	find   struct{ number string }
	prove  struct{ pin string }
	// proveHost tries a PIN that must be the host's.
	proveHost struct{ pin string }
	depart    struct{} // leave the meeting, to come back as somebody else
	visit     struct{}
	// testify writes down what was answered, or heard; of a recording, to which.
	testify struct {
		about   string
		answer  string
		key     rune
		run     uint64
		purpose string
		policy  conference.Consent
	}
	render  struct{ text string } // has a text spoken, so that it can be said
	open    struct{}
	command struct {
		command conference.Command
		who     uint64 // of RemoveLast
	}
	// pronounce has the name of somebody spoken who has come, or gone.
	pronounce struct {
		name string
		has  announcements.Prompt
	}
	leave  struct{} // the meeting, for good
	hangup struct{ why Outcome }
	note   struct{ decision admission.Decision }
)

// timer is one of the few clocks of a call.
type timer int

const (
	// patience waits for a key.
	patience timer = iota
	// bound ends what must not last for ever.
	bound
	// reminder tells who waits that they still do.
	reminder
	// length is how long the whole call may last.
	length
	timers
)
