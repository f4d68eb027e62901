package embedded

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
)

const (
	// replayWindow is how many packets back one may be late; none is taken twice.
	replayWindow = 128
	// knownSources is how many sources a microphone may have in all. Something is
	// kept of each.
	knownSources = 64
)

// keys are those of a microphone's sound. With them its packets are taken out
// of their encryption where they come off the socket. pion would pass each
// through three goroutines to that end, and waking them is more work than all
// that is done.
//
// pion tells what the keys are made of through its hooks: the server's hello,
// and the secret of the handshake, which goes nowhere else from here. They are
// good once pion has found the page's certificate to be the promised one. Until
// then no packet of sound gets by. Where the hooks say nothing, or something
// unknown, there are no keys and pion does it all.
type keys struct {
	take func(packet []byte, at time.Time) // gets what was encrypted

	context atomic.Pointer[srtp.Context] // nil while there are no keys

	mu      sync.Mutex
	hello   handshake.MessageServerHello // ours
	header  rtp.Header
	sources []uint32 // that the page has sent from
	proven  bool     // by a handshake that went well
	closed  bool
}

// listenIn has the keys told of a handshake in which the gateway is the server.
func (k *keys) listenIn(s *webrtc.SettingEngine) error {
	s.SetDTLSServerHelloMessageHook(k.greeting)
	s.SetDTLSKeyLogWriter(k)
	return s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer)
}

// watch learns from a connection how its handshake has ended.
func (k *keys) watch(t *webrtc.DTLSTransport) {
	t.OnStateChange(func(s webrtc.DTLSTransportState) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.proven = s == webrtc.DTLSTransportStateConnected
	})
}

// greeting notes our hello.
func (k *keys) greeting(h handshake.MessageServerHello) handshake.Message {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hello = h
	return &h
}

// Write takes the secret of the handshake, as a line of the NSS key log.
func (k *keys) Write(line []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	words := bytes.Fields(line)
	if len(words) != 3 || string(words[0]) != "CLIENT_RANDOM" || k.context.Load() != nil {
		return len(line), nil
	}
	profile := srtpProfile(k.hello)
	config := srtp.Config{Profile: profile}
	e := exporter{suite: dtlsSuite(k.hello), client: words[1], server: k.hello.Random.MarshalFixed(), secret: words[2]}
	if config.ExtractSessionKeysFromDTLS(e, false) != nil {
		return len(line), nil
	}
	context, err := srtp.CreateContext(config.Keys.RemoteMasterKey, config.Keys.RemoteMasterSalt, profile,
		srtp.SRTPReplayProtection(replayWindow))
	if err == nil {
		k.context.Store(context)
	}
	return len(line), nil
}

// open takes a packet as it came off the socket. It reports false for what is
// not sound, or not for these keys to open.
//
// Who takes packets may be on the beat of another meeting, and waits for nobody: a
// packet that comes in the moment in which a report is written, or the page goes, is
// lost. pion must not have it, for it does not know which were opened here, and would
// let one by that is sent again.
func (k *keys) open(packet []byte, at time.Time) bool {
	context := k.context.Load()
	if context == nil || !isSound(packet) {
		return false
	}
	if !k.mu.TryLock() {
		return true
	}
	defer k.mu.Unlock()
	if !k.proven || k.closed {
		return true
	}
	source := binary.BigEndian.Uint32(packet[8:])
	known := slices.Contains(k.sources, source)
	if !known && len(k.sources) >= knownSources {
		return true
	}
	plain, err := context.DecryptRTP(packet, packet, &k.header)
	if err != nil {
		return true
	}
	if !known {
		k.sources = append(k.sources, source)
	}
	k.take(plain, at)
	return true
}

// pass takes a packet that pion has opened.
func (k *keys) pass(plain []byte, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.take(plain, at)
	}
}

// beside calls f while no packet is taken.
func (k *keys) beside(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

// close lets nothing more by. When it returns nothing does.
func (k *keys) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
}

// isSound tells RTP from what else comes by the same port (RFC 7983 section 7,
// RFC 5761 section 4).
func isSound(packet []byte) bool {
	return len(packet) > 12 && packet[0]>>6 == 2 && (packet[1] < 192 || packet[1] > 223)
}

// exporter derives keys from a handshake (RFC 5705).
type exporter struct {
	suite          dtls.CipherSuiteID
	client, secret []byte // in hexadecimal
	server         [handshake.RandomLength]byte
}

// ExportKeyingMaterial makes length bytes of keys.
func (e exporter) ExportKeyingMaterial(label string, _ []byte, length int) ([]byte, error) {
	client, err := hex.AppendDecode(nil, e.client)
	if err != nil {
		return nil, err
	}
	secret, err := hex.AppendDecode(nil, e.secret)
	if err != nil {
		return nil, err
	}
	return prf.PHash(secret, slices.Concat([]byte(label), client, e.server[:]), length, e.hash)
}

func (e exporter) hash() hash.Hash {
	if e.suite == dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 || e.suite == dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 {
		return sha512.New384()
	}
	return sha256.New()
}

func dtlsSuite(h handshake.MessageServerHello) dtls.CipherSuiteID {
	if h.CipherSuiteID == nil {
		return 0
	}
	return dtls.CipherSuiteID(*h.CipherSuiteID)
}

// srtpProfile is what was chosen for the sound; none that exists where nothing
// was.
func srtpProfile(h handshake.MessageServerHello) srtp.ProtectionProfile {
	for _, e := range h.Extensions {
		if s, ok := e.(*extension.UseSRTP); ok && len(s.ProtectionProfiles) == 1 {
			return srtp.ProtectionProfile(s.ProtectionProfiles[0])
		}
	}
	return 0
}
