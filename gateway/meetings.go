package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/einwahl/einwahl/gateway/admin"
)

// meetingsCommand is `einwahl meetings`.
type meetingsCommand struct {
	Create     createCommand     `cmd:"" help:"Make a meeting, and print its PINs and an invitation."`
	List       listMeetings      `cmd:"" help:"List all meetings."`
	Show       showCommand       `cmd:"" help:"Show one meeting and who is in it."`
	Change     changeCommand     `cmd:"" help:"Change the settings of a meeting that was made."`
	Invite     inviteCommand     `cmd:"" help:"Print the invitation to a meeting."`
	Rotate     rotateCommand     `cmd:"" help:"Replace PINs of a meeting that was made. Who is in stays."`
	Register   registerCommand   `cmd:"" help:"Give people PINs of their own."`
	Unregister unregisterCommand `cmd:"" help:"Take people's own PINs away."`
	End        endCommand        `cmd:"" help:"Send everybody out. A meeting that was made is gone for good, its number too."`
}

// one is a command about one meeting.
type one struct {
	live
	ID string `arg:"" help:"The meeting's number. Spaces in it do not count."`
}

// path is where the API has it.
func (o one) path(below ...string) string {
	path := "/meetings/" + step(strings.ReplaceAll(o.ID, " ", ""))
	for _, b := range below {
		path += "/" + step(b)
	}
	return path
}

// step is one step of a path, also for a name that is nothing but dots.
func step(name string) string {
	if strings.Trim(name, ".") == "" {
		return strings.ReplaceAll(name, ".", "%2E")
	}
	return url.PathEscape(name)
}

// settingFlags are the settings that create and change take. What is not given
// is left alone.
type settingFlags struct {
	Title          *string           `help:"Shown to those who are in, and in the invitation."`
	Encryption     *string           `placeholder:"LEVEL" help:"transport, enhanced or e2ee, which takes no telephones."`
	Recording      *string           `placeholder:"WHEN" help:"off: when a host starts it; on: whenever somebody is in."`
	Consent        *string           `placeholder:"POLICY" help:"off, notice or required."`
	Purpose        map[string]string `placeholder:"LANG=TEXT" mapsep:"none" help:"What a recording is for, by language; told before the question."`
	AfterNo        *string           `placeholder:"DO" help:"What becomes of who says no: listen, leave or talk."`
	Message        map[string]string `placeholder:"LANG=TEXT" mapsep:"none" help:"What is said to those who wait, by language."`
	Announce       *string           `placeholder:"HOW" help:"Who comes and goes: off, tones or names."`
	Lobby          *bool             `negatable:"" help:"A waiting room."`
	Locked         *bool             `negatable:"" help:"Nobody but hosts comes in."`
	JoinBeforeHost *bool             `negatable:"" help:"People may be in without a host."`
	Phones         *bool             `negatable:"" help:"Telephones may come in."`
	RegisteredOnly *bool             `negatable:"" help:"People come in with a PIN of their own only."`
	Capacity       *int              `placeholder:"PEOPLE" help:"Most people at once; 0: no limit."`
	Start          *string           `placeholder:"TIME" help:"Before it only hosts come in, such as 2026-12-01T09:00:00+01:00."`
}

// settings are the flags as the API takes them.
func (f settingFlags) settings() admin.Settings {
	return admin.Settings{
		Title: f.Title, Encryption: f.Encryption, Recording: f.Recording, Consent: f.Consent, Purpose: texts(f.Purpose),
		AfterNo: f.AfterNo, Message: texts(f.Message), Announce: f.Announce, Lobby: f.Lobby, Locked: f.Locked,
		JoinBeforeHost: f.JoinBeforeHost, Phones: f.Phones, RegisteredOnly: f.RegisteredOnly, Capacity: f.Capacity, Start: f.Start,
	}
}

// texts are nil where none is given. One without words takes all away.
func texts(given map[string]string) *admin.Texts {
	if len(given) == 0 {
		return nil
	}
	all := admin.Texts{}
	for language, text := range given {
		if text != "" {
			all[language] = text
		}
	}
	return &all
}

type createCommand struct {
	live
	settingFlags
	ID         string   `placeholder:"NUMBER" help:"A number of your own choice, 8 to 12 digits. Without it: one by chance."`
	Digits     int      `placeholder:"N" help:"Digits of a number by chance: 9 to 11. Without it: 10."`
	Registrant []string `sep:"none" placeholder:"NAME" help:"Somebody who gets a PIN of their own. May be given several times."`
	Language   string   `short:"l" default:"en" help:"Language of the invitation."`
	JSON       bool     `help:"Print what the API answers."`
}

// Run makes a meeting.
func (c createCommand) Run(ctx context.Context) error {
	wish := admin.NewMeeting{Settings: c.settings(), ID: c.ID, Digits: c.Digits}
	for _, name := range c.Registrant {
		wish.Registrants = append(wish.Registrants, admin.Registrant{Name: name})
	}
	var made admin.Access
	if err := c.ask(ctx, http.MethodPost, "/meetings", wish, &made); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(made)
	}
	hand(made)
	fmt.Print("\n")
	return inviteCommand{one: one{live: c.live, ID: made.ID}, Language: c.Language}.Run(ctx)
}

// hand prints what opens a meeting. Except for the PIN of all guests it is told
// nowhere else.
func hand(a admin.Access) {
	fmt.Printf("Meeting   %s\n", a.ID)
	if a.HostPIN != "" {
		fmt.Printf("Host PIN  %s   (for hosts alone, and shown only now)\n", a.HostPIN)
	}
	if a.PIN != "" {
		fmt.Printf("PIN       %s\n", a.PIN)
	}
	for _, r := range a.Registrants {
		fmt.Printf("PIN       %s   (%s's own, and shown only now)\n", r.PIN, r.Name)
	}
}

type listMeetings struct {
	live
	JSON bool `help:"Print what the API answers."`
}

// Run lists meetings.
func (l listMeetings) Run(ctx context.Context) error {
	var all struct {
		Meetings []admin.Meeting `json:"meetings"`
	}
	if err := l.ask(ctx, http.MethodGet, "/meetings", nil, &all); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NUMBER\tTITLE\tPEOPLE\tENCRYPTION\tRECORDING\tIS\tFROM")
	for _, m := range all.Meetings {
		from := "file"
		if m.Made {
			from = "made"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", m.ID, m.Title, inside(m), m.Encryption, m.Recording, strings.Join(manners(m), ", "), from)
	}
	return table.Flush()
}

func inside(m admin.Meeting) (n int) {
	for _, p := range m.People {
		if !p.Waiting {
			n++
		}
	}
	return n
}

// manners are the settings of a meeting that keep somebody out.
func manners(m admin.Meeting) []string {
	var all []string
	for _, is := range []struct {
		what string
		so   bool
	}{
		{"locked", m.Locked},
		{"not begun", m.NotStarted},
		{"waiting room", m.Lobby},
		{"host first", m.HostFirst},
		{"no telephones", m.PhonesRefused != ""},
		{"registered only", m.RegisteredOnly},
	} {
		if is.so {
			all = append(all, is.what)
		}
	}
	return all
}

func printJSON(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = fmt.Printf("%s\n", text)
	}
	return err
}
