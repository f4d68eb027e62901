package announcements

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// wholeNotice is a notice with all that an operator may say.
func wholeNotice() Notice {
	text := func(s string) Texts { return Texts{"": s} }
	return Notice{
		Number: "masked", Recording: "required", Processing: true, Days: 7,
		Controller: text("Stadt Musterhausen"), Address: text("Markt eins, Musterhausen"), DPO: text("Erika Muster"),
		Basis: text("Ihre Einwilligung"), Recipients: text("Rechenzentrum Nord"), Transfer: text("Schweiz"),
		Authority: text("Landesbeauftragte"), Where: text("musterhausen punkt example"),
	}
}

// saidBy are the prompts and texts of an item where the operator has no
// recordings.
func saidBy(lang string, item Item) (all []string) {
	for _, p := range item.parts(lang) {
		switch {
		case len(p.otherwise) > 0:
			all = append(all, saidBy(lang, p.otherwise[0])...)
		case p.text != "":
			all = append(all, p.text)
		default:
			all = append(all, string(p.prompt))
		}
	}
	return all
}

func TestTheNoticeClaimsOnlyWhatIsTrue(t *testing.T) {
	change := func(change func(*Notice)) Notice {
		n := wholeNotice()
		change(&n)
		return n
	}
	for _, tt := range []struct {
		name   string
		item   Item
		has    []Prompt
		hasNot []Prompt
	}{
		{"a masked number", Notice{Number: "masked"}.Short(), []Prompt{PrivacyMasked}, []Prompt{PrivacyHidden, PrivacyFull}},
		{"a hidden number", Notice{Number: "hidden"}.Short(), []Prompt{PrivacyHidden}, []Prompt{PrivacyMasked, PrivacyFull}},
		{"a number that is shown", Notice{Number: "full"}.Short(), []Prompt{PrivacyFull}, []Prompt{PrivacyMasked, PrivacyHidden}},
		{"recordings with consent", Notice{Recording: "required"}.Short(), []Prompt{PrivacyConsent}, []Prompt{PrivacyNotice}},
		{"recordings that are told", Notice{Recording: "notice"}.Short(), []Prompt{PrivacyNotice}, []Prompt{PrivacyConsent}},
		{"recordings nobody is told of", Notice{Recording: "off"}.Short(), nil, []Prompt{PrivacyNotice, PrivacyConsent}},
		{"nothing is known", Notice{}.Short(), []Prompt{PrivacyShort, PrivacyMore}, []Prompt{PrivacyController, PrivacyMasked, PrivacyHidden, PrivacyFull, PrivacyNotice, PrivacyConsent, PrivacyTransfer, PrivacyWhere, daysRetained.before, privacyDayOne}},
		{"data that leave Europe", wholeNotice().Short(), []Prompt{PrivacyTransfer}, nil},
		{"data that do not", change(func(n *Notice) { n.Transfer = nil }).Short(), nil, []Prompt{PrivacyTransfer}},
		{"data that are deleted after a day", Notice{Days: 1}.Short(), []Prompt{privacyDayOne}, nil},
		{"data that are deleted after a week", Notice{Days: 7}.Short(), []Prompt{daysRetained.before, numberPrompt(7)}, nil},

		{"an operator without a name", Notice{}.Long(), []Prompt{privacyOperator, privacyKept, privacyAuthorities}, []Prompt{PrivacyController, privacyAddress, privacyDPO, privacyBasis, privacyRecipients, PrivacyTransfer, privacyAuthority, PrivacyWhere, privacyWithdraw, privacyHangUp}},
		{"an operator with all of it", wholeNotice().Long(), []Prompt{PrivacyController, privacyAddress, privacyDPO, privacyBasis, privacyCarriers, privacyRecipients, PrivacyTransfer, StateLeg, privacyRights, privacyWithdraw, privacyHangUp, privacyAuthority, PrivacyWhere, privacyEnd}, []Prompt{privacyOperator, privacyKept, privacyAuthorities}},
		{"a consent that nobody gives cannot be withdrawn", change(func(n *Notice) { n.Recording, n.Processing = "off", false }).Long(), nil, []Prompt{privacyWithdraw, privacyHangUp}},
		{"a text in another language only", change(func(n *Notice) { n.Controller = Texts{"fr": "Ville"} }).Long(), []Prompt{privacyOperator}, []Prompt{PrivacyController}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said := saidBy("de", tt.item)
			for _, p := range tt.has {
				if !slices.Contains(said, string(p)) {
					t.Errorf("%s is not told in %q", p, said)
				}
			}
			for _, p := range tt.hasNot {
				if slices.Contains(said, string(p)) {
					t.Errorf("%s is claimed in %q", p, said)
				}
			}
		})
	}
}

