package siptest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sound is the RTP of one call. It sends a packet every ptime, silence where
// there is nothing to say, and keeps what it hears.
type sound struct {
	config Config
	done   chan struct{}
	once   sync.Once
	work   sync.WaitGroup
	dumb   bool // set before the call

	mu      sync.Mutex
	socket  *net.UDPConn
	remote  *net.UDPAddr
	codec   Codec
	version int
	paused  bool
	queue   []int16
	presses []press
	seq     uint16
	stamp   uint32
	ssrc    uint32
	running bool
	heard   []int16
	packets []Packet
}

// Packet is one RTP packet that a phone has received.
type Packet struct {
	At        time.Time
	Type      byte
	Marker    bool
	Seq       uint16
	Timestamp uint32
	SSRC      uint32
	Size      int
}

func newSound(c Config) (*sound, error) {
	s := &sound{
		config: c, done: make(chan struct{}), codec: c.Codecs[0],
		seq: uint16(rand.Uint32()), stamp: rand.Uint32(), ssrc: rand.Uint32(),
	}
	return s, s.open()
}

func (s *sound) open() error {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(s.config.Local)})
	if err != nil {
		return err
	}
	s.socket = socket
	s.work.Go(func() { s.listen(socket) })
	return nil
}

// move goes to another port; the old one is deaf from now on.
func (s *sound) move() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.socket
	if err := s.open(); err != nil {
		return err
	}
	return old.Close()
}

func (s *sound) close() {
	s.once.Do(func() { close(s.done) })
	s.mu.Lock()
	_ = s.socket.Close()
	s.mu.Unlock()
	s.work.Wait()
}

// describe is the session description; anew tells that it has changed.
func (s *sound) describe(direction string, anew bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if anew {
		s.version++
	}
	var types, maps strings.Builder
	for _, c := range s.config.Codecs {
		fmt.Fprintf(&types, " %d", c)
		fmt.Fprintf(&maps, "a=rtpmap:%d %s/8000\r\n", c, c)
	}
	if event := s.config.EventType; event > 0 {
		fmt.Fprintf(&types, " %d", event)
		fmt.Fprintf(&maps, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", event, event)
	}
	family := "IP4"
	if strings.Contains(s.config.Local, ":") {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=- 1 %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP%s\r\n%sa=ptime:%d\r\na=%s\r\n",
		s.version, family, s.config.Local, family, s.config.Local, s.socket.LocalAddr().(*net.UDPAddr).Port,
		types.String(), maps.String(), s.config.Ptime.Milliseconds(), direction)
}

// agree reads the gateway's description and begins to send.
func (s *sound) agree(sdp []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	host, port := "", 0
	for line := range strings.Lines(string(sdp)) {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "c=") && len(fields) == 3:
			host = fields[2]
		case strings.HasPrefix(line, "m=audio ") && len(fields) > 3:
			port, _ = strconv.Atoi(fields[1])
			if first, err := strconv.Atoi(fields[3]); err == nil && (first == int(PCMU) || first == int(PCMA)) {
				s.codec = Codec(first)
			}
		}
	}
	if host == "" || port == 0 {
		return
	}
	s.remote = &net.UDPAddr{IP: net.ParseIP(host), Port: port}
	if !s.running && !s.dumb {
		s.running = true
		s.work.Go(s.talk)
	}
}

func (s *sound) pause(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = on
}

// talk sends until the call ends.
func (s *sound) talk() {
	tick := time.NewTicker(s.config.Ptime)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
			s.packet()
		}
	}
}

// packet sends the next one: a key that is being pressed, or sound.
func (s *sound) packet() {
	s.mu.Lock()
	defer s.mu.Unlock()
	samples := int(s.config.Ptime.Seconds() * Rate)
	if s.paused {
		s.stamp += uint32(samples)
		return
	}
	if len(s.presses) > 0 {
		s.pressed(samples)
		return
	}
	payload := make([]byte, samples)
	for i := range payload {
		x := int16(0)
		if i < len(s.queue) {
			x = s.queue[i]
		}
		payload[i] = s.codec.Encode(x)
	}
	s.queue = s.queue[min(samples, len(s.queue)):]
	s.write(byte(s.codec), s.stamp, payload)
	s.stamp += uint32(samples)
}

// write sends one RTP packet. mu is held.
func (s *sound) write(kind byte, stamp uint32, payload []byte) {
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, kind
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], stamp)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	s.seq++
	_, _ = s.socket.WriteToUDP(append(b, payload...), s.remote)
}

// listen keeps what comes. A gap in the timestamps is a gap in what was heard.
func (s *sound) listen(socket *net.UDPConn) {
	buf := make([]byte, 2048)
	var next uint32
	begun := false
	for {
		n, err := socket.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < 12 || buf[0]>>6 != 2 {
			continue
		}
		p := Packet{
			At: time.Now(), Type: buf[1] & 0x7f, Marker: buf[1]&0x80 != 0, Seq: binary.BigEndian.Uint16(buf[2:]),
			Timestamp: binary.BigEndian.Uint32(buf[4:]), SSRC: binary.BigEndian.Uint32(buf[8:]), Size: n,
		}
		s.mu.Lock()
		s.packets = append(s.packets, p)
		if c := Codec(p.Type); c == PCMU || c == PCMA {
			if gap := p.Timestamp - next; begun && gap > 0 && gap < 10*Rate {
				s.heard = append(s.heard, make([]int16, gap)...)
			}
			for _, b := range buf[12:n] {
				s.heard = append(s.heard, c.Decode(b))
			}
			next, begun = p.Timestamp+uint32(n-12), true
		}
		s.mu.Unlock()
	}
}

// Play says samples, after what is still to be said.
func (c *Call) Play(samples []int16) {
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	c.sound.queue = append(c.sound.queue, samples...)
}

// Said reports whether everything has been said and pressed.
func (c *Call) Said() bool {
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	return len(c.sound.queue) == 0 && len(c.sound.presses) == 0
}

// Heard is everything heard so far.
func (c *Call) Heard() []int16 {
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	return append([]int16{}, c.sound.heard...)
}

// Packets are the RTP packets received so far.
func (c *Call) Packets() []Packet {
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	return append([]Packet{}, c.sound.packets...)
}

// Mute stops sending RTP, or begins again.
func (c *Call) Mute(on bool) { c.sound.pause(on) }
