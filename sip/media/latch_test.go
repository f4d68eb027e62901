package media

import (
	"net/netip"
	"testing"
	"time"
)

// arrival is one packet of a story that a latch is told.
type arrival struct {
	from string
	ssrc uint32
	seq  uint16
	at   time.Duration
	want verdict
}

// flow is n packets in a row, all judged alike.
func flow(from string, ssrc uint32, seq uint16, at time.Duration, n int, want verdict) []arrival {
	list := make([]arrival, n)
	for i := range list {
		list[i] = arrival{from, ssrc, seq + uint16(i), at + time.Duration(i)*20*time.Millisecond, want}
	}
	return list
}

func story(parts ...[]arrival) (all []arrival) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

const (
	told  = "198.51.100.2:5004"
	nat   = "203.0.113.7:31000" // from where the signalling comes
	nat2  = "203.0.113.7:31002"
	media = "192.0.2.77:9000" // in a trusted range
	evil  = "6.6.6.6:666"
	ms    = time.Millisecond
)

func TestLatch(t *testing.T) {
	for _, tt := range []struct {
		name   string
		told   string
		story  []arrival
		target string
	}{
		{name: "before any packet the description is sent to", target: told},
		{
			name: "a description without an address is sent to where the signalling comes from",
			told: "invalid", target: "203.0.113.7:5004",
		},
		{
			name:  "the source of the description is heard from its first packet",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(told, 1, 11, 20*ms, 9, welcome)), target: told,
		},
		{
			name:  "another port at the signalling's address must show several packets in a row",
			story: story(flow(nat, 1, 10, 0, 4, unproven), flow(nat, 1, 14, 80*ms, 1, turned), flow(nat, 1, 15, 100*ms, 5, welcome)), target: nat,
		},
		{
			name:  "so must a trusted range",
			story: story(flow(media, 1, 65533, 0, 4, unproven), flow(media, 1, 1, 80*ms, 1, turned)), target: media,
		},
		{
			name:  "anybody else is never learned from",
			story: flow(evil, 1, 10, 0, 50, stranger), target: told,
		},
		{
			name:  "packets out of a row do not count together",
			story: story(flow(nat, 1, 10, 0, 4, unproven), flow(nat, 1, 20, 80*ms, 4, unproven)), target: told,
		},
		{
			name:  "packets of two SSRCs do not count together",
			story: story(flow(nat, 1, 10, 0, 3, unproven), flow(nat, 2, 13, 60*ms, 4, unproven)), target: told,
		},
		{
			name:  "packets of two ports do not count together",
			story: story(flow(nat, 1, 10, 0, 3, unproven), flow(nat2, 1, 13, 60*ms, 4, unproven)), target: told,
		},
		{
			name:  "packets over more than three seconds do not count together",
			story: story(flow(nat, 1, 10, 0, 4, unproven), flow(nat, 1, 14, 3100*ms, 4, unproven)), target: told,
		},
		{
			name: "once the line is taken everybody else is a stranger",
			story: story(flow(nat, 1, 10, 0, 4, unproven), flow(nat, 1, 14, 80*ms, 1, turned),
				flow(evil, 2, 50, 200*ms, 20, stranger), flow(media, 1, 15, 800*ms, 20, stranger),
				flow(nat2, 1, 15, 1200*ms, 20, stranger), flow(nat, 1, 15, 1800*ms, 3, welcome)), target: nat,
		},
		{
			name: "the source of the description takes the line from the rest of an earlier call",
			story: story(flow(nat, 1, 10, 0, 4, unproven), flow(nat, 1, 14, 80*ms, 1, turned),
				flow(told, 2, 50, 100*ms, 2, unproven), flow(nat, 1, 15, 145*ms, 1, welcome),
				flow(told, 2, 52, 150*ms, 2, unproven), flow(told, 2, 54, 190*ms, 1, turned),
				flow(nat, 1, 16, 195*ms, 20, stranger), flow(told, 2, 55, 600*ms, 5, welcome)), target: told,
		},
		{
			name: "silence does not open the line again",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(told, 1, 11, 20*ms, 9, welcome),
				flow(nat, 2, 50, time.Hour, 50, stranger)), target: told,
		},
		{
			name: "who shouts beside the source of the description is not tried",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(nat, 2, 50, 5*ms, 20, stranger),
				flow(told, 1, 11, 410*ms, 9, welcome)), target: told,
		},
		{
			name: "the source of the description wins over one that is being tried",
			story: story(flow(nat, 2, 50, 0, 4, unproven), flow(told, 1, 10, 65*ms, 1, turned),
				flow(nat, 2, 54, 80*ms, 10, stranger)), target: told,
		},
		{
			name: "one packet from the source of the description does not shut out the true one for ever",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(nat, 2, 50, 4*time.Second, 4, unproven),
				flow(nat, 2, 54, 4100*ms, 1, turned)), target: nat,
		},
		{
			name: "a new SSRC from the caller is believed with its second packet",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(told, 1, 11, 20*ms, 9, welcome),
				flow(told, 2, 900, 300*ms, 1, unproven), flow(told, 2, 901, 320*ms, 1, turned), flow(told, 2, 902, 340*ms, 5, welcome)), target: told,
		},
		{
			name: "single packets of other SSRCs disturb nothing",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(told, 1, 11, 20*ms, 9, welcome),
				flow(told, 2, 900, 300*ms, 1, unproven), flow(told, 1, 20, 320*ms, 1, welcome),
				flow(told, 2, 901, 340*ms, 1, unproven), flow(told, 1, 21, 360*ms, 1, welcome)), target: told,
		},
		{
			name:  "lost packets disturb nobody who has the line",
			story: story(flow(told, 1, 10, 0, 1, turned), flow(told, 1, 11, 20*ms, 9, welcome), flow(told, 1, 500, 400*ms, 9, welcome)), target: told,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLatch(tt.told)
			tell(t, &l, tt.story)
			if got := l.target(func(netip.Addr) bool { return true }).String(); got != tt.target {
				t.Errorf("sends to %s, want %s", got, tt.target)
			}
		})
	}
}

