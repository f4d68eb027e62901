package media

import (
	"net"
	"net/netip"
	"slices"
)

// maxCandidates bounds how many addresses a browser is told of.
const maxCandidates = 8

// webAddresses finds the address to bind for a browser, and those under which
// it may reach us, the likeliest first. Unlike telephones, browsers try several.
func (e *Engine) webAddresses(c LegConfig) (bind netip.Addr, said []netip.Addr, err error) {
	bind, _, err = e.addresses(c)
	if err != nil {
		return bind, nil, err
	}
	public := c.Advertise.Unmap()
	if !public.IsValid() {
		public = e.said
	}
	if public.IsValid() {
		// The page and its SIP may come through a proxy on this machine; the
		// sound does not.
		if bind.IsLoopback() && !public.IsLoopback() || bind.Is4() != public.Is4() {
			bind = netip.IPv4Unspecified()
			if public.Is6() {
				bind = netip.IPv6Unspecified()
			}
		}
		return bind, []netip.Addr{public}, nil
	}
	if !bind.IsUnspecified() {
		return bind, []netip.Addr{bind}, nil
	}
	nearest, err := route(c.Signalling)
	if err != nil {
		return bind, nil, err
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return bind, nil, err
	}
	return bind, reachable(nearest, own, bind.Is4()), nil
}

// reachable orders this machine's addresses by how likely a browser reaches
// them: the one its SIP came to, then the others, without those that are good
// for one network cable or this machine only.
func reachable(nearest netip.Addr, own []net.Addr, only4 bool) []netip.Addr {
	list := []netip.Addr{nearest}
	for _, a := range own {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		address, _ := netip.AddrFromSlice(n.IP)
		address = address.Unmap()
		usable := address.IsGlobalUnicast() && (address.Is4() || !only4)
		if usable && !slices.Contains(list, address) && len(list) < maxCandidates {
			list = append(list, address)
		}
	}
	return list
}
