package config

import (
	"strings"
	"testing"
)

func TestLimitsAreCheckedUnderTheirKeys(t *testing.T) {
	const file = `
trunks: [{name: t, peers: ["127.0.0.1"]}]
numbers: [{number: "1", trunks: [t], refuse: never, max_calls: -1, max_calls_per_second: -2}]
limits: {drain: 25h, guessing: {per_caller: -1, window: 1s}}
overload: {cpu: 101, lateness: 3ms}
`
	_, err := Parse([]byte(file))
	if err == nil {
		t.Fatal("nothing is reported")
	}
	for _, want := range []string{
		`numbers[0].refuse: "never": want one of answer, early (line 3)`,
		"numbers[0].max_calls: -1: want a number of calls", "numbers[0].max_calls_per_second: -2: want a number of calls",
		"limits.drain: 25h0m0s: want a time from 0s to 24h0m0s (line 4)",
		"limits.guessing.per_caller: -1: want", "limits.guessing.window: 1s: want a time from 1m to 24h (line 4)",
		"overload.cpu: 101: want a percentage", "overload.lateness: 3ms: want one of",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported:\n%v", want, err)
		}
	}
}
