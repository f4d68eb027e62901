package main

import (
	"strings"
	"testing"
)

func TestPrivacyPrintsTheStatements(t *testing.T) {
	path := write(t, "", "trunks: [{name: carrier, peers: [192.0.2.1]}]\nnumbers: [{number: 1, trunks: [carrier]}]\n")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--language", "de"}, 0, "# Verzeichnis von Verarbeitungstätigkeiten"},
		{[]string{"--language", "de"}, 0, "Leitung „carrier“"},
		{[]string{"measures"}, 0, "# Technical and organisational measures"},
		{[]string{"nonsense"}, 1, "want one of record, measures"},
		{[]string{"--language", "tlh"}, 2, "--language"},
	} {
		stdout, stderr, code := call(t, append([]string{"privacy", "--config", path}, tt.args...)...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
			t.Errorf("privacy %v: exit %d, want %d with %q:\n%s%s", tt.args, code, tt.code, tt.want, stdout, stderr)
		}
		if strings.Contains(stdout, "# Record") && len(tt.args) == 1 {
			t.Errorf("privacy %v prints more than was asked for", tt.args)
		}
	}
}
