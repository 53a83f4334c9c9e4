package auction

import (
	"strings"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A refused announcement says what would be right of the field that is wrong.
func TestOffer_ValidateSentences(t *testing.T) {
	t.Parallel()
	const unit, yuan, day = quantity.OneQuantity, quantity.OnePrice, 86_400 * second
	good := Offer{
		Format: Uniform, Quantity: 10 * unit, ReservePrice: 4000 * yuan, LotSize: unit / 10, Tick: yuan, Collateral: DepositCollateral, Deposit: 1,
		Tie: ByTime, Undersubscribed: SellAnyway, Sight: SeesNothing, InterruptionMost: 60, InterruptionRule: Extends,
		Months: 60, RegisterFrom: 10 * day, RegisterUntil: 20 * day, OpensAt: 30 * day, ClosesAt: 31 * day, Document: "d",
	}
	if err := good.Validate(day, 7); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change       func(*Offer)
		field, words string
	}{
		{func(o *Offer) { o.ConfirmFactor = quantity.OneRatio / 2 }, "confirm_factor", "at least 1"},
		{func(o *Offer) { o.WinShare = 2 * quantity.OneRatio }, "win_share", "at most 1"},
		{func(o *Offer) { o.Step = yuan / 2 }, "step", "multiple of the tick 1"},
		{func(o *Offer) { o.Step = yuan }, "step", "does not go with the format uniform"},
		{func(o *Offer) { o.ClosesAt = o.OpensAt + 31*day + 1 }, "closes_at", "at most 31 days"},
		{func(o *Offer) { o.ClosesAt = o.OpensAt }, "closes_at", "in this order"},
	} {
		o := good
		c.change(&o)
		err := o.Validate(day, 7)
		if f, ok := fault.As(err); !ok || f.Field != c.field || !strings.Contains(f.Detail, c.words) {
			t.Errorf("%v, want %q at %q", err, c.words, c.field)
		}
	}
}
