// Package conferencetest proves that a conference service keeps the promises
// of package conference. Every backend passes the same suite; a fake that
// passes it too stands in for them in the tests of the rooms that only use a
// conference.
package conferencetest
