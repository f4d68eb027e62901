package page_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/einwahl/einwahl/conference/embedded/page"
)

func TestHeaders(t *testing.T) {
	server := httptest.NewServer(page.Handler())
	defer server.Close()
	for path, kind := range map[string]string{
		"/meet/": "text/html", "/meet/100000001": "text/html", "/meet/anything": "text/html",
		"/meet/assets/main.js": "text/javascript", "/meet/assets/page.css": "text/css", "/meet/assets/icons.svg": "image/svg+xml",
	} {
		r, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, r.Status, err)
		}
		if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, kind) {
			t.Errorf("%s has type %q, want %q", path, got, kind)
		}
		if got := r.Header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s has referrer policy %q", path, got)
		}
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s has content policy %q", path, csp)
		}
		if text := string(body); strings.Contains(text, "https://") {
			t.Errorf("%s names a foreign address", path)
		}
	}
	for _, path := range []string{"/meet/assets", "/meet/assets/", "/meet/assets/none.js", "/meet/a/b", "/"} {
		r, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s is %s, want not found", path, r.Status)
		}
	}
}

// The key of a meeting stands in the link. It must reach nobody but the page.
func TestNothingLeaksTheKey(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	inner, peers := serve(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.URL.String()+" "+r.Referer())
		mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/ws") {
			http.Redirect(w, r, inner+r.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		page.Handler().ServeHTTP(w, r)
	}))
	defer proxy.Close()
	_ = peers

	broken := script(`globalThis.broken = []; addEventListener("securitypolicyviolation", (e) => broken.push(e.violatedDirective + " " + e.blockedURI))`)
	w := open(t, "about:blank", broken)
	w.do(chromedp.Navigate(proxy.URL + "/meet/100000006/" + testKey))
	w.until(`location.pathname === "/meet/100000006"`)
	w.until(visible("join-demand"))
	if got := eval[string](w, `location.hash`); got != testKey {
		t.Errorf("the fragment is %q after the redirect, want %q", got, testKey)
	}
	w.join("Ada", "4711")
	w.shows("join-error", "The connection is lost")
	mu.Lock()
	defer mu.Unlock()
	for _, s := range seen {
		if strings.Contains(s, "AAECAwQ") || strings.Contains(s, "?") || !strings.HasSuffix(s, " ") {
			t.Errorf("the server saw %q", s)
		}
	}
	if got := eval[int](w, `performance.getEntriesByType("resource").filter((r) => new URL(r.name).origin !== location.origin).length`); got > 0 {
		t.Errorf("%d requests went elsewhere", got)
	}
	if got := eval[[]string](w, `broken`); len(got) > 0 {
		t.Errorf("the page breaks its own policy: %q", got)
	}
	if got := eval[int](w, `localStorage.length + sessionStorage.length`); got > 0 {
		t.Errorf("%d things are stored", got)
	}
}
