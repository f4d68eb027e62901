package records

import (
	"context"
	"errors"

	"github.com/rs/zerolog"
)

// Alone does something with records that no gateway has open, and closes them:
// all that is appended lasts when it returns nil.
func Alone(ctx context.Context, c Config, log zerolog.Logger, do func(*Book) error) error {
	b, err := Open(c, log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	err = do(b)
	stop()
	return errors.Join(err, <-done, b.Close())
}
