package config

import "github.com/einwahl/einwahl/gateway/call"

// Surprises are what callers from elsewhere would hardly expect to be done with
// their data, or not to be told of it: each begins with its key.
func (c Config) Surprises() (all []string) {
	if c.listensHereOnly() {
		return nil
	}
	if c.Privacy.CallerNumber == call.NumberFull {
		all = append(all, "privacy.caller_number: everybody in a meeting sees the whole number of who calls: masked shows its beginning")
	}
	if c.Privacy.Controller.Empty() {
		all = append(all, "privacy.controller: the notice names nobody who is responsible for the data of callers (GDPR Art. 13)")
	}
	return all
}
