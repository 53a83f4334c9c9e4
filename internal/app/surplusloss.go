package app

import (
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// SurplusLosses are what was taken back of verified surplus.
var SurplusLosses = cold[reserve.SurplusLoss]("surplus_loss")

// timerSurplusReview looks at a licence's verified surplus again.
const timerSurplusReview = "surplus.review"

var _ = declareTimer(timerSurplusReview, retrying(timerSurplusReview, reviewSurplus))

// loseSurplus takes back what is neither sold nor held of a verified surplus,
// as far as a loss goes.
func (tx *Tx) loseSurplus(l catalog.Licence, loss reserve.SurplusLoss) {
	loss.Quantity = min(loss.Quantity, tx.Surplus(l.ID, loss.Pollutant).Available())
	if loss.Quantity <= 0 {
		return
	}
	loss.Party, loss.Region, loss.Licence, loss.RecordedAt = l.Party, l.Region, l.ID, tx.Now
	Put(tx, SurplusLosses, loss)
	tx.ChangeSurplus(l.ID, loss.Pollutant, func(s *market.Surplus) { s.Verified -= loss.Quantity })
}

// permitsLost is loseSurplus where permits left a holding that surplus was
// verified of.
func (tx *Tx) permitsLost(k ledger.Key, loss reserve.SurplusLoss) {
	if k.Origin == ledger.Paid {
		loss.Pollutant = k.Pollutant
		tx.loseSurplus(mustGet(tx, Licences, k.Licence), loss)
	}
}

// verifiedSince is what was verified for sale of a licence's permits since an instant.
func (v *View) verifiedSince(licence int64, pollutant string, since calendar.Instant) (sum quantity.Quantity, err error) {
	rows, err := Find(v, SurplusVerifications, Where("licence", licence).And("pollutant", Eq, pollutant).And("outcome", Eq, string(reserve.MayBeSold)))
	for _, s := range rows {
		if s.RecordedAt >= since {
			sum += s.Quantity
		}
	}
	return sum, err
}

// reviewSurplusNow lets a licence's surplus be looked at again, before any
// other command: what it rests on has changed.
func (tx *Tx) reviewSurplusNow(licence int64) { tx.Arm(tx.Now, timerSurplusReview, licence) }

// reviewSurplus holds what is verified of a licence and not yet sold to what
// the last full year leaves: right − actual − task. The sells that rest on more
// leave the books first; deals and buy-backs keep what they hold. Each command
// does one pollutant's next part.
func reviewSurplus(v *View, licence int64) (Apply, error) {
	l, err := Get(v, Licences, "licence", licence)
	if err != nil {
		return nil, err
	}
	for p := range All(v, Pollutants) {
		beyond, year, err := v.surplusBeyond(l.ID, p.Code)
		if err != nil {
			return nil, err
		}
		if beyond <= 0 {
			continue
		}
		var sells []*market.Record
		if beyond > v.Surplus(l.ID, p.Code).Available() {
			sells = v.restingOrders(MaxCancels, func(o *market.Record) bool {
				return o.Licence == l.ID && o.Side == market.Sell && rowsOf(v.state, Instruments).rows[o.Instrument].Pollutant == p.Code
			})
		}
		if len(sells) == 0 && v.Surplus(l.ID, p.Code).Available() == 0 {
			continue // the rest is held by what was signed
		}
		return func(tx *Tx) any {
			cancelled := tx.cancelAll(sells[:min(len(sells), MaxCancels)])
			if len(sells) <= MaxCancels {
				tx.loseSurplus(l, reserve.SurplusLoss{
					Pollutant: p.Code, Kind: reserve.LostToDischarge, Reference: int64(year), Quantity: beyond,
					Document: "discharge of " + strconv.Itoa(int(year)),
				})
			}
			tx.reviewSurplusNow(licence)
			return cancelled
		}, nil
	}
	return nil, nil //nolint:nilnil // nothing to do
}

// surplusBeyond is how much more is verified and not yet sold than the last
// full year leaves; nothing where no year is full or no right is recorded.
func (v *View) surplusBeyond(licence int64, pollutant string) (beyond quantity.Quantity, year int32, err error) {
	s := v.Surplus(licence, pollutant)
	if s.Verified == s.Used {
		return 0, 0, nil
	}
	year, _, err = v.lastFullYear(licence, pollutant)
	if err != nil || year == 0 {
		return 0, year, err
	}
	e, err := v.estimate(licence, pollutant, year)
	if err != nil {
		return 0, year, err
	}
	if leaves, known := e.Surplus(); known {
		beyond = s.Verified - s.Used - leaves
	}
	return beyond, year, nil
}

// lastFullYear is the last year of which every quarter is recorded, 0 where
// there is none, and whether any quarter is.
func (v *View) lastFullYear(licence int64, pollutant string) (year int32, recorded bool, err error) {
	rows, err := Find(v, Discharges, Where("licence", licence).And("pollutant", Eq, pollutant))
	return permit.LastFullYear(rows), len(rows) > 0, err
}
