package app

import (
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// freezeMachine is the machine of a freeze, which begins on a day to come or as an
// emergency.
func freezeMachine(k *dealDesk, f, buyer firm) machine[encumbrance.State, encumbrance.Event] {
	m := byTable(func(at encumbrance.State, e encumbrance.Event) (encumbrance.State, error) {
		to, err := encumbrance.Next(at, e, encumbrance.AsOfficer)
		if err != nil {
			to, err = encumbrance.Next(at, e, encumbrance.AsSystem)
		}
		return to, err
	}, func(_ encumbrance.State, e encumbrance.Event) identity.Operation {
		return map[encumbrance.Event]identity.Operation{
			encumbrance.Confirm: identity.FreezeConfirm, encumbrance.Extend: identity.FreezeExtend, encumbrance.Sell: identity.FreezeSell,
			encumbrance.Release: identity.FreezeRelease,
		}[e]
	})
	to := func(day calendar.Date) func(*office, encumbrance.State) bool {
		return func(o *office, _ encumbrance.State) bool { o.now.set(day.Start()); return true }
	}
	sell := func(q quantity.Quantity) Command {
		return FreezeSell{Freeze: 1, BuyerLicence: buyer.licence.ID, Quantity: q, Amount: 88_000_00, Document: "（2026）浙0421执1号"}
	}
	m.office, m.players, m.events = k.office, k.cast(f), encumbrance.Events
	m.state = func(o *office) encumbrance.State { return storedRow(o, Freezes, 1).State }
	m.command = func(_ *office, _ encumbrance.State, e encumbrance.Event) Command {
		switch e { //nolint:exhaustive // nobody asks for the others
		case encumbrance.Confirm:
			return FreezeConfirm{1, "d"}
		case encumbrance.Extend:
			return FreezeExtend{1, 0, "d"}
		case encumbrance.Sell:
			return sell(one)
		case encumbrance.Release:
			return FreezeRelease{1, "d"}
		}
		return nil
	}
	m.passes = map[encumbrance.Event]func(*office, encumbrance.State) bool{
		encumbrance.Start:   to(20260703),
		encumbrance.Lapse:   to(20260703),
		encumbrance.Expire:  to(20260711),
		encumbrance.Exhaust: func(o *office, _ encumbrance.State) bool { o.does(o.leader, sell(4*one)); return true },
		encumbrance.End: func(o *office, at encumbrance.State) bool {
			if at == encumbrance.Active {
				o.does(o.leader, FreezeExtend{1, 0, "d"})
				o.now.set(calendar.Date(20310701).Start())
			}
			return at == encumbrance.Active
		},
	}
	m.because = []*fault.Error{encumbrance.ErrState}
	return m
}

// A freeze in each of its states meets every event by everybody.
func TestFreeze_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*dealDesk, firm, firm, FreezeTerms) {
		t.Helper()
		k := openTermDesk(t)
		f, buyer := k.seller(jiashan, 1, 10*one), k.firm(jiashan, 2)
		terms := freezing(f, k.inst.Code, "a", 4*one)
		terms.EndsOn = 20260710
		return k, f, buyer, terms
	}
	t.Run("by order", func(t *testing.T) {
		t.Parallel()
		k, f, buyer, terms := open(t)
		done[FreezeResult](k.office, k.clerk, FreezePlace{FreezeTerms: terms, StartsOn: 20260703})
		m := freezeMachine(k, f, buyer)
		m.states = []encumbrance.State{
			encumbrance.Pending, encumbrance.Active, encumbrance.Released, encumbrance.Expired, encumbrance.Enforced, encumbrance.Ended,
		}
		m.drive(t)
	})
	t.Run("in an emergency", func(t *testing.T) {
		t.Parallel()
		k, f, buyer, terms := open(t)
		done[FreezeResult](k.office, k.clerk, FreezeEmergency{terms})
		m := freezeMachine(k, f, buyer)
		m.states = []encumbrance.State{encumbrance.Emergency, encumbrance.Lapsed}
		m.drive(t)
	})
}

// bodyIn is on whose behalf a player acts in a lease or pledge: a body that he
// is by person, or the bureau.
func bodyIn(p player, persons map[int64]encumbrance.Body) encumbrance.Body {
	switch {
	case p == registry:
		return encumbrance.BySystem
	case persons[p.person] != "":
		return persons[p.person]
	case p.role == identity.BureauLeader && !p.isAway:
		return encumbrance.ByBureau
	}
	return ""
}

// leaseShape is what the table looks at of a lease: its state, and who has
// asked to end it.
type leaseShape string

