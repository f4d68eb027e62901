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

// readCatalogues reads all languages of the built-in catalogue.
func readCatalogues(files fs.FS) (map[string]catalogue, error) {
	names, err := fs.Glob(files, "prompts/*/catalogue.json")
	if err != nil {
		return nil, err
	}
	all := make(map[string]catalogue, len(names))
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		var c catalogue
		if err := json.Unmarshal(data, &c); err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", name, err)
		}
		all[path.Base(path.Dir(name))] = c
	}
	return all, nil
}
