package app

import (
	"cmp"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var (
	_ = declareCheck((*checker).checkBuyBacks)
	_ = declareCheck((*checker).checkBudgets)
	_ = declareCheck((*checker).checkOffers)
)

// buyBackParts are the rows of one buy-back.
type buyBackParts struct {
	steps  []reserve.BuyBackStep
	prices []reserve.BuyBackPrice
	used   quantity.Quantity // of its sources
}

// checkBuyBacks holds each buy-back against its steps, its price, its hold, its
// posting, its sources and its lot (I-23):
//
//   - its steps lead by the table to its state, each by a body that may take it;
//   - its amount is what its rows, or the standing offer's price, come to;
//   - it holds its permits as long as it is open, and nothing is held for no
//     buy-back;
//   - it is posted exactly as it must be once it is in the reserve, with as much
//     of acquisitions used up and a lot of its quantity and cost.
func (c *checker) checkBuyBacks() error {
	parts, err := c.buyBackParts()
	if err != nil {
		return err
	}
	holds := map[int64]ledger.Hold{}
	if err := eachOf(c.ctx, c.r, Holds, Where("purpose", string(ledger.ForBuyBack)), func(h ledger.Hold) { holds[h.ID] = h }); err != nil {
		return err
	}
	lots := map[int64]reserve.Lot{}
	if err := eachOf(c.ctx, c.r, Lots, Query{}, func(l reserve.Lot) { lots[l.ID] = l }); err != nil {
		return err
	}
	posted := map[int64][]ledger.Posting{} // by transfer
	ofReasons := Query{}.And("reason", In, []int64{int64(ledger.BuyBack), int64(ledger.Reclamation)})
	if err := eachOf(c.ctx, c.r, Postings, ofReasons, func(p ledger.Posting) { posted[p.Transfer] = append(posted[p.Transfer], p) }); err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, BuyBacks, Query{}, func(b reserve.BuyBack) {
		p := parts[b.ID]
		if p == nil {
			p = &buyBackParts{}
		}
		c.checkBuyBackSteps(b, p.steps)
		c.checkBuyBackPrice(b, p.prices)
		c.checkBuyBackHold(b, holds)
		c.checkBooked(b, p.used, posted[b.Transfer], lots[b.Lot])
		delete(posted, b.Transfer)
		if b.State.IsHeld() {
			delete(holds, b.Hold)
		}
	})
	for id, h := range holds {
		if h.State == ledger.HoldActive {
			c.report("I-23", Holds.name, id, "holds permits for no buy-back")
		}
	}
	for transfer, postings := range posted {
		c.report("I-23", Postings.name, transfer, "is a %s of no buy-back", postings[0].Reason)
	}
	return err
}

func (c *checker) buyBackParts() (map[int64]*buyBackParts, error) {
	parts := map[int64]*buyBackParts{}
	of := func(id int64) *buyBackParts {
		if parts[id] == nil {
			parts[id] = &buyBackParts{}
		}
		return parts[id]
	}
	err := eachOf(c.ctx, c.r, BuyBackSteps, Query{}, func(s reserve.BuyBackStep) { p := of(s.BuyBack); p.steps = append(p.steps, s) })
	if err == nil {
		err = eachOf(c.ctx, c.r, BuyBackPrices, Query{}, func(r reserve.BuyBackPrice) { p := of(r.BuyBack); p.prices = append(p.prices, r) })
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, BuyBackSources, Query{}, func(s reserve.BuyBackSource) { of(s.BuyBack).used += s.Quantity })
	}
	return parts, err
}

// firstState is where a buy-back begins.
func firstState(b reserve.BuyBack) reserve.BuyBackState {
	switch {
	case b.Kind == reserve.Compulsory:
		return reserve.BuyBackAccepted
	case b.Offer != 0:
		return reserve.BuyBackAgreed
	}
	return reserve.BuyBackDraft
}

func (c *checker) checkBuyBackSteps(b reserve.BuyBack, steps []reserve.BuyBackStep) {
	at := firstState(b)
	for _, s := range steps {
		allowed := slices.ContainsFunc(reserve.BuyBackTransitions, func(t reserve.BuyBackTransition) bool {
			to := t.To
			if to == "" {
				to = s.FromState
			}
			return t.Event == s.Event && slices.Contains(t.From, s.FromState) && slices.Contains(t.By, s.Role) && to == s.ToState
		})
		if s.FromState != at || !allowed {
			c.report("I-23", BuyBackSteps.name, s.ID, "leads from %s to %s by %s of the %s, which the table does not allow", s.FromState, s.ToState, s.Event, s.Role)
		}
		at = s.ToState
	}
	if at != b.State {
		c.report("I-23", BuyBacks.name, b.ID, "is %s, its steps lead to %s", b.State, at)
	}
}

