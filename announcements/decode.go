package announcements

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/wav"
)

const (
	// largestFile bounds what is read into memory, and longestSound what is
	// made of it.
	largestFile  = 32 << 20
	longestSound = 10 * 60 * clipRate
	// longestPacket is the longest that Opus allows, in milliseconds.
	longestPacket = 120
	// perSample is how many of Ogg's 48 kHz positions make one of our samples.
	perSample = 48000 / clipRate
)

// readFile reads a file that is not too large to be a recording.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > largestFile {
		return nil, fmt.Errorf("larger than %d MB", largestFile>>20)
	}
	return data, nil
}

// Read reads a recording as the gateway plays it: mono at 16 kHz.
func Read(name string) ([]int16, error) {
	return decodeFile(os.DirFS(filepath.Dir(name)), filepath.Base(name))
}

// decodeFile reads a recording as mono at 16 kHz, by its ending: WAV, or Opus
// in Ogg.
func decodeFile(files fs.FS, name string) ([]int16, error) {
	data, err := readFile(files, name)
	if err != nil {
		return nil, err
	}
	return decodeSound(data, name)
}

// decodeSound is decodeFile for what has been read.
func decodeSound(data []byte, name string) (sound []int16, err error) {
	if strings.EqualFold(path.Ext(name), ".wav") {
		sound, err = wav.Read(bytes.NewReader(data), clipRate)
	} else {
		sound, err = decodeOpus(data)
	}
	switch {
	case err != nil:
		return nil, err
	case len(sound) == 0:
		return nil, errSilent
	}
	return sound, nil
}

// decodeOpus decodes straight to the rate in which sound is kept. The warm-up
// at the beginning and what fills up the last packet are left out (RFC 7845
// section 4).
func decodeOpus(data []byte) ([]int16, error) {
	file, err := ogg.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	decoder, err := opus.NewDecoder(clipRate)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()

	var sound []int16
	last := int64(-1)
	frame := make([]int16, clipRate*longestPacket/1000)
	for {
		packet, err := file.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		n, err := decoder.Decode(frame, packet.Data)
		if err != nil {
			return nil, err
		}
		if sound = append(sound, frame[:n]...); len(sound) > longestSound {
			return nil, fmt.Errorf("longer than %d minutes", longestSound/clipRate/60)
		}
		last = packet.Position
	}
	if end := last / perSample; last >= 0 && end < int64(len(sound)) {
		sound = sound[:end]
	}
	return sound[min(file.Head.PreSkip/perSample, len(sound)):], nil
}

// opusLength is how many samples a recording in Ogg has, by its positions,
// without decoding it.
func opusLength(files fs.FS, name string) (int, error) {
	data, err := readFile(files, name)
	if err != nil {
		return 0, err
	}
	file, err := ogg.NewReader(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	last := int64(0)
	for {
		packet, err := file.Next()
		if errors.Is(err, io.EOF) {
			return max(0, int(last/perSample)-file.Head.PreSkip/perSample), nil
		}
		if err != nil {
			return 0, err
		}
		last = max(last, packet.Position)
	}
}
