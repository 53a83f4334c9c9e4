package app

import (
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// Permits of which an instalment is overdue are seen frozen, on the holding and on the
// certificate, until it is paid. Neither then nor before all is paid are they sold,
// leased, pledged or bought back.
func TestInstalments_Frozen(t *testing.T) {
	t.Parallel()
	o, i, f, n, plan := instalmentOffice(t)
	o.does(o.leader, ParameterSet{Key: rulebook.BasePrice, Region: "330000", Pollutant: vocs, Value: "4000", ValidFrom: 20260701, Document: "base"})
	bank := done[PartyResult](o, o.clerk, PartyRegister{Name: "bank", USCC: uscc(jiashan, 90), Region: jiashan, Industry: "6621"}).Party.ID
	o.person("banker", GrantAdd{Role: identity.BankOfficer, Party: bank})
	lessee := o.firm(jiashan, 5)
	o.paidPart(n, "/1", "r-1", plan.Parts[0])
	done[NoticeResult](o, o.leader, NoticeDeliver{n.Notice.ID})
	done[SurplusResult](o, o.leader, SurplusVerify{f.licence.ID, vocs, one, reserve.EIAAmount, true, true, today, "d", 0, "no records yet"})
	k := &dealDesk{office: o, inst: i}
	look := func(frozen quantity.Quantity) {
		t.Helper()
		sales, err := FrozenSales(t.Context(), o.store)
		account, _ := o.app.st.ledger.Find(n.Notice.Holding())
		if err != nil || quantity.Quantity(sales[account]) != frozen {
			t.Errorf("%v are frozen, %v", sales, err)
		}
		for _, c := range k.certificatesOf(f) {
			if slices.Contains(c.Burdens, encumbrance.BurdenFreeze) != (frozen > 0) || !slices.Contains(c.Burdens, encumbrance.BurdenInstalments) {
				t.Errorf("%v", c.Burdens)
			}
		}
		for _, c := range []Command{
			o.order(f, i, market.Sell, 3000, one),
			BuyBackOpen{f.licence.ID, i.Code, ledger.Paid, one, reserve.Abandoned, "d"},
			LeaseOffer{
				LessorLicence: f.licence.ID, LesseeLicence: lessee.licence.ID, Instrument: i.Code, Quantity: one, Price: 8000 * quantity.OnePrice, Months: 2,
				From: o.now.get().Date(),
			},
			PledgeApply{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Bank: bank, Loan: 1000_00},
		} {
			who := f.user
			if c.Operation() == (BuyBackOpen{}).Operation() {
				who = o.clerk
			}
			o.refuses(who, c, ledger.ErrInsufficient)
		}
	}
	look(0)
	o.now.set(calendar.NewDate(2027, 8, 1).Start())
	o.runTimers()
	look(44 * one)
	o.paidPart(n, "/2", "r-2", plan.Parts[1])
	look(0)
	o.check()
}
