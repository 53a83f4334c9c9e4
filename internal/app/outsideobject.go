package app

import (
	"slices"
	"strconv"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// outsideObject is an object that other platforms know: whose it is, whose
// bureau keeps it, and the fields that they may speak of.
type outsideObject struct {
	party  int64  // 0: nobody's
	region string // of a deal and a trade the seller's
	values []outside.Value
}

// outsideReader reads objects of a kind by their ids; those that are not there
// are missing.
type outsideReader func(v *View, ids []int64) (map[int64]outsideObject, error)

// outsideObjects are the objects of each kind.
var outsideObjects = map[outside.Kind]outsideReader{
	outside.Party: objectsOf(Parties, func(_ *View, p catalog.Party) outsideObject {
		return outsideObject{p.ID, p.Region, fields("uscc", p.USCC, "name", p.Name, "region", p.Region, "state", string(p.State))}
	}),
	outside.Licence: objectsOf(Licences, func(v *View, l catalog.Licence) outsideObject {
		return outsideObject{l.Party, l.Region, fields("number", l.Number, "holder", rowsOf(v.state, Parties).rows[l.Party].USCC, "site", l.Site,
			"state", string(l.State), "valid_from", l.ValidFrom.String(), "valid_to", l.ValidTo.String())}
	}),
	outside.Deal: objectsOf(Deals, func(_ *View, d settlement.Deal) outsideObject {
		return outsideObject{d.SellerParty, d.SellerRegion, fields("state", string(d.State), "quantity", d.Quantity.String(), "price", d.Price.String(), "amount", d.Amount.String())}
	}),
	outside.Notice: objectsOf(Notices, func(_ *View, n reserve.PaymentNotice) outsideObject {
		return outsideObject{n.Party, n.Region, fields("state", string(n.State), "quantity", n.Quantity.String(), "price", n.Price.String(), "amount", n.Amount.String())}
	}),
	outside.Allocation: objectsOf(Allocations, func(_ *View, a reserve.Allocation) outsideObject {
		return outsideObject{a.Party, a.Region, fields("quantity", a.Quantity.String(), "price", a.Price.String())}
	}),
	outside.CapDecision: objectsOf(CapDecisions, func(_ *View, d reserve.CapDecision) outsideObject {
		return outsideObject{0, d.Region, fields("change", d.Change.String(), "decided_on", d.DecidedOn.String())}
	}),
	outside.Project: objectsOf(Projects, func(_ *View, p permit.Project) outsideObject {
		return outsideObject{p.Party, p.Region, fields("name", p.Name, "state", string(p.State))}
	}),
	outside.Freeze: objectsOf(Freezes, func(_ *View, f encumbrance.Freeze) outsideObject {
		return outsideObject{f.Party, f.Region, fields("state", string(f.State), "order_number", f.OrderNumber, "starts_on", dayText(f.StartsOn), "ends_on", dayText(f.EndsOn))}
	}),
	outside.Succession: objectsOf(Successions, func(_ *View, s permit.Succession) outsideObject {
		return outsideObject{s.Party, s.Region, fields("kind", string(s.Kind), "effective_on", s.EffectiveOn.String())}
	}),
	outside.Correction: objectsOf(Corrections, func(_ *View, c permit.Correction) outsideObject {
		return outsideObject{c.Party, c.Region, fields("quantity", c.Quantity.String())}
	}),
	outside.MirroredDeal: objectsOf(MirroredDeals, func(_ *View, m outside.Mirror) outsideObject {
		return outsideObject{m.SellerParty, m.Region, fields("quantity", m.Quantity.String(), "price", m.Price.String(), "amount", m.Amount.String(), "settled_on", m.SettledOn.String())}
	}),
	outside.Trade: objectsOf(Trades, func(_ *View, t market.Trade) outsideObject {
		return outsideObject{0, t.SellerRegion, fields("quantity", t.Quantity.String(), "price", t.Price.String(), "amount", t.Amount.String(), "day", t.At.Date().String())}
	}),
	outside.Lot: objectsOf(Lots, func(_ *View, l reserve.Lot) outsideObject {
		return outsideObject{0, l.Region, fields("provenance", string(l.Provenance), "quantity", l.Quantity.String(), "in_reserve", l.InReserve().String())}
	}),
	outside.BuyBack: objectsOf(BuyBacks, func(_ *View, b reserve.BuyBack) outsideObject {
		return outsideObject{b.Party, b.Region, fields("state", string(b.State), "quantity", b.Quantity.String())}
	}),
	outside.Renewal: objectsOf(Renewals, func(_ *View, r permit.Renewal) outsideObject {
		return outsideObject{r.Party, r.Region, fields("state", string(r.State), "quantity", r.Quantity.String())}
	}),
	outside.Earmark: objectsOf(Earmarks, func(_ *View, e reserve.Earmark) outsideObject {
		return outsideObject{0, e.Region, fields("state", string(e.State))}
	}),
	outside.Listing: objectsOf(Listings, func(_ *View, l reserve.Listing) outsideObject {
		return outsideObject{0, l.Region, fields("state", string(l.State), "quantity", l.Quantity.String(), "price", l.Price.String())}
	}),
	outside.Lease: objectsOf(Leases, func(_ *View, l encumbrance.Lease) outsideObject {
		return outsideObject{l.Lessor, l.Region, fields("state", string(l.State), "quantity", l.Quantity.String(), "price", l.Price.String(), "amount", l.Amount.String(),
			"starts_on", dayText(l.StartsOn), "ends_on", dayText(l.EndsOn))}
	}),
	outside.Pledge: objectsOf(Pledges, func(_ *View, p encumbrance.Pledge) outsideObject {
		return outsideObject{p.Party, p.Region, fields("state", string(p.State), "quantity", p.Quantity.String(), "loan", p.Loan.String(), "due_on", dayText(p.DueOn))}
	}),
	outside.JudicialSale: objectsOf(JudicialSales, func(_ *View, s encumbrance.JudicialSale) outsideObject {
		return outsideObject{s.Party, s.Region, fields("quantity", s.Quantity.String(), "amount", s.Amount.String())}
	}),
	outside.Departure: objectsOf(Departures, func(_ *View, d permit.Departure) outsideObject {
		return outsideObject{d.Party, d.Region, fields("kind", string(d.Kind), "state", string(d.State), "effective_on", d.EffectiveOn.String())}
	}),
	outside.SurplusVerification: objectsOf(SurplusVerifications, func(_ *View, s reserve.SurplusVerification) outsideObject {
		return outsideObject{s.Party, s.Region, fields("quantity", s.Quantity.String(), "outcome", string(s.Outcome), "verified_on", s.VerifiedOn.String())}
	}),
	outside.Offer: objectsOf(Offers, func(_ *View, o auction.Offer) outsideObject {
		return outsideObject{0, o.Region, fields("state", string(o.State), "quantity", o.Quantity.String(), "reserve_price", o.ReservePrice.String())}
	}),
	outside.Award: objectsOf(Awards, func(_ *View, a auction.Award) outsideObject {
		return outsideObject{a.Party, a.Region, fields("state", string(a.State), "quantity", a.Quantity.String(), "price", a.Price.String(), "amount", a.Amount.String())}
	}),
	outside.StandingOffer: objectsOf(StandingOffers, func(_ *View, o reserve.StandingOffer) outsideObject {
		return outsideObject{0, o.Region, fields("state", string(o.State), "quantity", o.Quantity.String(), "price", o.Price.String(), "until", o.Until.String())}
	}),
	outside.Budget: objectsOf(Budgets, func(_ *View, b reserve.Budget) outsideObject {
		return outsideObject{0, b.Region, fields("fiscal_year", numberText(b.FiscalYear), "source", b.Source, "approved", b.Approved.String(), "paid", b.Paid.String())}
	}),
	outside.Plan: objectsOf(InstalmentPlans, func(_ *View, p reserve.InstalmentPlan) outsideObject {
		return outsideObject{p.Party, p.Region, fields("state", string(p.State))}
	}),
	outside.Refund: objectsOf(Refunds, func(_ *View, r reserve.TreasuryRefund) outsideObject {
		return outsideObject{r.Party, r.Region, fields("state", string(r.State), "amount", r.Amount.String())}
	}),
	outside.IdleDeclaration: objectsOf(IdleDeclarations, func(_ *View, d reserve.IdleDeclaration) outsideObject {
		return outsideObject{d.Party, d.Region, fields("state", string(d.State), "quantity", d.Quantity.String(), "since", d.Since.String())}
	}),
	outside.Block: objectsOf(Blocks, func(_ *View, b market.Block) outsideObject {
		return outsideObject{b.SellerParty, b.SellerRegion, fields("state", string(b.State), "quantity", b.Quantity.String(), "price", b.Price.String(), "amount", b.Amount.String())}
	}),
	outside.PublicNotice: objectsOf(PublicNotices, func(_ *View, n approval.PublicNotice) outsideObject {
		return outsideObject{0, n.Region, fields("kind", n.Kind, "state", string(n.State), "starts_on", n.StartsOn.String(), "ends_on", n.EndsOn.String())}
	}),
	outside.LevelTransfer: objectsOf(LevelTransfers, func(_ *View, t reserve.LevelTransfer) outsideObject {
		return outsideObject{0, t.FromRegion, fields("to_region", t.ToRegion, "part", string(t.Part), "quantity", t.Quantity.String())}
	}),
	outside.Movement: objectsOf(ReserveMovements, func(_ *View, m reserve.Movement) outsideObject {
		return outsideObject{0, m.Region, fields("direction", string(m.Direction), "quantity", m.Quantity.String())}
	}),
	outside.LotOrder: objectsOf(LotOrders, func(_ *View, o reserve.LotOrder) outsideObject {
		return outsideObject{0, o.Region, fields("kind", string(o.Kind), "quantity", o.Quantity.String())}
	}),
	outside.Discharge: objectsOf(Discharges, func(_ *View, d permit.Discharge) outsideObject {
		return outsideObject{d.Party, d.Region, fields("year", numberText(d.Year), "quarter", numberText(d.Quarter), "quantity", d.Quantity.String())}
	}),
	outside.Task: objectsOf(Tasks, func(_ *View, t permit.Task) outsideObject {
		return outsideObject{t.Party, t.Region, fields("year", numberText(t.Year), "quantity", t.Quantity.String())}
	}),
	outside.Debt: objectsOf(Debts, func(_ *View, d permit.Debt) outsideObject {
		return outsideObject{d.Party, d.Region, fields("quantity", d.Quantity.String(), "settled", d.Settled.String())}
	}),
	outside.Registration: objectsOf(Registrations, func(_ *View, r auction.Registration) outsideObject {
		return outsideObject{r.Party, r.Region, fields("state", string(r.State))} // what he bids for nobody sees before the ranking
	}),
	outside.Certificate: objectsOf(Acquisitions, func(v *View, a ledger.Acquisition) outsideObject {
		holding, _ := v.ledger.Account(a.Account)
		return outsideObject{holding.Party, holding.Region, fields("quantity", a.Quantity.String(), "acquired_on", a.AcquiredOn.String())}
	}),
}

// fields makes values of names and texts in turn.
func fields(texts ...string) []outside.Value {
	var all []outside.Value
	for pair := range slices.Chunk(texts, 2) { //nolint:mnd // a name and a text
		all = append(all, outside.Value{Field: pair[0], Value: pair[len(pair)-1]})
	}
	return all
}

func numberText(n int32) string { return strconv.Itoa(int(n)) }

func dayText(d calendar.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// objectsOf reads objects out of memory, and those that do not lie there out of
// their table.
func objectsOf[R any](t Table[R], as func(*View, R) outsideObject) outsideReader {
	return func(v *View, ids []int64) (map[int64]outsideObject, error) {
		found := map[int64]outsideObject{}
		var missing []int64
		for _, id := range ids {
			if t.resident {
				if row, ok := rowsOf(v.state, t).rows[id]; ok {
					found[id] = as(v, row)
					continue
				}
			}
			missing = append(missing, id)
		}
		if len(missing) == 0 {
			return found, nil
		}
		if t.name == Trades.name && len(v.batch.Trades) > 0 || t.name == Acquisitions.name && len(v.batch.Acquisitions.New) > 0 {
			return nil, errCommitFirst // of this batch
		}
		rows, err := Find(v, t, Query{}.And("id", In, missing))
		for _, row := range rows {
			found[idOf(&row)] = as(v, row)
		}
		return found, err
	}
}

// objectOf is an object, or ErrNoRecord.
func (v *View) objectOf(kind outside.Kind, id int64) (outsideObject, error) {
	found, err := outsideObjects[kind](v, []int64{id})
	if err != nil {
		return outsideObject{}, err
	}
	o, ok := found[id]
	if !ok {
		return o, ErrNoRecord.At("object")
	}
	return o, nil
}
