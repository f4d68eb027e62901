// Package records keeps what must be shown later: that callers were asked
// before they were recorded and what they answered, and which calls there
// were.
//
// A [Book] has two kinds of them. Evidence (a [Consent]) goes into a ledger:
// each entry has the hash of the one before, and what is written together ends
// with a checkpoint that is signed with the gateway's key, so that nothing can be
// altered, removed, inserted or reordered unseen; see package ledger, and
// [Reader.Verify]. A [Call] is a row in a table beside it, and can be deleted.
// Both are on the disk before Append returns: a consent that is not written has
// not been given. One goroutine ([Book.Run]) writes for all that wait.
//
// No record holds a caller's telephone number that could be read here, but where
// the operator keeps them for billing. A pseudonym stands for it, under a key of
// the day; and where the operator names a recipient, a consent has it sealed to a
// key that is kept elsewhere. Of a number that is withheld there is nothing.
//
// All contents are encrypted on the disk, with keys for each day and class that
// go when [Book.PurgeDue] purges them: see package vault.
//
// Whoever deletes does it through the Book, while it runs: [Book.PurgeDue] what
// is old enough, by a clock that [Book.Believe] has nothing against, and
// [Book.Erase] and [Book.EraseCalls] single records. Each tells the ledger what is
// gone in the very write that makes it so: an entry whose content is gone without
// such a word is a fault. Headers stay; they hold a time, a kind and a class.
// [Reader.Subject] finds all that is about somebody.
package records

import "time"

// What an entry of the ledger tells of.
const (
	KindRecording  = "recording"  // consent to being recorded, or notice of it
	KindProcessing = "processing" // consent to the processing itself
	KindNotice     = "notice"     // the privacy notice was heard
	KindBilling    = "billing"    // a call with the caller's number
	KindAccess     = "access"     // somebody has a recording, or wanted it; see Access
)

// Class is for how long a record is kept. It stands in the header of an entry,
// so that purging needs no look into what was written.
type Class string

// The classes of records.
const (
	ClassConsent Class = "consent" // given, and taken back
	ClassRefusal Class = "refusal" // not given
	ClassNotice  Class = "notice"  // something was told, and nothing asked
	ClassBilling Class = "billing" // a call with the caller's number; see Billed
	ClassAccess  Class = "access"  // of recordings, and who has exported them; kept like consents
	ClassCall    Class = "call"    // a call record, which is no entry
	// Recordings are no records, but the ledger tells when they are purged.
	ClassRecording Class = "recording"

	classLedger Class = "ledger" // what the ledger tells of itself: never purged, about nobody
)

// Consent is what one caller was told and asked, and what they answered.
type Consent struct {
	Kind     string        `json:"kind"` // KindRecording where it is empty
	Time     time.Time     `json:"time"` // with the offset of the place
	Call     string        `json:"call"`
	Meeting  string        `json:"meeting"`
	Run      uint64        `json:"run"`               // which recording of the meeting
	Purpose  string        `json:"purpose,omitempty"` // that the caller was told of
	Policy   string        `json:"policy"`            // notice or required
	Answer   string        `json:"answer"`            // informed, agreed, declined, withdrawn or left
	Key      string        `json:"key,omitempty"`     // the key pressed; none for silence and for a notice
	Language string        `json:"language"`
	Prompts  []string      `json:"prompts"`                // what was said, in this order
	Words    string        `json:"words"`                  // version of the words
	Hash     string        `json:"words_sha256,omitempty"` // of the same words
	Heard    time.Duration `json:"heard_ns"`               // how much of it was played
	Program  string        `json:"program,omitempty"`

	// Telephone is the caller's number where they show it. It is never written:
	// where there is a recipient it is sealed into a consent, and elsewhere Subject
	// stands for it, as in a Call.
	Telephone string `json:"-"`
	Sealed    []byte `json:"sealed,omitempty"`
	Subject   string `json:"subject,omitempty"`
}

// Class is for how long the consent is kept.
func (c Consent) Class() Class {
	switch c.Answer {
	case "informed":
		return ClassNotice
	case "declined", "left":
		return ClassRefusal
	}
	return ClassConsent
}

// Call is one call, written when it is over.
type Call struct {
	Start      time.Time     `json:"start"`
	Duration   time.Duration `json:"duration_ns"`
	Call       string        `json:"call"`
	Telephone  string        `json:"-"`                 // the caller's number where they show it: never written here
	Subject    string        `json:"subject,omitempty"` // stands for it on this day: a pseudonym
	LastDigits string        `json:"last_digits,omitempty"`
	Trunk      string        `json:"trunk"`
	Number     string        `json:"number"`           // the called number
	Caller     string        `json:"caller,omitempty"` // the label others saw; empty where that was the number
	Meeting    string        `json:"meeting,omitempty"`
	Language   string        `json:"language,omitempty"`
	Encryption string        `json:"encryption,omitempty"` // of the meeting
	SecureLeg  bool          `json:"secure_leg"`
	Outcome    string        `json:"outcome"`
	Sound      *Sound        `json:"sound,omitempty"` // nil where there was none
}

// Sound is how a call sounded. Shares are from 0 to 1; ratings are the R of the
// E-model (ITU-T G.107), from 0 to 100: below 70 many callers are dissatisfied.
type Sound struct {
	Codec     string  `json:"codec"`
	Rating    float64 `json:"r_factor,omitempty"`   // of what the caller says
	Lost      float64 `json:"lost"`                 // share of the caller's packets
	Discarded float64 `json:"discarded"`            // share that came and was not played
	Concealed float64 `json:"concealed"`            // share of what was played that was made up
	Jitter    float64 `json:"jitter_ms"`            // between their packets (RFC 3550)
	Delay     float64 `json:"delay_ms"`             // that the buffer adds
	Level     int     `json:"level_dbov,omitempty"` // of the caller's voice; 0: they have said nothing
	Noise     int     `json:"noise_dbov,omitempty"` // of what is heard between their words, likewise

	// What the caller's side reports of what it hears; 0 where it does not.
	TheyLost    float64 `json:"they_lost,omitempty"`
	RoundTrip   float64 `json:"round_trip_ms,omitempty"`
	TheirRating float64 `json:"their_r_factor,omitempty"`
}
