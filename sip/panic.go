package sip

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/rs/zerolog"
)

// errOurs is what a mistake of our own looks like to who has asked.
var errOurs = errors.New("a mistake of the gateway: see the log")

// panicked tells of a panic: it costs what is named and nothing else.
func (s *Server) panicked(log *zerolog.Logger, r any, lost string) {
	s.counts.panics.Add(1)
	log.Error().Str("panic", text(fmt.Sprint(r))).Bytes("stack", debug.Stack()).Msg(lost + " lost to a panic")
}

// survive makes an error of a panic, so that neither a caller nor a registrar
// ends the calls of others. It is deferred.
func (s *Server) survive(err *error, lost string) {
	if r := recover(); r != nil {
		s.panicked(&s.log, r, lost)
		*err = errOurs
	}
}
