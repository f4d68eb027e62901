package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/conference/embedded/mux"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// handshakeTimeout bounds the DTLS handshake, once ICE has found a way.
const handshakeTimeout = 8 * time.Second

const audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level" // RFC 6464

// network is the media side of all meetings: one socket, or a range of them,
// and how connections on it are encrypted.
type network struct {
	mux      *mux.Mux // nil where each connection has its port
	media    *webrtc.MediaEngine
	ordinary webrtc.SettingEngine
	enhanced webrtc.SettingEngine
	certificate
}

// openNetwork opens the socket and makes the gateway's certificate.
func openNetwork(cfg WebRTC) (*network, error) {
	c, err := newCertificate(time.Now())
	if err != nil {
		return nil, err
	}
	n := &network{certificate: c}
	if cfg.Ports.First == cfg.Ports.Last {
		if n.mux, err = listen(cfg); err != nil {
			return nil, err
		}
	}
	if n.media, err = newMediaEngine(); err == nil {
		n.ordinary, err = n.newSettings(cfg, false)
	}
	if err == nil {
		n.enhanced, err = n.newSettings(cfg, true)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up WebRTC: %w", err), n.Close())
	}
	return n, nil
}

// listen opens the port that all pages share, at each address of this machine
// on which media is taken.
func listen(cfg WebRTC) (*mux.Mux, error) {
	addresses, err := cfg.addresses()
	if err != nil {
		return nil, fmt.Errorf("addresses of this machine: %w", err)
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("webrtc.listen: %v: this machine has none of these addresses", cfg.Listen)
	}
	m, err := mux.Listen(addresses, cfg.Ports.First)
	if err != nil {
		return nil, fmt.Errorf("UDP port %v: %w", cfg.Ports, err)
	}
	return m, nil
}

// Close closes the socket. All connections must be closed before.
func (n *network) Close() error {
	if n.mux == nil {
		return nil
	}
	return n.mux.Close()
}

// onBeat has the packets of pages taken when a room beats, offBeat no more.
func (n *network) onBeat(clock pcm.Clock) {
	if n.mux != nil {
		clock.Add(n.mux)
	}
}

func (n *network) offBeat(clock pcm.Clock) {
	if n.mux != nil {
		clock.Remove(n.mux)
	}
}

// hurry says that what a page says goes on to other pages, or no more.
func (n *network) hurry(yes bool) {
	if n.mux != nil {
		n.mux.Hurry(yes)
	}
}

// buffers tells pion where to put the packets of one source, once their
// encryption is off.
type buffers func(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser

// connect makes a connection. A strict one speaks only AEAD ciphers.
func (n *network) connect(strict bool, into buffers) (*webrtc.PeerConnection, error) {
	return n.connectWith(n.settings(strict), into)
}

// connectMicrophone is connect for the sound of a page, which the keys open if
// it comes by the port that all pages share.
func (n *network) connectMicrophone(strict bool, into buffers, k *keys) (*webrtc.PeerConnection, error) {
	settings := n.settings(strict)
	if n.mux != nil {
		settings.SetICEUDPMux(n.mux.With(k.open))
		if err := k.listenIn(&settings); err != nil {
			return nil, err
		}
	}
	return n.connectWith(settings, into)
}

func (n *network) connectWith(settings webrtc.SettingEngine, into buffers) (*webrtc.PeerConnection, error) {
	settings.BufferFactory = into
	return n.newAPI(settings).NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{n.own},
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
}

// sender makes another sender for a connection that connect has made.
func (n *network) sender(strict bool, track webrtc.TrackLocal, transport *webrtc.DTLSTransport) (*webrtc.RTPSender, error) {
	return n.newAPI(n.settings(strict)).NewRTPSender(track, transport)
}

// newAPI is pion with these settings, and with nothing between a packet and its
// encryption: reports are the leg's own. A lost packet of speech is concealed,
// and Opus carries its own repair; a resent one would come too late to be heard.
func (n *network) newAPI(settings webrtc.SettingEngine) *webrtc.API {
	return webrtc.NewAPI(webrtc.WithMediaEngine(n.media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(settings))
}

func newMediaEngine() (*webrtc.MediaEngine, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: opusCapability(), PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	return media, media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI},
		webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverDirectionRecvonly)
}

func (n *network) settings(strict bool) webrtc.SettingEngine {
	if strict {
		return n.enhanced
	}
	return n.ordinary
}

func (n *network) newSettings(cfg WebRTC, strict bool) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = quiet()
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(cfg.listens)
	s.SetSRTPReplayProtectionWindow(replayWindow)
	// Two ends without a cipher in common may wait for each other for long.
	s.SetDTLSConnectContextMaker(func() (context.Context, func()) {
		return context.WithTimeout(context.Background(), handshakeTimeout)
	})
	if n.mux != nil {
		s.SetICEUDPMux(n.mux)
	} else if err := s.SetEphemeralUDPPortRange(cfg.Ports.First, cfg.Ports.Last); err != nil {
		return s, err
	}
	if cfg.Advertise.IsValid() {
		if err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: []string{cfg.Advertise.String()}, AsCandidateType: webrtc.ICECandidateTypeHost,
		}); err != nil {
			return s, err
		}
	}
	if strict {
		// Enhanced is a promise: who cannot do this is not connected.
		s.SetDTLSCipherSuites(aeadSuites()...)
		s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM)
	}
	return s, nil
}

// aeadSuites are the DTLS suites of an enhanced meeting: forward secrecy and
// authenticated encryption, strongest first.
func aeadSuites() []dtls.CipherSuiteID {
	return []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	}
}

// listens reports whether media is taken on a local address.
func (c WebRTC) listens(ip net.IP) bool {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return false
	}
	a = a.Unmap()
	if len(c.Listen) == 0 {
		return !a.IsLinkLocalUnicast() && !a.IsMulticast()
	}
	return slices.ContainsFunc(c.Listen, func(want netip.Addr) bool {
		return want.Unmap() == a || (want.IsUnspecified() && want.Is4() == a.Is4())
	})
}

// addresses are those of this machine that media is taken on.
func (c WebRTC) addresses() (all []netip.Addr, err error) {
	cards, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, card := range cards {
		if card.Flags&net.FlagUp == 0 {
			continue
		}
		found, err := card.Addrs()
		if err != nil {
			continue // it has gone meanwhile
		}
		for _, a := range found {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil && c.listens(prefix.Addr().AsSlice()) {
				all = append(all, scoped(prefix.Addr().Unmap(), card.Name))
			}
		}
	}
	return all, nil
}

// scoped adds the network card to an address that is good for one only.
func scoped(a netip.Addr, card string) netip.Addr {
	if a.Is6() && a.IsLinkLocalUnicast() {
		return a.WithZone(card)
	}
	return a
}

// opusCapability is the one codec of browsers: mono speech, with its own
// repair of single losses. Nothing narrower is asked for, as browsers listen
// to each other as well as telephones.
func opusCapability() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
}
