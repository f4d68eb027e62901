package sip

import (
	"context"
	"errors"
)

// validateSession checks how a trunk's calls are refreshed.
func (c TrunkConfig) validateSession() []error { return nil }

// Early lets the caller hear what is connected before the call is answered
// (183, RFC 3960), to say why it will not be. It returns when sound can flow, or
// why it cannot: the call may still be answered or refused then.
func (c *Call) Early(context.Context) error { return errors.New("no early media") }
