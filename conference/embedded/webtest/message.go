package webtest

import "encoding/json"

// Message is anything the server says. Which fields count depends on Type.
type Message struct {
	Type    string          `json:"type"`
	You     json.RawMessage `json:"you"`
	Why     string          `json:"why"`
	Reason  string          `json:"reason"`
	Code    string          `json:"code"`
	SDP     string          `json:"sdp"`
	Key     string          `json:"key"`
	Pass    string          `json:"pass"`
	Leg     uint64          `json:"leg"`
	Host    bool            `json:"host"`
	Meeting Meeting         `json:"meeting"`
	People  json.RawMessage `json:"people"`
	Message json.RawMessage `json:"message"` // words, or texts by language
}

// Meeting is what a state says of the meeting.
type Meeting struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Encryption string `json:"encryption"`
	Recording  string `json:"recording"`
	Run        uint64 `json:"run"`
	Consent    string `json:"consent"`
	Locked     bool   `json:"locked"`
	Lobby      bool   `json:"lobby"`

	Phones  bool     `json:"phones"`
	Numbers []string `json:"numbers"`

	Purpose map[string]string `json:"purpose"`
	AfterNo string            `json:"after_no"`

	Fingerprint string `json:"fingerprint"`
}

// Person is one of the people in a state.
type Person struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Phone    bool   `json:"phone"`
	Host     bool   `json:"host"`
	Muted    bool   `json:"muted"`
	Hand     bool   `json:"hand"`
	Waiting  bool   `json:"waiting"`
	Recorded string `json:"recorded"`
}

// Persons are the people that a state tells of, in order of their arrival.
func (m Message) Persons() []Person {
	var people []Person
	_ = json.Unmarshal(m.People, &people) // other messages have none
	return people
}

// Speakers are the ids of those who speak, of a message that tells it.
func (m Message) Speakers() []string {
	var ids []string
	_ = json.Unmarshal(m.People, &ids) // other messages have none
	return ids
}

// Phones are the telephones that are in.
func (m Message) Phones() []Person {
	var phones []Person
	for _, p := range m.Persons() {
		if p.Phone && !p.Waiting {
			phones = append(phones, p)
		}
	}
	return phones
}

// Join is how a peer asks to be let in.
type Join struct{ Name, PIN, Key, Pass string }

// request is what a page says by itself.
type request struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	PIN  string `json:"pin,omitempty"`
	Key  string `json:"key,omitempty"`
	Pass string `json:"pass,omitempty"`
	SDP  string `json:"sdp,omitempty"`
	Leg  uint64 `json:"leg,omitempty"`
}
