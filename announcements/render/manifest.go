package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
)

const manifestName = "manifest.tsv"

var columns = []string{"language", "prompt", "text_sha256", "spoken_sha256", "voice", "engine", "file_sha256", "milliseconds", "level_dbov", "peak_dbfs"}

// row is one recording in the manifest.
type row struct {
	lang, prompt, words, spoken, voice, engine, file string
	milliseconds                                     int
	level, peak                                      float64
}

func (r row) key() string { return r.lang + "/" + r.prompt }

func (r row) sameSource(o row) bool {
	return r.words == o.words && r.spoken == o.spoken && r.voice == o.voice && r.engine == o.engine
}

func (r row) sameFile(name string) bool {
	data, err := os.ReadFile(name)
	return err == nil && sum(data) == r.file
}

// measure fills in what the encoded file turned out to be.
func (r *row) measure(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	sound, err := decode(name)
	if err != nil {
		return err
	}
	r.file = sum(data)
	r.milliseconds = len(sound) * 1000 / rate
	r.level = active(sound)
	peak := 1e-9
	for _, s := range sound {
		peak = max(peak, math.Abs(s))
	}
	r.peak = 20 * math.Log10(peak)
	return nil
}

func (r row) String() string {
	return strings.Join([]string{
		r.lang, r.prompt, r.words, r.spoken, r.voice, r.engine, r.file,
		strconv.Itoa(r.milliseconds), fmt.Sprintf("%.1f", r.level), fmt.Sprintf("%.1f", r.peak),
	}, "\t")
}

func readManifest(name string) (map[string]row, error) {
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	rows := map[string]row{}
	for n, line := range strings.Split(string(data), "\n") {
		cells := strings.Split(line, "\t")
		if n == 0 || len(cells) != len(columns) {
			continue
		}
		r := row{lang: cells[0], prompt: cells[1], words: cells[2], spoken: cells[3], voice: cells[4], engine: cells[5], file: cells[6]}
		r.milliseconds, _ = strconv.Atoi(cells[7])
		r.level, _ = strconv.ParseFloat(cells[8], 64)
		r.peak, _ = strconv.ParseFloat(cells[9], 64)
		rows[r.key()] = r
	}
	return rows, nil
}

func writeManifest(name string, rows []row) error {
	var b strings.Builder
	b.WriteString(strings.Join(columns, "\t") + "\n")
	for _, r := range rows {
		b.WriteString(r.String() + "\n")
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
