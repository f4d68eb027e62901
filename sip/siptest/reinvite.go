package siptest

// Reinvite sends an offer with this direction (sendrecv, sendonly, inactive)
// and returns the answer. The phone sends sound only while the direction lets
// it.
func (c *Call) Reinvite(direction string) *Message {
	c.phone.t.Helper()
	c.mu.Lock()
	body := c.sound.describe(direction, true)
	c.mu.Unlock()
	c.sound.pause(direction != "sendrecv")
	return c.RequestWith("INVITE", "application/sdp", body)
}

// Hold puts the gateway on hold.
func (c *Call) Hold() *Message { return c.Reinvite("sendonly") }

// Resume takes it back.
func (c *Call) Resume() *Message { return c.Reinvite("sendrecv") }

// Refresh sends a re-INVITE that changes nothing.
func (c *Call) Refresh() *Message {
	c.phone.t.Helper()
	return c.RequestWith("INVITE", "application/sdp", c.sound.describe("sendrecv", false))
}

// Move goes on from another port.
func (c *Call) Move() *Message {
	c.phone.t.Helper()
	if err := c.sound.move(); err != nil {
		c.phone.t.Fatalf("phone: %v", err)
	}
	return c.Resume()
}

// Info presses a key by SIP INFO and returns the answer.
func (c *Call) Info(key rune) *Message {
	c.phone.t.Helper()
	return c.RequestWith("INFO", "application/dtmf-relay", "Signal="+string(key)+"\r\nDuration=160\r\n")
}
