package sip

import (
	"errors"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/media"
)

const (
	noUpdate = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS"
	update   = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE"
)

// Teams: Session-Expires 3600, Min-SE 300, no UPDATE.
func TestTheCallerRefreshesTwoHoursByReinvite(t *testing.T) {
	bubble(t, 30*time.Minute, takeAndWait, func(c *caller) {
		res := c.call("Supported: timer", "Session-Expires: 3600;refresher=uac", "Min-SE: 300", noUpdate)
		wantHeader(t, res, "Session-Expires", "3600;refresher=uac")
		wantHeader(t, res, "Require", "timer")
		call := <-c.calls
		for range 4 {
			if !c.silent(30 * time.Minute) {
				t.Fatal("the gateway spoke in between")
			}
			c.request("INVITE", "Supported: timer", "Session-Expires: 3600;refresher=uac", "body")
			wantHeader(t, c.wants(200), "Session-Expires", "3600;refresher=uac")
			c.request("ACK")
		}
		if call.Err() != nil {
			t.Fatalf("the call has ended: %v", call.Err())
		}
		begun := time.Now()
		bye := c.asks(sipmsg.BYE)
		if waited := time.Since(begun); waited != time.Hour-32*time.Second {
			t.Errorf("BYE after %v", waited)
		}
		if got := header(bye, "Reason"); !strings.HasPrefix(got, "Q.850;cause=102;") {
			t.Errorf("Reason: %s", got)
		}
		c.answer(bye, 200)
		if <-call.Done(); !errors.Is(call.Err(), ErrExpired) {
			t.Errorf("ended with %v", call.Err())
		}
	})
}

func TestTheGatewayRefreshesTwoHours(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string
		method  sipmsg.RequestMethod
		every   time.Duration
		want    string
	}{
		{"by re-INVITE, as the caller wants", []string{"Supported: timer", "Session-Expires: 3600;refresher=uas", noUpdate}, sipmsg.INVITE, 30 * time.Minute, "3600;refresher=uas"},
		{"by UPDATE where the caller takes it", []string{"k: timer", "x: 600; refresher=uas", update}, sipmsg.UPDATE, 5 * time.Minute, "600;refresher=uas"},
		{"a caller who knows no timers", []string{noUpdate}, sipmsg.INVITE, 15 * time.Minute, "1800;refresher=uas"},
		{"a caller whose proxy knows them", []string{"Session-Expires: 60", update}, sipmsg.UPDATE, 45 * time.Second, "90;refresher=uas"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 30*time.Minute, takeAndWait, func(c *caller) {
				res := c.call(tt.headers...)
				wantHeader(t, res, "Session-Expires", tt.want)
				wantHeader(t, res, "Require", "")
				began, last := time.Now(), uint32(0)
				for time.Since(began) < 2*time.Hour {
					before := time.Now()
					req := c.asks(tt.method)
					if waited := time.Since(before); waited != tt.every {
						t.Fatalf("refreshed after %v, want %v", waited, tt.every)
					}
					if req.CSeq().SeqNo <= last {
						t.Errorf("CSeq %d after %d", req.CSeq().SeqNo, last)
					}
					last = req.CSeq().SeqNo
					wantHeader(t, req, "Session-Expires", strings.Replace(tt.want, "uas", "uac", 1))
					wantHeader(t, req, "Supported", "100rel, timer")
					if tt.method == sipmsg.INVITE && string(req.Body()) != string(res.Body()) {
						t.Errorf("another session: %q", req.Body())
					}
					if tt.method == sipmsg.UPDATE && len(req.Body()) > 0 {
						t.Error("UPDATE with a session")
					}
					c.answer(req, 200, "Contact: <sip:ua@10.0.0.9>")
					if tt.method == sipmsg.INVITE {
						if ack := c.asks(sipmsg.ACK); ack.CSeq().SeqNo != last {
							t.Errorf("ACK of %d, want %d", ack.CSeq().SeqNo, last)
						}
					}
				}
				if call := <-c.calls; call.Err() != nil {
					t.Errorf("ended with %v", call.Err())
				}
			})
		})
	}
}

func TestNobodyRefreshesWhereNobodyWantsIt(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		wantHeader(t, c.call("Supported: timer"), "Session-Expires", "")
		if !c.silent(12 * time.Hour) {
			t.Error("the gateway spoke")
		}
	})
	bubble(t, 0, takeAndWait, func(c *caller) {
		wantHeader(t, c.call("Supported: timer", "Session-Expires: 300"), "Session-Expires", "300;refresher=uac")
		if !c.silent(4 * time.Minute) {
			t.Error("the gateway spoke")
		}
		c.asks(sipmsg.BYE)
	})
}

