package sealed

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest/killtest"
)

// asWriter makes the test binary write block after block to the file that it
// names, and say each that is written.
const asWriter = "EINWAHL_TEST_SEALED"

func TestMain(m *testing.M) {
	if name := os.Getenv(asWriter); name != "" {
		fmt.Println("broken:", writeUntilKilled(name))
		return
	}
	os.Exit(m.Run())
}

func writeUntilKilled(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w, err := NewWriter(file, key, "p1")
	for n := 0; err == nil; n++ {
		if _, err = fmt.Fprintf(w, "%d%s\n", n, strings.Repeat(" sound", 700)); err == nil {
			fmt.Println(n)
		}
	}
	return err
}

// TestKilledAtAnyMoment kills a program that seals, and looks whether all that it
// has said to be written can be opened, and nothing passes for tampering.
func TestKilledAtAnyMoment(t *testing.T) {
	name := filepath.Join(t.TempDir(), "p1")
	for round := range 40 {
		said := killtest.Run(t, asWriter, name, 1, 1+time.Duration(rand.IntN(10_000))*time.Microsecond)
		told := said[len(said)-1]
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sound, report := open(t, content)
		last, wrong := strconv.Atoi(told)
		if wrong != nil || !report.Whole() || report.Ended || int(report.Blocks) <= last || strings.Count(sound, "\n") != int(report.Blocks) {
			t.Fatalf("round %d: it said %q, and there is %+v", round, told, report)
		}
		torn, report := open(t, content[:len(content)-1]) // as where the disk has not taken all
		if !report.Whole() || report.Ended || int(report.Blocks) < last || !bytes.HasPrefix([]byte(sound), []byte(torn)) {
			t.Fatalf("round %d: without the last byte there is %+v", round, report)
		}
	}
}
