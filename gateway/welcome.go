package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/app"
	"github.com/einwahl/einwahl/gateway/config"
)

// welcome tells where the gateway is, once phones can call. With the sample it
// tells everything, PINs and token included: they are for trying it out. With
// an operator's file nothing that is secret, but for a token that was made just
// now and is nowhere else.
func (r runCommand) welcome(ctx context.Context, gateway *app.App, c config.Config, token string, made bool, log zerolog.Logger) {
	select {
	case <-gateway.Ready():
	case <-ctx.Done():
		return
	}
	page := "http://" + gateway.HTTP().String()
	var sip []string
	for _, a := range gateway.SIP() {
		sip = append(sip, a.Network()+"://"+a.String())
	}
	log.Info().Strs("sip", sip).Str("http", page).Str("version", version()).Msg("gateway ready")
	switch {
	case r.Config == "":
		try(os.Stdout, c, gateway.SIP(), page, token)
	case made:
		_, _ = fmt.Fprintf(os.Stdout, "Dashboard  %s/\nToken      %s   (made for this run; admin.token_file or EINWAHL_ADMIN_TOKEN sets one)\n", page, token)
	}
}

// try writes what somebody needs for a first call.
func try(w io.Writer, c config.Config, sip []net.Addr, page, token string) {
	var b strings.Builder
	b.WriteString("\nEinwahl is running. It takes calls from this machine only.\n\nDial\n")
	for _, n := range c.Numbers {
		what := "speaks " + n.Languages[0]
		if len(n.Languages) > 1 {
			what = "asks for the language: " + strings.Join(n.Languages, ", ")
		}
		fmt.Fprintf(&b, "  %-26s %s\n", "sip:"+n.Number+"@"+host(sip), what)
	}
	b.WriteString("and key in a meeting number, then #\n")
	for _, m := range c.Meetings {
		fmt.Fprintf(&b, "  %s  %-28s %-28s %s/meet/%s\n", m.ID, m.Title, pins(m), page, m.ID)
	}
	fmt.Fprintf(&b, "\nMeeting page  %s/meet/100000001   (open it in a browser, then call)\n", page)
	fmt.Fprintf(&b, "Phone         %s/phone   (a telephone in the browser)\n", page)
	fmt.Fprintf(&b, "Dashboard     %s/#token=%s\nToken         %s\n", page, token, token)
	b.WriteString("\nA first call, in another terminal and this folder; then type 100000001#\n" +
		"  make phone\n" +
		"A softphone on this machine will do as well, without an account.\n\nCtrl-C ends the gateway.\n\n")
	_, _ = io.WriteString(w, b.String())
}

// pins are the PINs of a sample meeting in words.
func pins(m embedded.MeetingConfig) string {
	var all []string
	if m.PIN != "" {
		all = append(all, "PIN "+string(m.PIN))
	}
	if m.HostPIN != "" {
		all = append(all, "host PIN "+string(m.HostPIN))
	}
	return strings.Join(all, ", ")
}

// host is where to dial. The port that everybody assumes is left out.
func host(sip []net.Addr) string {
	if len(sip) == 0 {
		return ""
	}
	return strings.TrimSuffix(sip[0].String(), ":5060")
}

// remedy is what to do about an error whose own words do not say it.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "Another program has this address, perhaps another gateway; `ss -lntup` names it.\n" +
			"End it, or take other ports: einwahl config > einwahl.yaml, change it, einwahl run --config einwahl.yaml\n"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "This machine does not have the address. Listen on one that it has, or on 0.0.0.0; a public address before a NAT is an advertise.\n"
	case errors.Is(err, syscall.EACCES):
		return "Run it as a user who may: ports below 1024 need CAP_NET_BIND_SERVICE, and the folder of a file must be open to that user.\n"
	}
	return ""
}