func newLatch(where string) latch {
	l := latch{
		signalling: netip.MustParseAddr("203.0.113.7"),
		trusted:    []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
	switch where {
	case "":
		l.expect(netip.MustParseAddrPort(told), true)
	case "invalid":
		l.expect(netip.AddrPortFrom(netip.Addr{}, 5004), true)
	}
	return l
}

func tell(t *testing.T, l *latch, story []arrival) {
	t.Helper()
	begin := time.Unix(1e9, 0)
	for i, a := range story {
		if got := l.admit(netip.MustParseAddrPort(a.from), a.ssrc, a.seq, begin.Add(a.at)); got != a.want {
			t.Fatalf("packet %d %+v: verdict %d", i, a, got)
		}
	}
}

func TestLatchAfterANewDescription(t *testing.T) {
	locked := story(flow(nat, 1, 10, 0, 4, unproven), flow(nat, 1, 14, 80*ms, 1, turned))
	for _, tt := range []struct {
		name  string
		told  string
		fresh bool
		story []arrival
		want  string
	}{
		{
			name: "the same description keeps the line", told: told,
			story: story(flow(media, 2, 50, time.Second, 20, stranger), flow(nat, 1, 15, 2*time.Second, 5, welcome)), want: nat,
		},
		{
			name: "a newer one with the same address keeps who goes on sending", told: told, fresh: true,
			story: story(flow(nat, 1, 15, time.Second, 1, welcome), flow(media, 2, 50, 1010*ms, 20, stranger), flow(nat, 1, 16, 1420*ms, 9, welcome)), want: nat,
		},
		{
			name: "a newer one with the same address lets another source prove itself", told: told, fresh: true,
			story: story(flow(media, 2, 50, time.Second, 4, unproven), flow(media, 2, 54, 1080*ms, 1, turned), flow(nat, 1, 15, 2*time.Second, 9, stranger)), want: media,
		},
		{
			name: "a new address is sent to and heard at once", told: "198.51.100.9:7000",
			story: story(flow("198.51.100.9:7000", 2, 50, time.Second, 1, turned), flow("198.51.100.9:7000", 2, 51, 1020*ms, 9, welcome), flow(nat, 1, 15, 2*time.Second, 9, stranger)), want: "198.51.100.9:7000",
		},
		{
			name: "a new address forgets the old source", told: "198.51.100.9:7000",
			story: flow(nat, 1, 15, time.Second, 4, unproven), want: "198.51.100.9:7000",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLatch("")
			tell(t, &l, locked)
			l.expect(netip.MustParseAddrPort(tt.told), tt.fresh)
			tell(t, &l, tt.story)
			if got := l.target(func(netip.Addr) bool { return true }).String(); got != tt.want {
				t.Errorf("sends to %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnreachableDescriptionIsNotSentTo(t *testing.T) {
	l := newLatch("other")
	l.expect(netip.MustParseAddrPort("[2001:db8::1]:5004"), true)
	if got := l.target(netip.Addr.Is4).String(); got != "203.0.113.7:5004" {
		t.Errorf("sends to %s", got)
	}
}
