package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// engine is a speech synthesiser with one of its voices.
type engine struct {
	version string
	speak   func(text, wav string) error
}

// engineOf knows the engines by the name that a catalogue uses: engine/voice,
// or engine/voice@rate, where the engine can: in percent of its own rate with
// RHVoice, in words a minute with eSpeak.
func engineOf(name string) (engine, error) {
	kind, voice, _ := strings.Cut(name, "/")
	switch kind {
	case "pico":
		version, err := packageVersion("libttspico-utils")
		return engine{version, func(text, wav string) error {
			return execute("", "pico2wave", "-l", voice, "-w", wav, text)
		}}, err
	case "rhvoice":
		version, err := packageVersion("rhvoice-english")
		voice, rate := voiceAndRate(voice, "100")
		return engine{version, func(text, wav string) error {
			return execute(text, "RHVoice-test", "-p", voice, "-r", rate, "-q", "max", "-R", "24000", "-o", wav)
		}}, err
	case "espeak":
		version, err := packageVersion("espeak-ng")
		voice, rate := voiceAndRate(voice, "175")
		return engine{version, func(text, wav string) error {
			return execute(text, "espeak-ng", "-v", voice, "-s", rate, "-w", wav, "--stdin")
		}}, err
	}
	return engine{}, fmt.Errorf("no engine for the voice %q", name)
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
