package peertest

import "strings"

// The wideband codecs of baresip, as StartBaresip takes them. What the phone
// plays has to be at their rate: 16 and 48 kHz.
const (
	BaresipG722 = "G722/16000/1"
	BaresipOpus = "opus/48000/2"
)

// codecSettings lets a phone's configuration speak codec, and names it as the
// account wants it.
func codecSettings(config, codec string) (settings, name string) {
	if !strings.Contains(codec, "/") {
		return config, codec + "/8000/1"
	}
	wide := strings.NewReplacer(
		"audio_srate 8000-8000\naudio_channels 1-1\n", "audio_srate 8000-48000\naudio_channels 1-2\nopus_stereo no\nopus_sprop_stereo no\nopus_inbandfec yes\n",
		"module g711.so\n", "module g711.so\nmodule g722.so\nmodule opus.so\n",
	)
	return wide.Replace(config), codec
}
