//go:build race

package media

const raced = true // the race detector allocates
