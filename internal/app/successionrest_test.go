package app

import (
	"fmt"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// A licence that has no permits and leases some in, or owes some, goes on in the one that
// its succession names, with what rests on it.
func TestSuccession_WithoutPermits(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	lessor, lessee, to, far := k.seller(jiashan, 1, 8*one), k.buyer(jiashan, 2, 20_000_00), k.firm(jiashan, 3), k.firm(qingpu, 4)
	c := SuccessionRecord{Kind: permit.NewHolder, Licence: lessee.licence.ID, EffectiveOn: today, Document: "d", Successor: to.licence.ID}
	k.refuses(k.leader, c, permit.ErrNoParts) // nothing goes on
	lease := k.paidLease(k.leaseOf(lessor, lessee, 5*one), lessor, lessee)
	for _, tt := range []struct {
		change func(*SuccessionRecord)
		want   *fault.Error
	}{
		{func(c *SuccessionRecord) { c.Successor = 0 }, permit.ErrNoParts},
		{func(c *SuccessionRecord) { c.Successor = 99 }, ErrNoRecord},
		{func(c *SuccessionRecord) { c.Successor = lessee.licence.ID }, permit.ErrSuccessor},
		{func(c *SuccessionRecord) { c.Kind = permit.Division }, permit.ErrSuccessor},
		{func(c *SuccessionRecord) { c.Licence = lessor.licence.ID }, permit.ErrSuccessor},
		{func(c *SuccessionRecord) { c.Successor = far.licence.ID }, permit.ErrOtherRegion},
		{func(c *SuccessionRecord) { c.Successor = lessor.licence.ID }, permit.ErrBlocked},
	} {
		c := c
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
	}
	suspend := LicenceState{Licence: to.licence.ID, State: catalog.LicenceSuspended, Reason: "r", Document: "d"}
	k.does(k.leader, suspend)
	k.refuses(k.leader, c, rulebook.ErrLicenceNotInForce.At("successor"))
	suspend.State = catalog.LicenceValid
	k.does(k.leader, suspend)
	r := done[SuccessionResult](k.office, k.leader, c).Succession
	if r.Successor != to.licence.ID || r.Transfer != 0 || !r.Closed || rowsOf(k.app.st, Licences).rows[lessee.licence.ID].State != catalog.LicenceRevoked {
		t.Errorf("%+v", r)
	}
	if got := k.leaseNow(lease); got.LesseeLicence != to.licence.ID || got.Lessee != to.party || got.LessorLicence != lessor.licence.ID {
		t.Errorf("%+v", got)
	}
	debtor := k.seller(jiashan, 5, 4*one)
	k.freeze(freezing(debtor, k.inst.Code, "a", 4*one))
	debt := done[CorrectionResult](k.office, k.leader, CorrectionRecord{k.allocationOf(debtor), one, "f", "d", today, 0}).Correction.Debt
	k.restart()
	k.advance(calendar.Date(20260910).Start())
	if got := k.leaseNow(lease); got.State != encumbrance.LeaseReturned {
		t.Errorf("%+v", got)
	}
	k.check()
	x := storedRow(k.office, Successions, r.ID)
	x.Successor = 0
	k.store.table(Successions.name).put(x.ID, x)
	k.finds("I-145", x.ID)
	if d := rowsOf(k.app.st, Debts).rows[debt]; d.Licence != debtor.licence.ID {
		t.Errorf("%+v", d)
	}
}

// What a licence has bid for in a window that has closed keeps it, until the award has
// come to its end; in an open window its bids are withdrawn.
func TestSuccession_Bidder(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 4)
	f, to := d.firms[0], d.firms[3]
	for _, bidder := range d.firms[:3] {
		d.allocate(bidder, d.i, 5*one)
	}
	merge := func(from firm) SuccessionRecord {
		return SuccessionRecord{
			Kind: permit.Merger, Licence: from.licence.ID, EffectiveOn: 20260701, Document: "d",
			Parts: []SuccessionShare{{Licence: to.licence.ID, Instrument: d.i.Code, Origin: ledger.Paid, Quantity: 5 * one}},
		}
	}
	open := d.announce(d.offerOf(auction.PayAsBid, nil))
	d.register(open.ID, d.firms[2], 0)
	d.does(d.leader, merge(d.firms[2]))
	d.wantFunds(d.firms[2], "1000000.00")
	d.firms[2] = to
	_, awards := d.certified()
	d.refuses(d.leader, merge(f), permit.ErrBlocked)
	d.does(f.user, AwardSign{awards[0].ID})
	d.refuses(d.leader, merge(f), permit.ErrBlocked)
	d.does(d.clerk, AwardContract{awards[0].ID, "合同 1"})
	a := rowsIn(d.office, Awards, Where("id", awards[0].ID))[0]
	d.refuses(d.leader, merge(f), permit.ErrBlocked)
	d.does(d.finance, NoticeProve{Notice: a.Notice, Amount: a.Amount, Proof: "缴款 1", PaidOn: 20260713})
	d.refuses(d.leader, merge(f), permit.ErrBlocked)
	d.check()
}

// What holds permits aside is named by its own number, and not by that of its hold.
func TestSuccession_NamesWhatHolds(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	to := d.firm(jiashan, 2)
	b := done[BuyBackResult](d.office, d.f.user, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Paid, 2 * one, reserve.Reduction, "application"}).BuyBack
	done[BuyBackResult](d.office, d.f.user, BuyBackStep{b.ID, reserve.SubmitBuyBack, 0, "document", "reason"})
	var parts []SuccessionShare
	for origin, q := range map[ledger.Origin]quantity.Quantity{ledger.Paid: 10 * one, ledger.Free: quantity.Quantity(d.holding(ledger.Free).Balance)} {
		if q > 0 {
			parts = append(parts, SuccessionShare{Licence: to.licence.ID, Instrument: d.i.Code, Origin: origin, Quantity: q})
		}
	}
	c := SuccessionRecord{Kind: permit.Merger, Licence: d.f.licence.ID, EffectiveOn: today, Document: "d", Parts: parts}
	d.refuses(d.leader, c, permit.ErrBlocked)
	_, err := c.Decide(&View{state: d.app.st, batch: d.app.newBatch(), Now: d.now.get(), Today: today, Actor: d.app.st.actor(d.leader)})
	if refused, _ := fault.As(err); refused == nil || !strings.HasPrefix(refused.Detail, fmt.Sprintf("buy_back %d: ", b.ID)) {
		t.Error(err)
	}
}
