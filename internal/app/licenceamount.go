package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of what licences permit, and how far the market's trades are
// booked to them.
var (
	LicenceAmounts = resident[permit.Amount]("licence_quantity")
	AmountChanges  = cold[permit.AmountChange]("licence_quantity_change")
	AmountRuns     = resident[AmountRun]("licence_quantity_run")
)

// AmountRun is how far the trades of the market are booked to licences. Fills
// are booked once a day and not as they happen: their two rows more would cost
// the market a fifth of its speed.
type AmountRun struct {
	ID      int64
	Trade   int64 // trades up to this one are booked
	Command int64
}

// amountTrades bounds the trades of one command: it writes at most four rows a trade.
const amountTrades = 1000

const timerAmounts = "licence.book_fills"

var _ = declareTimer(timerAmounts, retrying(timerAmounts, bookFills))

// AmountRecord records what a licence permits of a pollutant, by its document:
// for the first time, or as the authority has changed it.
type AmountRecord struct {
	Licence   int64
	Pollutant string
	Quantity  quantity.Quantity
	Rung      reserve.Rung
	Document  string
}

// AmountResult is what a licence permits, and how it came to that.
type AmountResult struct {
	Amount permit.Amount
	Change permit.AmountChange
}

var _ = declare(AmountRecord{})

// Operation is AmountRecord.
func (AmountRecord) Operation() identity.Operation { return identity.AmountRecord }

// Decide checks the amount. The result is an AmountResult.
func (c AmountRecord) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.AmountRecord, c.Licence)
	if err != nil {
		return nil, err
	}
	if c.Quantity < 0 || c.Quantity > quantity.QuantityMax {
		return nil, fault.Invalidf("quantity", "must be from 0 to %s", quantity.QuantityMax)
	}
	if err := catalog.CheckOneOf("rung", c.Rung, reserve.Rungs); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		a := tx.amountOf(l.ID, c.Pollutant)
		a.Party, a.Region, a.Licence, a.Pollutant = l.Party, l.Region, l.ID, c.Pollutant
		a.Rung, a.Since = string(c.Rung), tx.Number
		tx.reviewSurplusNow(l.ID)
		a, change := tx.changeAmount(a, amountChange{permit.AmountDecided, 0, c.Quantity - a.Quantity, c.Document})
		return AmountResult{a, change}
	}, nil
}

// amountOf is what a licence permits, in a dry run as the command has left it so far.
// The zero row is of a licence whose amount nothing has changed yet.
func (v *View) amountOf(licence int64, pollutant string) permit.Amount {
	if v.dry != nil {
		for _, row := range v.dry.rows[LicenceAmounts.name] {
			if a, is := row.(*permit.Amount); is && a.Licence == licence && a.Pollutant == pollutant {
				return *a
			}
		}
	}
	return rowsOf(v.state, LicenceAmounts).rows[v.byCode.amounts[surplusKey{licence, pollutant}]]
}

// amountChange is a change of what a licence permits.
type amountChange struct {
	kind      permit.AmountKind
	reference int64
	change    quantity.Quantity
	document  string
}

// licenceChanged books a sale, a purchase or a buy-back to the licence, on the
// same document, whether or not it is recorded what the licence permits.
func (tx *Tx) licenceChanged(licence int64, pollutant string, c amountChange) {
	if c.change == 0 {
		return
	}
	a := tx.amountOf(licence, pollutant)
	if a.ID == 0 {
		l := mustGet(tx, Licences, licence)
		a = permit.Amount{Party: l.Party, Region: l.Region, Licence: licence, Pollutant: pollutant}
	}
	tx.changeAmount(a, c)
}

func (tx *Tx) changeAmount(a permit.Amount, c amountChange) (permit.Amount, permit.AmountChange) {
	a.Quantity += c.change
	a = Put(tx, LicenceAmounts, a)
	return a, Put(tx, AmountChanges, permit.AmountChange{
		Party: a.Party, Region: a.Region, Licence: a.Licence, Pollutant: a.Pollutant, Kind: c.kind, Reference: c.reference,
		Change: c.change, Quantity: a.Quantity, Document: c.document, RecordedAt: tx.Now, Unrecorded: !a.IsRecorded(),
	})
}

// startAmountRun makes the registry book its trades to the licences each night.
// Before its first day there are none.
func (tx *Tx) startAmountRun() {
	r := Put(tx, AmountRuns, AmountRun{})
	tx.Arm(tx.Today.AddDays(1).Start(), timerAmounts, r.ID)
}

// bookFills books the next trades to the licences that sold and bought, and
// comes again: at once while there are more, else the next night.
func bookFills(v *View, run int64) (Apply, error) {
	r, err := Get(v, AmountRuns, "run", run)
	if err != nil {
		return nil, err
	}
	trades, err := Find(v, Trades, Query{}.Page(r.Trade, amountTrades))
	if err != nil {
		return nil, err
	}
	sums, order, err := v.sumFills(trades)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		next := tx.Today.AddDays(1).Start()
		if n := len(trades); n > 0 {
			r.Trade = trades[n-1].ID
			if n == amountTrades {
				next = tx.Now
			}
		}
		for _, key := range order {
			tx.licenceChanged(key.licence, key.pollutant, amountChange{permit.AmountFills, r.Trade, sums[key], "trades of the market"})
		}
		tx.Arm(next, timerAmounts, run)
		return Put(tx, AmountRuns, r)
	}, nil
}

// sumFills adds up what each licence has bought less what it has sold, as far
// as the last decision about it did not know it.
func (v *View) sumFills(trades []market.Trade) (sums map[surplusKey]quantity.Quantity, order []surplusKey, err error) {
	ids := make([]int64, 0, 2*len(trades))
	for _, t := range trades {
		ids = append(ids, t.BuyOrder, t.SellOrder)
	}
	licences := map[int64]int64{} // by order
	if len(ids) > 0 {
		orders, err := Find(v, Orders, Query{}.And("id", In, ids))
		if err != nil {
			return nil, nil, err
		}
		for _, o := range orders {
			licences[o.ID] = o.Licence
		}
	}
	sums = map[surplusKey]quantity.Quantity{}
	for _, t := range trades {
		pollutant := rowsOf(v.state, Instruments).rows[t.Instrument].Pollutant
		for _, side := range [2]struct {
			order int64
			q     quantity.Quantity
		}{{t.BuyOrder, t.Quantity}, {t.SellOrder, -t.Quantity}} {
			key := surplusKey{licences[side.order], pollutant}
			if a := v.amountOf(key.licence, pollutant); key.licence == 0 || t.Command <= a.Since { // credits are of no licence
				continue
			}
			if _, seen := sums[key]; !seen {
				order = append(order, key)
			}
			sums[key] += side.q
		}
	}
	return sums, order, nil
}
