package sip

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

const (
	// sessionType is the one body that we can read, understood what we say we do.
	sessionType = "application/sdp"
	understood  = sessionType + ", multipart/mixed"
	// maxParts bounds the parts of a multipart body, and maxDepth how deep they
	// are nested.
	maxParts = 16
	maxDepth = 3
)

// errBody reports a body in which there is nothing that we can read.
var errBody = errors.New("body not understood")

// session takes the session description out of a message: the body, or one
// part of it beside a location (RFC 4119) or ISUP. It is empty where there is
// none; what cannot be read, and may not be left unread, is refused with 415.
func session(m sipmsg.Message) ([]byte, *Cause) {
	if len(m.Body()) == 0 {
		return nil, nil
	}
	encoding, _ := firstOf(m, "content-encoding", "e")
	if isPacked(encoding) {
		return nil, &causeBadType
	}
	kind, _ := firstOf(m, "content-type", "c")
	sdp, err := sessionIn(kind, m.Body(), maxDepth)
	if disposition, _ := firstOf(m, "content-disposition"); err != nil && !mayBeLeft(disposition) {
		return nil, &causeBadType
	}
	return sdp, nil
}

// isPacked reports a Content-Encoding that we cannot undo.
func isPacked(encoding string) bool {
	encoding = strings.TrimSpace(encoding)
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

// mayBeLeft reports a body that whoever cannot read it may ignore (RFC 3261
// section 20.11).
func mayBeLeft(disposition string) bool {
	_, params, err := mime.ParseMediaType(disposition)
	return err == nil && strings.EqualFold(params["handling"], "optional")
}

// sessionIn finds the session description in a body: the first one, since what
// follows it in multipart/alternative is another form of the same. Other parts
// are passed over, whatever they demand: with a location, no call would come
// about otherwise. Where there are only such as may be left, there is none.
func sessionIn(contentType string, body []byte, depth int) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return nil, errBody
	case kind == sessionType:
		return body, nil
	case !strings.HasPrefix(kind, "multipart/") || depth == 0:
		return nil, errBody
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	optional := true
	for range maxParts {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) && optional {
			return nil, nil
		}
		if err != nil {
			return nil, errBody
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, errBody
		}
		sdp, err := sessionInPart(part.Header, content, depth-1)
		if len(sdp) > 0 {
			return sdp, nil
		}
		optional = optional && (err == nil || mayBeLeft(part.Header.Get("Content-Disposition")))
	}
	return nil, errBody
}

// sessionInPart undoes the transfer encoding of a part, which gateways from mail
// put around what is plain in SIP (RFC 2045 section 6), and looks into it.
func sessionInPart(header textproto.MIMEHeader, content []byte, depth int) ([]byte, error) {
	if isPacked(header.Get("Content-Encoding")) {
		return nil, errBody
	}
	var err error
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "", "binary", "7bit", "8bit":
	case "base64":
		content, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(content)))
	case "quoted-printable":
		content, err = io.ReadAll(quotedprintable.NewReader(bytes.NewReader(content)))
	default:
		err = errBody
	}
	if err != nil {
		return nil, errBody
	}
	return sessionIn(header.Get("Content-Type"), content, depth)
}

// setBody puts our session description into a message.
func setBody(m sipmsg.Message, session []byte) {
	if len(session) == 0 {
		return
	}
	m.AppendHeader(sipmsg.NewHeader("Content-Type", sessionType))
	m.SetBody(session)
}
