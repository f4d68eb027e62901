package embedded

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/transcode/opus"
)

var _ webrtc.TrackLocal = (*spread)(nil)

// spread takes one voice to all pages that hear it. pion binds it to the
// connection of each of them.
type spread struct {
	id, person string

	mu     sync.Mutex             // held while ways change
	ways   atomic.Pointer[[]*way] // of those who hear it
	header rtp.Header             // used by write alone
}

// way is a spread's to one page.
type way struct {
	id      string
	ssrc    uint32
	payload uint8
	writer  webrtc.TrackLocalWriter

	sent   atomic.Uint64 // packets, and in the lower half their octets
	newest atomic.Uint64 // its timestamp, and in the lower half when it went, in ticks of the RTP clock
}

// ID is the name of the track in the description.
func (s *spread) ID() string { return s.id }

// StreamID is the person whose voice it is.
func (s *spread) StreamID() string { return s.person }

// RID is empty: there is one quality only.
func (s *spread) RID() string { return "" }

// Kind is sound.
func (s *spread) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// Bind opens the way to one more page.
func (s *spread) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := ctx.CodecParameters()
	i := slices.IndexFunc(codecs, func(c webrtc.RTPCodecParameters) bool {
		return strings.EqualFold(c.MimeType, webrtc.MimeTypeOpus)
	})
	if i < 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.change(func(ways []*way) []*way {
		return append(ways, &way{
			id: ctx.ID(), ssrc: uint32(ctx.SSRC()), payload: uint8(codecs[i].PayloadType), writer: ctx.WriteStream(),
		})
	})
	return codecs[i], nil
}

// Unbind closes it.
func (s *spread) Unbind(ctx webrtc.TrackLocalContext) error {
	s.change(func(ways []*way) []*way {
		return slices.DeleteFunc(ways, func(w *way) bool { return w.id == ctx.ID() })
	})
	return nil
}

// change puts others in place of the ways, so that write needs no lock.
func (s *spread) change(f func([]*way) []*way) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ways := f(slices.Clone(s.list()))
	s.ways.Store(&ways)
}

func (s *spread) list() []*way {
	if ways := s.ways.Load(); ways != nil {
		return *ways
	}
	return nil
}

// to is the way that has an SSRC, nil if there is none yet.
func (s *spread) to(ssrc uint32) *way {
	for _, w := range s.list() {
		if w.ssrc == ssrc {
			return w
		}
	}
	return nil
}

// write sends a packet to every page. Only one goroutine may at a time.
func (s *spread) write(seq uint16, ts uint32, marker bool, payload []byte, at time.Time) {
	s.header = rtp.Header{Version: 2, Marker: marker, SequenceNumber: seq, Timestamp: ts}
	for _, w := range s.list() {
		s.header.SSRC, s.header.PayloadType = w.ssrc, w.payload
		// A page that cannot be written to is found out by its own connection.
		if n, err := w.writer.WriteRTP(&s.header, payload); err == nil && n > 0 {
			w.count(ts, len(payload), at)
		}
	}
}

func (w *way) count(ts uint32, octets int, at time.Time) {
	w.newest.Store(whole(ts, rtpTicks(at)))
	packets, sum := halves(w.sent.Load())
	w.sent.Store(whole(packets+1, sum+uint32(octets)))
}

// whole keeps two counters in one word, so that who reads them gets both of one
// packet, and who counts waits for nobody.
func whole(upper, lower uint32) uint64 { return uint64(upper)<<32 | uint64(lower) }

func halves(n uint64) (upper, lower uint32) { return uint32(n >> 32), uint32(n) }

// rtpTicks is a time in ticks of Opus's RTP clock, modulo 2^32.
func rtpTicks(t time.Time) uint32 { return uint32(t.UnixMicro() * (opus.ClockRate / 1000) / 1000) }
