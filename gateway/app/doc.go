// Package app builds the gateway from its rooms and leads it from start to
// stop. It is the only package that knows all others.
package app
