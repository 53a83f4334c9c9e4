package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/ledger"
)

// debtOffice is a scheme with plants, of which each has declared the days up to one.
type debtOffice struct {
	*carbonOffice
	buyer    firm
	next     map[string]calendar.Date // the first day of a plant that is not declared
	evidence int64
}

func openDebts(t *testing.T) *debtOffice {
	t.Helper()
	o := openCarbon(t)
	return &debtOffice{carbonOffice: o, buyer: o.firm("330421", 9), next: map[string]calendar.Date{}}
}

// plant registers a project of a party.
func (o *debtOffice) plant(code, identifier string, of firm) carbon.Project {
	o.t.Helper()
	return done[carbon.Project](o.office, o.clerk, CreditProjectRegister{
		Scheme: o.scheme.ID, Code: code, Name: code, Methodology: "PV", Party: of.party, Identifier: identifier, Document: "d",
	})
}

// verified is the plant's next day, which waits to be issued: 100 t.
func (o *debtOffice) verified(p carbon.Project, by int64) carbon.Issuance {
	o.t.Helper()
	o.evidence++
	day := max(o.next[p.Identifier], 20260101)
	o.next[p.Identifier] = day.AddDays(1)
	i := done[IssuanceResult](o.office, by, CreditDeclare{
		Project: p.ID, PeriodFrom: day, PeriodTo: day, EvidenceDigest: digest(1000 + o.evidence), Items: 1,
		Values: []carbon.Value{{Name: "energy", Amount: o.measure("200")}, {Name: "capacity", Unit: "MW", Amount: o.measure("5")}},
	}).Issuance
	o.does(o.operator, IssuanceStep{Issuance: i.ID, Event: carbon.Check})
	o.does(o.verifier, IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "d"})
	return i
}

// spends gives everything away that a party has.
func (o *debtOffice) spends(f firm) {
	o.t.Helper()
	if units := o.credits(ledger.Credits, f.party); units > 0 {
		o.does(f.user, CreditTransfer{Party: f.party, Series: 1, To: o.buyer.party, Units: units, Document: "d"})
	}
}

func (o *debtOffice) revoked(i carbon.Issuance, units int64) carbon.Debt {
	o.t.Helper()
	return done[RevocationResult](o.office, o.leader, CreditRevoke{Issuance: i.ID, Units: units, Document: "audit"}).Debt
}

// A debt is of the project whose credits were wrong: it blocks what is issued for its
// plant, whatever project and party that is of, and nothing else of the same party.
func TestCredit_DebtIsOfItsProject(t *testing.T) {
	t.Parallel()
	o := openDebts(t)
	other := o.firm("330421", 2)
	a, b := o.plant("PV1", "GRID-1", o.owner), o.plant("PV2", "GRID-2", o.owner)
	again := o.plant("PV3", "GRID-1", other)
	first := o.verified(a, o.owner.user)
	o.does(o.leader, IssuanceStep{Issuance: first.ID, Event: carbon.Issue})
	pool := o.issue(1, 50)
	o.spends(o.owner)
	debt := o.revoked(first, 40)
	if debt.Units != 40 {
		t.Fatalf("owed: %+v; want 40", debt)
	}

	waits := o.verified(a, o.owner.user)
	o.refuses(o.leader, IssuanceStep{Issuance: waits.ID, Event: carbon.Issue}, carbon.ErrDebtOpen)
	elsewhere := o.verified(again, other.user)
	o.refuses(o.leader, IssuanceStep{Issuance: elsewhere.ID, Event: carbon.Issue}, carbon.ErrDebtOpen)
	o.does(o.leader, IssuanceStep{Issuance: o.verified(b, o.owner.user).ID, Event: carbon.Issue})
	o.issue(2, 10)

	o.restart()
	o.refuses(o.leader, IssuanceStep{Issuance: waits.ID, Event: carbon.Issue}, carbon.ErrDebtOpen)
	o.does(o.owner.user, CreditRepay{Debt: debt.ID, Series: 1, Units: 40}) // with units of its other project
	o.does(o.leader, IssuanceStep{Issuance: waits.ID, Event: carbon.Issue})
	o.does(o.leader, IssuanceStep{Issuance: elsewhere.ID, Event: carbon.Issue})

	o.spends(o.owner)
	o.revoked(pool, 50) // the scheme's pools owe; its operator's projects do not
	o.does(o.operator, o.pool(3, 10))
	waiting := done[IssuanceResult](o.office, o.operator, o.pool(4, 10)).Issuance
	o.does(o.verifier, IssuanceStep{Issuance: waiting.ID, Event: carbon.Verify, Document: "d"})
	o.refuses(o.leader, IssuanceStep{Issuance: waiting.ID, Event: carbon.Issue}, carbon.ErrDebtOpen)
	o.does(o.leader, IssuanceStep{Issuance: o.verified(a, o.owner.user).ID, Event: carbon.Issue})
	o.check()
}

