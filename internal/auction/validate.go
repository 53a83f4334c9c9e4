package auction

import (
	"fmt"
	"math"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Bounds of a case. They are far above what is traded; within them no product
// leaves the range of its type.
const (
	BidsMax         = 1_000_000
	NextAuctionsMax = 1_000
	monthsMax       = 1_200
	priceMax        = 100_000_000_000 * quantity.OnePrice // CNY for a t or t/a
)

// ErrCase is returned for a case that makes no sense; its field is a path such
// as bids[3].qty.
var ErrCase = fault.New(fault.Invalid, "auction.case", "the case makes no sense")

// Validate returns what is wrong with a case: the first of a format that is not
// known, a rule that is not known, a number out of its bounds, a quantity off
// the lot size, a price off the tick, and sums that leave the range of numbers.
func (c *Case) Validate() error {
	if c.Format.find() == nil {
		return ErrCase.With("%q is not a format; there are %s", c.Format, listed(Formats())).At("format")
	}
	return fault.First(c.checkRules(), c.checkSteps(), c.checkLimits(), c.checkNext(), c.checkSide("bids", c.Bids), c.checkSide("asks", c.Asks))
}

func (c *Case) checkRules() error {
	if c.Format.find().onlyByTime && c.Tie != "" && c.Tie != ByTime {
		return ErrCase.With("of equal prices %s takes the earlier: there is no other rule than %s", c.Format, ByTime).At("tie")
	}
	return fault.First(
		oneOf("tie", c.Tie, Ties),
		oneOf("undersubscribed", c.Undersubscribed, UndersubscribedRules),
		oneOf("fit", c.Fit, Fits),
	)
}

// oneOf holds a rule against those there are; none is a rule too.
func oneOf[T ~string](field string, rule T, rules []T) error {
	for _, r := range rules {
		if r == rule {
			return nil
		}
	}
	if rule == "" {
		return nil
	}
	return ErrCase.With("%q is not known; there are %s", rule, listed(rules)).At(field)
}

// listed names all of a few words.
func listed[T ~string](words []T) string {
	var text string
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " and "
		default:
			text += ", "
		}
		text += string(w)
	}
	return text
}

// checkSteps holds lot size, tick, term, share and count against their bounds.
func (c *Case) checkSteps() error {
	switch {
	case c.LotSize < 0:
		return ErrCase.With("the lot size must be more than 0").At("lot_size")
	case c.Tick < 0 || c.Tick > priceMax:
		return ErrCase.With("the tick must be more than 0 and at most %s", priceMax).At("tick")
	case c.Step < 0 || c.Step > priceMax:
		return ErrCase.With("the step must be more than 0 and at most %s", priceMax).At("step")
	case c.Months < 0 || c.Months > monthsMax:
		return ErrCase.With("a term has from 1 to %d months", monthsMax).At("years")
	case c.WinShare < 0 || c.WinShare > quantity.OneRatio:
		return ErrCase.With("the share of winners must be more than 0 and at most 1").At("win_share")
	case c.BiddersMin < 0 || c.BiddersMin > BidsMax:
		return ErrCase.With("the number of bidders must be from 0 to %d", BidsMax).At("min_bidders")
	case c.Budget < 0:
		return ErrCase.With("the budget must be more than 0").At("budget")
	}
	return nil
}

// checkLimits holds what is offered or sought and the limits of the price
// against their bounds, lot size and tick.
func (c *Case) checkLimits() error {
	required := map[Format]bool{Uniform: true, PayAsBid: true, Ascending: true}[c.Format]
	if required && c.Supply <= 0 {
		return ErrCase.With("what is offered must be more than 0").At("supply")
	}
	if c.Format == ReverseUniform && c.Demand <= 0 {
		return ErrCase.With("what is sought must be more than 0").At("demand")
	}
	return fault.First(
		c.checkQuantity("supply", c.Supply), c.checkQuantity("demand", c.Demand), c.checkQuantity("noncompetitive", c.Noncompetitive),
		c.checkQuantity("noncompetitive_limit", c.NoncompetitiveLimit),
		c.checkPrice("reserve_price", c.ReservePrice), c.checkPrice("ceiling_price", c.CeilingPrice), c.checkPrice("reference_price", c.ReferencePrice),
	)
}