func (c *checker) checkBuyBackPrice(b reserve.BuyBack, rows []reserve.BuyBackPrice) {
	if b.Offer != 0 {
		rows = []reserve.BuyBackPrice{{Quantity: b.Quantity, PricePaid: b.BasePrice, Price: b.BasePrice, Amount: b.Amount}}
	}
	if rows == nil && b.Amount == 0 {
		return
	}
	var q quantity.Quantity
	var amount quantity.Money
	for _, r := range rows {
		want, err := quantity.Amount(r.Price, r.Quantity, int(b.Months), quantity.HalfUp)
		if err != nil || r.Amount != want {
			c.report("I-23", BuyBackPrices.name, r.ID, "is not the price of its acquisition")
		}
		if price, err := b.Formula.Of(r.PricePaid, b.BasePrice); err != nil || r.Price != price {
			c.report("I-125", BuyBackPrices.name, r.ID, "is at %s, the formula of buy-back %d comes to %s", r.Price, b.ID, price)
		}
		q, amount = q+r.Quantity, amount+r.Amount
	}
	if q != b.Quantity || amount != b.Amount {
		c.report("I-23", BuyBacks.name, b.ID, "is %s t/a for CNY %s, its rows come to %s t/a and CNY %s", b.Quantity, b.Amount, q, amount)
	}
}

// checkBuyBackHold holds that the hold is active while the buy-back is open,
// posted once it is in the reserve, and voided where it came to nothing.
func (c *checker) checkBuyBackHold(b reserve.BuyBack, holds map[int64]ledger.Hold) {
	if b.Hold == 0 {
		if b.State.IsHeld() || b.State == reserve.BuyBackInReserve {
			c.report("I-23", BuyBacks.name, b.ID, "is %s and holds nothing", b.State)
		}
		return
	}
	want := ledger.HoldVoided
	switch {
	case b.State.IsHeld():
		want = ledger.HoldActive
	case b.State == reserve.BuyBackInReserve:
		want = ledger.HoldPosted
	}
	h := holds[b.Hold]
	if h.State != want || h.Amount != int64(b.Quantity) || h.Reference != b.ID || c.ledger.accounts[h.Account].Key() != b.Holding() {
		c.report("I-23", BuyBacks.name, b.ID, "is %s, its hold %d of %s is %q", b.State, b.Hold, quantity.Quantity(h.Amount), h.State)
	}
}

func (c *checker) checkBooked(b reserve.BuyBack, used quantity.Quantity, posted []ledger.Posting, l reserve.Lot) {
	if b.State != reserve.BuyBackInReserve {
		if used != 0 || b.Transfer != 0 || b.Lot != 0 {
			c.report("I-23", BuyBacks.name, b.ID, "is %s and has gone into the reserve", b.State)
		}
		return
	}
	if used != b.Quantity {
		c.report("I-23", BuyBacks.name, b.ID, "has used up %s of acquisitions, it has given %s", used, b.Quantity)
	}
	if !c.isPosted(reserve.BuyBackTransfer(b), posted) {
		c.report("I-23", BuyBacks.name, b.ID, "names transfer %d, which is not posted so", b.Transfer)
	}
	want := b.AsLot(l.AcquiredOn)
	if l.Source != b.ID || l.Quantity != want.Quantity || l.Cost != want.Cost || l.Price != want.Price || l.Provenance != want.Provenance {
		c.report("I-23", BuyBacks.name, b.ID, "names lot %d, which is not what it brought", b.Lot)
	}
}

