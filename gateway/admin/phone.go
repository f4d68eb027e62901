package admin

import (
	"embed"
	"net/http"
	"net/url"
	"strings"
)

//go:embed phone
var phoneAssets embed.FS

// A telephone in the browser, for trying the gateway out. Its page holds no
// secret and needs no token: its calls are let in by a trunk, as everybody's
// are, and then have to find their meeting.

// phonePage serves the page.
func phonePage(w http.ResponseWriter, r *http.Request) { phoneAsset(w, r, "index.html") }

// phoneFile serves what it is made of.
func phoneFile(w http.ResponseWriter, r *http.Request) { phoneAsset(w, r, r.PathValue("file")) }

func phoneAsset(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	secureHeaders(h)
	h.Set("Content-Security-Policy", policy+"; media-src 'self' blob:")
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=(), display-capture=()")
	http.ServeFileFS(w, r, phoneAssets, "phone/"+name)
}

// phoneLine hands the page's WebSocket on. A page from elsewhere, open in a
// browser whose address a trunk trusts, must not make calls.
func phoneLine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, err := url.Parse(r.Header.Get("Origin"))
		if err != nil || !strings.EqualFold(origin.Host, r.Host) {
			fail(w, http.StatusForbidden, "only the page at /phone may call here")
			return
		}
		next.ServeHTTP(w, r)
	})
}
