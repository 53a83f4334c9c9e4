package market

import (
	"fmt"
	"strings"

	"permitx/internal/quantity"
)

// Formula is how the fee of an order whose fills come to an amount comes about, in
// words. exempt says that the order is of one whom the schedule exempts.
func (t *Tariff) Formula(side Side, amount quantity.Money, single, exempt bool) string {
	switch {
	case len(t.Tiers) == 0:
		return "no fee"
	case exempt:
		return "no fee: the state funds the party wholly"
	case amount < t.WaivedBelow:
		return fmt.Sprintf("no fee: less than CNY %s", t.WaivedBelow)
	}
	made := t.partsInWords(side, amount)
	if single {
		made = fmt.Sprintf("(%s) × %s for a single bidder", made, t.SingleBidder)
	}
	if t.Minimum > 0 {
		made += fmt.Sprintf(", at least CNY %s", t.Minimum)
	}
	return fmt.Sprintf("%s = CNY %s, rounded half-up to the fen", made, t.Fee(side, amount, single))
}

// partsInWords are the parts of an amount with their rates. Of one rate for the whole
// it is the one that comes to most: that of the amount, or of the end of a lower tier.
func (t *Tariff) partsInWords(side Side, amount quantity.Money) string {
	var parts []string
	most, below := quantity.Money(-1), quantity.Money(0)
	for i := range t.Tiers {
		tier := &t.Tiers[i]
		through := amount
		if tier.Through > 0 {
			through = min(amount, tier.Through)
		}
		part := fmt.Sprintf("CNY %s × %s", through-below, quantity.Ratio(tier.rate(side)))
		if t.Progressive {
			parts, below = append(parts, part), through
		} else if fee := rounded(int64(through), tier.rate(side), quantity.OneRatio); fee > most {
			parts, most = []string{part}, fee
		}
		if through == amount {
			break
		}
	}
	return strings.Join(parts, " + ")
}