// checkBudgets compares each budget with its movements, and with the buy-backs
// that it pays for (I-24).
func (c *checker) checkBudgets() error {
	moved, err := c.movedBudgets()
	if err != nil {
		return err
	}
	committed, paid, budgetOf := map[int64]quantity.Money{}, map[int64]quantity.Money{}, map[int64]int64{}
	err = eachOf(c.ctx, c.r, BuyBacks, Query{}.And("budget", Gt, 0), func(b reserve.BuyBack) {
		budgetOf[b.ID] = b.Budget
		switch {
		case b.IsCommitted():
			committed[b.Budget] += b.Amount
		case b.IsPaid():
			paid[b.Budget] += b.Amount
		}
	})
	if err != nil {
		return err
	}
	offers := map[int64]int64{}
	err = eachOf(c.ctx, c.r, Offers, Query{}.And("budget", Gt, 0), func(o auction.Offer) {
		committed[o.Budget] += o.Committed
		offers[o.ID] = o.Budget
	})
	if err != nil {
		return err
	}
	awards := map[int64]auction.Award{}
	err = eachOf(c.ctx, c.r, Awards, Query{}.And("paid_on", Gt, 0), func(a auction.Award) {
		paid[offers[a.Offer]] += a.Amount
		awards[a.ID] = a
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Refunds, Query{}, func(r reserve.TreasuryRefund) {
		if r.State == reserve.RefundCancelled { // of an award nothing is recorded as paid any more
			return
		}
		a := awards[r.Award]
		delete(awards, r.Award)
		if r.Award != 0 && (a.State != auction.AwardRevoked || a.Amount != r.Amount) {
			c.report("I-24", Refunds.name, r.ID, "asks for CNY %s of award %d, which is %s and was paid CNY %s", r.Amount, r.Award, a.State, a.Amount)
		}
		if r.State == reserve.RefundReceived && !r.IsByTaxAuthority() {
			paid[cmp.Or(budgetOf[r.BuyBack], offers[a.Offer])] -= r.Amount
		}
	})
	if err != nil {
		return err
	}
	for id, a := range awards {
		if a.State == auction.AwardRevoked {
			c.report("I-24", Awards.name, id, "is revoked, and nobody asks for the CNY %s that were paid", a.Amount)
		}
	}
	return eachOf(c.ctx, c.r, Budgets, Query{}, func(b reserve.Budget) {
		m := moved[b.ID]
		if b.Approved != m.Approved || b.Committed != m.Committed || b.Paid != m.Paid || b.Lapsed != m.Lapsed || b.Carried != m.Carried || b.Left() < 0 {
			c.report("I-24", Budgets.name, b.ID, "is not what its movements come to")
		}
		if b.Committed != committed[b.ID] || b.Paid != paid[b.ID] {
			c.report("I-24", Budgets.name, b.ID, "has CNY %s committed and CNY %s paid, its buy-backs and offers come to CNY %s and CNY %s",
				b.Committed, b.Paid, committed[b.ID], paid[b.ID])
		}
	})
}

// movedBudgets are what the budgets' movements come to.
func (c *checker) movedBudgets() (map[int64]reserve.Budget, error) {
	moved := map[int64]reserve.Budget{}
	return moved, eachOf(c.ctx, c.r, BudgetMovements, Query{}, func(m reserve.BudgetMovement) {
		b, err := moved[m.Budget].Apply(m.Move, m.Amount)
		if err != nil {
			c.report("I-24", BudgetMovements.name, m.ID, "%s of CNY %s: %v", m.Move, m.Amount, err)
		}
		moved[m.Budget] = b
	})
}

// checkOffers holds that a standing offer has left what was not accepted of it,
// and that a declaration that is swept names a buy-back that sweeps it (I-25).
func (c *checker) checkOffers() error {
	taken, sweeps, of := map[int64]quantity.Quantity{}, map[int64]int64{}, map[int64]int64{} // sweeps: the open one, by declaration
	err := eachOf(c.ctx, c.r, BuyBacks, Query{}, func(b reserve.BuyBack) {
		alive := b.State.IsOpen() || b.State == reserve.BuyBackInReserve
		if b.Offer != 0 && alive {
			taken[b.Offer] += b.Quantity
		}
		if of[b.ID] = b.Idle; b.Idle != 0 && b.State.IsOpen() {
			sweeps[b.Idle] = b.ID
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, StandingOffers, Query{}, func(o reserve.StandingOffer) {
		if o.Quantity-o.Remaining != taken[o.ID] {
			c.report("I-25", StandingOffers.name, o.ID, "has %s left of %s, %s were accepted", o.Remaining, o.Quantity, taken[o.ID])
		}
	})
	if err != nil {
		return err
	}
	own := map[ledger.Key]int64{} // open, and declared of this holding
	return eachOf(c.ctx, c.r, IdleDeclarations, Query{}, func(d reserve.IdleDeclaration) {
		if d.State == reserve.IdleOpen && d.DeclaredOf == 0 {
			if other := own[d.Holding()]; other != 0 {
				c.report("I-114", IdleDeclarations.name, d.ID, "is declared of the holding of which declaration %d is", other)
			}
			own[d.Holding()] = d.ID
		}
		isOpen := d.State == reserve.IdleOpen
		if b := sweeps[d.ID]; isOpen && d.BuyBack != b || !isOpen && (b != 0 || d.BuyBack != 0 && of[d.BuyBack] != d.ID) {
			c.report("I-25", IdleDeclarations.name, d.ID, "is %s and names buy-back %d, buy-back %d sweeps it", d.State, d.BuyBack, b)
		}
	})
}
