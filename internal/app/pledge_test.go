package app

import (
	"fmt"
	"testing"

	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// pledgeDesk is a desk with a base price and two banks.
type pledgeDesk struct {
	*dealDesk
	banks    [2]int64 // parties
	bankers  [2]int64 // persons
	pledgers map[int64]firm
}

func openPledgeDesk(t *testing.T) *pledgeDesk {
	t.Helper()
	k := &pledgeDesk{dealDesk: openTermDesk(t), pledgers: map[int64]firm{}}
	k.does(k.leader, ParameterSet{Key: rulebook.BasePrice, Region: "330000", Pollutant: vocs, Value: "4000", ValidFrom: 20260701, Document: "base"})
	for i := range k.banks {
		k.banks[i] = done[PartyResult](k.office, k.clerk, PartyRegister{Name: "bank", USCC: uscc(jiashan, 90+i), Region: jiashan, Industry: "6621"}).Party.ID
		k.bankers[i] = k.person("banker", GrantAdd{Role: identity.BankOfficer, Party: k.banks[i]})
	}
	return k
}

// pledgeOf is an application to the first bank for all that may be lent.
func (k *pledgeDesk) pledgeOf(f firm, q quantity.Quantity) PledgeApply {
	k.pledgers[f.licence.ID] = f
	return PledgeApply{Licence: f.licence.ID, Instrument: k.inst.Code, Quantity: q, Bank: k.banks[0], Loan: quantity.Money(int64(q) / int64(one) * 16_000_00)}
}

func (k *pledgeDesk) pledgeStep(p encumbrance.Pledge, person int64, c PledgeStep) encumbrance.Pledge {
	k.t.Helper()
	c.Pledge, c.Document, c.Note = p.ID, "document", "note"
	return done[PledgeResult](k.office, person, c).Pledge
}

// Permits whose value rounds to nothing are no pledge: the refusal says so, whatever
// the loan, and nothing is stored.
func TestPledge_WorthNothing(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f := k.seller(jiashan, 1, 20*one)
	k.does(k.leader, ParameterSet{Key: rulebook.BasePrice, Region: "330000", Pollutant: vocs, Value: "900", ValidFrom: 20260702, Document: "base"})
	k.now.set(k.now.get().Date().AddDays(3).Start())
	c := k.pledgeOf(f, one)
	c.Quantity, c.Loan = 1, 1_000_000_00 // 0.000001 t/a × 900 × 5 years
	k.refuses(f.user, c, encumbrance.ErrWorthNothing)
	k.check()
}

// approved is a pledge that its bank has approved.
func (k *pledgeDesk) approved(c PledgeApply) encumbrance.Pledge {
	k.t.Helper()
	p := done[PledgeResult](k.office, k.pledgers[c.Licence].user, c).Pledge
	k.pledgeStep(p, k.leader, PledgeStep{Event: encumbrance.ConfirmPledge})
	banker := k.bankers[0]
	if c.Bank == k.banks[1] {
		banker = k.bankers[1]
	}
	return k.pledgeStep(p, banker, PledgeStep{Event: encumbrance.ApprovePledge, Loan: c.Loan, Rate: 38_500, DueOn: 20270630})
}

func (k *pledgeDesk) registered(c PledgeApply) encumbrance.Pledge {
	k.t.Helper()
	return k.pledgeStep(k.approved(c), k.pledgers[c.Licence].user, PledgeStep{Event: encumbrance.RegisterPledge})
}

func (k *pledgeDesk) pledgeNow(p encumbrance.Pledge) encumbrance.Pledge {
	return rowsOf(k.app.st, Pledges).rows[p.ID]
}

// What is sold out of a pledge, or taken, was surplus no longer.
func TestPledge_SurplusGoes(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f := k.seller(jiashan, 1, 20*one)
	p := k.registered(k.pledgeOf(f, 15*one))
	k.pledgeStep(p, k.bankers[0], PledgeStep{Event: encumbrance.DemandPledge, Claim: p.Loan})
	k.does(k.leader, PledgeTake{Pledge: p.ID, Quantity: 15 * one, Price: 4000 * quantity.OnePrice, Document: "take"})
	if s := k.surplus(f); s.Verified != 5*one || k.holding(f) != "5" {
		t.Errorf("%+v of %s held", s, k.holding(f))
	}
	k.check()
}

// Fact 25: 15.5 t/a are worth 310,000 and secure at most 248,000; a second bank
// stands behind the first, and both together stay within it.
func TestPledge_Share(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f := k.seller(jiashan, 1, 20*one)
	q := 15*one + one/2
	c := k.pledgeOf(f, q)
	c.Loan = 248_000_01
	k.refuses(f.user, c, rulebook.ErrPledgeShare)
	c.Loan = 200_000_00
	first := k.registered(c)
	key := HoldingKey(f.licence, k.inst, ledger.Paid)
	if first.Value != 310_000_00 || first.Most != 248_000_00 || first.Rank != 1 || k.balance(key).Held != int64(q) {
		t.Fatalf("%+v", first)
	}
	k.refuses(f.user, k.sell(f, 5*one), ledger.ErrInsufficient) // mortgaged permits are not tradable
	behind := c
	behind.Behind, behind.Bank, behind.Loan = first.ID, k.banks[1], 48_000_01
	k.refuses(f.user, behind, rulebook.ErrPledgeShare)
	behind.Quantity, behind.Loan = one, 1000_00
	k.refuses(f.user, behind, ErrBehind)
	behind.Quantity, behind.Loan = q, 48_000_00
	second := k.registered(behind)
	if second.Rank != 2 || second.Hold != 0 || k.balance(key).Held != int64(q) {
		t.Fatalf("%+v", second)
	}
	// The bank sees and frees its own only; the second moves up.
	k.refuses(k.bankers[1], PledgeStep{Pledge: first.ID, Event: encumbrance.ReleasePledge, Document: "d"}, ErrNoRecord)
	k.pledgeStep(first, k.bankers[0], PledgeStep{Event: encumbrance.ReleasePledge})
	if got := k.pledgeNow(second); got.Hold == 0 || k.balance(key).Held != int64(q) {
		t.Errorf("%+v", got)
	}
	k.restart()
	k.pledgeStep(second, k.bankers[1], PledgeStep{Event: encumbrance.ReleasePledge})
	if k.balance(key).Held != 0 {
		t.Error(k.balance(key))
	}
}

// What is said to be lent at most on permits is by what their rule judges by: the row of the holder's
// industry, or of that of the licence's site.
func TestPledge_ShareOfIndustry(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f := k.seller(jiashan, 1, 20*one)
	share := func(industry, value string) {
		k.does(k.leader, ParameterSet{Key: rulebook.PledgeShare, Industry: industry, Value: value, ValidFrom: 20260701, Document: "share"})
	}
	share("23", "0.5")
	c := k.pledgeOf(f, one)
	c.Loan = 10_000_01
	k.refuses(f.user, c, rulebook.ErrPledgeShare)
	c.Loan = 10_000_00
	if p := done[PledgeResult](k.office, f.user, c).Pledge; p.Most != 10_000_00 {
		t.Errorf("%s is lent at most", p.Most)
	}
	k.does(k.leader, FactRecord{Kind: rulebook.IndustryOf, Licence: f.licence.ID, Value: "4411", ValidFrom: 20260101, Document: "site"})
	share("4411", "0.7")
	c.Loan = 14_000_00
	if p := k.registered(c); p.Most != 14_000_00 {
		t.Errorf("%s is lent at most", p.Most)
	}
	k.check()
}

// Pledged permits are sold without their holder's consent: the banks are paid in
// their rank, the rest goes to the holder, and no bank ever holds a permit.
func TestPledge_Enforced(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f, buyer := k.seller(jiashan, 1, 20*one), k.buyer(jiashan, 2, 400_000_00)
	c := k.pledgeOf(f, 10*one) // worth 200,000
	c.Loan = 100_000_00
	first := k.registered(c)
	c.Behind, c.Bank, c.Loan = first.ID, k.banks[1], 60_000_00
	second := k.registered(c)
	offer := PledgeOffer{Pledge: first.ID, Quantity: 6 * one, Price: 3000 * quantity.OnePrice, Document: "sale"}
	k.refuses(k.leader, offer, encumbrance.ErrPledgeState)
	k.pledgeStep(first, k.bankers[0], PledgeStep{Event: encumbrance.DemandPledge, Claim: 105_000_00})
	k.refuses(f.user, PledgeStep{Pledge: first.ID, Event: encumbrance.ReleasePledge, Document: "d"}, encumbrance.ErrPledgeState)
	done[PledgeResult](k.office, k.clerk, offer)
	k.refuses(f.user, PledgeBuy{first.ID, f.licence.ID, 0}, ErrPledgeBuyer)
	price, err := PledgePriceOf(rowsOf(k.app.st, Pledges).rows[first.ID], k.inst, k.now.get().Date())
	if err != nil {
		t.Fatal(err)
	}
	k.refuses(buyer.user, PledgeBuy{first.ID, buyer.licence.ID, price.Amount - 1}, ErrPledgeAmount)
	r := done[PledgeSaleResult](k.office, buyer.user, PledgeBuy{first.ID, buyer.licence.ID, price.Amount})
	// 6 × 3000 × 60/12 = 90,000: all to the first bank
	if r.Sale.Amount != 90_000_00 || k.balance(ledger.FundsKey(k.banks[0])).Balance != 90_000_00 || r.Sale.ToOwner != 0 {
		t.Fatalf("%+v", r)
	}
	if got := k.pledgeNow(first); got.State != encumbrance.PledgeDemanded || got.Owed() != 15_000_00 || got.Left() != 4*one {
		t.Errorf("%+v", got)
	}
	take := PledgeTake{Pledge: first.ID, Quantity: 4 * one, Price: 4000 * quantity.OnePrice, Document: "buy-back"}
	r = done[PledgeSaleResult](k.office, k.leader, take)
	// 4 × 4000 × 59/12 (part months down) = 78,666.67: 15,000 to the first, 60,000 to the second, the rest to the holder
	if r.Sale.Months != 59 && r.Sale.Months != 60 || r.Payments[0].Amount != 15_000_00 || r.Payments[1].Amount != 60_000_00 ||
		r.Sale.ToOwner != r.Sale.Amount-75_000_00 || r.Sale.Lot == 0 {
		t.Fatalf("%+v", r)
	}
	if k.pledgeNow(first).State != encumbrance.PledgeEnforced || k.pledgeNow(second).State != encumbrance.PledgeEnforced {
		t.Error(k.pledgeNow(first).State, k.pledgeNow(second).State)
	}
	if b := k.balance(HoldingKey(f.licence, k.inst, ledger.Paid)); b.Balance != int64(10*one) || b.Held != 0 {
		t.Error(b)
	}
	for _, a := range k.store.tables[Accounts.name].rows {
		if account := a.(ledger.Account); account.Kind == ledger.Holding && (account.Party == k.banks[0] || account.Party == k.banks[1]) {
			t.Errorf("a bank has %s", account.Key())
		}
	}
	k.wantJuly(fmt.Sprintf("330421 buy_back 1 4 %s 16000.00", r.Sale.Amount), "330421 deal_local 1 6 90000.00 18000.00", "330421 pledge 2 10 160000.00 0.00")
}

// When the banks have got all, what is left is the holder's again.
func TestPledge_RestIsFree(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f, buyer := k.seller(jiashan, 1, 20*one), k.buyer(jiashan, 2, 400_000_00)
	c := k.pledgeOf(f, 10*one)
	c.Loan = 10_000_00
	p := k.registered(c)
	k.pledgeStep(p, k.bankers[0], PledgeStep{Event: encumbrance.DemandPledge, Claim: 10_000_00})
	done[PledgeResult](k.office, k.leader, PledgeOffer{Pledge: p.ID, Quantity: one, Price: 3000 * quantity.OnePrice, Document: "sale"})
	k.refuses(k.leader, PledgeTake{Pledge: p.ID, Quantity: one, Price: quantity.OnePrice, Document: "d"}, encumbrance.ErrPledgeState)
	done[PledgeSaleResult](k.office, buyer.user, PledgeBuy{p.ID, buyer.licence.ID, 0})
	if b := k.balance(HoldingKey(f.licence, k.inst, ledger.Paid)); b.Held != 0 || b.Balance != int64(19*one) || k.balance(ledger.FundsKey(f.party)).Balance != 5_000_00 {
		t.Error(b, k.balance(ledger.FundsKey(f.party)))
	}
}

// What is refused names its rule.
func TestPledge_Refused(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f, other := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 1)
	free := k.firm(jiashan, 4)
	k.giveFree(free, 3*one)
	for _, c := range []struct {
		name   string
		change func(*PledgeApply)
		by     firm
		want   *fault.Error
	}{
		{"free permits", func(c *PledgeApply) { c.Licence = free.licence.ID }, free, rulebook.ErrNotForSale},
		{"more than there is", func(c *PledgeApply) { c.Quantity = 11 * one }, f, ledger.ErrInsufficient},
		{"no bank", func(c *PledgeApply) { c.Bank = other.party }, f, ErrNotBank},
		{"behind nothing", func(c *PledgeApply) { c.Behind = 7 }, f, ErrNoRecord},
		{"an assessment of nothing", func(c *PledgeApply) { c.Assessment = "report" }, f, fault.Invalidf("assessed_value", "")},
		{"over the share of an assessment", func(c *PledgeApply) { c.Assessment, c.Value = "report", 19_999_00 }, f, rulebook.ErrPledgeShare},
		{"another's permits", func(*PledgeApply) {}, other, ErrNoRecord},
		{"no loan", func(c *PledgeApply) { c.Loan = 0 }, f, fault.Invalidf("loan", "")},
	} {
		bad := k.pledgeOf(f, one)
		c.change(&bad)
		if got := k.do(c.by.user, bad); got == nil || got.Code != c.want.Code {
			t.Errorf("%s: %v, want %s", c.name, got, c.want.Code)
		}
	}
	k.refuses(k.clerk, LicenceRegister{
		Party: k.banks[0], Number: uscc(jiashan, 90) + "001P", Kind: "licence", Site: "site", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}, ErrBankLicence)
	k.refuses(k.admin, GrantAdd{Person: k.person("x", GrantAdd{Role: identity.BankOfficer, Party: k.banks[1]}), Role: identity.BankOfficer, Party: f.party}, ErrBankLicence)
	p := done[PledgeResult](k.office, f.user, k.pledgeOf(f, 2*one)).Pledge
	k.pledgeStep(p, k.leader, PledgeStep{Event: encumbrance.ConfirmPledge})
	approve := PledgeStep{Pledge: p.ID, Event: encumbrance.ApprovePledge, Loan: 32_000_00, Rate: 38_500, DueOn: 20310701, Document: "contract"}
	k.refuses(k.bankers[0], approve, encumbrance.ErrLoanBeyondTerm)
	approve.DueOn, approve.Loan = 20310630, 32_000_01
	k.refuses(k.bankers[0], approve, ErrLoanMore)
	k.refuses(k.bankers[1], approve, ErrNoRecord)
}
