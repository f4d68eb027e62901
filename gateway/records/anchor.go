package records

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// anchors is the file of checkpoints beside the key. Whoever can only write to
// the database, as the administrators of a database elsewhere can, does not
// reach it.
func anchors(c Config) string {
	name := "checkpoints.txt"
	if c.Postgres != "" {
		name = "checkpoints-postgres.txt"
	}
	return filepath.Join(c.Directory, name)
}

// anchor puts the newest checkpoint into the file and the log, if there is one
// since the last time. Each of the two is an anchor where it is kept elsewhere.
func (b *Book) anchor() {
	if b.head == nil || b.head.Seq <= b.anchored {
		return
	}
	line := b.head.String()
	if err := appendAnchor(anchors(b.config), line); err != nil {
		b.log.Error().Err(err).Msg("checkpoint of the records could not be written")
		return
	}
	b.anchored = b.head.Seq
	b.log.Info().Str("checkpoint", line).Msg("records signed")
}

// appendAnchor adds a line. What a power cut, or a disk that was full, has left
// of an earlier one goes first: nobody could tell it from one that was altered.
func appendAnchor(path, line string) error {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if whole := bytes.LastIndexByte(content, '\n') + 1; whole < len(content) {
		if _, err := ledger.ParseCheckpoint(string(content[whole:])); err == nil {
			line = "\n" + line // only its end is missing
		} else if err := os.Truncate(path, int64(whole)); err != nil {
			return err
		}
	}
	return appendFile(path, []byte(line+"\n"), 0)
}

// ownAnchors reads the gateway's own file; before the first checkpoint there is
// none. Lines that somebody has damaged are faults, and a last one that a power
// cut has torn is left out.
func ownAnchors(c Config) ([]ledger.Checkpoint, []ledger.Fault, error) {
	path := anchors(c)
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read checkpoints: %w", err)
	}
	all, damaged := parseAnchors(path, string(content))
	return all, damaged, nil
}

// keptAnchors reads a file of checkpoints that somebody has kept. Where no line
// is left of it, or one is damaged, it shows nothing, and that is an error.
func keptAnchors(path string) ([]ledger.Checkpoint, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	all, damaged := parseAnchors(path, string(content)+"\n")
	switch {
	case len(damaged) > 0:
		return nil, errors.New(damaged[0].Detail)
	case len(all) == 0:
		return nil, fmt.Errorf("%s: there is no checkpoint in it", path)
	}
	return all, nil
}

// parseAnchors reads lines, and names those that are no checkpoints. A last one
// without an end is none of either.
func parseAnchors(path, content string) (all []ledger.Checkpoint, damaged []ledger.Fault) {
	n := 0
	for line := range strings.Lines(content) {
		n++
		if strings.TrimSpace(line) == "" {
			continue
		}
		c, err := ledger.ParseCheckpoint(line)
		switch {
		case err == nil:
			all = append(all, c)
		case strings.HasSuffix(line, "\n"):
			damaged = append(damaged, ledger.Fault{Kind: ledger.Altered, Detail: fmt.Sprintf("%s, line %d: %v", path, n, err)})
		}
	}
	return all, damaged
}
