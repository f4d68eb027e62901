package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/einwahl/einwahl/gateway/admin"
)

type showCommand struct {
	one
	JSON bool `help:"Print what the API answers."`
}

// Run shows a meeting. PINs are not shown: invite and rotate tell them.
func (s showCommand) Run(ctx context.Context) error {
	var m admin.Meeting
	if err := s.ask(ctx, http.MethodGet, s.path(), nil, &m); err != nil {
		return err
	}
	if s.JSON {
		return printJSON(m)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows(m) {
		if row[1] != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
		}
	}
	for _, p := range m.People {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", p.ID, strings.Join(append([]string{p.Name}, marks(p)...), ", "))
	}
	return table.Flush()
}

// rows are what there is to say of a meeting.
func rows(m admin.Meeting) [][2]string {
	capacity, start := "", ""
	if m.Capacity > 0 {
		capacity = fmt.Sprint(m.Capacity)
	}
	if m.Start != nil {
		start = m.Start.Format("2006-01-02 15:04 -07:00")
	}
	return [][2]string{
		{"number", m.ID},
		{"title", m.Title},
		{"is", strings.Join(manners(m), ", ")},
		{"encryption", m.Encryption},
		{"no telephones", map[string]string{"e2ee": "it is end-to-end encrypted", "unknown": "its encryption is unknown", "closed": "by its settings"}[m.PhonesRefused]},
		{"recording", m.Recording},
		{"consent", m.Consent},
		{"purpose", inLanguages(m.Purpose)},
		{"after a no", m.AfterNo},
		{"message", inLanguages(m.Message)},
		{"announces", m.Announce},
		{"region", m.Region},
		{"fingerprint", m.Fingerprint},
		{"start", start},
		{"capacity", capacity},
		{"people", fmt.Sprint(inside(m))},
	}
}

func inLanguages(t admin.Texts) string {
	var all []string
	for _, language := range slices.Sorted(maps.Keys(t)) {
		all = append(all, strings.TrimSpace(language+" "+t[language]))
	}
	return strings.Join(all, " · ")
}

// marks are what is to be known of a person.
func marks(p admin.Person) []string {
	leg := "telephone, not encrypted"
	if p.Secure {
		leg = "telephone, encrypted to the gateway"
	}
	var all []string
	for _, is := range []struct {
		what string
		so   bool
	}{
		{leg, p.Phone},
		{"host", p.Host},
		{"own PIN", p.Registered},
		{"waits", p.Waiting},
		{"muted", p.Muted && !p.Waiting},
		{"hand up", p.Hand},
		{"recording: " + p.Recorded, p.Recorded != "" && p.Recorded != "unanswered"},
	} {
		if is.so {
			all = append(all, is.what)
		}
	}
	return all
}

type changeCommand struct {
	one
	settingFlags
}

// Run changes settings.
func (c changeCommand) Run(ctx context.Context) error {
	return c.ask(ctx, http.MethodPatch, c.path(), c.settings(), nil)
}

type inviteCommand struct {
	one
	Language string `short:"l" default:"en" help:"Language: de, en, es, fr, it, nl or pl."`
	Apart    bool   `help:"Without the PIN; that comes behind a line, to be sent another way."`
	JSON     bool   `help:"Print what the API answers."`
}

// Run prints an invitation.
func (i inviteCommand) Run(ctx context.Context) error {
	var text admin.Invitation
	if err := i.ask(ctx, http.MethodGet, i.path("invitation")+"?language="+url.QueryEscape(i.Language), nil, &text); err != nil {
		return err
	}
	switch {
	case i.JSON:
		return printJSON(text)
	case i.Apart:
		fmt.Printf("%s\n---\n%s", text.Public, text.Private)
	default:
		fmt.Print(text.Text)
	}
	return nil
}

type rotateCommand struct {
	one
	Host       bool   `help:"The host's PIN."`
	Guests     bool   `help:"The PIN of all guests. It is this one where nothing is given."`
	Registrant string `placeholder:"NAME" help:"Somebody's own PIN."`
}

// Run replaces PINs.
func (r rotateCommand) Run(ctx context.Context) error {
	var fresh admin.Access
	which := admin.Rotation{PIN: r.Guests, HostPIN: r.Host, Registrant: r.Registrant}
	if err := r.ask(ctx, http.MethodPost, r.path("rotate"), which, &fresh); err != nil {
		return err
	}
	hand(fresh)
	return nil
}

type registerCommand struct {
	one
	Names []string `arg:"" help:"As the others see them."`
}

// Run registers people.
func (r registerCommand) Run(ctx context.Context) error {
	for _, name := range r.Names {
		var fresh admin.Access
		if err := r.ask(ctx, http.MethodPost, r.path("registrants"), admin.Registrant{Name: name}, &fresh); err != nil {
			return err
		}
		hand(fresh)
	}
	return nil
}

type unregisterCommand struct {
	one
	Names []string `arg:"" help:"As they were registered."`
}

// Run takes PINs away.
func (u unregisterCommand) Run(ctx context.Context) error {
	for _, name := range u.Names {
		if err := u.ask(ctx, http.MethodDelete, u.path("registrants", name), nil, nil); err != nil {
			return err
		}
	}
	return nil
}

type endCommand struct {
	one
	Keep bool `help:"Send everybody out and keep the meeting, its number and its PINs."`
}

// Run ends a meeting.
func (e endCommand) Run(ctx context.Context) error {
	if e.Keep {
		return e.ask(ctx, http.MethodPost, e.path(), admin.Control{End: true}, nil)
	}
	return e.ask(ctx, http.MethodDelete, e.path(), nil, nil)
}
