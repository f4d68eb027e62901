package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/einwahl/einwahl/gateway/config"
)

// file is the operator's file, as each command that needs it takes it.
type file struct {
	Config string `short:"c" type:"path" placeholder:"FILE" env:"EINWAHL_CONFIG" help:"The operator's file. Without it: the built-in sample."`
}

// load reads the file, or takes the sample. Mistakes are written to w, one a
// line, and errTold is returned.
func (f file) load(w io.Writer) (config.Config, error) {
	if f.Config == "" {
		return config.Sample(), nil
	}
	c, err := config.Load(f.Config)
	var mistakes config.Mistakes
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			_, _ = fmt.Fprintln(w, m)
		}
		_, _ = fmt.Fprintf(w, "%s: %s\n", f.Config, count(len(mistakes), "mistake", "mistakes"))
		return config.Config{}, errTold
	}
	return c, err
}

func count(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// isTerminal reports whether somebody looks at f.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
