// Command render makes the recordings in announcements/prompts from the texts
// in the catalogues beside them, and the hold music, and writes the manifest.
//
//	go run ./announcements/render
//
// It needs the voices (pico2wave, RHVoice-test, espeak-ng), sox and opus-tools.
// On Debian:
//
//	apt-get install sox opus-tools libttspico-utils rhvoice rhvoice-english rhvoice-polish espeak-ng
//	git clone https://github.com/RHVoice/alicja-pol /usr/share/RHVoice/voices/alicja
//
// Pico and RHVoice are in the components non-free and contrib, which a fresh
// installation does not look at. A line such as
//
//	deb http://deb.debian.org/debian bookworm main contrib non-free
//
// in a file below /etc/apt/sources.list.d adds them. prompts/LICENSES.md says
// under what terms the voices may be used.
//
// A recording whose text, voice and engine are those of the manifest is left
// alone. The voices and the encoder are deterministic, so the same versions
// make the same files.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

type catalogue struct {
	Voice  string            `json:"voice"`
	Texts  map[string]string `json:"texts"`
	Spoken map[string]string `json:"spoken"`
}

func main() {
	folder := flag.String("prompts", "announcements/prompts", "folder of the catalogues")
	force := flag.Bool("force", false, "render what is up to date as well")
	flag.Parse()
	if err := run(*folder, *force); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func run(folder string, force bool) error {
	work, err := os.MkdirTemp("", "render")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	old, err := readManifest(filepath.Join(folder, manifestName))
	if err != nil {
		return err
	}
	if force {
		old = nil
	}
	names, err := filepath.Glob(filepath.Join(folder, "*", "catalogue.json"))
	if err != nil {
		return err
	}
	var rows []row
	for _, name := range names {
		more, err := renderLanguage(name, work, old)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	music, err := renderMusic(filepath.Join(folder, "music.ogg"), work)
	if err != nil {
		return err
	}
	return writeManifest(filepath.Join(folder, manifestName), append(rows, music))
}

func renderLanguage(name, work string, old map[string]row) ([]row, error) {
	folder := filepath.Dir(name)
	lang := filepath.Base(folder)
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var c catalogue
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := removeStrangers(folder, c); err != nil {
		return nil, err
	}
	engine, err := engineOf(c.Voice)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ids := make([]string, 0, len(c.Texts))
	for id := range c.Texts {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	var rows []row
	for _, id := range ids {
		want := row{lang: lang, prompt: id, words: sum([]byte(c.Texts[id])), voice: c.Voice, engine: engine.source()}
		want.spoken = sum([]byte(spokenOf(c, id)))
		file := filepath.Join(folder, id+".ogg")
		if r, ok := old[want.key()]; ok && r.sameSource(want) && r.sameFile(file) {
			rows = append(rows, r)
			continue
		}
		if err := renderPrompt(engine, spokenOf(c, id), isSentence(c.Texts[id]), file, work); err != nil {
			return nil, fmt.Errorf("render %s %s: %w", lang, id, err)
		}
		if err := want.measure(file); err != nil {
			return nil, fmt.Errorf("measure %s %s: %w", lang, id, err)
		}
		fmt.Println(want)
		rows = append(rows, want)
	}
	return rows, nil
}

// removeStrangers removes recordings that the catalogue does not know any more.
func removeStrangers(folder string, c catalogue) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.ogg"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, ok := c.Texts[strings.TrimSuffix(filepath.Base(file), ".ogg")]; !ok {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// spokenOf is what the voice is given: the text, unless the catalogue has
// another spelling for it. A piece of a sentence is spoken as if it went on.
func spokenOf(c catalogue, id string) string {
	text := c.Texts[id]
	if other, ok := c.Spoken[id]; ok {
		text = other
	}
	if !isSentence(c.Texts[id]) && !strings.HasSuffix(text, ",") {
		text += ","
	}
	return text
}

func isSentence(text string) bool {
	return strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?")
}

func renderPrompt(e engine, spoken string, sentence bool, file, work string) error {
	raw := filepath.Join(work, "voice.wav")
	if err := e.speak(spoken, raw); err != nil {
		return err
	}
	sound, err := readSound(raw, e.clear...)
	if err != nil {
		return err
	}
	edges := pieceEdges
	if sentence {
		edges = sentenceEdges
	}
	sound = edges.trim(sound)
	sound = shortenPauses(sound)
	return encodeAt(speechLevel, sound, file, work, "24", "--speech")
}

// encodeAt encodes so that what comes out of the codec has the level: a word
// of one syllable and three hisses comes out louder than it went in.
func encodeAt(level float64, sound []float64, file, work, kbit, kind string) error {
	const attempts, tolerance = 4, 0.3
	aim := level
	for range attempts {
		normalised := slices.Clone(sound)
		normalise(normalised, aim)
		if err := encode(normalised, file, work, kbit, kind); err != nil {
			return err
		}
		decoded, err := decode(file)
		if err != nil {
			return err
		}
		off := active(decoded) - level
		if math.Abs(off) < tolerance {
			return nil
		}
		aim -= off
	}
	return nil
}

func renderMusic(file, work string) (row, error) {
	r := row{lang: "-", prompt: "music", words: "-", spoken: "-", voice: "synthesised", engine: "render"}
	if err := encodeAt(musicLevel, compose(), file, work, "32", "--music"); err != nil {
		return r, err
	}
	return r, r.measure(file)
}
