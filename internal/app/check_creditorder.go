package app

import (
	"cmp"
	"errors"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkCreditOrders)

// creditInstruments are the instruments of credits.
func (c *checker) creditInstruments() (map[int64]catalog.Instrument, error) {
	found := map[int64]catalog.Instrument{}
	if err := c.readSeries(); err != nil {
		return nil, err
	}
	return found, eachOf(c.ctx, c.r, Instruments, Query{}.And("series", Gt, int64(0)), func(i catalog.Instrument) { found[i.ID] = i })
}

func (c *checker) creditGoods(party int64, i catalog.Instrument) ledger.Key {
	return ledger.CreditKey(ledger.Credits, c.schemes[i.Scheme].Region, i.Pollutant, party)
}

// creditFill is what was posted for a trade of credits.
type creditFill struct {
	units, paid    int64
	seller, buyer  int64 // of the units
	payer, payee   int64
	transfer, legs int64
}

// checkCreditOrders holds that orders without a licence are of credits, whole
// tonnes, in a market of their scheme, and no others are (I-85), block trades too;
// that an open sell holds aside what it has left; and that each trade of credits was
// delivered and paid in one transfer between the parties of its orders, or of the
// block trade (I-84).
func (c *checker) checkCreditOrders() error {
	instruments, err := c.creditInstruments()
	if err != nil {
		return err
	}
	markets, parties := map[int64]catalog.Market{}, map[int64]int64{} // by order
	sales := map[creditHolder]creditSales{}
	if err := eachOf(c.ctx, c.r, Markets, Query{}, func(m catalog.Market) { markets[m.ID] = m }); err != nil {
		return err
	}
	for _, i := range instruments {
		if s := c.series[i.Series]; s.Code != i.Code || s.Scheme != i.Scheme {
			c.report("I-85", Instruments.name, i.ID, "is of series %d, which is %s of scheme %d", i.Series, s.Code, s.Scheme)
		}
	}
	err = eachOf(c.ctx, c.r, Orders, Query{}, func(o market.Record) {
		i, known := instruments[o.Instrument]
		if !o.OfCredits() {
			if known {
				c.report("I-85", Orders.name, o.ID, "is of credits, and of licence %d", o.Licence)
			}
			return
		}
		parties[o.ID] = o.Party
		if !known || !markets[o.Market].Lists(i) || o.Project != 0 || !o.Quantity.IsMultipleOf(quantity.OneQuantity) || !o.Remaining.IsMultipleOf(quantity.OneQuantity) {
			c.report("I-85", Orders.name, o.ID, "is of no licence, and of %s t of instrument %d in market %d, for project %d", o.Quantity, o.Instrument, o.Market, o.Project)
		}
		if known && o.State == market.Open && o.Side == market.Sell {
			if o.Hold != goodsHeld(true, o.Remaining) {
				c.report("I-84", Orders.name, o.ID, "has %s t left and holds %d aside", o.Remaining, o.Hold)
			}
			h := goodsHolder(o.Party, i)
			s := sales[h]
			s.amount += goodsHeld(true, o.Remaining)
			s.since = max(s.since, o.Queued)
			sales[h] = s
		}
	})
	if err != nil {
		return err
	}
	if err := c.checkDeliverable(sales); err != nil {
		return err
	}
	blocks := map[int64]market.Block{} // of credits, by their trade
	err = eachOf(c.ctx, c.r, Blocks, Where("seller_licence", int64(0)), func(b market.Block) {
		if i, known := instruments[b.Instrument]; !known || !markets[b.Market].Lists(i) || b.BuyerLicence != 0 || !b.Quantity.IsMultipleOf(quantity.OneQuantity) {
			c.report("I-85", Blocks.name, b.ID, "is of no licence, and of %s t of instrument %d in market %d, for licence %d", b.Quantity, b.Instrument, b.Market, b.BuyerLicence)
		}
		blocks[b.Trade] = b
	})
	if err != nil {
		return err
	}
	sides := func(t market.Trade) (seller, buyer int64) {
		if t.Kind == market.BlockTrade {
			return blocks[t.ID].SellerParty, blocks[t.ID].BuyerParty
		}
		return parties[t.SellOrder], parties[t.BuyOrder]
	}
	bought := map[creditHolder]carbon.Purchase{}
	err = c.checkCreditFills(instruments, sides, func(t market.Trade, buyer int64) {
		if h := goodsHolder(buyer, instruments[t.Instrument]); markets[t.Market].ResaleNextDay {
			units := unitsOf(t.Quantity, c.schemes[instruments[t.Instrument].Scheme])
			bought[h] = bought[h].Add(t.At.Date(), units)
		}
	})
	return errors.Join(err, c.checkPurchases(bought))
}

