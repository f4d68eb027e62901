package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"
)

// healthCommand is `einwahl health`.
type healthCommand struct {
	file
}

// Run asks the gateway of the same file, on this machine, whether it is well.
func (h healthCommand) Run(ctx context.Context) error {
	c, err := h.load(os.Stderr)
	if err != nil {
		return err
	}
	base, err := address(c.Admin.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	url := base + "/healthz"
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return fmt.Errorf("not well: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not well: %s answers %s", url, answer.Status)
	}
	return nil
}
