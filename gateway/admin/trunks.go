package admin

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Registration is one account of the gateway's own with a trunk.
type Registration struct {
	User    string     `json:"user"`
	Server  string     `json:"server"`
	State   string     `json:"state"` // registering, registered, failed, stopped
	Since   time.Time  `json:"since"`
	Expires *time.Time `json:"expires,omitempty"` // while the registrar knows us
	Error   string     `json:"error,omitempty"`
}

// Peer is whether a peer of a trunk answers OPTIONS.
type Peer struct {
	Address string    `json:"address"`
	State   string    `json:"state"` // reachable, unreachable, unknown
	Since   time.Time `json:"since"`
	Error   string    `json:"error,omitempty"`
}

// trunkStates shows as metrics which accounts are registered and which peers
// answer. Accounts are numbered as in the file: their names are often telephone
// numbers.
type trunkStates struct {
	list                  func() []Trunk
	registered, reachable *prometheus.Desc
}

// WatchTrunks adds the state of the trunks, asked for each time anew.
func (m *Metrics) WatchTrunks(list func() []Trunk) {
	m.registry.MustRegister(trunkStates{
		list: list,
		registered: prometheus.NewDesc("einwahl_trunk_registered",
			"1 while the registrar of an account knows the gateway; account is its place in register.", []string{"trunk", "account"}, nil),
		reachable: prometheus.NewDesc("einwahl_trunk_peer_reachable",
			"1 while a peer answers OPTIONS, where ping of the trunk asks.", []string{"trunk", "peer"}, nil),
	})
}

// Describe is part of prometheus.Collector.
func (s trunkStates) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.registered
	ch <- s.reachable
}

// Collect is part of prometheus.Collector.
func (s trunkStates) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, holds bool, labels ...string) {
		value := 0.0
		if holds {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, t := range s.list() {
		for i, r := range t.Registrations {
			send(s.registered, r.State == "registered", t.Name, strconv.Itoa(i))
		}
		for i, p := range t.Reachable {
			if !twice(t.Reachable[:i], p.Address) {
				send(s.reachable, p.State == "reachable", t.Name, p.Address)
			}
		}
	}
}

// twice reports whether an address was there before: two accounts may have one
// server.
func twice(before []Peer, address string) bool {
	for _, p := range before {
		if p.Address == address {
			return true
		}
	}
	return false
}