// creditSales are what a party's open orders sell of a series, in 10⁻⁶ kgCO2e, and
// when the newest of them took its place.
type creditSales struct{ amount, since int64 }

// checkDeliverable holds that what open orders sell lies in few enough ranges (I-97).
func (c *checker) checkDeliverable(sales map[creditHolder]creditSales) error {
	start, err := c.start("I-97")
	if err != nil {
		return err
	}
	longest := map[creditHolder][]int64{}
	err = eachOf(c.ctx, c.r, CreditRanges, Where("state", string(carbon.Held)), func(r carbon.Range) {
		h := creditHolder{r.Series, r.Party}
		if s, sells := sales[h]; !sells || s.since <= start || !r.Free() {
			return
		}
		if longest[h] = append(longest[h], r.Units()); len(longest[h]) == 2*sellRanges {
			longest[h] = longestOf(longest[h])
		}
	})
	for h, s := range sales {
		left := quantity.Reduction(s.amount)
		for _, units := range longestOf(longest[h]) {
			left -= quantity.Reduction(units) * c.schemes[c.series[h.series].Scheme].SerialUnit
		}
		if left > 0 && s.since > start {
			c.report("I-97", Orders.name, 0, "of series %d party %d sells %s kgCO2e more than its %d longest ranges have", h.series, h.party, left, sellRanges)
		}
	}
	return err
}

// longestOf are as many lengths of ranges as open orders may need.
func longestOf(units []int64) []int64 {
	slices.SortFunc(units, func(a, b int64) int { return cmp.Compare(b, a) })
	return units[:min(len(units), sellRanges)]
}

// checkPurchases holds that what parties bought last, in markets where it waits, is
// what the trades of that day say (I-121).
func (c *checker) checkPurchases(bought map[creditHolder]carbon.Purchase) error {
	if !c.isWhole() {
		return nil
	}
	err := eachOf(c.ctx, c.r, CreditPurchases, Query{}, func(p carbon.Purchase) {
		h := creditHolder{p.Series, p.Party}
		if b := bought[h]; p.Day != b.Day || p.Units != b.Units {
			c.report("I-121", CreditPurchases.name, p.ID, "party %d bought %d units of series %d on %s; by the trades %d on %s", p.Party, p.Units, p.Series, p.Day, b.Units, b.Day)
		}
		delete(bought, h)
	})
	for h, b := range bought {
		c.report("I-121", CreditPurchases.name, 0, "party %d bought %d units of series %d on %s and has no row", h.party, b.Units, h.series, b.Day)
	}
	return err
}

// checkCreditFills compares the trades of credits with their transfers (I-84), and
// gives each to note with its buyer.
func (c *checker) checkCreditFills(instruments map[int64]catalog.Instrument, sides func(market.Trade) (seller, buyer int64), note func(market.Trade, int64)) error {
	if len(instruments) == 0 || !c.isWhole() {
		return nil
	}
	fills := map[int64]creditFill{}
	err := eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.CreditFill)), func(p ledger.Posting) {
		f := fills[p.Reference]
		debit, credit := c.ledger.accounts[p.Debit], c.ledger.accounts[p.Credit]
		if debit.Kind == ledger.Credits {
			f.units, f.seller, f.buyer = f.units+p.Amount, debit.Party, credit.Party
		} else {
			f.paid, f.payer, f.payee = f.paid+p.Amount, debit.Party, credit.Party
		}
		if f.legs++; f.legs == 1 {
			f.transfer = p.Transfer
		} else if f.transfer != p.Transfer {
			c.report("I-84", Postings.name, p.ID, "delivers trade %d beside transfer %d", p.Reference, f.transfer)
		}
		fills[p.Reference] = f
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Trades, Query{}, func(t market.Trade) {
		if _, of := instruments[t.Instrument]; of {
			seller, buyer := sides(t)
			c.checkCreditFill(t, fills[t.ID], seller, buyer)
			delete(fills, t.ID)
			note(t, buyer)
		}
	})
	for trade := range fills {
		c.report("I-84", Trades.name, trade, "was delivered as a trade of credits and is none")
	}
	return err
}

func (c *checker) checkCreditFill(t market.Trade, f creditFill, seller, buyer int64) {
	want := creditFill{units: int64(t.Quantity) * creditAtoms, seller: seller, buyer: buyer, transfer: f.transfer, legs: 1}
	if t.Amount > 0 {
		want.paid, want.payer, want.payee, want.legs = int64(t.Amount), buyer, seller, 2
	}
	if f != want {
		c.report("I-84", Trades.name, t.ID, "is of %s t for CNY %s from party %d to %d; posted were %d units from %d to %d and %d fen from %d to %d, in %d legs",
			t.Quantity, t.Amount, seller, buyer, f.units, f.seller, f.buyer, f.paid, f.payer, f.payee, f.legs)
	}
}
