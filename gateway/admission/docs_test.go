package admission

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestTheGuideHasTheRulesInTheirOrder holds docs/admission.md against the rules
// and the settings.
func TestTheGuideHasTheRulesInTheirOrder(t *testing.T) {
	text, err := os.ReadFile("../../docs/admission.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for i, r := range rules() {
		fmt.Fprintf(&want, "| %d | %s | `%s` |\n", i+1, r.name, r.then.Reason)
	}
	if !strings.Contains(string(text), "|---|---|---|\n"+want.String()+"\n") {
		t.Errorf("the guide lacks the rules:\n%s", want.String())
	}
	_, shown, _ := strings.Cut(string(text), "\n| each condition of the package")
	shown, _, _ = strings.Cut(shown, "\n")
	for part := range alone {
		for name := range strings.FieldsSeq(part) {
			if !strings.Contains(shown, "`"+name+"`") {
				t.Errorf("the guide does not tell which table has to notice what is wrong in %s", part)
			}
		}
	}
	for key := range settings() {
		name := key
		if strings.HasPrefix(key, "encryption.") {
			name = "encryption"
		}
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("the guide does not tell of %s", key)
		}
	}
}
