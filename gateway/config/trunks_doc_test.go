package config

import (
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// Every file that docs/trunks.md shows is one that a gateway would take.
func TestFilesInTheTrunkGuideAreRight(t *testing.T) {
	certificate, key := peertest.SelfSigned(t)
	s := still()
	s.read = func(string) ([]byte, error) { return []byte("a long password"), nil }
	chapters := strings.Split(readDocument(t, "docs/trunks.md"), "\n## ")[1:]
	if len(chapters) < 8 {
		t.Fatalf("the guide has %d trunks", len(chapters))
	}
	for _, chapter := range chapters {
		title, _, _ := strings.Cut(chapter, "\n")
		if title == "When it does not work" {
			continue
		}
		_, file, _ := strings.Cut(chapter, "```yaml\n")
		file, _, found := strings.Cut(file, "```")
		t.Run(title, func(t *testing.T) {
			if !found {
				t.Fatal("no file")
			}
			file = strings.NewReplacer("/etc/einwahl/tls/fullchain.pem", certificate, "/etc/einwahl/tls/key.pem", key).Replace(file)
			c, err := parse([]byte(file), s)
			if err != nil {
				t.Fatalf("the file is wrong:\n%v", err)
			}
			// Meetings are those of operating.md.
			if hints := c.Hints(time.Now()); len(hints) != 1 || !strings.HasPrefix(hints[0], "meetings:") {
				t.Errorf("hardly meant: %q", hints)
			}
		})
	}
}
