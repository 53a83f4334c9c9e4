package auction

import (
	"cmp"
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Quote is what a bidder has sent in a window. It never changes: one that
// replaces it is a further one, and the last counts. Of a sealed offer the row
// has the quote as ciphertext only.
type Quote struct {
	ID           int64
	Offer        int64
	Registration int64
	Party        int64
	Person       int64  // who has sent it; the ciphertext is bound to him
	Sealed       string // base64 of nonce and ciphertext; empty where bids are public
	Digest       string // SHA-256 of Sealed, hex: the bidder's proof of what he sent
	PlacedAt     calendar.Instant
	Command      int64
}

// A Step is a quantity that a quote asks for at a price. A quote of several
// asks for all of them.
type Step struct {
	Price    quantity.Price // CNY/(t·a)
	Quantity quantity.Quantity
}

// Terms are what a quote says.
type Terms struct {
	Steps          []Step
	Confirmed      bool // the bidder knows that a price is far above the reserve price
	Noncompetitive bool // at any price: one step, whose price is 0
}

// Total is the quantity of all steps. Check has seen that it does not overflow.
func (t Terms) Total() (sum quantity.Quantity) {
	for _, s := range t.Steps {
		sum += s.Quantity
	}
	return sum
}

// A Bidder is what the rules of a window look at of one bidder.
type Bidder struct {
	Registration Registration
	Quotes       int32 // that count, so far
	Last         Terms // empty: none
}

// The faults of a quote, in the order in which they are checked. None tells a
// figure of the quote: refusals are journaled.
var (
	// ErrNotBidding is returned when the window is not open yet, or the offer has ended.
	ErrNotBidding = fault.New(fault.Refused, "quote.window_not_open", "the offer's window is not open").Under("offer.window", "project default")
	// ErrHalted is returned for a quote while an officer has interrupted the window. Try again when it goes on.
	ErrHalted = fault.New(fault.Refused, "quote.halted", "the window is halted: no quote is taken until it goes on").
			Under("offer.halt", "project default")
	// ErrLateQuote is returned for a quote stamped at or after the close, whether or not the close was carried out.
	ErrLateQuote = fault.New(fault.Refused, "quote.late", "the window was closed when the quote came in").
			Under("offer.window", "Zhejiang electronic sale: Wuyi 2021 no. 7")
	// ErrQuoteCount is returned for a quote beyond the number that a bidder has.
	ErrQuoteCount = fault.New(fault.Refused, "quote.too_many", "all quotes of this window are used").
			Under("offer.ten_quotes", "Zhejiang electronic sale: Wuyi 2021 no. 7, Yiwu 2020 no. 1")
	// ErrNoncompetitive is returned when a quote names no price and the offer takes none such.
	ErrNoncompetitive = fault.New(fault.Refused, "quote.noncompetitive", "the offer takes no bids that name no price").At("noncompetitive").
				Under("offer.noncompetitive", "project default, after 31 CFR 356.20")
	// ErrQuoteSteps is returned when a quote names too few or too many prices, one twice, or a quantity or price beside
	// where there is none to name.
	ErrQuoteSteps = fault.New(fault.Refused, "quote.steps", "a quote has 1 to 10 prices, each once and with its quantity; where the offer fixes the quantity, one price alone; a bid at any price, one quantity alone").At("steps").
			Under("offer.steps", "project default")
	// ErrOffTick is returned when a price is not a multiple of the tick.
	ErrOffTick = fault.New(fault.Refused, "quote.off_tick", "the price is not a multiple of the offer's tick").At("price").Under("offer.tick", "project default")
	// ErrPriceTooHigh is returned when what is offered would come to more than can be counted at a price.
	ErrPriceTooHigh = fault.New(fault.Refused, "quote.price_too_high", "at this price what is offered would come to more than a sum of money can hold").At("price").
			Under("offer.price_bound", "project default")
	// ErrOffLot is returned when a quantity is not a multiple of the lot size, or nothing.
	ErrOffLot = fault.New(fault.Refused, "quote.off_lot_size", "the quantity is not a multiple of the offer's lot size, or is nothing").At("quantity").
			Under("offer.lot_size", "project default")
	// ErrBelowReserve is returned when a price is below the reserve price; of a buy-back, above the ceiling.
	ErrBelowReserve = fault.New(fault.Refused, "quote.below_reserve_price", "the price is below the offer's reserve price").At("price").
			Under("offer.reserve_price", "金价价管〔2012〕137号, 〔2014〕71号 (Wuyi)")
	// ErrAboveCeiling is returned when a price of a buy-back is above its ceiling.
	ErrAboveCeiling = fault.New(fault.Refused, "quote.above_ceiling_price", "the price is above the offer's ceiling price").At("price").
			Under("offer.ceiling_price", "project default")
	// ErrOverQuota is returned when a quote asks for more than one bidder may have, or than is offered.
	ErrOverQuota = fault.New(fault.Refused, "quote.over_quota", "the quantity is over what one bidder may ask for").At("steps").
			Under("offer.quota", "project default, as the Guangdong auction of 27 March 2017: at most half a bidder")
	// ErrOverDeposit is returned when a quote asks for more than the lots that the bidder has put up a deposit for.
	ErrOverDeposit = fault.New(fault.Refused, "quote.over_deposit", "the quantity is over the lots that a deposit was put up for").At("steps").
			Under("offer.deposit_per_lot", "project default, after Bozhou 2025: CNY 5000 a lot")
	// ErrNotHigher is returned when a quote is not higher than the bidder's last, or
	// not a step above the best of an ascending auction.
	ErrNotHigher = fault.New(fault.Refused, "quote.not_higher", "the quote is not higher than it must be").At("steps/0/price").
			Under("offer.strictly_higher", "project default")
	// ErrConfirmPrice is returned when a price far above the reserve price was not confirmed.
	ErrConfirmPrice = fault.New(fault.Refused, "quote.confirm_price", "the price is far above the reserve price: send the quote again with confirm_price").At("confirm_price").
			Under("offer.second_confirmation", "project default")
	// ErrNotCovered is returned when what was put up does not cover the quote.
	ErrNotCovered = fault.New(fault.Refused, "quote.not_covered", "what was put up at registration does not cover the quote").At("steps").
			Under("offer.collateral_full", "WCI auction notices: bid guarantee")
)

// ErrRefused is what the journal has of the refusal of a sealed quote: which rule
// refused it would tell of its price or its quantity. Its bidder is told.
var ErrRefused = fault.New(fault.Refused, "quote.refused", "the quote was refused; why was told to its bidder only").Under("offer.sealed", "project default")

// CheckWindow returns ErrHalted, ErrLateQuote or ErrNotBidding for a quote stamped at an instant.
func (o Offer) CheckWindow(at calendar.Instant) error {
	switch {
	case o.State == OfferHalted: // whether its window is over is known when it goes on
		return ErrHalted
	case at >= o.ClosesAt:
		return ErrLateQuote.With("the window closed at %s, the quote is stamped %s", o.ClosesAt, at)
	case o.State != OfferBidding || at < o.OpensAt:
		return ErrNotBidding.With("the window is open from %s until %s; the offer is %s", o.OpensAt, o.ClosesAt, o.State)
	}
	return nil
}

// CheckQuote returns the quote with its steps in order, dearest first (of a
// buy-back cheapest first) and with the quantity that is fixed, or the first
// fault that refuses it. best is the best bid of an ascending auction, 0 for none.
func (o Offer) CheckQuote(t Terms, b Bidder, best quantity.Price) (Terms, error) {
	if o.QuotesMost > 0 && b.Quotes >= o.QuotesMost {
		return t, ErrQuoteCount.With("a bidder has %d quotes in the window of this offer", o.QuotesMost)
	}
	if t.Noncompetitive && o.NoncompetitiveQuota == 0 {
		return t, ErrNoncompetitive
	}
	sent := t.Steps
	t, err := o.inOrder(t, b)
	if err != nil {
		return t, err
	}
	if t.Noncompetitive {
		if err := o.checkPriceTaker(t, b); err != nil {
			return t, err.At("noncompetitive")
		}
		return t, nil
	}
	for i, s := range sent {
		if err := o.checkStep(s); err != nil {
			return t, err.At(fmt.Sprintf("steps/%d/%s", i, err.Field))
		}
	}
	if err := o.checkTotal(t, b); err != nil {
		return t, err
	}
	if err := o.checkHigher(t, b, best); err != nil {
		return t, err
	}
	if o.ConfirmFactor > 0 && !t.Confirmed {
		limit, err := o.ReservePrice.Times(o.ConfirmFactor, 1, quantity.Down)
		if err == nil && t.Steps[0].Price > limit {
			return t, ErrConfirmPrice.With("a price above %s times the reserve price is sent with confirm_price", o.ConfirmFactor)
		}
	}
	if err := o.checkCovered(t, b); err != nil {
		return t, err
	}
	return t, nil
}

// checkPriceTaker judges a quote that names no price.
func (o Offer) checkPriceTaker(t Terms, b Bidder) *fault.Error {
	switch q := t.Steps[0].Quantity; {
	case q <= 0 || !q.IsMultipleOf(o.LotSize):
		return o.offLot()
	case q > o.NoncompetitiveQuota:
		return o.overQuota(b)
	}
	return cmp.Or(o.checkTotal(t, b), o.checkCovered(t, b))
}

// checkTotal holds what a quote asks for in all within what the bidder may have, and
// within what his deposit covers where it is for each lot.
func (o Offer) checkTotal(t Terms, b Bidder) *fault.Error {
	total := quantity.Quantity(0)
	for _, s := range t.Steps {
		var err error
		if total, err = quantity.Add(total, s.Quantity); err != nil {
			return o.overQuota(b)
		}
	}
	switch {
	case o.FixedQuantity() && total == 0: // of what is left to him not a lot size is
		return o.offLot()
	case o.FixedQuantity(): // it follows from the registration
		return nil
	case total > o.Deposited(b.Registration) && total <= o.most(Bidder{}):
		return ErrOverDeposit.With("the deposit was put up for %s %s", o.Deposited(b.Registration), o.Unit())
	case total > o.most(b):
		return o.overQuota(b)
	}
	return nil
}

// overQuota says of both bounds, so that it does not tell which of them was passed.
func (o Offer) overQuota(b Bidder) *fault.Error {
	if o.NoncompetitiveQuota == 0 {
		return ErrOverQuota.With("one bidder may ask for at most %s %s", o.most(b), o.Unit())
	}
	return ErrOverQuota.With("one bidder may ask for at most %s %s, at any price for at most %s", o.most(b), o.Unit(), o.NoncompetitiveQuota)
}

func (o Offer) offLot() *fault.Error {
	return ErrOffLot.With("a quantity is more than 0 and a multiple of %s %s", o.LotSize, o.Unit())
}

// inOrder sorts the steps and fills in a fixed quantity, or returns ErrQuoteSteps.
func (o Offer) inOrder(t Terms, b Bidder) (Terms, error) {
	if n := len(t.Steps); n == 0 || n > StepsMost || o.FixedQuantity() && (n > 1 || t.Steps[0].Quantity != 0) || t.Noncompetitive && (n > 1 || t.Steps[0].Price != 0) {
		return t, ErrQuoteSteps
	}
	t.Steps = slices.Clone(t.Steps)
	slices.SortFunc(t.Steps, func(a, b Step) int {
		if o.Buys() {
			return cmp.Compare(a.Price, b.Price)
		}
		return cmp.Compare(b.Price, a.Price)
	})
	for i := range t.Steps[1:] {
		if t.Steps[i].Price == t.Steps[i+1].Price {
			return t, ErrQuoteSteps
		}
	}
	switch o.Format { //nolint:exhaustive // the others leave it to the bidder
	case PayAsBidShare:
		t.Steps[0].Quantity = b.Registration.Quantity.FloorTo(o.LotSize)
		t = o.Within(t, b.Registration)
	case Ascending:
		t.Steps[0].Quantity = o.Quantity
	}
	return t, nil
}

// Ordered is a quote that was accepted, in the form that CheckQuote gave it.
func (o Offer) Ordered(t Terms, r Registration) (Terms, error) {
	return o.inOrder(t, Bidder{Registration: r})
}

// Within is a quote that was accepted, without what its bidder's project no longer
// needs, or his licence may not hold: the steps that are worst for him are cut first, to whole lot sizes.
func (o Offer) Within(t Terms, r Registration) Terms {
	if r.Most() == 0 {
		return t
	}
	left := r.Most().FloorTo(o.LotSize)
	var within []Step
	for _, s := range t.Steps {
		if s.Quantity = min(s.Quantity, left); s.Quantity > 0 {
			within = append(within, s)
			left -= s.Quantity
		}
	}
	t.Steps = within
	return t
}

// checkStep judges a step as it was sent; the quantity of one is fixed where none is named.
func (o Offer) checkStep(s Step) *fault.Error {
	switch {
	case s.Price <= 0 || !s.Price.IsMultipleOf(o.Tick):
		return ErrOffTick.With("a price is more than 0 and a multiple of %s", o.Tick)
	case !o.isCountable(s.Price):
		return ErrPriceTooHigh
	case !o.FixedQuantity() && (s.Quantity <= 0 || !s.Quantity.IsMultipleOf(o.LotSize)):
		return o.offLot()
	case o.Buys() && s.Price > o.ReservePrice:
		return ErrAboveCeiling.With("the ceiling price is CNY %s", o.ReservePrice)
	case !o.Buys() && s.Price < o.ReservePrice:
		return ErrBelowReserve.With("the reserve price is CNY %s", o.ReservePrice)
	}
	return nil
}

// most is what one bidder may ask for; who sells gives no more than he has put up,
// who buys takes no more than his project needs and his licence may hold.
func (o Offer) most(b Bidder) quantity.Quantity {
	most := o.Quantity
	if o.Quota > 0 {
		most = o.Quota
	}
	if o.Buys() {
		most = min(most, b.Registration.Quantity)
	}
	if bound := b.Registration.Most(); bound > 0 {
		most = min(most, bound)
	}
	return most
}

// MostOf is what a bidder may ask for.
func (o Offer) MostOf(r Registration) quantity.Quantity { return o.most(Bidder{Registration: r}) }

func (o Offer) checkHigher(t Terms, b Bidder, best quantity.Price) error {
	switch {
	case o.Format == PayAsBidShare && len(b.Last.Steps) > 0 && t.Steps[0].Price <= b.Last.Steps[0].Price:
		return ErrNotHigher.With("each quote is higher than your last")
	case o.Format == Ascending && best > 0 && t.Steps[0].Price < best+o.Step:
		return ErrNotHigher.With("the best bid is CNY %s and the step CNY %s", best, o.Step)
	}
	return nil
}

// checkCovered returns ErrNotCovered when a guarantee that the bidder chose does
// not cover what he may come to owe.
func (o Offer) checkCovered(t Terms, b Bidder) *fault.Error {
	if o.Collateral != FullCollateral || o.Buys() {
		return nil
	}
	if need, err := o.Need(t); err != nil || need > b.Registration.Collateral {
		return ErrNotCovered
	}
	return nil
}

// Need is the most that the steps of a quote, dearest first, may cost: the sum
// where each is paid at its own price, otherwise the greatest price × quantity
// at or above it. A bid at any price is covered at the confirmation factor times
// the reserve price (project default): what a higher price costs more, it owes
// without cover. Rounded up: the guarantee must suffice.
func (o Offer) Need(t Terms) (need quantity.Money, err error) {
	if t.Noncompetitive {
		price, err := o.ReservePrice.Times(o.ConfirmFactor, 1, quantity.Up)
		if err != nil {
			return 0, err
		}
		return quantity.Amount(price, t.Total(), int(o.Months), quantity.Up)
	}
	total := quantity.Quantity(0)
	for _, s := range t.Steps {
		total += s.Quantity
		of := total
		if o.Format.PaysOwn() {
			of = s.Quantity
		}
		amount, err := quantity.Amount(s.Price, of, int(o.Months), quantity.Up)
		if err != nil {
			return 0, err
		}
		if !o.Format.PaysOwn() {
			need = max(need, amount)
		} else if need, err = quantity.Add(need, amount); err != nil {
			return 0, err
		}
	}
	return need, nil
}
