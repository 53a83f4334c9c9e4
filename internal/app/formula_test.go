package app

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// What a buyer is asked to confirm says how its amount comes about, for the exact
// months; an amount that does not come about so has no formula.
func TestFormula(t *testing.T) {
	t.Parallel()
	q := one / 3
	permits := "0.333333 t/a × CNY 2400/(t·a) × 37 / 12 = CNY "
	for name, c := range map[string]struct{ got, want string }{
		"deal":   {DealFormula(settlement.Deal{Quantity: q, Price: yuan(2400), Months: 37, Amount: 2466_66}), permits + "2466.66, rounded half-up to the fen"},
		"block":  {BlockFormula(market.Block{Quantity: q, Price: yuan(2400), Months: 37, Amount: 2466_66}), permits + "2466.66, rounded down to the fen"},
		"notice": {NoticeFormula(reserve.PaymentNotice{Quantity: q, Price: yuan(2400), Months: 37, Amount: 2466_66}), permits + "2466.66, rounded half-up to the fen"},
		"award": {
			AwardFormula(auction.Offer{Format: auction.Uniform, Months: 37}, auction.Award{Quantity: q, Price: yuan(2400), Amount: 2466_66}),
			permits + "2466.66, rounded half-up to the fen",
		},
		"award of a buy-back": {
			AwardFormula(auction.Offer{Format: auction.ReverseUniform, Months: 37}, auction.Award{Quantity: q, Price: yuan(2400), Amount: 2466_66}),
			permits + "2466.66, rounded down to the fen",
		},
		"award of credits": {
			AwardFormula(auction.Offer{Series: 1, Format: auction.Uniform, Months: auction.OutrightMonths}, auction.Award{Quantity: 60 * one, Price: yuan(45), Amount: 2700_00}),
			"60 t × CNY 45/t = CNY 2700.00, rounded half-up to the fen",
		},
		"block of credits": {BlockFormula(market.Block{Quantity: 3 * one, Price: yuan(45), Amount: 135_00}), "3 t × CNY 45/t = CNY 135.00, rounded down to the fen"},
		"several prices":   {AwardFormula(auction.Offer{Format: auction.PayAsBid, Months: 12}, auction.Award{Quantity: q, Price: yuan(2400), Amount: 800_01}), ""},
		"of a package":     {NoticeFormula(reserve.PaymentNotice{Quantity: one, Price: yuan(2400), Months: 60, Amount: 9_000_00}), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

// A block trade is quoted as it is paid: for all months that are left, down to the fen.
func TestPriceQuote_Block(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i := o.instrument()
	q := PriceQuote{Kind: PriceOfBlock, Quantity: one / 3, Price: yuan(2400)}
	got, err := o.app.PriceQuoteOf(q, i.Code, "")
	want, _ := market.HoldOf(q.Price, q.Quantity, got.Months)
	if err != nil || got.Amount != want || got.Rounding() != quantity.Down {
		t.Errorf("%v: %s, want %s", err, got.Formula(), want)
	}
	q.Months = got.Months - 1
	if _, err := o.app.PriceQuoteOf(q, i.Code, ""); !isFault(err, invalid) {
		t.Errorf("for a part of the months: %v", err)
	}
}
