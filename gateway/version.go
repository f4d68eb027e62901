package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/einwahl/einwahl/transcode/opus"
)

// release is set when a release is built: -ldflags "-X main.release=1.2.3".
var release = "" //nolint:gochecknoglobals // the linker writes to nothing else

// version is the release, or the commit that this was built from.
func version() string {
	if release != "" {
		return release
	}
	if rev := setting("vcs.revision"); len(rev) >= 12 {
		if setting("vcs.modified") == "true" {
			return "dev-" + rev[:12] + "+"
		}
		return "dev-" + rev[:12]
	}
	return "dev"
}

func setting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// versionCommand is `einwahl version`.
type versionCommand struct{}

// Run prints what a bug report needs.
func (versionCommand) Run() error {
	commit := setting("vcs.revision")
	if commit == "" {
		commit = "unknown"
	}
	_, err := fmt.Printf("einwahl %s\ncommit  %s %s\ngo      %s %s/%s\ncodecs  %s, G.711, G.722\n",
		version(), commit, setting("vcs.time"), runtime.Version(), runtime.GOOS, runtime.GOARCH, opus.Version())
	return err
}
