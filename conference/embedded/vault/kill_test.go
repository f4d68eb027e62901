package vault

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest/killtest"
)

// asWriter makes the test binary keep one content after the other in the file
// that it names, with the key behind it, and say each that is kept.
const asWriter = "EINWAHL_TEST_VAULT"

func TestMain(m *testing.M) {
	if places := os.Getenv(asWriter); places != "" {
		writeOn(places)
		return
	}
	os.Exit(m.Run())
}

// writeOn counts on from what is there, until it is killed.
func writeOn(places string) {
	file, key, _ := strings.Cut(places, " ")
	v, content, err := Open(file, key)
	if err != nil {
		fmt.Println("broken:", err)
		return
	}
	for n := number(content) + 1; ; n++ {
		if err := v.Keep([]byte(strconv.Itoa(n) + strings.Repeat(" and more", 500))); err != nil {
			fmt.Println("broken:", err)
			return
		}
		fmt.Println(n)
	}
}

func number(content []byte) int {
	text, _, _ := strings.Cut(string(content), " ")
	n, _ := strconv.Atoi(text) // nothing is 0
	return n
}

// TestKilledAtAnyMoment kills a program that keeps one content after the other,
// and looks whether all that it has told to be kept is there.
func TestKilledAtAnyMoment(t *testing.T) {
	file, key := places(t)
	for round := range 40 {
		said := killtest.Run(t, asWriter, file+" "+key, 1, 1+time.Duration(rand.IntN(10_000))*time.Microsecond)
		told := said[len(said)-1]
		_, content, err := Open(file, key)
		last, wrong := strconv.Atoi(told)
		if err != nil || wrong != nil || number(content) < last || !strings.HasSuffix(string(content), " and more") {
			t.Fatalf("round %d: it said %q, and there is %d (%v)", round, told, number(content), err)
		}
	}
}
