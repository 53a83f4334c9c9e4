package app

import (
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

var (
	_ = declareCheck((*checker).checkCaps)
	_ = declareCheck((*checker).checkBank)
	_ = declareCheck((*checker).checkEscrow)
	_ = declareCheck((*checker).checkSurplus)
)

// checkCaps holds each cap against what was decided, independently of the
// postings: Σ cap decisions ± transfers between levels ± settled cross-region
// deals, mirrored ones too, ± cross-region fills (I-13).
func (c *checker) checkCaps() error {
	if !c.isWhole() {
		return nil
	}
	caps := map[ledger.Asset]quantity.Quantity{}
	add := func(region, pollutant string, q quantity.Quantity) {
		caps[ledger.Asset{Region: region, Pollutant: pollutant}] += q
	}
	pollutants := map[int64]string{}
	steps := []func() error{
		func() error {
			return eachOf(c.ctx, c.r, Instruments, Query{}, func(i catalog.Instrument) { pollutants[i.ID] = i.Pollutant })
		},
		func() error {
			return eachOf(c.ctx, c.r, CapDecisions, Query{}, func(d reserve.CapDecision) { add(d.Region, d.Pollutant, d.Change) })
		},
		func() error {
			return eachOf(c.ctx, c.r, LevelTransfers, Query{}, func(t reserve.LevelTransfer) {
				add(t.FromRegion, t.Pollutant, -t.Quantity)
				add(t.ToRegion, t.Pollutant, t.Quantity)
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Deals, Query{}, func(d settlement.Deal) {
				add(d.SellerRegion, d.Pollutant, d.CapChange(d.SellerRegion))
				if d.BuyerRegion != d.SellerRegion {
					add(d.BuyerRegion, d.Pollutant, d.CapChange(d.BuyerRegion))
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, MirroredDeals, Query{}, func(m outside.Mirror) {
				add(m.Region, m.Pollutant, m.CapChange(m.Region))
				add(m.BuyerRegion, m.Pollutant, m.CapChange(m.BuyerRegion))
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Trades, Query{}, func(t market.Trade) {
				if t.BuyerRegion != t.SellerRegion {
					add(t.SellerRegion, pollutants[t.Instrument], -t.Quantity)
					add(t.BuyerRegion, pollutants[t.Instrument], t.Quantity)
				}
			})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	for id, a := range c.ledger.accounts {
		if a.Kind != ledger.Cap {
			continue
		}
		asset := a.Key().Asset()
		if got := quantity.Quantity(c.ledger.balances[id].Balance); got != caps[asset] {
			c.report("I-13", Balances.name, int64(id), "the cap of %s for %s is %s, decisions and deals come to %s", asset.Region, asset.Pollutant, got, caps[asset])
		}
		delete(caps, asset)
	}
	for asset, q := range caps {
		if q != 0 {
			c.report("I-13", Balances.name, 0, "%s has no cap for %s, decisions and deals come to %s", asset.Region, asset.Pollutant, q)
		}
	}
	return nil
}

// total is the balance and the held part of the platform's account of a kind.
func (c *checker) total(kind ledger.Kind) (b ledger.Balance) {
	for id, a := range c.ledger.accounts {
		if a.Kind == kind {
			b.Balance += c.ledger.balances[id].Balance
			b.Held += c.ledger.balances[id].Held
		}
	}
	return b
}

// checkBank compares the bank and the suspense account with the bank's
// entries (I-14).
func (c *checker) checkBank() error {
	var posted, suspended quantity.Money
	err := eachOf(c.ctx, c.r, BankEntries, Query{}, func(e settlement.BankEntry) {
		posted += e.Posted
		suspended += e.Suspended
	})
	if bank := quantity.Money(c.total(ledger.Bank).Balance); bank != posted {
		c.report("I-14", Balances.name, 0, "the bank account is %s, the entries that are posted come to %s", bank, posted)
	}
	if waiting := quantity.Money(c.total(ledger.Suspense).Balance); waiting != suspended {
		c.report("I-14", Balances.name, 0, "the suspense account is %s, the entries that wait come to %s", waiting, suspended)
	}
	return err
}

// checkEscrow holds that all money in escrow is held for a deal that is paid
// and not settled, in the deal's amount, or for a lease, as I-52 says (I-15).
func (c *checker) checkEscrow() error {
	holds := map[int64]ledger.Hold{}
	err := eachOf(c.ctx, c.r, Holds, Where("state", string(ledger.HoldActive)).And("purpose", Eq, string(ledger.ForDeal)), func(h ledger.Hold) {
		if c.ledger.accounts[h.Account].Kind == ledger.Escrow {
			holds[h.ID] = h
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Deals, Query{}, func(d settlement.Deal) {
		h, active := holds[d.MoneyHold]
		if active && (h.Reference != d.ID || h.Amount != int64(d.Amount)) {
			c.report("I-15", Deals.name, d.ID, "costs %s, %s is held in escrow for deal %d", d.Amount, quantity.Money(h.Amount), h.Reference)
		}
		delete(holds, d.MoneyHold)
	})
	for id := range holds {
		c.report("I-15", Holds.name, id, "holds money in escrow for no deal")
	}
	if e := c.total(ledger.Escrow); e.Balance != e.Held {
		c.report("I-15", Balances.name, 0, "%s of escrow is held for no deal or lease", quantity.Money(e.Balance-e.Held))
	}
	return err
}

// pollutants are those of the instruments.
func (c *checker) pollutants() (map[int64]string, error) {
	of := map[int64]string{}
	err := eachOf(c.ctx, c.r, Instruments, Query{}, func(i catalog.Instrument) { of[i.ID] = i.Pollutant })
	return of, err
}

// checkSurplus compares each verified surplus with its verifications and what
// successions moved and losses took back, with the open sells and with the deals and buy-backs that
// successions moved, with the open sells and with the deals, buy-backs and
// leases that hold permits (I-16).
func (c *checker) checkSurplus() error {
	verified, held := map[surplusKey]quantity.Quantity{}, map[surplusKey]quantity.Quantity{}
	pollutants, err := c.pollutants()
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, SurplusVerifications, Query{}, func(s reserve.SurplusVerification) {
		if s.Outcome == reserve.MayBeSold {
			verified[surplusKey{s.Licence, s.Pollutant}] += s.Quantity
		}
		if left := s.Permitted - s.Actual - s.Task; s.Year != 0 && s.Quantity > left {
			c.report("I-105", SurplusVerifications.name, s.ID, "%s are verified of %d, which leaves %s", s.Quantity, s.Year, left)
		}
	})
	if err != nil {
		return err
	}
	if err := c.movedSurplus(verified); err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, SurplusLosses, Query{}, func(l reserve.SurplusLoss) { verified[surplusKey{l.Licence, l.Pollutant}] -= l.Quantity })
	if err != nil {
		return err
	}
	sells := Where("state", int64(market.Open)).And("side", Eq, int64(market.Sell))
	err = eachOf(c.ctx, c.r, Orders, sells, func(o market.Record) {
		held[surplusKey{o.Licence, pollutants[o.Instrument]}] += o.Remaining
	})
	if err != nil {
		return err
	}
	active := map[int64]bool{}
	err = eachOf(c.ctx, c.r, Holds, Where("state", string(ledger.HoldActive)), func(h ledger.Hold) { active[h.ID] = true })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Deals, Query{}, func(d settlement.Deal) {
		if d.PermitHold != 0 && active[d.PermitHold] {
			held[surplusKey{d.SellerLicence, d.Pollutant}] += d.Quantity
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Blocks, Query{}.And("permit_hold", Gt, 0).And("seller_licence", Gt, 0), func(b market.Block) {
		if b.State.IsOpen() {
			held[surplusKey{b.SellerLicence, pollutants[b.Instrument]}] += b.Quantity
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, BuyBacks, Query{}.And("surplus_held", Gt, 0), func(b reserve.BuyBack) {
		held[surplusKey{b.Licence, b.Pollutant}] += b.SurplusHeld
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Leases, Query{}.And("surplus_held", Gt, 0), func(l encumbrance.Lease) {
		held[surplusKey{l.LessorLicence, l.Pollutant}] += l.SurplusHeld
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Surpluses, Query{}, func(s market.Surplus) {
		key := surplusKey{s.Licence, s.Pollutant}
		if s.Verified != verified[key] || s.Held != held[key] || s.Available() < 0 {
			c.report("I-16", Surpluses.name, s.ID, "has %s verified and %s held; verifications come to %s, open sells, deals, block trades, buy-backs and leases to %s", s.Verified, s.Held, verified[key], held[key])
		}
	})
}
