package siptest

import (
	"fmt"
	"strings"
)

// take deals with a message of the gateway, in the goroutine that reads.
func (c *Call) take(m *Message) {
	c.mu.Lock()
	c.trace = append(c.trace, m)
	c.mu.Unlock()
	if m.Status() == 0 {
		c.serve(m)
		return
	}
	if m.Method() == "INVITE" && m.Status() >= 200 {
		c.acknowledge(m)
	}
	select {
	case c.responses <- m:
	default:
	}
}

// serve answers a request of the gateway.
func (c *Call) serve(m *Message) {
	if c.manners.deaf || m.Method() == "ACK" {
		return
	}
	c.reply(m, 200, "OK")
	if m.Method() == "BYE" {
		c.mu.Lock()
		c.reason = m.Get("Reason")
		c.mu.Unlock()
		c.end()
	}
}

func (c *Call) reply(m *Message, status int, phrase string) {
	r := &Message{Start: fmt.Sprintf("SIP/2.0 %d %s", status, phrase)}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range m.All(name) {
			r.Headers = append(r.Headers, Header{name, v})
		}
	}
	if m.Method() == "INVITE" {
		r.Headers = append(r.Headers, Header{"Contact", "<sip:" + c.phone.config.User + "@" + c.phone.Addr().String() + ">"}, Header{"Content-Type", "application/sdp"})
		r.Body = []byte(c.sound.describe("sendrecv", false))
	}
	c.send(r)
}

// acknowledge sends the ACK of a final answer; the same again for a repeated
// one.
func (c *Call) acknowledge(m *Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Status() >= 300 {
		ack := c.compose("ACK", m.Seq(), c.branch, "", "", nil)
		ack.set(Header{"To", m.Get("To")})
		c.send(ack)
		return
	}
	if c.manners.loseAck {
		c.learn(m)
		return
	}
	ack, again := c.acked[m.Seq()]
	if !again {
		c.learn(m)
		kind, body := "", ""
		if c.manners.noOffer {
			kind, body = "application/sdp", c.sound.describe("sendrecv", true)
		}
		ack = c.compose("ACK", m.Seq(), "z9hG4bK"+Token(), kind, body, nil).String()
		c.acked[m.Seq()] = ack
	}
	if err := c.phone.send([]byte(ack)); err != nil {
		c.phone.t.Logf("phone: %v", err)
	}
}

// learn takes from a 200 what the rest of the dialog needs. mu is held.
func (c *Call) learn(m *Message) {
	c.remote = m.Get("To")
	if contact := m.Get("Contact"); contact != "" {
		c.target = strings.Trim(contact, "<>")
	}
	if c.routes == nil {
		for _, r := range m.All("Record-Route") {
			c.routes = append([]string{r}, c.routes...)
		}
	}
	c.sound.agree(m.Body)
}

// Ack sends the ACK that LoseAck has withheld.
func (c *Call) Ack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind, body := "", ""
	if c.manners.noOffer {
		kind, body = "application/sdp", c.sound.describe("sendrecv", true)
	}
	c.send(c.compose("ACK", c.invite, "z9hG4bK"+Token(), kind, body, nil))
}
