package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// engine is a speech synthesiser with one of its voices.
type engine struct {
	version string
	clear   []string // effects of sox that make it clear on a telephone
	speak   func(text, wav string) error
}

// source is what the manifest says of an engine: another treatment makes
// another recording.
func (e engine) source() string {
	return strings.Join(append([]string{e.version}, e.clear...), " ")
}

// dull voices have most of their power in the fundamental, which a telephone
// leaves out, and 20 dB less than people where consonants differ. They come out
// with the balance of speech: the fundamental taken back, 1 to 3 kHz brought up.
var dull = []string{"highpass", "300", "highpass", "200", "equalizer", "2000", "0.7q", "12"}

// lessDull voices lack half of that.
var lessDull = []string{"highpass", "300", "highpass", "200", "equalizer", "2000", "0.7q", "6"}

// engineOf knows the engines by the name that a catalogue uses: engine/voice,
// or engine/voice@rate, where the engine can: in percent of its own rate with
// RHVoice, in words a minute with eSpeak.
func engineOf(name string) (engine, error) {
	kind, voice, _ := strings.Cut(name, "/")
	switch kind {
	case "pico":
		version, err := packageVersion("libttspico-utils")
		return engine{version, dull, func(text, wav string) error {
			return execute("", "pico2wave", "-l", voice, "-w", wav, text)
		}}, err
	case "rhvoice":
		voice, rate := voiceAndRate(voice, "100")
		version, err := voiceVersion(voice)
		effects := dull
		if voice == added {
			effects = lessDull
		}
		return engine{version, effects, func(text, wav string) error {
			return execute(text, "RHVoice-test", "-p", voice, "-r", rate, "-q", "max", "-R", "24000", "-o", wav)
		}}, err
	case "espeak":
		version, err := packageVersion("espeak-ng")
		voice, rate := voiceAndRate(voice, "175")
		return engine{version, nil, func(text, wav string) error {
			return execute(text, "espeak-ng", "-v", voice, "-s", rate, "-w", wav, "--stdin")
		}}, err
	}
	return engine{}, fmt.Errorf("no engine for the voice %q", name)
}

// added is a voice of RHVoice that is in no package, and where it is put.
const added, addedTo = "alicja", "/usr/share/RHVoice/voices/alicja"

// voiceVersion tells which voice of RHVoice it is: by its package, and one that is in
// none by the beginning of its data's checksum.
func voiceVersion(voice string) (string, error) {
	if voice != added {
		return packageVersion("rhvoice-english")
	}
	version, err := packageVersion("rhvoice-polish")
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(addedTo, "24000", "voice.data"))
	if err != nil {
		return "", fmt.Errorf("look at the voice: %w", err)
	}
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%s %s_%x", version, added, sum[:6]), nil
}

func voiceAndRate(name, usual string) (voice, rate string) {
	if voice, rate, set := strings.Cut(name, "@"); set {
		return voice, rate
	}
	return name, usual
}

func packageVersion(name string) (string, error) {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", name).Output()
	if err != nil {
		return "", fmt.Errorf("ask for the version of %s: %w", name, err)
	}
	return name + "_" + strings.TrimSpace(string(out)), nil
}

func execute(input, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
