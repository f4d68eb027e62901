// Package killtest kills a program at any moment, to see what lasts of all that
// it has said.
//
// The program is the test binary itself: where the variable that Run gives it is
// in its environment, TestMain has it be that program, and not run tests.
package killtest

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Run runs the program with a variable in its environment, kills it once it has
// said so many lines and has gone on for a while, and returns all that it has
// said.
func Run(t testing.TB, variable, value string, lines int, while time.Duration) (said []string) {
	t.Helper()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), variable+"="+value)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = program.Process.Kill() } // that it was killed shows below
	for s := bufio.NewScanner(out); s.Scan(); {
		if said = append(said, s.Text()); len(said) != lines {
			continue
		}
		if while == 0 {
			kill()
		} else {
			defer time.AfterFunc(while, kill).Stop()
		}
	}
	if err := program.Wait(); err == nil || program.ProcessState.Exited() || len(said) < lines {
		t.Fatalf("the program ended by itself after %d lines, such as %q: %v", len(said), said[max(0, len(said)-1):], err)
	}
	return said
}
