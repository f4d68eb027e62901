// Package digits makes the numbers and PINs of meetings out of chance, and
// tells of those that somebody has chosen whether anybody would try them first.
package digits

import (
	"errors"
	"fmt"
	"io"
)

const (
	// MinNumber and MaxNumber bound a number that is made. With ten digits and a
	// thousand meetings, one in ten million guesses finds one; its PIN comes on top.
	MinNumber, MaxNumber = 9, 11
	// MinPIN is the least number of digits of a PIN that is made or chosen.
	MinPIN = 6
	// mostTries bounds how often chance may come up with a pattern: at one in
	// twenty, so many in a row are no chance.
	mostTries = 1000
)

var errNoChance = errors.New("the source of chance repeats itself")

// Number makes a meeting number: n random digits without a pattern, the first of
// them not 0, so that none is lost where it is taken for a quantity. random is
// crypto/rand.Reader but in tests.
func Number(random io.Reader, n int) (string, error) {
	return draw(random, n, func(s string) bool { return s[0] != '0' && Pattern(s) == "" })
}

// PIN makes a PIN of n random digits without a pattern, which is no part of the
// number and none of those that are taken.
func PIN(random io.Reader, n int, number string, taken ...string) (string, error) {
	return draw(random, n, func(s string) bool {
		for _, other := range taken {
			if s == other {
				return false
			}
		}
		return WeakPIN(s, number) == ""
	})
}

// draw draws digits until they are good. Each good row is as likely as any other.
func draw(random io.Reader, n int, good func(string) bool) (string, error) {
	for range mostTries {
		s, err := row(random, n)
		if err != nil {
			return "", err
		}
		if good(s) {
			return s, nil
		}
	}
	return "", errNoChance
}

// row draws n digits. Bytes from 250 on are left out, or digits below 6 would be
// more likely.
func row(random io.Reader, n int) (string, error) {
	const even = 250
	var s []byte
	buffer := make([]byte, 2*n)
	for tries := 0; len(s) < n; tries++ {
		if tries == mostTries {
			return "", errNoChance
		}
		if _, err := io.ReadFull(random, buffer); err != nil {
			return "", fmt.Errorf("draw digits: %w", err)
		}
		for _, b := range buffer {
			if b < even && len(s) < n {
				s = append(s, '0'+b%10)
			}
		}
	}
	return string(s), nil
}
