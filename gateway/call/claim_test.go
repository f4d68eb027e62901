package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
)

func hostPIN(m *conference.State) { m.HostPIN = true }

func TestTheHostWhoIsWaitedFor(t *testing.T) {
	held := after(atDoor(openMeeting(noHost, hostPIN)), spoken{})
	tried := after(held, keys("815#")...)
	wrong := claimed{err: conference.ErrWrongPIN}
	host := claimed{identity: conference.Identity{Host: true}}
	paid := expired{patience}
	thrice := append(append(append(keys("1#"), wrong, paid), append(keys("2#"), wrong, paid)...), append(keys("3#"), wrong)...)
	checkSteps(t, []step{
		{"who waits hears how a host gets in", after(provedTo(conference.Identity{}), changed{openMeeting(noHost, hostPIN)}), spoken{}, holding, "testify notice informed; arm bound 10s; say wait.host wait.host.pin; arm bound 9m30s; arm reminder 1m30s"},
		{"a key of the PIN stops the words", atDoor(openMeeting(noHost, hostPIN)), digit{key: '8'}, holding, "hush; arm patience 5s"},
		{"hash ends the PIN", after(held, keys("815")...), digit{key: '#'}, holding, "proveHost"},
		{"so does a pause", after(held, keys("815")...), expired{patience}, holding, "proveHost"},
		{"star begins it anew", after(held, keys("815*")...), digit{key: '#'}, holding, ""},
		{"the privacy notice is still there", after(held, digit{key: '*'}), digit{key: '0'}, holding, "say privacy.long"},
		{"the right PIN visits as host", tried, host, visiting, "arm bound 10s; depart; visit"},
		{"and opens the seat", after(tried, host, visited{}), changed{openMeeting(hostPIN)}, opening, "note admit open; arm bound 10s; open"},
		{"a wrong PIN costs time", tried, wrong, holding, "arm patience 1s"},
		{"and is told", after(tried, wrong), paid, holding, "say wrong wait.host.pin"},
		{"keys while it is looked up are lost", after(tried, keys("9")...), digit{key: '#'}, holding, ""},
		{"and while it costs time", after(tried, append(append([]event{wrong}, keys("9")...), digit{key: '#'})...), paid, holding, "say wrong wait.host.pin"},
		{"the second costs twice as much", after(tried, append([]event{wrong, paid}, keys("9#")...)...), wrong, holding, "arm patience 2s"},
		{"the third wrong PIN ends the call", after(held, thrice...), paid, leaving, "leave; say wrong.last goodbye lead.out; arm bound 45s"},
		{"a service that does not answer is a fault", tried, claimed{err: conference.ErrUnavailable}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"an answer that comes when the host is there means nothing", after(tried, changed{openMeeting(hostPIN)}), host, opening, ""},
		{"where no PIN makes a host, keys mean nothing", atDoor(openMeeting(noHost)), digit{key: '8'}, holding, ""},
		{"nor do they in the lobby", atDoor(openMeeting(lobby, hostPIN)), digit{key: '8'}, holding, ""},
	})
}

func TestAHostComesByTelephone(t *testing.T) {
	st := play(t, openMeeting(noHost, hostPIN), func(st *stage) {
		st.meeting.pins["815815"] = conference.Identity{Host: true}
		join(st)
		st.press("4711#")
		time.Sleep(10 * time.Second)
		st.press("815815#")
		time.Sleep(20 * time.Second)
	})
	st.order("visit", "decided wait no_host", "hears wait.host", "hears wait.host.pin", "hears wrong", "left", "visit", "decided admit open", "open", "hears enter")
	st.never("decided refuse")
}