func (c *Case) checkNext() error {
	if len(c.NextAuctions) > NextAuctionsMax {
		return ErrCase.With("at most %d auctions", NextAuctionsMax).At("next_auctions")
	}
	for i, q := range c.NextAuctions {
		if err := c.checkQuantity(fmt.Sprintf("next_auctions[%d]", i), q); err != nil {
			return err
		}
	}
	return nil
}

// checkQuantity wants a quantity of at least 0 on the lot size.
func (c *Case) checkQuantity(field string, q quantity.Quantity) error {
	switch {
	case q < 0:
		return ErrCase.With("%s must not be negative", q).At(field)
	case c.LotSize > 0 && !q.IsMultipleOf(c.LotSize):
		return ErrCase.With("%s is not a multiple of the lot size %s", q, c.LotSize).At(field)
	}
	return nil
}

// checkPrice wants a price from 0 to the bound on the tick.
func (c *Case) checkPrice(field string, p quantity.Price) error {
	switch {
	case p < 0 || p > priceMax:
		return ErrCase.With("%s must be from 0 to %s", p, priceMax).At(field)
	case c.Tick > 0 && !p.IsMultipleOf(c.Tick):
		return ErrCase.With("%s is not a multiple of the tick %s", p, c.Tick).At(field)
	}
	return nil
}

// checkSide holds the bids of a side against their bounds, and what they come
// to in all against the range of quantities and of money.
func (c *Case) checkSide(name string, side []Bid) error {
	if len(side) > BidsMax {
		return ErrCase.With("at most %d", BidsMax).At(name)
	}
	total := c.Noncompetitive
	highest := max(c.ReservePrice, c.ReferencePrice)
	limit := max(c.Supply, c.Demand) // 0: none
	for i := range side {
		b := &side[i]
		if err := c.checkBid(b); err != nil {
			e, _ := fault.As(err)
			return e.At(fmt.Sprintf("%s[%d].%s", name, i, e.Field))
		}
		sum, err := quantity.Add(total, b.Quantity)
		if err != nil && limit > 0 && (c.Format == Ascending || c.Format == PayAsBidShare) { // which serve one after the other
			sum, err = math.MaxInt64, nil
		}
		if err != nil {
			return ErrCase.With("the quantities of all come to more than a sum can hold").At(name)
		}
		total, highest = sum, max(highest, b.Price)
	}
	if limit > 0 {
		total = min(total, limit) // more is not awarded
	}
	if _, err := quantity.Amount(highest, total, max(c.Months, monthsPerYear), quantity.Up); err != nil {
		return ErrCase.With("quantities and prices of all come to more than a sum of money can hold").At(name)
	}
	return nil
}

func (c *Case) checkBid(b *Bid) error {
	switch {
	case b.Quantity <= 0:
		return ErrCase.With("%s must be more than 0", b.Quantity).At("qty")
	case b.Price == 0 && c.Format != Call && c.NoncompetitiveLimit == 0:
		return ErrCase.With("a price must be more than 0; only a call has market orders, and a uniform auction with a noncompetitive_limit price-takers").At("price")
	case b.Protection != 0 && (c.Format != Call || b.Price != 0):
		return ErrCase.With("only a market order of a call, whose price is null, has a price that protects it").At("protection")
	case c.Format == Ascending && b.Quantity != c.Supply:
		return ErrCase.With("%s is not the supply %s, which the last bidder takes as a whole", b.Quantity, c.Supply).At("qty")
	case b.Seq < 0:
		return ErrCase.With("%d must not be negative", b.Seq).At("seq")
	case b.Draw < 0:
		return ErrCase.With("a place in the drawn order is 1 or more").At("draw")
	}
	return fault.First(c.checkQuantity("qty", b.Quantity), c.checkPrice("price", b.Price), c.checkPrice("protection", b.Protection))
}
