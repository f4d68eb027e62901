package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/app"
	"github.com/einwahl/einwahl/gateway/config"
)

// runCommand is `einwahl run`.
type runCommand struct {
	file
}

// Run leads the gateway until a signal ends it. HUP reads the file again; a
// second signal to end hurries.
func (r runCommand) Run(ctx context.Context) error {
	c, err := r.load(os.Stderr)
	if err != nil {
		return err
	}
	log := newLog(c.Log)
	hint(c, log)
	if err := goFirst(); err != nil {
		log.Info().Err(err).Msg("sound may be late while other programs of this machine have much to do: LimitNICE=-10 in the unit of systemd, or --ulimit nice=30 of docker, lets the gateway go before them")
	}
	// From here on: until somebody listens, HUP would end the program.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	term := make(chan os.Signal, 1)
	signal.Notify(term, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(term)
	token, made, err := admin.Token(c.Admin)
	if err != nil {
		return err
	}
	gateway, err := app.New(c, app.Options{Log: log, Version: version(), Token: token})
	if err != nil {
		return err
	}
	// Whatever ends the gateway ends what waits beside it.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go keepLittleGarbage(ctx)
	go r.welcome(ctx, gateway, c, token, made, log)
	go r.reloads(ctx, hup, gateway, log)
	over := make(chan struct{})
	defer close(over)
	go hurries(over, term, gateway)
	return gateway.Run(ctx)
}

// hurries counts the signals that end the gateway. The first lets calls run on
// for a while; with the second callers are told at once.
func hurries(over <-chan struct{}, term <-chan os.Signal, gateway *app.App) {
	for n := 1; ; n++ {
		select {
		case <-over:
			return
		case <-term:
		}
		if n > 1 {
			gateway.Hurry()
		}
	}
}

// reloads reads the file again on each HUP. A file with a mistake changes
// nothing, and each mistake is told.
func (r runCommand) reloads(ctx context.Context, hup <-chan os.Signal, gateway *app.App, log zerolog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		if r.Config == "" {
			log.Warn().Msg("nothing to read again: the gateway runs on its built-in sample")
			continue
		}
		c, err := config.Load(r.Config)
		if err == nil {
			err = gateway.Reload(c)
		}
		var mistakes config.Mistakes
		switch {
		case errors.As(err, &mistakes):
			for _, m := range mistakes {
				log.Error().Msg(m.String())
			}
			log.Error().Int("mistakes", len(mistakes)).Str("file", r.Config).Msg("file not taken, nothing has changed")
			continue
		case err != nil:
			log.Error().Err(err).Str("file", r.Config).Msg("file not taken, nothing has changed")
			continue
		}
		zerolog.SetGlobalLevel(c.Log.Threshold())
		hint(c, log)
	}
}

// hint logs what the operator will hardly have meant, and what callers would hardly
// expect.
func hint(c config.Config, log zerolog.Logger) {
	for _, words := range append(c.Hints(time.Now()), unexpected(c)...) {
		log.Warn().Msg(words)
	}
}

// unexpected is what callers would hardly expect.
func unexpected(c config.Config) []string { return append(c.Clear(), c.Surprises()...) }

// newLog writes for people on a terminal, and for machines elsewhere. The level
// is global, so that a reload can change it.
func newLog(c config.Log) zerolog.Logger {
	zerolog.SetGlobalLevel(c.Threshold())
	zerolog.ErrorFieldName = "err"
	zerolog.DurationFieldUnit = time.Second
	log := zerolog.New(os.Stderr)
	if c.Format == "console" || c.Format == "auto" && isTerminal(os.Stderr) {
		log = zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly})
	}
	return log.With().Timestamp().Logger()
}
