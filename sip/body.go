package sip

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

const (
	// sessionType is the one body that we can read.
	sessionType = "application/sdp"
	// maxParts bounds a multipart body.
	maxParts = 16
)

// session takes the session description out of a request: the body, or one
// part of it beside a location (RFC 4119) or ISUP. It is empty where there is
// none; what cannot be read is refused with 415.
func session(req *sipmsg.Request) ([]byte, *Cause) {
	if len(req.Body()) == 0 {
		return nil, nil
	}
	for _, name := range []string{"content-encoding", "e"} {
		if h := req.GetHeader(name); h != nil && !strings.EqualFold(strings.TrimSpace(h.Value()), "identity") {
			return nil, &causeBadType
		}
	}
	kind := ""
	if h := req.ContentType(); h != nil {
		kind = string(*h)
	}
	sdp, ok := sessionIn(kind, req.Body())
	if !ok {
		return nil, &causeBadType
	}
	return sdp, nil
}

// sessionIn finds the session description in a body.
func sessionIn(contentType string, body []byte) ([]byte, bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return nil, false
	case kind == sessionType:
		return body, true
	case !strings.HasPrefix(kind, "multipart/"):
		return nil, false
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil, false
		}
		if kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || kind != sessionType {
			continue
		}
		sdp, err := io.ReadAll(part)
		return sdp, err == nil && len(sdp) > 0
	}
	return nil, false
}
