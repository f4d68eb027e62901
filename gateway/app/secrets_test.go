package app_test

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

// registrar asks for a password, and refuses whoever has answered.
func registrar(t *testing.T) (address string, proof func() string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	proved := make(chan string, 100)
	kept := regexp.MustCompile(`(?m)^(Via|From|To|Call-ID|CSeq):.*\r\n`)
	response := regexp.MustCompile(`response="([0-9a-f]+)"`)
	go func() {
		for p := make([]byte, 1<<16); ; {
			n, from, err := conn.ReadFrom(p)
			if err != nil {
				return
			}
			answer := "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"registrar\", nonce=\"1\", algorithm=MD5\r\n"
			if m := response.FindSubmatch(p[:n]); m != nil {
				proved <- string(m[1])
				answer = "SIP/2.0 403 Forbidden\r\n"
			}
			answer += strings.Join(kept.FindAllString(string(p[:n]), -1), "") + "Content-Length: 0\r\n\r\n"
			_, _ = conn.WriteTo([]byte(answer), from)
		}
	}()
	return conn.LocalAddr().String(), func() string { return <-proved }
}

// overWebSocket is a telephone in a browser.
func (g *gateway) overWebSocket(c siptest.Config) *siptest.Phone {
	g.t.Helper()
	ws, _, err := websocket.Dial(g.t.Context(), "ws://"+g.address("ws"), &websocket.DialOptions{
		Subprotocols: []string{"sip"}, HTTPHeader: http.Header{"Cookie": {"session=cookie-of-the-browser"}},
	})
	if err != nil {
		g.t.Fatal(err)
	}
	c.Gateway, c.Network, c.Conn = g.address("ws"), "ws", websocket.NetConn(context.Background(), ws, websocket.MessageText)
	return siptest.New(g.t, c)
}

// TestNoSecretOfTheTrunkIsLogged brings passwords, keys and numbers in all the
// ways that trunks have, and looks for them in all that the gateway has written.
func TestNoSecretOfTheTrunkIsLogged(t *testing.T) {
	t.Parallel()
	const (
		key      = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
		encoding = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/SAVP 8 101\r\n" +
			"a=rtpmap:101 telephone-event/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"
	)
	at, proof := registrar(t)
	g := startGateway(t, func(c *config.Config) {
		c.SIP.Listen = append(c.SIP.Listen, "ws://127.0.0.1:0")
		c.Trunks = slices.Clone(c.Trunks)
		c.Trunks[0].SRTP, c.Trunks[0].TrustIdentity = "optional", true
		account := sip.DefaultRegisterConfig()
		account.Server, account.User, account.Password = "sip:"+at, "account", "password-of-the-registration"
		c.Trunks[0].Register = []sip.RegisterConfig{account}
	})
	asking := startGateway(t, func(c *config.Config) {
		c.Trunks = slices.Clone(c.Trunks)
		c.Trunks[0].Auth.Users = []sip.UserConfig{{User: "desk", Password: "password-of-the-desk"}}
	})
	proved := proof()
	peertest.Eventually(t, "the registration is refused", func() bool { return strings.Contains(g.log.String(), "403") })

	headers := []siptest.Option{
		siptest.WithHeader("P-Asserted-Identity", `"Grace Hopper" <sip:+4930111222333@trunk.example>`),
		siptest.WithHeader("Diversion", "<sip:+4930444555666@trunk.example>;reason=unconditional"),
		siptest.WithHeader("History-Info", "<sip:+4930777888999@trunk.example>;index=1"),
		siptest.WithHeader("Authorization", `Digest username="desk", realm="loopback", nonce="1", uri="sip:en@127.0.0.1", response="0123456789abcdef0123456789abcdef"`),
		siptest.WithBody("application/sdp", encoding),
	}
	caller := siptest.Config{Gateway: g.address("udp"), User: "+4930987654321", Display: "Ada Lovelace"}
	for _, phone := range []*siptest.Phone{siptest.New(t, caller), g.overWebSocket(caller)} {
		call := phone.Call("en", headers...)
		g.waitPhase("numbering")
		call.Info('7')
		call.Hangup()
		g.settle()
	}
	caller.Gateway = asking.address("udp")
	if m := siptest.New(t, caller).Dial("en", headers...).Final(); m.Status() != 401 {
		t.Fatalf("a wrong password: %s, want 401", m.Start)
	}

	written := map[string]string{"log": g.log.String() + asking.log.String(), "records": g.records()}
	for _, path := range []string{"/metrics", "/api/v1/trunks", "/api/v1/calls"} {
		var text string
		g.request(http.MethodGet, path, nil, &text)
		written[path] = text
	}
	for name, text := range written {
		for _, secret := range []string{
			"password-of", "cookie-of", proved, "0123456789abcdef", key, "987654321", "Lovelace", "Hopper", "111222333", "444555666", "777888999", `digit`,
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q:\n%s", name, secret, text)
			}
		}
	}
}
