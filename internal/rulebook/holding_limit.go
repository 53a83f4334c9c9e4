package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrHoldingLimit is returned when the buyer would hold more than may be.
var ErrHoldingLimit = fault.New(fault.Refused, "rule.holding_limit", "the buyer would hold more than it may").At(fieldQuantity)

var holdingLimit = &Rule{
	ID: "holding.limit", Title: "Largest holding", Citation: ProjectDefault, From: firstSeededYear,
	Words:   "履约机构交易参与人碳排放配额最大持仓量不得超过本单位年度配额量与100万吨之和（北京环境交易所碳排放权交易规则配套细则 4.5.2）",
	Reading: "A licence holds, with what its open orders, block trades, confirmed deals, bids in auctions, awards and payment notices may still bring, no more than the right that is written in it and the parameter together: the shape of Beijing's limit for CO2, quota + 1,000,000 t, which was in force until 2025-04-30.",
	Default: "Without a row there is no limit; a right that nobody has recorded is 0.",
	Needs:   []string{"what the buyer's licence holds of the pollutant", "fact verified_right of the buyer's licence", "quantity"},
	Keys:    []Key{HoldingMost},
	Actions: arrivals,
	Check: func(f *Facts) Finding {
		limit, set := limitOf(f)
		switch {
		case !set:
			return notApplicable("no limit is set")
		case !f.Buyer.Holding.Seen:
			return notApplicable("what the buyer has is not looked at")
		}
		if f.Quantity > limit-f.Buyer.Holding.Total {
			return refused(ErrHoldingLimit.With("licence %s may hold %s t/a of %s: with %s t/a more it would hold too much", f.Buyer.Licence.Number, limit, f.Pollutant, f.Quantity))
		}
		return passed("the holding stays within the limit")
	},
	Cases: []Case{
		{"no limit", Facts{Action: Buy, Quantity: 5 * quantity.OneQuantity}, NotApplicable, ""},
		{"quota 250,000 t + 1,000,000 t: 1,250,000 t", quotaCase(1_000_000), Passed, ""},
		{"quota 250,000 t + 1,000,000 t: 1,250,001 t", quotaCase(1_000_001), Refused, "rule.holding_limit"},
	},
}

// quotaCase is about a licence with a right of 250,000 t, all of which it holds.
func quotaCase(buys quantity.Quantity) Facts {
	return limitCase(HoldingMost, "1000000", buys, Side{
		Known: true, Site: Site{Right: 250_000 * quantity.OneQuantity}, Holding: Holding{Seen: true, Total: 250_000 * quantity.OneQuantity},
	})
}

// limitOf is the most that the buyer's licence may hold; false: there is no limit.
func limitOf(f *Facts) (quantity.Quantity, bool) {
	_, most, set := Lookup(f.Parameters, HoldingMost, f.place(&f.Buyer), f.On)
	return f.Buyer.Site.Right + quantity.Quantity(most), set
}

// HoldingRoom is what the buyer's licence may still get under its limit; false:
// there is none.
func HoldingRoom(f *Facts) (quantity.Quantity, bool) {
	limit, set := limitOf(f)
	return limit - f.Buyer.Holding.Total, set
}
