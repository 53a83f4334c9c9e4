package app

import (
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var _ = declareCheck((*checker).checkDeals)

// checkDeals holds each deal against its steps, its postings, its holds and
// what it used up (I-17):
//
//   - its steps lead by the table from proposed to its state, each by a body
//     that may take it, and no person acted for two bodies;
//   - its quantities and amount are what its terms come to;
//   - its settlement, reversal and cap return are posted exactly as they must
//     be, and no posting of these kinds is without its deal;
//   - it holds something only while it is open;
//   - the acquisitions that it used up are as much as it gave.
func (c *checker) checkDeals() error { return c.checkDealsBy(dealsPerPass) }

// dealsPerPass bounds the memory of checkDeals: a registry with more deals is
// walked several times, a range of deals at a time.
const dealsPerPass = 100_000

func (c *checker) checkDealsBy(perPass int64) error {
	last, err := c.r.LastID(c.ctx, Deals.name)
	for after := int64(0); err == nil && (after == 0 || after < last); after += perPass {
		err = c.checkDealsOf(dealRange{after, after + perPass, after == 0, after+perPass >= last})
	}
	return err
}

// dealRange is a range of deals. The first and the last one take in rows that
// name deals which do not exist.
type dealRange struct {
	after, until    int64
	isFirst, isLast bool
}

// of restricts q to the rows whose column names a deal of the range.
func (r dealRange) of(q Query, column string) Query {
	if !r.isFirst {
		q = q.And(column, Gt, r.after)
	}
	if !r.isLast {
		q = q.And(column, Le, r.until)
	}
	return q
}

// dealRows are what the deals of a range are held against.
type dealRows struct {
	steps  map[int64]settlement.History
	used   map[int64]quantity.Quantity
	holds  map[int64]ledger.Hold
	posted map[int64][]ledger.Posting // by transfer
}

func (c *checker) readDealRows(r dealRange) (dealRows, error) {
	rows := dealRows{map[int64]settlement.History{}, map[int64]quantity.Quantity{}, map[int64]ledger.Hold{}, map[int64][]ledger.Posting{}}
	reasons := Query{}.And("reason", In, []int64{int64(ledger.Settlement), int64(ledger.Reversal), int64(ledger.CapReturn)})
	for _, read := range []func() error{
		func() error {
			return eachOf(c.ctx, c.r, DealSteps, r.of(Query{}, "deal"), func(s settlement.DealStep) { rows.steps[s.Deal] = append(rows.steps[s.Deal], s) })
		},
		func() error {
			return eachOf(c.ctx, c.r, DealSources, r.of(Query{}, "deal"), func(s settlement.DealSource) { rows.used[s.Deal] += s.Quantity })
		},
		func() error {
			return eachOf(c.ctx, c.r, Holds, r.of(Where("purpose", string(ledger.ForDeal)), "reference"), func(h ledger.Hold) { rows.holds[h.ID] = h })
		},
		func() error {
			return eachOf(c.ctx, c.r, Postings, r.of(reasons, "reference"), func(p ledger.Posting) { rows.posted[p.Transfer] = append(rows.posted[p.Transfer], p) })
		},
	} {
		if err := read(); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func (c *checker) checkDealsOf(r dealRange) error {
	rows, err := c.readDealRows(r)
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Deals, r.of(Query{}, "id"), func(d settlement.Deal) {
		c.checkDealSteps(d, rows.steps[d.ID])
		c.checkDealTerms(d)
		c.checkDealHolds(d, rows.holds)
		c.checkDealPostings(d, rows.posted)
		if want := given(d); rows.used[d.ID] != want {
			c.report("I-17", Deals.name, d.ID, "has used up %s of acquisitions, it has given %s", rows.used[d.ID], want)
		}
	})
	for transfer, postings := range rows.posted {
		if reason := postings[0].Reason; reason != ledger.Reversal {
			c.report("I-17", Postings.name, transfer, "is a %s of no deal", reason)
		}
	}
	return err
}

func given(d settlement.Deal) quantity.Quantity {
	if d.Transfer == 0 {
		return 0
	}
	return d.Quantity
}

func (c *checker) checkDealSteps(d settlement.Deal, h settlement.History) {
	at := d
	at.State = settlement.DealProposed
	for i, s := range h {
		m, err := at.Next(h[:i], s.Event, s.Role)
		if err != nil || s.FromState != at.State || s.ToState != m.To {
			c.report("I-17", DealSteps.name, s.ID, "leads from %s to %s by %s of the %s, which the table does not allow", s.FromState, s.ToState, s.Event, s.Role)
		} else if err := d.MayAct(h[:i], s.Person, s.Role); err != nil {
			c.report("I-17", DealSteps.name, s.ID, "is by person %d, who has acted for another side", s.Person)
		}
		at.State = s.ToState
	}
	if at.State != d.State {
		c.report("I-17", Deals.name, d.ID, "is %s, its steps lead to %s", d.State, at.State)
	}
}

func (c *checker) checkDealTerms(d settlement.Deal) {
	if err := d.CheckTerms(); err != nil {
		c.report("I-17", Deals.name, d.ID, "has terms that do not hold together: %v", err)
		return
	}
	if again, err := d.Reckon(); err != nil || again != d {
		c.report("I-17", Deals.name, d.ID, "has quantities or an amount that its terms do not come to")
	}
}

// checkDealHolds holds that the deal's holds are active while it is open,
// posted once it is settled and voided where it came to nothing.
func (c *checker) checkDealHolds(d settlement.Deal, holds map[int64]ledger.Hold) {
	want := ledger.HoldVoided
	switch {
	case d.State.IsOpen():
		want = ledger.HoldActive
	case d.Transfer != 0:
		want = ledger.HoldPosted
	}
	for _, own := range [2]struct {
		id     int64
		key    ledger.Key
		amount int64
	}{{d.PermitHold, d.SellerKey(), int64(d.Quantity)}, {d.MoneyHold, ledger.MoneyKey(ledger.Escrow), int64(d.Amount)}} {
		if own.id == 0 {
			continue
		}
		h := holds[own.id]
		if h.State != want || h.Amount != own.amount || h.Reference != d.ID || c.ledger.accounts[h.Account].Key() != own.key {
			c.report("I-17", Deals.name, d.ID, "is %s, its hold %d of %s is %s", d.State, own.id, own.key.Format(h.Amount), h.State)
		}
	}
}

// checkDealPostings compares the deal's transfers with what they must be, and
// takes them out of posted.
func (c *checker) checkDealPostings(d settlement.Deal, posted map[int64][]ledger.Posting) {
	for _, own := range [3]struct {
		transfer int64
		want     func() ledger.Transfer
	}{{d.Transfer, d.SettleTransfer}, {d.Reversal, d.ReverseTransfer}, {d.CapReturn, d.CapReturnTransfer}} {
		if own.transfer == 0 {
			continue
		}
		if want := own.want(); !c.isPosted(want, posted[own.transfer]) {
			c.report("I-17", Deals.name, d.ID, "names transfer %d as its %s, which is not posted so", own.transfer, want.Reason)
		}
		delete(posted, own.transfer)
	}
}

func (c *checker) isPosted(t ledger.Transfer, postings []ledger.Posting) bool {
	if len(postings) != len(t.Legs) {
		return false
	}
	for i, p := range postings {
		leg := t.Legs[i]
		if p.Reason != t.Reason || p.Reference != t.Reference || p.Amount != leg.Amount ||
			c.ledger.accounts[p.Debit].Key() != leg.Debit || c.ledger.accounts[p.Credit].Key() != leg.Credit {
			return false
		}
	}
	return true
}
