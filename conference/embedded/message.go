package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pion/webrtc/v4"
)

// maxMessage is the longest message a page may send. A full offer of Chromium
// is below 8 kB.
const maxMessage = 64 << 10

// maxName is the longest name, in characters.
const maxName = 64

// request is any message of a page. Which fields count depends on Type.
type request struct {
	Type string `json:"type"`

	Name     string `json:"name"` // join
	PIN      string `json:"pin"`
	Key      string `json:"key"`
	Pass     string `json:"pass"`
	Language string `json:"language"`

	Leg       uint64                   `json:"leg"`       // pub.offer, sub.answer, candidate: as joined told it
	SDP       string                   `json:"sdp"`       // pub.offer, sub.answer
	PC        string                   `json:"pc"`        // candidate
	Candidate *webrtc.ICECandidateInit `json:"candidate"` // candidate

	Muted  bool   `json:"muted"`  // mute
	Up     bool   `json:"up"`     // hand
	Run    uint64 `json:"run"`    // consent
	Answer string `json:"answer"` // consent

	Action string `json:"action"` // host
	Person string `json:"person"`
	Level  string `json:"level"`
}

var errBadMessage = errors.New("no message of this protocol")

// decode reads a page's message and checks that what its type needs is there.
func decode(data []byte) (request, error) {
	var r request
	if len(data) > maxMessage || !utf8.Valid(data) {
		return request{}, errBadMessage
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return request{}, fmt.Errorf("%w: %w", errBadMessage, err)
	}
	ok := true
	switch r.Type {
	case "join":
		r.Name = cleanName(r.Name)
		ok = len(r.PIN) <= 64 && len(r.Key) <= 128 && len(r.Pass) <= 64 && len(r.Language) <= 32
	case "pub.offer", "sub.answer":
		ok = r.SDP != ""
	case "candidate":
		ok = (r.PC == "pub" || r.PC == "sub") && r.Candidate != nil
	case "consent":
		ok = r.Answer == "agree" || r.Answer == "listen"
	case "host":
		ok = r.Action != "" && len(r.Action) <= 32 && len(r.Person) <= 32 && len(r.Level) <= 32
	case "mute", "hand", "leave", "ping":
	default:
		ok = false
	}
	if !ok {
		return request{}, fmt.Errorf("%w: %.20q", errBadMessage, r.Type)
	}
	return r, nil
}

// cleanName makes a name that cannot play tricks on a list of names: printable
// characters, single spaces, of bounded length, never empty.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > maxName {
		name = strings.TrimSpace(string(runes[:maxName]))
	}
	if name == "" {
		return "Guest"
	}
	return name
}

// What is sent to a page, beside snapshot.
type (
	plain struct {
		Type string `json:"type"`
	}
	joinedMessage struct {
		Type string   `json:"type"`
		You  string   `json:"you"`
		Host bool     `json:"host"`
		ICE  []string `json:"ice"`
		Key  string   `json:"key"`
		Pass string   `json:"pass"` // for coming back
		Leg  uint64   `json:"leg"`  // what the page says of these connections carries it
	}
	waitingMessage struct {
		Type string `json:"type"`
		Why  string `json:"why"` // lobby, host, start
		// Message is what the host or the operator says to those who wait.
		Message Texts      `json:"message,omitempty"`
		Start   *time.Time `json:"start,omitempty"`
	}
	speakingMessage struct {
		Type   string   `json:"type"`
		People []string `json:"people"`
	}
	sdpMessage struct {
		Type string `json:"type"`
		SDP  string `json:"sdp"`
	}
	byeMessage struct {
		Type    string `json:"type"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	errorMessage struct {
		Type    string `json:"type"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
)

// farewell is a bye in words.
func farewell(reason string) byeMessage {
	words := map[string]string{
		"removed":  "A host has removed you from the meeting.",
		"ended":    "The meeting has ended.",
		"declined": "The host has not admitted you.",
		"left":     "You have left the meeting.",
		"wrong":    "The meeting number or the PIN is not right.",
		"full":     "The meeting is full.",
		"locked":   "The meeting is locked.",
		"rate":     "Too many wrong tries. Please wait a minute.",
		"gone":     "The connection to the meeting has ended.",

		"registered": "This meeting has a guest list, and your PIN is not on it.",
		"no_consent": "This meeting is recorded, and takes only those who agree.",
	}
	return byeMessage{Type: "bye", Reason: reason, Message: words[reason]}
}
