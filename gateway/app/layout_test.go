package app

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/einwahl/einwahl"

// allowed is the import table. The most specific row that matches a folder
// counts; what a row does not name is forbidden. "x/..." is x and all below.
var allowed = []struct {
	folder string
	may    []string
}{
	{"transcode/pcm", nil},
	{"transcode/...", []string{"transcode/..."}},
	{"announcements/...", []string{"transcode/..."}},
	{"announcements/render", []string{"announcements", "transcode/..."}},
	{"sip/media/...", []string{"transcode/...", "sip/media/..."}},
	{"sip/siptest", []string{"transcode/...", "sip/..."}},
	{"sip/interop", nil},
	{"sip/identity", nil},
	{"sip/passport", nil},
	{"sip/digest", nil},
	{"sip/resolve", nil},
	{"sip", []string{"transcode/...", "sip/media/...", "sip/identity", "sip/passport", "sip/digest", "sip/resolve"}},
	{"conference", []string{"transcode/pcm"}},
	{"conference/mixer", []string{"transcode/..."}},
	{"conference/conferencetest", []string{"conference", "conference/mixer", "transcode/..."}},
	{"conference/embedded/webtest", nil},
	{"conference/embedded/...", []string{"conference", "conference/mixer", "conference/embedded/...", "transcode/..."}},
	{"gateway/admission", []string{"conference"}},
	{"gateway/lasting", nil},
	{"gateway/records", []string{"gateway/records/...", "gateway/lasting"}},
	{"gateway/records/ledger", nil},
	{"gateway/records/seal", nil},
	{"gateway/records/store", []string{"gateway/records/ledger"}},
	{"gateway/records/vault", []string{"gateway/lasting"}},
	{"gateway/call", []string{"gateway/admission", "announcements", "conference", "gateway/records", "gateway/lockout", "sip", "transcode/pcm"}},
	{"gateway/disclosure", []string{"announcements", "gateway/config", "sip", "sip/media/offer"}},
	{"gateway/lockout", []string{"gateway/lasting"}},
	{"gateway/invitation", nil},
	{"gateway/overload", nil},
	{"gateway/config", []string{"announcements", "conference", "conference/embedded", "gateway/admin", "gateway/admission", "gateway/call", "gateway/records", "gateway/lockout", "gateway/overload", "sip", "sip/identity", "sip/media"}},
	{"gateway/admin", []string{"conference", "gateway/records"}},
	{"gateway/peertest", nil},
	{"gateway/peertest/killtest", nil},
	{"gateway/app", []string{"..."}},
	{"gateway", []string{"..."}},
}

// owners names the one folder that may use a library, so that replacing it
// touches one place. Test files are free to use what they test against.
var owners = map[string][]string{
	"github.com/emiago/sipgo":     {"sip", "sip/siptest"},
	"github.com/pion/webrtc":      {"conference/embedded", "conference/embedded/webtest", "sip/media"},
	"github.com/pion/interceptor": {"conference/embedded", "conference/embedded/webtest", "sip/media"},
	"github.com/pion/srtp":        {"sip/media", "conference/embedded"},
	"github.com/icholy/digest":    {"sip/digest"},
	"github.com/miekg/dns":        {"sip/resolve"},
	"github.com/nyaruka":          {"sip/identity"},
	"github.com/coder/websocket":  {"conference/embedded", "conference/embedded/webtest", "sip"},
	"github.com/pion/sdp":         {"sip/media/..."},
	"github.com/pion/rtcp":        {"sip/media", "conference/embedded", "conference/embedded/webtest"},
	"github.com/pion/rtp":         {"sip/media", "sip/siptest", "conference/embedded", "conference/embedded/webtest"},
	"github.com/zaf/g711":         {"transcode/g711"},
	"modernc.org/sqlite":          {"gateway/records/store"},
	"github.com/jackc/pgx":        {"gateway/records/store"},
	"filippo.io/age":              {"gateway/records/seal"},
	"github.com/goccy/go-yaml":    {"gateway/config"},
	"github.com/prometheus":       {"gateway/admin"},
	"github.com/alecthomas/kong":  {"gateway"},
	"C":                           {"transcode/opus", "transcode/denoise"},
}

func TestImportTable(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// What no build looks at is no part of the program.
		if d.IsDir() && path != root && d.Name() != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		seen++
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		checkFile(t, path, filepath.ToSlash(folder))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Fatalf("looked at %d files: the table was not checked", seen)
	}
}

func checkFile(t *testing.T, path, folder string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	row, ok := rowOf(folder)
	if !ok {
		t.Errorf("%s: folder %q has no row in the import table", path, folder)
		return
	}
	inTest := strings.HasSuffix(path, "_test.go")
	for _, spec := range f.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if own, inside := strings.CutPrefix(name, module+"/"); inside {
			if own != folder && !inTest && !matchAny(row, own) {
				t.Errorf("%s imports %s, which the import table does not allow", path, own)
			}
			continue
		}
		for library, folders := range owners {
			if (name == library || strings.HasPrefix(name, library+"/")) && !inTest && !matchAny(folders, folder) {
				t.Errorf("%s imports %s, which belongs to %v", path, name, folders)
			}
		}
	}
}

func rowOf(folder string) ([]string, bool) {
	best, found := -1, false
	var may []string
	for _, row := range allowed {
		if match(row.folder, folder) && len(row.folder) > best {
			best, may, found = len(row.folder), row.may, true
		}
	}
	return may, found
}

func matchAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if match(p, name) {
			return true
		}
	}
	return false
}

func match(pattern, name string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == base || strings.HasPrefix(name, base+"/")
	}
	return pattern == name
}

func TestMatchKnowsFoldersFromPrefixes(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"sip/...", "sip", true},
		{"sip/...", "sip/media", true},
		{"sip/...", "siptest", false},
		{"sip", "sip/media", false},
		{"...", "anything", true},
	} {
		if got := match(tt.pattern, tt.name); got != tt.want {
			t.Errorf("match(%q, %q) = %v, want %v", tt.pattern, tt.name, got, tt.want)
		}
	}
}
