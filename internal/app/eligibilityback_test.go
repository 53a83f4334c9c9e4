package app

import (
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// both sends a command, lets a second person approve it where it needs one, and
// returns the code that refused it, or "". Unlike office.do it checks nothing, which
// would take most of the walk.
func (o *ruledOffice) both(person int64, c Command) string {
	o.t.Helper()
	before := o.proposal.ID
	code := o.try(person, c)
	if code == "" && o.proposal.ID != before {
		return o.try(o.second, ProposalApprove{o.proposal.ID, o.proposal.EffectsDigest})
	}
	return code
}

// takes sends what must not be refused.
func (o *ruledOffice) takes(person int64, c Command) {
	o.t.Helper()
	if code := o.both(person, c); code != "" {
		o.t.Fatalf("%+v: %s", c, code)
	}
}

// changeDebt settles what a firm owes. One that owes nothing may have got permits
// wrongly that were already on their way to somebody else.
func (o *ruledOffice) changeDebt(f firm, bad bool) {
	o.t.Helper()
	if debt, owes := o.owed[f.party]; owes {
		d := storedRow(o.office, Debts, debt)
		o.takes(o.leader, DebtSettle{Debt: debt, Way: permit.ByCourt, Quantity: d.Open(), Document: "judgment"})
		delete(o.owed, f.party)
		return
	}
	if !bad || o.both(o.leader, Allocate{
		Licence: f.licence.ID, Instrument: o.ending.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Free, Quantity: one / 10,
		AcquiredOn: 20260701, Document: "opening",
	}) != "" {
		return
	}
	wrong := o.app.st.lastID[Allocations.name]
	all := quantity.Quantity(o.balance(HoldingKey(f.licence, o.ending, ledger.Free)).Available())
	leaving := o.applied(f, o.ending, all)
	if o.try(f.user, BuyBackStep{BuyBack: leaving, Event: reserve.SubmitBuyBack, Document: "d"}) != "" {
		return
	}
	o.takes(o.leader, CorrectionRecord{Allocation: wrong, Quantity: one / 10, Finding: "finding", Document: "decision", DecidedOn: o.now.get().Date()})
	o.owed[f.party] = o.app.st.lastID[Debts.name]
	o.withdrawBuyBack(f, leaving)
}

// applied is an application that gives free permits back.
func (o *ruledOffice) applied(f firm, i catalog.Instrument, q quantity.Quantity) int64 {
	o.t.Helper()
	o.takes(f.user, BuyBackApply{
		Licence: f.licence.ID, Instrument: i.Code, Origin: ledger.Free, Quantity: q, Cause: reserve.Abandoned, Document: "application",
	})
	return o.app.st.lastID[BuyBacks.name]
}

func (o *ruledOffice) withdrawBuyBack(f firm, id int64) {
	o.t.Helper()
	o.takes(f.user, BuyBackStep{BuyBack: id, Event: reserve.WithdrawBuyBack, Document: "d", Note: "n"})
}

// sweepTrial sweeps what was declared idle, for long enough or not, or more.
func (o *ruledOffice) sweepTrial(in trial, holder firm) trial {
	o.t.Helper()
	o.takes(o.leader, IdleDeclare{
		Licence: holder.licence.ID, Instrument: o.old.Code, Origin: ledger.Free, Quantity: 2 * one,
		Since: pick(o.r, calendar.Date(20220101), 20230710, 20250101), Document: "finding",
	})
	declared := o.app.st.lastID[IdleDeclarations.name]
	in.q.Action, in.q.Seller, in.q.Instrument, in.q.Quantity = rulebook.Compulsory, holder.licence.ID, o.old.Code, pick(o.r, one, 2*one, 3*one)
	in.asks = pick(o.r, o.leader, holder.user)
	in.c = IdleSweep{Declaration: declared, Quantity: in.q.Quantity, Document: "sweep"}
	in.ended = func(refused bool) {
		if !refused {
			o.try(o.leader, ProposalWithdraw{o.app.st.lastID["proposal"], "tried"})
		}
		o.takes(o.leader, IdleEnd{Declaration: declared, UsedOn: o.now.get().Date(), Document: "used"})
	}
	return in
}

// reclaimTrial takes back without payment what a firm gives up, where it has as much.
func (o *ruledOffice) reclaimTrial(in trial, holder firm) trial {
	o.t.Helper()
	q := pick(o.r, one, 3*one, 5*one)
	in.q.Action, in.q.Seller, in.q.Instrument, in.q.Quantity = rulebook.Reclamation, holder.licence.ID, o.old.Code, q
	in.asks = pick(o.r, o.leader, holder.user)
	id := o.applied(holder, o.old, q)
	submit := BuyBackStep{BuyBack: id, Event: reserve.SubmitBuyBack, Document: "d"}
	if q > 3*one {
		in.person, in.c = holder.user, submit
	} else {
		in.before = func() Command {
			o.takes(holder.user, submit)
			o.takes(o.clerk, BuyBackStep{BuyBack: id, Event: reserve.AcceptBuyBack, Document: "d"})
			o.takes(o.leader, BuyBackVerify{
				BuyBack: id, Quantity: q, Rung: reserve.LicenceAmount, Monitored: true, TaskDone: true, VerifiedOn: o.now.get().Date(), Document: "finding",
			})
			return BuyBackReclaim{BuyBack: id, Document: "decision"}
		}
		in.after = func() { o.try(o.leader, ProposalWithdraw{o.app.st.lastID["proposal"], "tried"}) }
	}
	in.ended = func(bool) { o.withdrawBuyBack(holder, id) }
	return in
}

// renewTrial applies for a new term of permits whose term ends, some of them twice.
func (o *ruledOffice) renewTrial(in trial, holder firm) trial {
	in.q.Action, in.q.Seller, in.q.Instrument, in.q.Quantity = rulebook.RenewLicence, holder.licence.ID, o.ending.Code, one
	in.person, in.asks, in.rulesFirst = holder.user, pick(o.r, o.leader, holder.user), true
	in.c = RenewalApply{Licence: holder.licence.ID, Instrument: o.ending.Code, Origin: ledger.Free, Quantity: one}
	in.after = func() {
		if o.r.Intn(2) == 0 {
			o.takes(holder.user, RenewalStep{Renewal: o.app.st.lastID[Renewals.name], Event: permit.WithdrawRenewal})
		}
	}
	return in
}

// What eligibility says of a primary sale, an auction says to its bidders: a fact
// ends a registration, a limit refuses the bid.
func TestEligibility_AgreesWithBids(t *testing.T) {
	t.Parallel()
	o := openRuledOffice(t, 20260702)
	d := &auctionDesk{office: o.office, i: o.insts[0]}
	offer := d.announce(d.offerOf(auction.PayAsBid, func(c *OfferAnnounce) { c.Quantity = 50 * one }))
	var bidders []firm
	for _, f := range o.firms {
		if f.licence.Region == jiashan {
			d.register(offer.ID, f, 0)
			bidders = append(bidders, f)
		}
	}
	d.now.set(windowOpens)
	d.settle()
	bids, refused := 0, 0
	for n := range 400 {
		o.change()
		f := pick(o.r, bidders...)
		if _, in := o.app.st.bidders[offer.ID][f.party]; !in { // a change has ended its registration
			continue
		}
		q := quantity.Quantity(1+o.r.Intn(300)) * one / 10
		in := trial{
			q:    Question{Action: rulebook.PrimarySale, Instrument: o.insts[0].Code, Buyer: f.licence.ID, Quantity: q},
			asks: pick(o.r, o.leader, f.user), person: f.user,
		}
		in.before = func() Command { return d.quoteOf(f, offer.ID, auction.Step{Price: yuan(4000), Quantity: q}) }
		if bids++; !o.compare(n, in) {
			refused++
		}
	}
	t.Logf("%d bids, %d refused by %v", bids, refused, o.refusedBy)
	if bids < 100 || refused < 20 || refused > bids-20 || o.refusedBy["purchase.limit"] == 0 || o.refusedBy["holding.limit"] == 0 {
		t.Errorf("%d of %d bids were refused: %v", refused, bids, o.refusedBy)
	}
}

// An application for a buy-back cannot be priced where the formula asks for a base price
// that nobody has set: the answer says so.
func TestEligibility_BasePrice(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	leader := k.leaders[jiashan]
	wants := func(why string, wanted ...string) {
		t.Helper()
		e, err := k.app.Eligibility(t.Context(), k.app.st.actor(f.user), Question{Action: rulebook.BuyBack, Instrument: k.inst.Code, Seller: f.licence.ID, Quantity: one})
		var got []string
		for _, o := range e.Obstacles {
			got = append(got, o.Code)
		}
		if err != nil || !slices.Equal(got, wanted) || e.Allowed != (len(wanted) == 0) {
			t.Errorf("%s: allowed is %t, %v stand in the way, want %v (%v)", why, e.Allowed, got, wanted, err)
		}
	}
	wants("no base price", ErrNoBasePrice.Code)
	day := k.now.get().Date()
	set := ParameterSet{Key: rulebook.BasePrice, Region: jiashan, Pollutant: vocs, Value: "4000", ValidFrom: day, ValidTo: day, Document: "price"}
	k.does(leader, set)
	wants("a base price")
	k.now.set(day.AddDays(1).Start())
	wants("it has ended", ErrNoBasePrice.Code)
	k.does(leader, ParameterSet{Key: rulebook.BuyBackPrice, Region: jiashan, Value: rulebook.AsPaid, ValidFrom: day.AddDays(1), Document: "formula"})
	wants("the formula asks for none")
}

// A question names the terms of its own action only.
func TestEligibility_Terms(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	for field, q := range map[string]Question{
		"months": {Action: rulebook.Sell, Months: 1}, "value": {Action: rulebook.Lease, Value: 1}, "loan": {Action: rulebook.Sell, Loan: 1},
	} {
		q.Instrument, q.Seller, q.Buyer = k.inst.Code, f.licence.ID, map[bool]int64{true: f.licence.ID}[q.Action.HasBuyer()]
		_, err := k.app.Eligibility(t.Context(), k.app.st.actor(f.user), q)
		if refused, ok := fault.As(err); !ok || refused.Code != ErrQuestionTerms.Code || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Who asks without a side that the action has, or with one that it has not, is told which.
func TestEligibility_Sides(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	for _, c := range []struct {
		q           Question
		field, says string
	}{
		{Question{Action: rulebook.Sell}, "seller_licence", "whoever asks about the action sell names its seller_licence"},
		{Question{Action: rulebook.Sell, Seller: f.licence.ID, Buyer: f.licence.ID}, "buyer_licence", "the action sell has no buyer_licence: leave it out"},
	} {
		c.q.Instrument = k.inst.Code
		_, err := k.app.Eligibility(t.Context(), k.app.st.actor(f.user), c.q)
		if refused, ok := fault.As(err); !ok || refused.Code != ErrQuestionSide.Code || refused.Field != c.field || refused.Detail != c.says {
			t.Errorf("%+v: %v, want %q at %s", c.q, err, c.says, c.field)
		}
	}
}
