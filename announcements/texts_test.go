package announcements

import "testing"

func TestTextsAreFoundByLanguage(t *testing.T) {
	both := Texts{"de": "Stadt\nMusterhausen", "": "Example City", "fr": " "}
	for _, tt := range []struct {
		name  string
		texts Texts
		lang  string
		want  string
	}{
		{"its own", both, "de", "Stadt Musterhausen"},
		{"that of what it is a region of", both, "de-AT", "Stadt Musterhausen"},
		{"that of all", both, "en", "Example City"},
		{"that of all where its own has no words", both, "fr", "Example City"},
		{"none", Texts{"de": "Stadt"}, "en", ""},
		{"none at all", nil, "en", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.texts.In(tt.lang); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if both.Empty() || !(Texts{"de": " "}).Empty() || !Texts(nil).Empty() {
		t.Error("whether there is any text is not seen")
	}
}
