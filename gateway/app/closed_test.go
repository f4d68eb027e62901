package app_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// libraries are all that the program is made of beside its own source and Go's,
// and what each is for. Whoever adds one looks first whether it recognises,
// compares or transcribes voices, reports on people, or speaks to anybody.
var libraries = map[string]string{
	"filippo.io/age":                      "seals numbers to an offline key",
	"filippo.io/hpke":                     "for age",
	"github.com/alecthomas/kong":          "the command line",
	"github.com/beorn7/perks":             "for Prometheus: quantiles",
	"github.com/cespare/xxhash/v2":        "for Prometheus: hashes",
	"github.com/coder/websocket":          "pages and telephones in browsers",
	"github.com/dustin/go-humanize":       "for SQLite: sizes in words",
	"github.com/emiago/sipgo":             "signalling",
	"github.com/gobwas/httphead":          "for sipgo",
	"github.com/gobwas/pool":              "for sipgo",
	"github.com/gobwas/ws":                "for sipgo",
	"github.com/goccy/go-yaml":            "the operator's file",
	"github.com/google/uuid":              "random names",
	"github.com/icholy/digest":            "passwords of trunks",
	"github.com/jackc/pgpassfile":         "for pgx",
	"github.com/jackc/pgservicefile":      "for pgx",
	"github.com/jackc/pgx/v5":             "PostgreSQL, where the file names one",
	"github.com/jackc/puddle/v2":          "for pgx",
	"github.com/mattn/go-colorable":       "the log on a terminal",
	"github.com/mattn/go-isatty":          "for SQLite",
	"github.com/miekg/dns":                "names of trunks",
	"github.com/munnerz/goautoneg":        "for Prometheus: what a reader takes",
	"github.com/nyaruka/phonenumbers":     "how numbers are written",
	"github.com/pion/datachannel":         "for WebRTC",
	"github.com/pion/dtls/v3":             "encryption of pages",
	"github.com/pion/ice/v4":              "ways to pages",
	"github.com/pion/interceptor":         "reports on packets, to the other end",
	"github.com/pion/logging":             "for WebRTC",
	"github.com/pion/mdns/v2":             "for ICE; off",
	"github.com/pion/randutil":            "for WebRTC",
	"github.com/pion/rtcp":                "reports on packets",
	"github.com/pion/rtp":                 "packets",
	"github.com/pion/sctp":                "for WebRTC",
	"github.com/pion/sdp/v3":              "descriptions of calls",
	"github.com/pion/srtp/v3":             "encryption of sound",
	"github.com/pion/stun/v4":             "for ICE",
	"github.com/pion/transport/v4":        "sockets of WebRTC",
	"github.com/pion/turn/v5":             "for ICE; no server is ever named",
	"github.com/pion/webrtc/v4":           "pages",
	"github.com/prometheus/client_golang": "metrics, which are read",
	"github.com/prometheus/client_model":  "for metrics",
	"github.com/prometheus/common":        "for metrics",
	"github.com/prometheus/procfs":        "for metrics: of the process",
	"github.com/remyoudompheng/bigfft":    "for SQLite: long numbers",
	"github.com/rs/zerolog":               "the log",
	"github.com/wlynxg/anet":              "for ICE: addresses of the machine",
	"github.com/zaf/g711":                 "G.711",
	"golang.org/x/crypto":                 "encryption",
	"golang.org/x/net":                    "for metrics and WebRTC",
	"golang.org/x/sync":                   "goroutines that end together",
	"golang.org/x/sys":                    "the system's calls",
	"golang.org/x/text":                   "letters",
	"golang.org/x/time":                   "limits",
	"google.golang.org/protobuf":          "for metrics",
	"modernc.org/libc":                    "for SQLite",
	"modernc.org/mathutil":                "for SQLite",
	"modernc.org/memory":                  "for SQLite",
	"modernc.org/sqlite":                  "records",
}

// TestLibrariesOfTheProgramAreKnown: none comes in unseen.
func TestLibrariesOfTheProgramAreKnown(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Fields(string(out))
	for _, module := range found {
		if libraries[module] == "" {
			t.Errorf("%s is in the program: look at what it does, and then name it here", module)
		}
	}
	for module := range libraries {
		if !slices.Contains(found, module) {
			t.Errorf("%s is not in the program any more", module)
		}
	}
}

// reaches are the files of the program that may open a way to somebody, and to
// whom. What answers who has come is no such way.
var reaches = map[string]string{
	"sip/streams.go":               "trunks and registrars",
	"sip/way.go":                   "nobody: it asks the system for the address towards a trunk",
	"sip/media/engine.go":          "nobody: likewise",
	"sip/resolve/dns.go":           "name servers",
	"sip/passport/source.go":       "hosts of certificates that sip.stir names",
	"transcode/udp/kernel_unix.go": "whom signalling and media send packets to",
	"gateway/health.go":            "this gateway, from the command line",
	"gateway/api.go":               "this gateway, from the command line",
}

// ways are what opens one, by package.
var ways = map[string][]string{
	"net":     {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "Resolver", "DefaultResolver", "LookupHost", "LookupIP", "LookupSRV", "LookupTXT", "LookupAddr", "LookupCNAME", "LookupMX", "LookupNS"},
	"http":    {"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "Transport"},
	"tls":     {"Dial", "DialWithDialer", "Dialer"},
	"smtp":    {"Dial", "SendMail", "NewClient"},
	"rpc":     {"Dial", "DialHTTP"},
	"syslog":  {"Dial", "New"},
	"os":      {"StartProcess"},
	"syscall": {"ForkExec", "StartProcess", "Exec", "Connect", "Sendto"},
	"unix":    {"Connect", "Sendto"},
}

// TestOnlyTheseFilesReachOut: no other source line of the program opens a way to
// anybody, or starts something that could.
func TestOnlyTheseFilesReachOut(t *testing.T) {
	seen := map[string]bool{}
	eachFile(t, func(name string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			of, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := of.X.(*ast.Ident); ok && slices.Contains(ways[pkg.Name], of.Sel.Name) {
				seen[name] = true
				if reaches[name] == "" {
					t.Errorf("%s reaches out by %s.%s: to whom?", name, pkg.Name, of.Sel.Name)
				}
			}
			return true
		})
	})
	for name := range reaches {
		if !seen[name] {
			t.Errorf("%s reaches out no more", name)
		}
	}
}

// eachFile goes through the source of the program, without what serves tests.
func eachFile(t *testing.T, look func(name string, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if servesTests[name] {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			files++
			look(name, f)
		}
		return err
	})
	if err != nil || files < 300 {
		t.Fatalf("looked at %d files: %v", files, err)
	}
}

// servesTests are the folders that no program is made of.
var servesTests = map[string]bool{
	"gateway/peertest": true, "sip/siptest": true, "conference/embedded/webtest": true, "transcode/soundtest": true,
}
