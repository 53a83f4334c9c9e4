package app

import (
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// A project in each of its states meets every step by everybody.
func TestProject_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	done[ProjectResult](s.office, s.clerk, ProjectRegister{
		EIA: "e", Name: "line", Kind: permit.Expanded, Licence: s.buyer.licence.ID, Industry: "2319", Needs: []ProjectNeed{{Pollutant: vocs, Need: 4 * one}},
	})
	m := byTable(func(at permit.ProjectState, e permit.ProjectEvent) (permit.ProjectState, error) {
		return permit.Project{State: at}.Next(e)
	}, func(permit.ProjectState, permit.ProjectEvent) identity.Operation { return identity.ProjectStep })
	m.office, m.players, m.states, m.events = s.office, s.cast(s.buyer), permit.ProjectStates, permit.ProjectEvents
	m.state = func(o *office) permit.ProjectState { return storedRow(o, Projects, 1).State }
	m.command = func(o *office, _ permit.ProjectState, e permit.ProjectEvent) Command {
		c := ProjectStep{Project: 1, Event: e, Document: "d"}
		switch e { //nolint:exhaustive // the others name no needs
		case permit.Approve:
			c.Needs = []ProjectNeed{{Pollutant: vocs, Ratio: quantity.OneRatio, Basis: "b"}}
		case permit.Reduce:
			c.Needs = []ProjectNeed{{Pollutant: vocs, Need: storedRow(o, ProjectNeeds, 1).Need / 2}}
		}
		return c
	}
	m.ready = func(o *office, _ permit.ProjectState, e permit.ProjectEvent) {
		if e != permit.Complete {
			return
		}
		need := storedRow(o, ProjectNeeds, 1).Need
		done[OrderResult](o, s.seller.user, s.order(s.seller, market.Sell, need, 0))
		done[OrderResult](o, s.buyer.user, s.order(s.buyer, market.Buy, need, 1))
		done[AssignResult](o, o.leader, s.assign(1, need))
	}
	m.because = []*fault.Error{permit.ErrProjectStep}
	m.drive(t)
}

// A departure in each of its states meets every step by everybody.
func TestDeparture_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.firm(jiashan, 1)
	done[DepartureResult](k.office, k.leader, DepartureRecord{permit.Closure, f.licence.ID, today, "d"})
	m := byTable(func(at permit.DepartureState, e permit.DepartureEvent) (permit.DepartureState, error) {
		d, err := permit.Departure{State: at}.Next(e)
		return d.State, err
	}, func(permit.DepartureState, permit.DepartureEvent) identity.Operation { return identity.DepartureStep })
	m.office, m.players, m.states, m.events = k.office, k.cast(f), permit.DepartureStates, permit.DepartureEvents
	m.state = func(o *office) permit.DepartureState { return storedRow(o, Departures, 1).State }
	m.command = func(_ *office, _ permit.DepartureState, e permit.DepartureEvent) Command {
		return DepartureStep{1, e, "d"}
	}
	m.because = []*fault.Error{permit.ErrDepartureState}
	m.drive(t)
}

// renewing is the machine of a renewal that is paid for or not.
func renewing(t *testing.T, price quantity.Price) {
	t.Helper()
	s := openTermSite(t)
	origin := ledger.Paid
	if price == 0 {
		origin = ledger.Free
	}
	s.grant(origin, 10*one)
	s.apply(origin, 10*one)
	of := func(o *office) *termSite {
		k := *s.dealDesk
		k.office = o
		return &termSite{site: &site{dealDesk: &k, seller: s.seller, buyer: s.buyer}, old: s.old, next: s.next, holder: s.holder}
	}
	body := func(p player) permit.Body {
		switch {
		case p == registry:
			return permit.AsSystem
		case p.isAway:
			return ""
		}
		return map[identity.Role]permit.Body{
			identity.Enterprise: permit.AsHolder, identity.BureauClerk: permit.AsClerk, identity.BureauLeader: permit.AsLeader,
		}[p.role]
	}
	now := func(o *office) permit.Renewal { return storedRow(o, Renewals, 1) }
	states := permit.RenewalStates
	if price == 0 {
		states = []permit.RenewalState{permit.RenewalPublished, permit.RenewalReady, permit.RenewalJoined}
	}
	machine[permit.RenewalState, permit.RenewalEvent]{
		office: s.office, players: s.cast(s.holder), states: states, events: permit.RenewalEvents,
		next: func(at permit.RenewalState, e permit.RenewalEvent, p player) (permit.RenewalState, error) {
			as := body(p)
			if e == permit.PayRenewal && p == registry {
				as = permit.AsFinance // by its notice
			}
			to, _, err := permit.Renewal{State: at}.Next(e, price > 0, as)
			return to, err
		},
		takes: func(at permit.RenewalState, e permit.RenewalEvent, p player) bool { return body(p) != "" },
		command: func(o *office, _ permit.RenewalState, e permit.RenewalEvent) Command {
			k := of(o)
			switch e { //nolint:exhaustive // the others name no more
			case permit.VerifyRenewal:
				return k.verified(now(o), 10*one)
			case permit.PublishRenewal:
				return k.published(now(o))
			case permit.DecideRenewal:
				return k.decided(now(o), price)
			}
			return RenewalStep{Renewal: 1, Event: e, Document: "d", Note: "n", Price: price}
		},
		ready: func(o *office, _ permit.RenewalState, e permit.RenewalEvent) {
			if e == permit.DecideRenewal {
				of(o).pass(now(o).PublicUntil.AddDays(1))
			}
		},
		passes: map[permit.RenewalEvent]func(*office, permit.RenewalState) bool{
			permit.PayRenewal:   func(o *office, _ permit.RenewalState) bool { of(o).pay(now(o)); return true },
			permit.JoinRenewal:  func(o *office, _ permit.RenewalState) bool { of(o).pass(20271001); return true },
			permit.LapseRenewal: func(o *office, _ permit.RenewalState) bool { of(o).pass(now(o).DueOn.AddDays(1)); return true },
		},
		state:   func(o *office) permit.RenewalState { return now(o).State },
		because: []*fault.Error{permit.ErrRenewalStep, permit.ErrRenewalBody},
	}.drive(t)
}

// A renewal in each of its states meets every step by everybody, where it is
// paid for and where it is not.
func TestRenewal_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	t.Run("paid for", func(t *testing.T) { t.Parallel(); renewing(t, 1000*quantity.OnePrice) })
	t.Run("free", func(t *testing.T) { t.Parallel(); renewing(t, 0) })
}
