package admin

import (
	"embed"
	"net/http"
)

//go:embed dashboard
var assets embed.FS

// policy lets the page load its own files and nothing else, so that even a
// mistake in it could not run what a caller has put into a name.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// page serves the dashboard. It holds no secret: what it shows comes through
// the API.
func page(w http.ResponseWriter, r *http.Request) { asset(w, r, "index.html") }

// pageFile serves what the dashboard is made of.
func pageFile(w http.ResponseWriter, r *http.Request) { asset(w, r, r.PathValue("file")) }

func asset(w http.ResponseWriter, r *http.Request, name string) {
	secureHeaders(w.Header())
	http.ServeFileFS(w, r, assets, "dashboard/"+name)
}

// secureHeaders keep a page to itself.
func secureHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-cache")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}
