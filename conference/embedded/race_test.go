//go:build race

package embedded

const raced = true // the race detector has pools forget some of what they are given