func leaseShapeOf(l encumbrance.Lease) leaseShape {
	return leaseShape(string(l.State) + " " + string(l.EndAskedBy))
}

func (s leaseShape) shaped() encumbrance.Lease {
	state, asked, _ := strings.Cut(string(s), " ")
	return encumbrance.Lease{State: encumbrance.LeaseState(state), EndAskedBy: encumbrance.Body(asked)}
}

// A lease in each of its states, with and without somebody's wish to end it,
// meets every step by everybody.
func TestLease_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 7_000_00)
	k.lease(k.leaseOf(lessor, lessee, 5*one), lessor)
	persons := map[int64]encumbrance.Body{lessor.user: encumbrance.ByLessor, lessee.user: encumbrance.ByLessee}
	now := func(o *office) encumbrance.Lease { return storedRow(o, Leases, 1) }
	to := func(day calendar.Date) func(*office, leaseShape) bool {
		return func(o *office, _ leaseShape) bool { o.now.set(day.Start()); return true }
	}
	m := machine[leaseShape, encumbrance.LeaseEvent]{
		office: k.office, players: append(k.cast(lessor), player{"the lessee's user", identity.Enterprise, lessee.user, false}), events: encumbrance.LeaseEvents,
		next: func(at leaseShape, e encumbrance.LeaseEvent, p player) (leaseShape, error) {
			l := at.shaped()
			row, by, err := l.Next(e, bodyIn(p, persons))
			if l.State = row.To; e == encumbrance.AskEnd {
				l.EndAskedBy = by
			}
			return leaseShapeOf(l), err
		},
		takes: func(_ leaseShape, _ encumbrance.LeaseEvent, p player) bool { return bodyIn(p, persons) != "" },
		command: func(_ *office, _ leaseShape, e encumbrance.LeaseEvent) Command {
			return LeaseStep{Lease: 1, Event: e, Document: "d", Note: "n"}
		},
		passes: map[encumbrance.LeaseEvent]func(*office, leaseShape) bool{
			encumbrance.BeginLease:  to(20260710),
			encumbrance.ReturnLease: to(20260910),
			encumbrance.LapseLease:  func(o *office, _ leaseShape) bool { o.now.set(now(o).DueOn.AddDays(1).Start()); return true },
			encumbrance.CloseLease: func(o *office, at leaseShape) bool {
				o.now.set(calendar.Date(20310701).Start())
				return at.shaped().State == encumbrance.LeaseOffered
			},
		},
		state:   func(o *office) leaseShape { return leaseShapeOf(now(o)) },
		because: []*fault.Error{encumbrance.ErrLeaseState},
	}
	for _, s := range encumbrance.LeaseStates {
		l := encumbrance.Lease{State: s}
		if s == encumbrance.LeaseEndedEarly {
			l.EndAskedBy = encumbrance.ByLessor
		}
		m.states = append(m.states, leaseShapeOf(l))
	}
	for _, by := range []encumbrance.Body{encumbrance.ByLessor, encumbrance.ByLessee} {
		m.states = append(m.states, leaseShapeOf(encumbrance.Lease{State: encumbrance.LeaseActive, EndAskedBy: by}))
	}
	m.drive(t)
}