// TestTheNoticeTellsWhatTheLawNames holds the long notice against Art. 13 (1)
// and (2) of the GDPR.
func TestTheNoticeTellsWhatTheLawNames(t *testing.T) {
	said := strings.Join(saidBy("de", wholeNotice().Long()), " ") + " "
	for what, words := range map[string]string{
		"controller":            "Stadt Musterhausen",
		"contact":               "Markt eins",
		"officer":               "Erika Muster",
		"purpose":               string(PrivacyLong),
		"legal basis":           "Ihre Einwilligung",
		"recipients":            "Rechenzentrum Nord",
		"telephone companies":   string(privacyCarriers),
		"third countries":       string(PrivacyTransfer) + " Schweiz",
		"storage time":          string(numberPrompt(7)),
		"access and the others": string(privacyRights),
		"withdrawal":            string(privacyWithdraw),
		"complaint":             "Landesbeauftragte",
		"where it can be read":  "musterhausen punkt example",
	} {
		if !strings.Contains(said, words) {
			t.Errorf("there is no word of the %s", what)
		}
	}
}

func TestTheOperatorMayRecordTheWholeNotice(t *testing.T) {
	l := openWith(t, map[string][]byte{
		"de/own.notice.short.wav": waveFile(16000, 1, sine(16000, 1, 10000)),
		"de/own.notice.short.txt": []byte("Verantwortlich ist die Stadt."),
	})
	if got := l.Speak("de-AT", wholeNotice().Short()).Text(); got != "Verantwortlich ist die Stadt." {
		t.Errorf("said %q", got)
	}
	if got := l.Speak("en", Notice{}.Short()).Text(); !strings.HasPrefix(got, l.Text("en", PrivacyShort)) {
		t.Errorf("English callers hear %q", got)
	}
}

// TestTheShortNoticeIsShort: a caller has to hear all of it, or press a key. This is
// all that the file can make it say; as the file is at first it is shorter
// (TestNoticesAreNoLongerThanPeopleListen). The operator's own texts come on top.
func TestTheShortNoticeIsShort(t *testing.T) {
	l := library(t)
	longest := Notice{Number: "full", Recording: "required", Days: 365, Transfer: Texts{"": "x"}}.Short()
	for lang := range catalogues(t) {
		if got := l.Speak(lang, longest).Duration(); got > 30*time.Second {
			t.Errorf("%s takes %v: %q", lang, got, l.Speak(lang, longest).Text())
		}
	}
}

// TestTheWayToTheDoorIsShort: who keys in number and PIN at once stands at the door
// of the meeting within 25 s of the answer, and has heard the whole short notice.
// Each key they press takes a tone and a pause, each question gives way to them.
func TestTheWayToTheDoorIsShort(t *testing.T) {
	const (
		keys   = 10 + 1 + 6 + 1 // the number, the PIN, and # after either
		key    = 170 * time.Millisecond
		lookup = 2 * 250 * time.Millisecond // limits.lookup: of the number, and of the PIN
	)
	l := library(t)
	notice := Notice{Number: "masked", Recording: "required", Days: 7}.Short()
	for lang := range catalogues(t) {
		if got := keys*key + lookup + l.Speak(lang, notice).Duration(); got > 25*time.Second {
			t.Errorf("%s takes %v", lang, got)
		}
	}
}