func TestTheCallerIsAskedToRefreshWhereTheyCan(t *testing.T) {
	bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
		res := c.call("Supported: timer", "Min-SE: 900")
		wantHeader(t, res, "Session-Expires", "900;refresher=uac")
		wantHeader(t, res, "Require", "timer")
		// UPDATE without a session will do, and the roles may change with it.
		time.Sleep(5 * time.Minute)
		c.request("UPDATE", "Supported: timer", "Session-Expires: 1200;refresher=uas")
		wantHeader(t, c.wants(200), "Session-Expires", "1200;refresher=uas")
		req := c.asks(sipmsg.INVITE)
		c.answer(req, 200, "Supported: timer", "Require: timer", "Session-Expires: 1200;refresher=uas", "Contact: <sip:ua@10.0.0.9>")
		c.asks(sipmsg.ACK)
		if !c.silent(19 * time.Minute) {
			t.Error("the gateway refreshes what the caller has taken over")
		}
		c.asks(sipmsg.BYE)
	})
}

func TestIntervalsThatAreTooSmall(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.request("INVITE", "Supported: timer", "Session-Expires: 89", "body")
		wantHeader(t, c.wants(422), "Min-SE", "90")
		for _, nonsense := range []string{"soon", "0", "-1", ""} {
			c.request("INVITE", "Session-Expires: "+nonsense, "body")
			c.wants(400)
		}
		wantHeader(t, c.call("Supported: timer", "Session-Expires: 90"), "Session-Expires", "90;refresher=uac")
		c.request("UPDATE", "Supported: timer", "Session-Expires: 30")
		wantHeader(t, c.wants(422), "Min-SE", "90")
	})
}

func TestOurIntervalIsTooSmallForSomebody(t *testing.T) {
	bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
		c.call(noUpdate)
		req := c.asks(sipmsg.INVITE)
		wantHeader(t, req, "Min-SE", "")
		c.answer(req, 422, "Min-SE: 1800")
		c.asks(sipmsg.ACK)
		req = c.asks(sipmsg.INVITE)
		wantHeader(t, req, "Session-Expires", "1800;refresher=uac")
		wantHeader(t, req, "Min-SE", "1800")
		c.answer(req, 422, "Min-SE: 1800") // again, which makes no sense
		c.asks(sipmsg.ACK)
		if !c.silent(time.Minute) {
			t.Error("the gateway insists")
		}
	})
}

func TestARefreshThatFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int // 0: no answer
		within time.Duration
		ends   bool
	}{
		{"unknown call", 481, time.Second, true},
		{"a proxy gives up", 408, time.Second, true},
		{"nobody answers", 0, 33 * time.Second, true},
		{"requests met", 491, 2 * time.Second, false},
		{"no wish to", 488, 10 * time.Minute, false},
		{"too busy", 503, 10 * time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
				c.call(noUpdate)
				req := c.asks(sipmsg.INVITE)
				call := <-c.calls
				begun := time.Now()
				var m sipmsg.Message
				if tt.status != 0 {
					c.answer(req, tt.status)
					c.asks(sipmsg.ACK)
				}
				for m = c.next(); tt.status == 0 && m.(*sipmsg.Request).Method == sipmsg.INVITE; m = c.next() {
				}
				if waited := time.Since(begun); waited > tt.within {
					t.Errorf("nothing for %v", waited)
				}
				method := m.(*sipmsg.Request).Method
				if tt.ends != (method == sipmsg.BYE) || tt.ends != (call.Err() != nil) {
					t.Errorf("then %s, %v", method, call.Err())
				}
				if !tt.ends {
					c.answer(m.(*sipmsg.Request), 200)
					c.asks(sipmsg.ACK)
				}
			})
		})
	}
}

func TestUpdateThatTheCallerRefusesBecomesAReinvite(t *testing.T) {
	bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
		c.call(update)
		c.answer(c.asks(sipmsg.UPDATE), 405, noUpdate)
		c.answer(c.asks(sipmsg.INVITE), 200)
		c.asks(sipmsg.ACK)
		c.answer(c.asks(sipmsg.INVITE), 200)
	})
}

func TestALostAckIsSentAgain(t *testing.T) {
	for _, status := range []int{200, 488} {
		bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
			c.call(noUpdate)
			req := c.asks(sipmsg.INVITE)
			for range 3 {
				c.answer(req, status, "Contact: <sip:ua@10.0.0.9>")
				ack := c.asks(sipmsg.ACK)
				branch := func(m sipmsg.Message) string { return m.Via().Params.GetOr("branch", "") }
				if same := branch(ack) == branch(req); same == (status == 200) {
					t.Errorf("ACK of %d: same branch is %v", status, same)
				}
				time.Sleep(time.Second)
			}
		})
	}
}

func TestRequestsThatMeet(t *testing.T) {
	bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
		c.call(noUpdate)
		req := c.asks(sipmsg.INVITE)
		c.request("INVITE", "body")
		c.wants(491)
		c.request("UPDATE", "body")
		c.wants(491)
		c.request("UPDATE")
		c.wants(200)
		c.answer(req, 200)
		c.asks(sipmsg.ACK)
		c.request("INVITE", "body")
		c.wants(200)
		c.request("ACK")
	})
}

