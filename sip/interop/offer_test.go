package interop

import (
	"strings"
	"testing"
)

// Row 20: the offer is ours, the answer comes in the ACK.
func TestDelayedOffer(t *testing.T) {
	s := scenario()
	s.Begin("").Maybe(100).Expect(200, "body: m=audio [1-9].* RTP/AVP", "body: telephone-event", "body: a=sendrecv").AckWith(s.Offer(1))
	s.Ask("INVITE", "").Maybe(100).Expect(200, "body: rtpmap:8 PCMA", "body: rtpmap:0 PCMU", "body: telephone-event").AckWith(s.Offer(2))
	play(t, s.Bye(), nil)
}

// Row 20: a later answer that does not fit, or none, leaves the sound as it was.
func TestDelayedOfferWithoutAnAnswer(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200).Ack()
	s.Ask("INVITE", "").Maybe(100).Expect(200, "body: v=0").Ack()
	s.Ask("INVITE", "").Maybe(100).Expect(200, "body: v=0").AckWith(strings.Replace(s.Offer(2), "RTP/AVP 8 101", "RTP/AVP 18", 1))
	s.Ask("OPTIONS", "").Expect(200)
	play(t, s.Bye(), nil)
}

// Row 13: fax is refused, and the call lives.
func TestFaxIsRefusedAndTheCallLives(t *testing.T) {
	const image = "v=0\no=sipp 5365 2 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\n"
	const t38 = "m=image 4711 udptl t38\na=T38FaxVersion:0\na=T38FaxRateManagement:transferredTCF\n"
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200).Ack()
	s.Ask("INVITE", "sdp\n"+image+"m=audio 0 RTP/AVP 8\n"+t38).Maybe(100).Expect(488, "Reason: cause=88").AckRefusal(3)
	s.Ask("INVITE", "sdp\n"+image+t38).Maybe(100).Expect(488).AckRefusal(3)
	s.Ask("INVITE", s.Offer(3)+t38).Maybe(100).Expect(200, "body: m=image 0 udptl t38", "body: m=audio [1-9]").Ack()
	s.Ask("INVITE", s.Offer(4)+t38).Maybe(100).Expect(200, "body: a=sendrecv").Ack()
	play(t, s.Bye(), nil)
}

// Row 21: another codec, payload type, port and address in mid-call; the same
// version changes nothing.
func TestSessionChangesInMidCall(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200, "body: m=audio [0-9]+ RTP/AVP 8").Ack()
	s.Ask("INVITE", s.Offer(1)).Maybe(100).Expect(200, "body: m=audio [0-9]+ RTP/AVP 8").Ack()
	law := strings.NewReplacer("RTP/AVP 8 101", "RTP/AVP 0 96", "rtpmap:8 PCMA", "rtpmap:0 PCMU", ":101 ", ":96 ")
	s.Ask("INVITE", law.Replace(s.Offer(2))).Maybe(100).Expect(200, "body: m=audio [0-9]+ RTP/AVP 0 96", "body: rtpmap:96 telephone-event").Ack()
	moved := strings.NewReplacer("m=audio [auto_media_port]", "m=audio 40000", "c=IN IP[local_ip_type] [local_ip]", "c=IN IP4 127.0.0.9")
	s.Ask("INVITE", moved.Replace(s.Offer(3))).Maybe(100).Expect(200, "body: m=audio [0-9]+ RTP/AVP 8").Ack()
	play(t, s.Bye(), nil)
}

// Row 21: CSeq that goes back is refused, and a merged INVITE too.
func TestRequestsOutOfOrder(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200).Ack()
	s.Ask("OPTIONS", "").Expect(200)
	s.Back(1).Ask("OPTIONS", "").Expect(500)
	s.Back(-2)
	s.Ask("OPTIONS", "").Expect(200)
	play(t, s.Bye(), nil)
}
