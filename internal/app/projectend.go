package app

import (
	"cmp"
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// projectEnd ends a deal or a payment notice that rests on what a project no
// longer needs.
type projectEnd struct {
	id   int64
	deal bool
	end  func(tx *Tx)
}

// projectGone is why they end.
const projectGone = "the project no longer needs it"

// endedOfProject bounds the deals and notices that one step of a project ends.
const endedOfProject = 50

// endUnpaid ends unpaid notices, and then deals without a confirmed payment,
// until what is bid for fits what is needed. Money in escrow goes back.
func (v *View) endUnpaid(n *permit.Need) ([]projectEnd, error) {
	ends, err := v.unpaidNotices(n)
	if err != nil || n.Room() >= 0 {
		return ends, err
	}
	q := newestOf(n).And("state", In, signedDeals).And("state", Ne, string(settlement.DealSellerSigned))
	deals, err := Find(v, Deals, q)
	if err != nil {
		return nil, err
	}
	for _, d := range deals {
		h, err := v.dealHistory(d.ID)
		if err != nil {
			return nil, err
		}
		if n.Room() >= 0 || h.IsPaymentConfirmed() {
			continue
		}
		holds, err := v.dealHolds(d)
		if err != nil {
			return nil, err
		}
		n.Open -= d.Arriving
		ends = append(ends, projectEnd{d.ID, true, func(tx *Tx) { tx.lapseDeal(d, holds, projectGone) }})
	}
	return ends, nil
}

// newestOf are the newest deals or notices of a need.
func newestOf(n *permit.Need) Query {
	q := naming("project", n.Project).And("pollutant", Eq, n.Pollutant)
	q.Desc, q.Limit = true, endedOfProject
	return q
}

// unpaidNotices ends the notices of a project that nobody has paid.
func (v *View) unpaidNotices(n *permit.Need) (ends []projectEnd, err error) {
	// What is delivered and paid in parts stays issued until the last of them.
	notices, err := Find(v, Notices, newestOf(n).And("state", Eq, string(reserve.NoticeIssued)).And("delivered_at", Eq, 0))
	if err != nil {
		return nil, err
	}
	for _, p := range notices {
		notice, err := v.complete(p)
		if err != nil {
			return nil, err
		}
		if n.Room() >= 0 || notice.parts.State.IsRunning() || notice.parts.paid() > 0 {
			continue
		}
		n.Open -= p.Quantity
		cancel, err := v.cancelUnpaid(notice, projectGone)
		if err != nil {
			return nil, err
		}
		ends = append(ends, projectEnd{p.ID, false, cancel})
	}
	return ends, nil
}

// projectBuyBack is a buy-back of what a project no longer needs.
type projectBuyBack struct {
	reserve.BuyBack

	hold buyBackEffect
}

// buyBacks opens buy-backs (甬环发〔2015〕81号: the project is cancelled, or surplus is
// found) of what was bought beyond the need: of the licence's permits those of
// the latest term first and paid before free. What is not available — sold on,
// pledged, frozen — stays verified as surplus, which only the government buys.
func (c ProjectStep) buyBacks(v *View, p permit.Project, freed []permit.Entry) (opens []projectBuyBack, err error) {
	l, err := Get(v, Licences, "project", p.Licence)
	if err != nil {
		return nil, err
	}
	cause := reserve.ProjectCancelled
	if c.Event == permit.Reduce {
		cause = reserve.CompletionSurplus
	}
	for _, e := range freed {
		left, surplus := e.Surplus, v.Surplus(l.ID, e.Pollutant).Available() // for all buy-backs together
		for _, h := range v.availableOf(l, e.Pollutant) {
			part := min(left, h.free)
			if part <= 0 {
				break
			}
			b := reserve.BuyBack{
				Kind: reserve.Compulsory, State: reserve.BuyBackAccepted, Cause: cause, Origin: h.origin, Quantity: part, Document: c.Document,
			}
			if b, err = v.newBuyBack(l, h.instrument.Code, b); err != nil {
				return nil, err
			}
			var held quantity.Quantity
			if h.origin == ledger.Paid {
				held = min(part, surplus)
				surplus -= held
			}
			hold, err := v.decideHoldWith(&b, held)
			if err != nil {
				return nil, err
			}
			opens = append(opens, projectBuyBack{b, hold})
			left -= part
		}
	}
	return opens, nil
}

// availableHolding is what a licence has at its disposal of an instrument.
type availableHolding struct {
	instrument catalog.Instrument
	origin     ledger.Origin
	free       quantity.Quantity
}

// availableOf are the holdings of a licence of a pollutant with something
// available, the latest term first and paid before free.
func (v *View) availableOf(l catalog.Licence, pollutant string) (found []availableHolding) {
	for i := range All(v, Instruments) {
		if i.Pollutant != pollutant || i.Expired(v.Today) {
			continue
		}
		for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free} {
			if free := v.ledger.Balance(HoldingKey(l, i, origin)).Available(); free > 0 {
				found = append(found, availableHolding{i, origin, quantity.Quantity(free)})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b availableHolding) int {
		return cmp.Or(cmp.Compare(b.instrument.TermEnd, a.instrument.TermEnd), cmp.Compare(a.origin, b.origin))
	})
	return found
}
