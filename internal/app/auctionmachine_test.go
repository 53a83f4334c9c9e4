package app

import (
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/reserve"
)

// An offer in each of its states meets every step by everybody. What follows on the
// close and the certification the registry does at once: an offer that waits in such
// a state is one whose key is missing.
func TestOffer_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	bidder := d.firms[0]
	id := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.RegisterFrom = calendar.NewDate(2026, 7, 3).Start() })).ID
	now := func(o *office) auction.Offer { return storedRow(o, Offers, id) }
	at := func(when calendar.Instant) func(*office, auction.OfferState) bool {
		return func(o *office, _ auction.OfferState) bool { o.now.set(when); return true }
	}
	bid := func(o *office) Command {
		c, err := o.app.SealQuote(identity.Actor{Person: bidder.user}, "bid", id, auction.Terms{Steps: []auction.Step{ask(4000, one)}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	m := machine[auction.OfferState, auction.OfferEvent]{
		office: d.office, players: d.cast(bidder), events: auction.OfferEvents,
		states: []auction.OfferState{
			auction.OfferAnnounced, auction.OfferRegistering, auction.OfferPrepared, auction.OfferBidding, auction.OfferHalted, auction.OfferRanked,
			auction.OfferCertified, auction.OfferCancelled, auction.OfferVoid, auction.OfferFailed,
		},
		state:   func(o *office) auction.OfferState { o.settle(); return now(o).State },
		because: []*fault.Error{auction.ErrOfferState, auction.ErrHalted, auction.ErrLateQuote, auction.ErrNotBidding},
		denied:  []*fault.Error{ErrNotRegistered, auction.ErrHalted, auction.ErrLateQuote, auction.ErrNotBidding},
	}
	operations := map[auction.OfferEvent]identity.Operation{
		auction.PlaceBid: identity.QuotePlace, auction.HaltWindow: identity.OfferHalt, auction.ResumeWindow: identity.OfferResume,
		auction.Certify: identity.OfferCertify, auction.CancelOffer: identity.OfferCancel, auction.VoidOffer: identity.OfferVoid,
	}
	m.takes = func(_ auction.OfferState, e auction.OfferEvent, p player) bool {
		if e == auction.PlaceBid {
			return p.person == bidder.user
		}
		return p.isOf(operations[e])
	}
	m.next = func(at auction.OfferState, e auction.OfferEvent, p player) (auction.OfferState, error) {
		by := auction.AsOfficer
		switch {
		case p == registry && e == auction.FailOffer && at == auction.OfferBidding: // nobody has bid
			return auction.OfferFailed, nil
		case p == registry:
			by = auction.AsSystem
		case !m.takes(at, e, p):
			return at, identity.ErrForbidden
		case e == auction.PlaceBid:
			by = auction.AsBidder
		}
		to, err := at.Next(e, by)
		return afterChain(to), err
	}
	m.command = func(o *office, _ auction.OfferState, e auction.OfferEvent) Command {
		switch e { //nolint:exhaustive // nobody asks for the others
		case auction.PlaceBid:
			return bid(o)
		case auction.HaltWindow:
			return OfferHalt{id, "r"}
		case auction.ResumeWindow:
			return OfferResume{id, "r"}
		case auction.Certify:
			return OfferCertify{id, now(o).ResultDigest, "d"}
		case auction.CancelOffer:
			return OfferCancel{id, "r"}
		case auction.VoidOffer:
			return OfferVoid{id, "r"}
		}
		return nil
	}
	m.passes = map[auction.OfferEvent]func(*office, auction.OfferState) bool{
		auction.BeginRegistration: at(now(d.office).RegisterFrom + 1),
		auction.EndRegistration: func(o *office, _ auction.OfferState) bool {
			o.does(bidder.user, RegistrationApply{Offer: id, Licence: bidder.licence.ID})
			o.now.set(now(o).RegisterUntil + 1)
			return true
		},
		auction.OpenWindow: at(windowOpens),
		auction.CloseWindow: func(o *office, _ auction.OfferState) bool {
			o.does(bidder.user, bid(o))
			o.now.set(windowCloses)
			return true
		},
		auction.FailOffer: at(windowCloses),
	}
	m.drive(t)
}

// afterChain is the state in which an offer waits again after the steps that the
// registry takes by itself, where somebody has won.
func afterChain(s auction.OfferState) auction.OfferState {
	for s.IsChained() {
		for _, row := range auction.OfferTransitions {
			if row.By == auction.AsSystem && row.To != "" && row.To != auction.OfferFailed && slices.Contains(row.From, s) {
				s = row.To
				break
			}
		}
	}
	return s
}

// awardSteps are the commands of an award's payment, delivery and settlement, and
// who may send them. A step that is never taken is that of another kind of award.
type awardSteps map[auction.AwardEvent]struct {
	operation identity.Operation
	command   func(*office) Command
	isNever   bool
}

// awarding drives an award of a kind through its table.
func awarding(t *testing.T, d *auctionDesk, id int64, winner firm, of awardSteps) {
	t.Helper()
	now := func(o *office) auction.Award { return storedRow(o, Awards, id) }
	isPayable := !of[auction.SettleAward].isNever || !of[auction.ProveAward].isNever && of[auction.ProveAward].operation == identity.NoticeProve
	operation := func(_ auction.AwardState, e auction.AwardEvent) identity.Operation {
		switch e { //nolint:exhaustive // the others are of the kind of award
		case auction.SignAward:
			return identity.AwardSign
		case auction.ContractAward:
			return identity.AwardContract
		case auction.DefaultAward:
			return identity.AwardDefault
		case auction.RevokeAward:
			return identity.AwardRevoke
		}
		return of[e].operation
	}
	m := byTable(func(at auction.AwardState, e auction.AwardEvent) (auction.AwardState, error) {
		if of[e].isNever || e == auction.DefaultAward && at == auction.AwardContracted && !isPayable { // the treasury owes the payment
			return at, auction.ErrAwardStep
		}
		for _, by := range auction.AwardRoles {
			if a, err := (auction.Award{State: at}).Next(e, by); err == nil {
				return a.State, nil
			}
		}
		return at, auction.ErrAwardStep
	}, operation)
	m.office, m.players, m.events = d.office, d.cast(winner), auction.AwardEvents
	m.state = func(o *office) auction.AwardState { return now(o).State }
	m.command = func(o *office, _ auction.AwardState, e auction.AwardEvent) Command {
		switch e { //nolint:exhaustive // the others are of the kind of award
		case auction.SignAward:
			return AwardSign{id}
		case auction.ContractAward:
			return AwardContract{id, "合同"}
		case auction.DefaultAward:
			return AwardDefault{id, "r"}
		case auction.RevokeAward:
			return AwardRevoke{id, "r"}
		}
		return of[e].command(o)
	}
	m.ready = func(o *office, _ auction.AwardState, e auction.AwardEvent) {
		switch a := now(o); {
		case e == auction.DefaultAward:
			o.now.set(a.Deadline().AddDays(1).Start())
		case e == auction.RevokeAward:
			(&auctionDesk{office: o}).upholds(a)
		case e == auction.DeliverAward && a.Notice != 0:
			o.does(o.finance, NoticeConfirm{a.Notice, "seen on the treasury's account"})
		}
	}
	m.because = []*fault.Error{auction.ErrAwardStep, reserve.ErrNoticeState, reserve.ErrPaymentSpent, ErrAwardOfState, ErrAwardOfSale}
	m.states = auction.AwardStates
	if of[auction.ProveAward].isNever {
		m.states = slices.DeleteFunc(slices.Clone(m.states), func(s auction.AwardState) bool { return s == auction.AwardPaid })
	}
	m.drive(t)
}

// An award of a sale, of a buy-back and of credits in each of its states meets
// every step by everybody.
func TestAward_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	pay := func(id int64) func(*office) Command {
		return func(o *office) Command { return AwardPay{id, storedRow(o, Awards, id).Amount, "拨款", 20260713} }
	}
	book := func(id int64) func(*office) Command {
		return func(*office) Command { return AwardBook{id, "许可变更"} }
	}
	settle := func(id int64) func(*office) Command {
		return func(*office) Command { return AwardSettle{id} }
	}
	noNotice := func(*office) Command { return nil }
	t.Run("of a sale", func(t *testing.T) {
		t.Parallel()
		d := openAuctionDesk(t, 3)
		_, awards := d.certified()
		id := awards[0].ID
		ofNotice := func(with func(n int64) Command) func(*office) Command {
			return func(o *office) Command {
				if n := storedRow(o, Awards, id).Notice; n != 0 {
					return with(n)
				}
				return nil // there is none before the contract
			}
		}
		awarding(t, d, id, d.firms[0], awardSteps{
			auction.ProveAward: {identity.NoticeProve, ofNotice(func(n int64) Command {
				return NoticeProve{n, awards[0].Amount, "缴款", 20260713}
			}), false},
			auction.UnproveAward: {identity.ProofWithdraw, ofNotice(func(n int64) Command { return ProofWithdraw{n, "r"} }), false},
			auction.DeliverAward: {identity.NoticeDeliver, ofNotice(func(n int64) Command { return NoticeDeliver{n} }), false},
			auction.SettleAward:  {identity.AwardSettle, settle(id), true},
		})
	})
	t.Run("of a buy-back", func(t *testing.T) {
		t.Parallel()
		b := openBuyBackDesk(t)
		d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
		id := d.boughtBack(b).ID
		awarding(t, d, id, b.f, awardSteps{
			auction.ProveAward:   {identity.AwardPay, pay(id), false},
			auction.DeliverAward: {identity.AwardBook, book(id), false},
			auction.UnproveAward: {identity.ProofWithdraw, noNotice, true},
			auction.SettleAward:  {identity.AwardSettle, settle(id), true},
		})
	})
	t.Run("of credits", func(t *testing.T) {
		t.Parallel()
		d := openCreditDesk(t, 2)
		_, awards := d.sells()
		id := awards[0].ID
		awarding(t, d.auctionDesk, id, d.firms[0], awardSteps{
			auction.ProveAward:   {identity.AwardPay, pay(id), true},
			auction.DeliverAward: {identity.AwardBook, book(id), true},
			auction.UnproveAward: {identity.ProofWithdraw, noNotice, true},
			auction.SettleAward:  {identity.AwardSettle, settle(id), false},
		})
	})
}