func TestTheEndOfACallThatIsBeingRefreshed(t *testing.T) {
	t.Run("BYE of ours", func(t *testing.T) {
		bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
			c.call(noUpdate)
			req := c.asks(sipmsg.INVITE)
			call := <-c.calls
			call.Hangup(causeNormal)
			bye := c.asks(sipmsg.BYE)
			c.answer(req, 487)
			c.asks(sipmsg.ACK)
			c.answer(bye, 200)
		})
	})
	t.Run("BYE of theirs", func(t *testing.T) {
		bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
			c.call(noUpdate)
			req := c.asks(sipmsg.INVITE)
			c.request("BYE")
			c.wants(200)
			c.answer(req, 487)
			c.asks(sipmsg.ACK)
			call := <-c.calls
			<-call.Done()
			if !errors.Is(call.Err(), ErrCallerGone) {
				t.Errorf("ended with %v", call.Err())
			}
		})
	})
}

func TestValidateSession(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*TrunkConfig)
		want   string
	}{
		{"as it is", func(*TrunkConfig) {}, ""},
		{"never", func(c *TrunkConfig) { c.SessionExpires = 0 }, ""},
		{"too often", func(c *TrunkConfig) { c.SessionExpires = time.Minute }, "session_expires: want 0 or 1m30s"},
		{"from one address only", func(c *TrunkConfig) { c.Requests = "strict" }, ""},
		{"from nowhere", func(c *TrunkConfig) { c.Requests = "maybe" }, `requests: "maybe" is none of trunk, strict`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := trunkOf("a", "10.0.0.1")
			tt.change(&c)
			switch err := c.Validate(); {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func FuzzPropose(f *testing.F) {
	f.Add("3600;refresher=uac", "300", "timer")
	f.Add("99999999999999999999", "-1", ",,timer")
	f.Fuzz(func(t *testing.T, expires, least, supported string) {
		m := sipmsg.NewRequest(sipmsg.INVITE, sipmsg.Uri{})
		m.AppendHeader(sipmsg.NewHeader("Session-Expires", expires))
		m.AppendHeader(sipmsg.NewHeader("Min-SE", least))
		m.AppendHeader(sipmsg.NewHeader("Supported", supported))
		p, err := propose(m)
		if err != nil {
			return
		}
		k := keeping{}.asked(p, 0)
		if k.interval != 0 && (k.interval < leastExpires || k.end() < 0 || k.due() < 0 || k.end() >= k.interval) {
			t.Errorf("%+v of %+v", k, p)
		}
	})
}

// Some registrars want our password for what we ask inside a call.
func TestATrunkThatWantsOurPasswordInsideACall(t *testing.T) {
	account := DefaultRegisterConfig()
	account.Server, account.User, account.Password = "sip:10.0.0.9", "en", "secret"
	for _, tt := range []struct {
		name          string
		status        int
		ask, answered string
	}{
		{"the registrar", 401, "WWW-Authenticate", "Authorization"},
		{"its proxy", 407, "Proxy-Authenticate", "Proxy-Authorization"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
				trunk := trunkOf("carrier", "10.0.0.0/24")
				trunk.SessionExpires, trunk.Register = 10*time.Minute, []RegisterConfig{account}
				c.server.gate.set([]TrunkConfig{trunk})
				challenge := tt.ask + `: Digest realm="carrier", nonce="n", qop="auth"`
				c.call(noUpdate)
				req := c.asks(sipmsg.INVITE)
				wantHeader(t, req, tt.answered, "")
				c.answer(req, tt.status, challenge)
				c.asks(sipmsg.ACK)
				req = c.asks(sipmsg.INVITE)
				if got := header(req, tt.answered); !strings.Contains(got, `username="en"`) {
					t.Errorf("%s: %q", tt.answered, got)
				}
				c.answer(req, 200)
				wantHeader(t, c.asks(sipmsg.ACK), tt.answered, header(req, tt.answered))
				call := <-c.calls
				call.Hangup(causeNormal)
				for range 2 { // one that insists is let be
					bye := c.asks(sipmsg.BYE)
					c.answer(bye, tt.status, challenge)
				}
				if !c.silent(time.Hour) {
					t.Error("the gateway insists")
				}
			})
		})
	}
}

// A change that was refused takes nothing away from what a refresh repeats.
func TestARefreshAfterAChangeThatWasRefused(t *testing.T) {
	bubble(t, 10*time.Minute, takeAndWait, func(c *caller) {
		c.call(noUpdate)
		c.fits = media.ErrNothingFits
		c.request("INVITE", "body")
		c.bows(c.wants(488))
		if got := string(c.asks(sipmsg.INVITE).Body()); got != plainAnswer {
			t.Errorf("refreshed with %q, want %q", got, plainAnswer)
		}
	})
}