// A pledge in each of its states meets every step by everybody.
func TestPledge_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f, buyer := k.seller(jiashan, 1, 20*one), k.buyer(jiashan, 2, 400_000_00)
	c := k.pledgeOf(f, 10*one) // worth 200,000
	c.Loan = 100_000_00
	done[PledgeResult](k.office, f.user, c)
	persons := map[int64]encumbrance.Body{f.user: encumbrance.ByHolder, k.bankers[0]: encumbrance.ByBank, buyer.user: encumbrance.ByBuyer}
	body := func(e encumbrance.PledgeEvent, p player) encumbrance.Body {
		if e == encumbrance.OfferPledged && p.role == identity.BureauClerk && !p.isAway {
			return encumbrance.ByBureau
		}
		return bodyIn(p, persons)
	}
	to := func(day calendar.Date) func(*office, encumbrance.PledgeState) bool {
		return func(o *office, _ encumbrance.PledgeState) bool { o.now.set(day.Start()); return true }
	}
	take := func(q quantity.Quantity) Command {
		return PledgeTake{Pledge: 1, Quantity: q, Price: yuan(4000), Document: "d"}
	}
	machine[encumbrance.PledgeState, encumbrance.PledgeEvent]{
		office:  k.office,
		players: append(k.cast(f), player{"its bank", identity.BankOfficer, k.bankers[0], false}, player{"a buyer's user", identity.Enterprise, buyer.user, false}),
		states:  encumbrance.PledgeStates, events: encumbrance.PledgeEvents,
		next: func(at encumbrance.PledgeState, e encumbrance.PledgeEvent, p player) (encumbrance.PledgeState, error) {
			row, _, err := encumbrance.Pledge{State: at}.Next(e, body(e, p))
			return row.To, err
		},
		takes: func(_ encumbrance.PledgeState, e encumbrance.PledgeEvent, p player) bool { return body(e, p) != "" },
		command: func(_ *office, _ encumbrance.PledgeState, e encumbrance.PledgeEvent) Command {
			switch e { //nolint:exhaustive // the others are one command
			case encumbrance.OfferPledged:
				return PledgeOffer{Pledge: 1, Quantity: 6 * one, Price: yuan(3000), Document: "sale"}
			case encumbrance.BuyPledged:
				return PledgeBuy{1, buyer.licence.ID, 0}
			case encumbrance.TakePledged:
				return take(one)
			}
			return PledgeStep{Pledge: 1, Event: e, Loan: c.Loan, Rate: 38_500, DueOn: 20270630, Claim: 105_000_00, Document: "d", Note: "n"}
		},
		passes: map[encumbrance.PledgeEvent]func(*office, encumbrance.PledgeState) bool{
			encumbrance.EnforcePledge: func(o *office, at encumbrance.PledgeState) bool {
				if at == encumbrance.PledgeDemanded {
					o.does(o.leader, take(10*one))
				}
				return at == encumbrance.PledgeDemanded
			},
			encumbrance.EndPledge: to(20310701),
		},
		state:   func(o *office) encumbrance.PledgeState { return storedRow(o, Pledges, 1).State },
		because: []*fault.Error{encumbrance.ErrPledgeState, identity.ErrForbidden, identity.ErrNotYours},
	}.drive(t)
}

// A block trade in each of its states meets every step by everybody, where an
// officer must agree and where none must. The bureaus of all of a market's
// regions are asked.
func TestBlock_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]bool{"with an officer": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openSessionOffice(t, 2, MarketTerms{BlockLeast: 1000 * one, BlockOfficer: asked})
			seller, buyer := o.firms[0], o.firms[1]
			o.at(1, "10:00")
			done[BlockResult](o.office, buyer.user, BlockPropose{
				Market: ticks, Instrument: o.inst.Code, Side: market.Buy, Licence: buyer.licence.ID, CounterpartyParty: seller.party,
				CounterpartyLicence: seller.licence.ID, Quantity: 1000 * one, Price: 55 * quantity.OnePrice,
			})
			role := func(p player) market.BlockRole {
				switch {
				case p == registry:
					return market.AsTimer
				case p.person == buyer.user:
					return market.AsProposer
				case p.person == seller.user:
					return market.AsCounterparty
				case p.role == identity.BureauLeader:
					return market.AsOfficer
				}
				return ""
			}
			states := market.BlockStates
			if !asked {
				states = []market.BlockState{market.BlockProposed, market.BlockSettled, market.BlockRejected, market.BlockWithdrawn, market.BlockLapsed}
			}
			machine[market.BlockState, market.BlockEvent]{
				office: o.office, players: append(o.cast(buyer), player{"the counterparty's user", identity.Enterprise, seller.user, false}),
				states: states, events: market.BlockEvents,
				next: func(at market.BlockState, e market.BlockEvent, p player) (market.BlockState, error) {
					to, _, err := market.Block{State: at, NeedsOfficer: asked}.Next(e, role(p))
					return to, err
				},
				takes: func(_ market.BlockState, _ market.BlockEvent, p player) bool { return role(p) != "" },
				command: func(_ *office, _ market.BlockState, e market.BlockEvent) Command {
					step := BlockStep{Block: 1, Event: e}
					switch e { //nolint:exhaustive // the others have no text of their own
					case market.BlockApprove:
						step.Document = "d"
					case market.BlockReject, market.BlockWithdraw:
						step.Reason = "r"
					}
					return step
				},
				passes: map[market.BlockEvent]func(*office, market.BlockState) bool{
					market.BlockLapse: func(o *office, _ market.BlockState) bool { o.now.set(calendar.Date(20260703).Start()); return true },
				},
				state:   func(o *office) market.BlockState { return storedRow(o, Blocks, 1).State },
				because: []*fault.Error{market.ErrBlockStep, market.ErrBlockOver},
			}.drive(t)
		})
	}
}
