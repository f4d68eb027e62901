package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/einwahl/einwahl/gateway/admin"
)

// apiTimeout bounds one request: the gateway is on this machine.
const apiTimeout = 10 * time.Second

// live is what the commands that talk to a running gateway take: the same
// file as the gateway, which says where it is and what its token is.
type live struct {
	file
}

// address is where a gateway on this machine is reached that listens there.
func address(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("admin.listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// ask sends one request to the gateway and reads its answer into into, unless
// that is nil.
func (l live) ask(ctx context.Context, method, path string, body, into any) error {
	c, err := l.load(os.Stderr)
	if err != nil {
		return err
	}
	token, made, err := admin.Token(c.Admin)
	if err != nil {
		return err
	}
	if made {
		return errors.New("want the gateway's token: admin.token_file in the same file, or " + admin.TokenVariable)
	}
	base, err := address(c.Admin.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	payload, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("ask %s: %w", base, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no gateway answers: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	return understand(answer, into)
}

// understand reads an answer: what was asked for, or in words why not.
func understand(answer *http.Response, into any) error {
	const largest = 16 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	if err != nil {
		return fmt.Errorf("read the gateway's answer: %w", err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		var wrong struct{ Error string }
		if json.Unmarshal(text, &wrong) != nil || wrong.Error == "" {
			return fmt.Errorf("the gateway answers %s", answer.Status)
		}
		if answer.StatusCode == http.StatusUnauthorized {
			return errors.New("the gateway has another token: want that of its admin.token_file, or of its " + admin.TokenVariable)
		}
		return errors.New(wrong.Error)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read the gateway's answer: %w", err)
	}
	return nil
}
