package announcements

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
)

// builtIn are the texts and the recordings that come with the gateway.
//
//go:embed prompts/*/*.json prompts/*/*.ogg prompts/manifest.tsv prompts/music.ogg
var builtIn embed.FS

// catalogue is what a language says, prompts/<language>/catalogue.json.
type catalogue struct {
	Voice string            `json:"voice"` // "engine/voice", for the renderer
	Texts map[Prompt]string `json:"texts"` // the words, as somebody would read them
	// Spoken tells the renderer how to say what the voice would get wrong.
	Spoken map[Prompt]string `json:"spoken"`
}

// builtInLanguages are the languages of the catalogue, sorted.
func builtInLanguages() ([]string, error) {
	names, err := fs.Glob(builtIn, "prompts/*/catalogue.json")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	for i, name := range names {
		names[i] = path.Base(path.Dir(name))
	}
	return names, nil
}

// readCatalogue reads what a language of the catalogue says.
func readCatalogue(lang string) (catalogue, error) {
	var c catalogue
	data, err := builtIn.ReadFile("prompts/" + lang + "/catalogue.json")
	if err != nil {
		return c, fmt.Errorf("read catalogue: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("read catalogue %s: %w", lang, err)
	}
	return c, nil
}
