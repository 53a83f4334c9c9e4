package app

import (
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/outside"
	"permitx/internal/quantity"
)

// A system calls each object by one number, and no two of a kind by the same.
func TestOutsideNumber(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f, g := k.seller(jiashan, 1, 4*one), k.firm(jiashan, 2)
	good := OutsideNumberRecord{outside.Provincial, outside.Licence, f.licence.ID, "ZJ-330421-0001"}
	nanhu := k.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	k.refuses(f.user, good, identity.ErrForbidden)
	k.refuses(nanhu, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*OutsideNumberRecord)
		want   *fault.Error
	}{
		{func(c *OutsideNumberRecord) { c.System = "x" }, invalid},
		{func(c *OutsideNumberRecord) { c.Kind = "x" }, invalid},
		{func(c *OutsideNumberRecord) { c.Number = "" }, invalid},
		{func(c *OutsideNumberRecord) { c.Object = 99 }, ErrNoRecord},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.clerk, c, tt.want)
	}
	if n := done[outside.Number](k.office, k.clerk, good); n.Party != f.party || n.Region != jiashan {
		t.Errorf("%+v", n)
	}
	again := good
	again.Number = "another"
	k.refuses(k.clerk, again, outside.ErrNumbered)
	again = good
	again.Object = g.licence.ID
	k.refuses(k.clerk, again, outside.ErrNumberTaken)
	again.System = outside.NationalLicence
	done[outside.Number](k.office, k.clerk, again)
	for _, kind := range outside.Kinds { // each is looked up in a table of its own
		c := OutsideNumberRecord{outside.Provincial, kind, 1, "number of " + string(kind)}
		if r := k.do(k.clerk, c); r != nil && r.Code != ErrNoRecord.Code && r.Code != outside.ErrNumbered.Code {
			t.Errorf("%s: %v", kind, r)
		}
	}
}

// A deal of another platform moves the permits by the rules of a deal, uses up
// the surplus, and is found by its number; no money moves.
func TestDealMirror(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer, far := k.seller(jiashan, 1, 4*one), k.firm(jiashan, 2), k.firm(qingpu, 3)
	good := DealMirror{
		System: outside.Provincial, Number: "ZJ-2026-1", SellerLicence: seller.licence.ID, BuyerLicence: buyer.licence.ID, Instrument: k.inst.Code,
		Quantity: 3 * one, Price: 2500 * quantity.OnePrice, Amount: 37_500_00, SettledOn: 20260630, Document: "成交通知书",
	}
	for _, tt := range []struct {
		change func(*DealMirror)
		want   *fault.Error
	}{
		{func(c *DealMirror) { c.System = "x" }, invalid},
		{func(c *DealMirror) { c.Number = "" }, invalid},
		{func(c *DealMirror) { c.SellerLicence = 99 }, ErrNoRecord},
		{func(c *DealMirror) { c.BuyerLicence = 99 }, ErrNoRecord},
		{func(c *DealMirror) { c.BuyerLicence = seller.licence.ID }, outside.ErrOneLicence},
		{func(c *DealMirror) { c.BuyerLicence = far.licence.ID }, outside.ErrOtherRegion},
		{func(c *DealMirror) { c.Quantity = 0 }, invalid},
		{func(c *DealMirror) { c.Price = 0 }, invalid},
		{func(c *DealMirror) { c.Amount = -1 }, invalid},
		{func(c *DealMirror) { c.SettledOn = 20260702 }, ErrDayToCome},
		{func(c *DealMirror) { c.Document = "" }, invalid},
		{func(c *DealMirror) { c.Quantity = 5 * one }, ledger.ErrInsufficient},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.clerk, c, tt.want)
	}
	m := done[MirrorResult](k.office, k.clerk, good).Deal
	if m.Transfer == 0 || k.holding(buyer) != "3" || k.holding(seller) != "1" || k.surplus(seller).Used != 3*one || k.balance(ledger.FundsKey(seller.party)).Balance != 0 {
		t.Errorf("%+v, %s, %s, %+v", m, k.holding(seller), k.holding(buyer), k.surplus(seller))
	}
	if got, want := k.acquired(buyer.licence), "2026-06-30 at 2500: 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	k.refuses(k.clerk, good, outside.ErrNumberTaken)
	k.restart()
	deals, numbers := k.store.table(MirroredDeals.name), k.store.table(OutsideNumbers.name)
	for name, alter := range map[string]func() func(){
		"I-60 quantity": func() func() { return swap(deals, m.ID, func(m *outside.Mirror) { m.Quantity++ }) },
		"I-60 buyer":    func() func() { return swap(deals, m.ID, func(m *outside.Mirror) { m.BuyerLicence++ }) },
		"I-60 transfer": func() func() { return swap(deals, m.ID, func(m *outside.Mirror) { m.Transfer-- }) },
		"I-60 number":   func() func() { return swap(numbers, 1, func(n *outside.Number) { n.Number = "x" }) },
	} {
		restore := alter()
		k.names(name)
		restore()
	}
	k.check()
}
