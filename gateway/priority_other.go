//go:build !linux

package main

// goFirst does nothing: the operator's tools set priorities there.
func goFirst() error { return nil }
