package siptest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Without names what a machine is meant to lack, with commas between: ipv6, 127.0.0.2.
const Without = "EINWAHL_TEST_WITHOUT"

// Lacks ends a test that needs an address of loopback, or IPv6 where that is an IPv6
// one, which this machine does not have, as err tells. It fails, and says what to do,
// unless the machine is meant to be without.
func Lacks(t testing.TB, address string, err error) {
	t.Helper()
	what, remedy := address, "ip address add "+address+"/8 dev lo"
	if strings.Contains(address, ":") {
		what, remedy = "ipv6", "sysctl net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0; of a container with --sysctl"
	}
	if slices.Contains(strings.Split(os.Getenv(Without), ","), what) {
		t.Skipf("without %s, as is meant: %v", what, err)
	}
	t.Fatalf("this machine has no %s: %v\nswitch it on: %s\nor, if that is meant, run the tests with %s=%s", what, err, remedy, Without, what)
}
