// Package page is the meeting page of the embedded conference: what a browser
// loads at /meet/<id> to take part. It is plain HTML, CSS and JavaScript
// modules, embedded as they are; nothing is built, nothing comes from elsewhere.
//
// The page is the same for every meeting and tells nothing about one: all it
// knows it learns over the WebSocket at /meet/<id>/ws after the right PIN. In an
// end-to-end encrypted meeting it encrypts each Opus frame with RFC 9605 SFrame
// before the frame reaches the network. The key stands in the link's fragment,
// which browsers never send, and the headers set here keep it from leaking by
// other ways: no referrer, no foreign script, no connection but to this server.
// What no header can do: whoever serves the page could serve another one. The
// promise towards the operator is that what is published here holds; towards a
// hostile operator it would take a page from somewhere else.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed index.html assets
var files embed.FS

// policy lets the page load and reach nothing but its own server. There is no
// inline script or style, and only one named function may make a script address.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; " +
	"media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types einwahl"

// Handler serves the page at /meet/ and /meet/<id>, and what it loads at
// /meet/assets/<file>. Anything else is not found.
func Handler() http.Handler {
	mux := http.NewServeMux()
	index := read("index.html")
	mux.Handle("GET /meet/{$}", index)
	mux.Handle("GET /meet/{id}", index)
	mux.HandleFunc("GET /meet/{id}/{$}", func(w http.ResponseWriter, r *http.Request) {
		// Relative, so that it holds behind a proxy's path; the browser carries
		// the fragment over by itself.
		w.Header().Set("Location", "../"+strings.TrimSuffix(path.Base(r.URL.EscapedPath()), "/"))
		w.WriteHeader(http.StatusPermanentRedirect)
	})
	mux.Handle("GET /meet/assets", http.NotFoundHandler())
	mux.Handle("GET /meet/assets/{$}", http.NotFoundHandler())
	names, err := fs.Glob(files, "assets/*")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		mux.Handle("GET /meet/"+name, read(name))
	}
	return mux
}

// file is one embedded file, ready to be served.
type file struct {
	name, kind, tag string
	body            []byte
}

func read(name string) file {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded at build time
	}
	sum := sha256.Sum256(body)
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // a machine's own MIME table must not break the page
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".html":
		kind = "text/html; charset=utf-8"
	}
	return file{name: name, kind: kind, tag: `"` + hex.EncodeToString(sum[:12]) + `"`, body: body}
}

func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=(), display-capture=()")
	h.Set("X-Robots-Tag", "noindex")
	// Asked again each time: after an update of the gateway the page and its
	// modules must be of one version.
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.tag)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.body))
}
