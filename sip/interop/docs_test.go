package interop

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each test that a document names, or the beginning of a name as go test -run
// takes it, is there: a claim whose proof was renamed
// would be nobody's.
func TestDocumentsNameTestsThatAreThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	var there []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, found := range function.FindAllSubmatch(source, -1) {
			there = append(there, string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`)
	for _, document := range []string{"docs/interop.md", "docs/operating.md", "docs/trunks.md", "docs/audio.md", "docs/performance.md", "docs/first-call.md", "docs/data-protection.md", "README.md"} {
		text, err := os.ReadFile(filepath.Join(root, document))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllString(string(text), -1) {
			if !slices.ContainsFunc(there, func(test string) bool { return strings.HasPrefix(test, name) }) {
				t.Errorf("%s names %s, which is not there", document, name)
			}
		}
	}
}