// Whatever is issued, spent, revoked and repaid, an issuance waits exactly when
// something is owed of its own plant, or of the pools where it is one.
func TestCredit_DebtsRandom(t *testing.T) {
	t.Parallel()
	o := openDebts(t)
	random := rand.New(rand.NewPCG(8, 1))
	firms := []firm{o.owner, o.owner, o.firm("330421", 2)}
	plants := make([]carbon.Project, len(firms))
	for k, f := range firms {
		plants[k] = o.plant(fmt.Sprintf("PV%d", k+1), fmt.Sprintf("GRID-%d", k+1), f)
	}
	const pools = "" // the debtor that is no plant
	type issued struct {
		carbon.Issuance
		debtor string
		left   int64 // units that were not revoked
	}
	var all []issued
	var debts []carbon.Debt
	debtorOf := map[int64]string{}                    // by debt
	owed, did := map[string]int64{}, map[string]int{} // units, by debtor; steps, by kind
	issue := func(i carbon.Issuance, debtor string) {
		step := IssuanceStep{Issuance: i.ID, Event: carbon.Issue}
		if owed[debtor] > 0 {
			did["refused"]++
			o.refuses(o.leader, step, carbon.ErrDebtOpen)
			return
		}
		for other := range owed {
			if owed[other] > 0 {
				did["beside a debt"]++
			}
		}
		o.does(o.leader, step)
		all = append(all, issued{i, debtor, i.Units})
	}
	for n := range 300 {
		k := random.IntN(len(firms))
		switch random.IntN(6) {
		case 0:
			issue(o.verified(plants[k], firms[k].user), plants[k].Identifier)
		case 1:
			o.evidence++
			i := done[IssuanceResult](o.office, o.operator, o.pool(o.evidence, 100)).Issuance
			o.does(o.verifier, IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "d"})
			issue(i, pools)
		case 2:
			o.spends(firms[k])
		case 3:
			if len(all) == 0 {
				continue
			}
			i := &all[random.IntN(len(all))]
			if i.left == 0 {
				continue
			}
			units := 1 + random.Int64N(i.left)
			i.left -= units
			if d := o.revoked(i.Issuance, units); d.ID != 0 {
				did["owed"]++
				debts, debtorOf[d.ID] = append(debts, d), i.debtor
				owed[i.debtor] += d.Units
			}
		default:
			if len(debts) == 0 {
				continue
			}
			at := random.IntN(len(debts))
			d := debts[at]
			for _, f := range firms {
				if f.party == d.Party && o.credits(ledger.Credits, f.party) < d.Left() && o.credits(ledger.Credits, o.buyer.party) >= d.Left() {
					o.does(o.buyer.user, CreditTransfer{Party: o.buyer.party, Series: 1, To: f.party, Units: d.Left(), Document: "d"})
				}
				if f.party == d.Party && o.credits(ledger.Credits, f.party) >= d.Left() {
					did["repaid"]++
					o.does(f.user, CreditRepay{Debt: d.ID, Series: 1, Units: d.Left()})
					owed[debtorOf[d.ID]] -= d.Left()
					debts = append(debts[:at], debts[at+1:]...)
					break
				}
			}
		}
		if n%100 == 99 {
			o.check()
			o.restart()
		}
	}
	for _, kind := range []string{"refused", "beside a debt", "owed", "repaid"} {
		if did[kind] == 0 {
			t.Errorf("nothing was %s: %v", kind, did)
		}
	}
}
