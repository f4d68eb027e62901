package media

import "encoding/binary"

// What begins a record of DTLS (RFC 6347, 4.1): kind, version, epoch, number,
// length.
const (
	recordHeader    = 13
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23
	clientHello     = 1 // a handshake's first byte
)

// heeds reports whether a datagram of DTLS is given to the handshake. Alerts and
// data in the clear are anybody's who can write the browser's address on an
// envelope, and would end it, as would a greeting to us who greet.
func heeds(p []byte, client bool) bool {
	for len(p) >= recordHeader {
		unkeyed := binary.BigEndian.Uint16(p[3:]) == 0
		kind, body := p[0], p[recordHeader:]
		n := min(int(binary.BigEndian.Uint16(p[11:])), len(body))
		switch {
		case unkeyed && (kind == recordAlert || kind == recordData):
			return false
		case unkeyed && kind == recordHandshake && client && n > 0 && body[0] == clientHello:
			return false
		}
		p = body[n:]
	}
	return true
}
