package media

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/einwahl/einwahl/sip/media/offer"
)

const (
	// replayWindow is how many packets back one may still arrive late.
	replayWindow = 128
	// inFlight is for how long after the first packet under a new key those
	// under the one before still count.
	inFlight = 2 * time.Second
	// manySSRCs bounds the SSRCs under one key, in RTP and RTCP together.
	manySSRCs = 128
	// manyKeys bounds how many keys of theirs are remembered.
	manyKeys = 4
	// maxSealed is longer than any packet of ours is encrypted.
	maxSealed = headerLength + maxPayload + 32 + 128 // what proves it, and the longest name of a key
	// seamless is how near to its overflow the sequence number may be under a
	// new key or SSRC. A caller who misses the first packets, and then sees the
	// number overflow, would count the rounds otherwise than we do, and
	// understand nothing more.
	seamless = 1<<16 - 1024
)

// profileOf is a suite as the library names it.
func profileOf(s offer.Suite) srtp.ProtectionProfile {
	switch s {
	case offer.AES128SHA80:
		return srtp.ProtectionProfileAes128CmHmacSha1_80
	case offer.AES128SHA32:
		return srtp.ProtectionProfileAes128CmHmacSha1_32
	case offer.AES256SHA80:
		return srtp.ProtectionProfileAes256CmHmacSha1_80
	case offer.AES256SHA32:
		return srtp.ProtectionProfileAes256CmHmacSha1_32
	case offer.AES128GCM:
		return srtp.ProtectionProfileAeadAes128Gcm
	case offer.AES256GCM:
		return srtp.ProtectionProfileAeadAes256Gcm
	}
	return 0
}

// newContext begins to count packets under the keys of a line.
func newContext(c offer.Crypto) (*srtp.Context, error) {
	first := c.Keys[0]
	context, err := srtp.CreateContext(first.Master, first.Salt, profileOf(c.Suite),
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow), srtp.MasterKeyIndicator(first.MKI))
	if err != nil {
		return nil, fmt.Errorf("SRTP key: %w", err)
	}
	for _, k := range c.Keys[1:] {
		if err := context.AddCipherForMKI(k.MKI, k.Master, k.Salt); err != nil {
			return nil, fmt.Errorf("SRTP key: %w", err)
		}
	}
	return context, nil
}

// seal encrypts what we send under one key. Sound and reports have a context
// each, because the beat must not wait for who reports.
type seal struct {
	key             offer.Crypto
	sound, reports  *srtp.Context
	header          rtp.Header
	packet, control [maxSealed]byte
}

func newSeal(key offer.Crypto) (*seal, error) {
	sound, err := newContext(key)
	if err != nil {
		return nil, err
	}
	reports, err := newContext(key)
	if err != nil {
		return nil, err
	}
	return &seal{key: key, sound: sound, reports: reports}, nil
}

// wrap encrypts a packet of RTP. Only the beat may call it. Without a seal the
// packet is sent as it is.
func (s *seal) wrap(packet []byte) ([]byte, error) {
	if s == nil {
		return packet, nil
	}
	return s.sound.EncryptRTP(s.packet[:0], packet, &s.header)
}

// begins takes note of the key and SSRC of the next packet, and brings the
// sequence number away from its overflow when either is new.
func (o *outbound) begins(t *terms) {
	if t.seal == o.sealed && t.own.ssrc == o.header.SSRC {
		return
	}
	o.sealed, o.header.SSRC = t.seal, t.own.ssrc
	if o.header.SequenceNumber >= seamless {
		o.header.SequenceNumber = 1<<16 - 1
	}
}

// wrapControl encrypts a packet of RTCP. ctl.mu is held.
func (s *seal) wrapControl(packet []byte) ([]byte, error) {
	if s == nil {
		return packet, nil
	}
	return s.reports.EncryptRTCP(s.control[:0], packet, nil)
}

// opener decrypts what one key protects.
type opener struct {
	key     offer.Crypto
	context *srtp.Context
	ssrcs   int // that the context remembers
}

func newOpener(key offer.Crypto) (*opener, error) {
	context, err := newContext(key)
	if err != nil {
		return nil, err
	}
	return &opener{key: key, context: context}, nil
}

// sound decrypts a packet of RTP into plain.
func (o *opener) sound(plain, packet []byte, h *rtp.Header) (opened []byte, ok bool) {
	_, known := o.context.ROC(h.SSRC)
	if !o.remember(known) {
		return nil, false
	}
	opened, err := o.context.DecryptRTP(plain[:0], packet, h)
	return opened, o.authentic(err, known)
}

// control decrypts a packet of RTCP into plain.
func (o *opener) control(plain, packet []byte) (opened []byte, ok bool) {
	const header = 8
	if len(packet) < header {
		return nil, false
	}
	_, known := o.context.Index(binary.BigEndian.Uint32(packet[4:]))
	if !o.remember(known) {
		return nil, false
	}
	opened, err := o.context.DecryptRTCP(plain[:0], packet, nil)
	return opened, o.authentic(err, known)
}

// remember reports whether there is room for an SSRC.
func (o *opener) remember(known bool) bool { return known || o.ssrcs < manySSRCs }

// authentic counts the SSRCs that have shown that they know the key.
func (o *opener) authentic(err error, known bool) bool {
	if err == nil && !known {
		o.ssrcs++
	}
	return err == nil
}

// openers are those that have been used in a call, the oldest first. Some PBXs
// pass on the caller's own key, then for a while that of a machine which plays
// music, and then the caller's again: their packets are counted all the while.
type openers []*opener

// of is the opener for a key: the one that has counted under it before, or a new
// one.
func (all *openers) of(key offer.Crypto) (*opener, error) {
	for _, o := range *all {
		if o.key.Same(key) {
			return o, nil
		}
	}
	o, err := newOpener(key)
	if err != nil {
		return nil, err
	}
	if *all = append(*all, o); len(*all) > manyKeys {
		*all = slices.Delete(*all, 0, 1)
	}
	return o, nil
}

// opened is the keys of what arrives, for whoever holds in.mu.
type opened struct {
	now    *opener // nil: in the clear
	before *opener // the key before, while packets under it are on their way
	until  time.Time
	plain  []byte // memory for a packet in the clear, while somebody reads
}

// turnTo makes a key the one in force.
func (o *opened) turnTo(next *opener) {
	if next != o.now {
		o.before, o.now, o.until = o.now, next, time.Time{}
	}
}

// sound returns a packet of RTP in the clear. ok is false for one that nobody
// who has the key has made, or that has come before.
func (o *opened) sound(packet []byte, h *rtp.Header, at time.Time) (plain []byte, ok bool) {
	if o.now == nil {
		return packet, true
	}
	if plain, ok = o.now.sound(o.plain, packet, h); ok {
		if o.until.IsZero() {
			o.until = at.Add(inFlight)
		}
		return plain, true
	}
	if o.earlier(at) {
		return o.before.sound(o.plain, packet, h)
	}
	return nil, false
}

// control returns a packet of RTCP in the clear, as sound does.
func (o *opened) control(packet []byte, at time.Time) (plain []byte, ok bool) {
	if o.now == nil {
		return packet, true
	}
	if plain, ok = o.now.control(o.plain, packet); !ok && o.earlier(at) {
		plain, ok = o.before.control(o.plain, packet)
	}
	return plain, ok
}

// earlier reports whether the key before still counts, and forgets it when it
// does not.
func (o *opened) earlier(at time.Time) bool {
	if o.before != nil && !o.until.IsZero() && at.After(o.until) {
		o.before = nil
	}
	return o.before != nil
}
