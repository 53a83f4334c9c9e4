package app

import (
	"strings"
	"testing"

	"permitx/internal/quantity"
)

// The formula names the days of a term only where all of its months are paid for.
func TestPriceQuote_Formula(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i := o.instrument()
	q := PriceQuote{Kind: PriceOfDeal, Quantity: one, Price: yuan(2400)}
	whole, err := o.app.PriceQuoteOf(q, i.Code)
	if err != nil || !strings.Contains(whole.Formula(), " months from 2026-07-01 to "+i.TermEnd.String()+", a part month counted as one") {
		t.Errorf("%v, %s", err, whole.Formula())
	}
	q.Months = 37
	part, err := o.app.PriceQuoteOf(q, i.Code)
	want := "1 t/a × CNY 2400/(t·a) × 37 / 12 = CNY 7400.00, rounded half-up to the fen (37 months)"
	if err != nil || whole.Months <= 37 || part.Formula() != want || part.Amount != quantity.Money(7400_00) {
		t.Errorf("%v, %d, %s", err, whole.Months, part.Formula())
	}
}
