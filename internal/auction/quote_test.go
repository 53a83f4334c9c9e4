package auction

import (
	"testing"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A refusal of a quote names the field as it was sent, whatever the order of its steps.
func TestCheckQuote_Fields(t *testing.T) {
	t.Parallel()
	const unit, yuan = quantity.OneQuantity, quantity.OnePrice
	o := Offer{
		Format: Uniform, Quantity: 10 * unit, Quota: 5 * unit, ReservePrice: 4000 * yuan, LotSize: unit / 10, Tick: yuan,
		Months: 60, NoncompetitiveQuota: unit,
	}
	share := Offer{Format: PayAsBidShare, Quantity: 10 * unit, ReservePrice: 4000 * yuan, LotSize: unit / 10, Tick: yuan, Months: 60}
	good := Step{Price: 4000 * yuan, Quantity: unit}
	for _, c := range []struct {
		of    Offer
		terms Terms
		last  Terms
		want  *fault.Error
		field string
	}{
		{o, Terms{Steps: []Step{good, {4100*yuan + 1, unit}}}, Terms{}, ErrOffTick, "steps/1/price"},
		{o, Terms{Steps: []Step{good, {4100 * yuan, unit / 20}}}, Terms{}, ErrOffLot, "steps/1/quantity"},
		{o, Terms{Steps: []Step{good, {4100 * yuan, 0}}}, Terms{}, ErrOffLot, "steps/1/quantity"},
		{o, Terms{Steps: []Step{{3999 * yuan, unit}, good}}, Terms{}, ErrBelowReserve, "steps/0/price"},
		{o, Terms{Steps: []Step{good, {4100 * yuan, 5 * unit}}}, Terms{}, ErrOverQuota, "steps"},
		{o, Terms{Steps: []Step{{0, unit / 20}}, Noncompetitive: true}, Terms{}, ErrOffLot, "noncompetitive"},
		{o, Terms{Steps: []Step{{0, 2 * unit}}, Noncompetitive: true}, Terms{}, ErrOverQuota, "noncompetitive"},
		{share, Terms{Steps: []Step{{4000 * yuan, 0}}}, Terms{Steps: []Step{good}}, ErrNotHigher, "steps/0/price"},
		{share, Terms{Steps: []Step{{3999 * yuan, 0}}}, Terms{}, ErrBelowReserve, "steps/0/price"},
	} {
		_, err := c.of.CheckQuote(c.terms, Bidder{Registration: Registration{Quantity: unit}, Last: c.last}, 0)
		if f, ok := fault.As(err); !ok || f.Code != c.want.Code || f.Field != c.field {
			t.Errorf("%v: %v at %q, want %s at %q", c.terms, err, f.Field, c.want.Code, c.field)
		}
	}
	if _, err := o.CheckQuote(Terms{Steps: []Step{good}}, Bidder{}, 0); err != nil {
		t.Error(err)
	}
	if _, err := o.CheckQuote(Terms{Steps: []Step{{0, unit}}, Noncompetitive: true}, Bidder{}, 0); err != nil {
		t.Error(err)
	}
	none := Registration{Quantity: unit, QuantityMost: unit / 20} // less than a lot size is left to him
	if _, err := share.CheckQuote(Terms{Steps: []Step{{4000 * yuan, 0}}}, Bidder{Registration: none}, 0); err == nil {
		t.Error("a quote for nothing was taken")
	}
}
