package app

import (
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// waitsSince holds since when and until when something waits for a person.
func (o *office) waitsSince(person int64, kind string, id int64, action string, since, until calendar.Instant) {
	o.t.Helper()
	all, err := Inbox(o.t.Context(), o.store, o.app.st.actor(person))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, w := range all {
		if w.Kind == kind && w.ID == id && w.Action == action {
			if w.Since != since || w.Until != until {
				o.t.Errorf("%s %d waits for %s since %s until %s, want %s, %s", kind, id, action, w.Since, w.Until, since, until)
			}
			return
		}
	}
	o.t.Errorf("%s %d does not wait for person %d to %s", kind, id, person, action)
}

// nextDay lets a day pass, and returns the time of now.
func (o *office) nextDay() calendar.Instant {
	o.t.Helper()
	o.now.set(o.now.get().Date().AddDays(1).Start() + 9*3600*second)
	o.settle()
	return o.now.get()
}

// A buy-back waits for each since the step before; a renewal likewise, until the
// old term ends.
func TestInbox_SinceTheLastStep(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	opened := d.now.get()
	b := d.apply(one)
	d.waitsSince(d.f.user, BuyBacks.name, b, "submit", opened, 0)
	since := d.nextDay()
	d.step(d.f.user, b, reserve.SubmitBuyBack)
	d.nextDay()
	d.waitsSince(d.clerk, BuyBacks.name, b, "accept", since, 0)
	d.run(b, reserve.BuyBackVerified)
	since = d.nextDay()
	d.run(b, reserve.BuyBackPriced)
	d.nextDay()
	d.waitsSince(d.f.user, BuyBacks.name, b, "agree", since, 0)

	since = d.now.get()
	r := done[RenewalResult](d.office, d.f.user, RenewalApply{Licence: d.f.licence.ID, Instrument: d.i.Code, Origin: ledger.Free, Quantity: one}).Renewal
	until := through(r.TermEnd)
	d.nextDay()
	d.waitsSince(d.clerk, Renewals.name, r.ID, "verify", since, until)
	since = d.now.get()
	newTerm := done[catalog.Instrument](d.office, d.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20360630})
	later := done[RenewalResult](d.office, d.clerk, RenewalStep{
		Renewal: r.ID, Event: permit.VerifyRenewal, Instrument: newTerm.Code, Quantity: one, Rung: reserve.LicenceAmount, Document: "finding",
	}).Renewal
	d.nextDay()
	d.waitsSince(d.clerk, Renewals.name, later.ID, "publish", since, until)
}

// A lease and a pledge wait for each side since the other's word.
func TestInbox_EncumbrancesSince(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_00)
	since := k.now.get()
	l := k.lease(k.leaseOf(lessor, lessee, one), lessor)
	p := done[PledgeResult](k.office, lessor.user, k.pledgeOf(lessor, 2*one)).Pledge
	at := k.nextDay()
	k.waitsSince(lessee.user, Leases.name, l.ID, "agree", since, 0)
	k.waitsSince(k.leader, Pledges.name, p.ID, "confirm", since, 0)
	k.leaseStep(l, lessee.user, encumbrance.AgreeLease)
	k.pledgeStep(p, k.leader, PledgeStep{Event: encumbrance.ConfirmPledge})
	k.nextDay()
	k.waitsSince(k.leader, Leases.name, l.ID, "approve", at, 0)
	k.waitsSince(k.bankers[0], Pledges.name, p.ID, "approve", at, 0)
	at = k.now.get()
	l = k.leaseStep(l, k.leader, encumbrance.ApproveLease)
	k.nextDay()
	k.waitsSince(lessee.user, Leases.name, l.ID, "pay", at, through(l.DueOn))
}

// An award waits for its winner since the certification.
func TestInbox_AwardSince(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	o, awards := d.certified()
	d.nextDay()
	d.waitsSince(d.firms[0].user, Awards.name, awards[0].ID, "sign", o.CertifiedAt, through(awards[0].ContractBy))
	d.waits(d.firms[1].user, Awards.name, awards[0].ID, "")
}

// A block trade waits for the other side's word, and then for an officer's, until
// its day is over; for who has acted for one side it does not.
func TestInbox_Blocks(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Band: new(market.ListedBand), BlockBand: new(market.BlockBand), BlockLeast: 1000 * one, BlockOfficer: true})
	seller, buyer := o.firms[0], o.firms[1]
	o.places(0, market.Sell, "79.00", 1)
	o.places(1, market.Buy, "79.00", 1)
	o.at(1, "10:00")
	proposed := o.now.get()
	b := done[BlockResult](o.office, buyer.user, BlockPropose{
		Market: ticks, Instrument: o.inst.Code, Side: market.Buy, Licence: buyer.licence.ID, CounterpartyParty: seller.party,
		CounterpartyLicence: seller.licence.ID, Quantity: 1000 * one, Price: 5530 * quantity.OnePrice / 100,
	}).Block
	o.waitsSince(seller.user, Blocks.name, b.ID, "confirm", proposed, b.LapsesAt)
	for _, person := range []int64{buyer.user, o.leader, o.clerk} {
		o.waits(person, Blocks.name, b.ID, "")
	}
	o.at(1, "11:00")
	done[BlockResult](o.office, seller.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	confirmed := o.now.get()
	o.at(1, "11:10")
	o.waitsSince(o.leader, Blocks.name, b.ID, "approve", confirmed, b.LapsesAt)
	for _, person := range []int64{buyer.user, seller.user, o.clerk} {
		o.waits(person, Blocks.name, b.ID, "")
	}
	o.at(2, "00:00")
	o.waits(o.leader, Blocks.name, b.ID, "")
}

// A part of a payment in parts waits since the one before was certain.
func TestInbox_InstalmentSince(t *testing.T) {
	t.Parallel()
	o, _, _, _, plan := instalmentOffice(t)
	o.waitsSince(o.finance, Instalments.name, plan.Parts[0].ID, "prove", storedRow(o, InstalmentPlans, plan.Plan.ID).DecidedAt, through(plan.Parts[0].DueOn))
	at := o.nextDay()
	done[PlanResult](o, o.finance, InstalmentProve{plan.Parts[0].ID, 352_000_00, "r-1", today})
	o.nextDay()
	o.waitsSince(o.finance, Instalments.name, plan.Parts[0].ID, "confirm", at, 0)
	at = o.now.get()
	done[PlanResult](o, o.finance, InstalmentConfirm{plan.Parts[0].ID, "the bank says so"})
	o.nextDay()
	o.waitsSince(o.finance, Instalments.name, plan.Parts[1].ID, "prove", at, through(plan.Parts[1].DueOn))
}
