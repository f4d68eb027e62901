package embedded

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

func TestConnectionsAreLimited(t *testing.T) {
	address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)}) }
	c := newCrowd()
	for range maxStrangersHere {
		if !c.come(address(1)) {
			t.Fatal("refused below the limit")
		}
	}
	if c.come(address(1)) {
		t.Error("one address has more strangers than it may")
	}
	if !c.come(address(2)) {
		t.Error("another address has to suffer for it")
	}
	c.known(address(1))
	if !c.come(address(1)) {
		t.Error("who was let in counts as a stranger")
	}
	c.leave(address(1), true)
	c.leave(address(1), false)
	if !c.come(address(1)) {
		t.Error("who has left counts")
	}

	c = newCrowd()
	for n := range maxPagesHere {
		if !c.come(address(1)) {
			t.Fatalf("refused at %d pages of one address", n)
		}
		c.known(address(1))
	}
	if c.come(address(1)) {
		t.Error("one address has more pages than it may")
	}

	c = newCrowd()
	for n := range maxStrangers {
		c.come(address(n))
	}
	if c.come(address(maxStrangers)) {
		t.Error("there are more strangers than there may be")
	}
	for n := range maxStrangers {
		c.leave(address(n), true)
	}
	if len(c.where) != 0 || c.all != (presence{}) {
		t.Errorf("all have left, and there remain %+v of %d addresses", c.all, len(c.where))
	}
}

// TestStrangersAtTheDoorAreLimited: they cannot take the place of those inside.
func TestStrangersAtTheDoorAreLimited(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + "/meet/1/ws"
	ctx := context.Background()
	var strangers []*websocket.Conn
	defer func() {
		for _, ws := range strangers {
			_ = ws.CloseNow()
		}
	}()
	for range maxStrangersHere {
		ws, _, err := websocket.Dial(ctx, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, ws)
	}
	_, response, err := websocket.Dial(ctx, url, nil)
	if err == nil || response == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one stranger too many: %v", err)
	}
	ada.Say(request{Type: "hand", Up: true})
	ada.Sees("hand", named("Ada", func(p webtest.Person) bool { return p.Hand }))
	_ = strangers[0].CloseNow()
	eventually(t, "a place becomes free", 20*time.Second, func() bool {
		ws, _, err := websocket.Dial(ctx, url, nil)
		if err != nil {
			return false
		}
		strangers[0] = ws
		return true
	})
}
