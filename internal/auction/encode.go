package auction

import "permitx/internal/quantity"

// A Report is a result as JSON shows it: decimals as strings, what is absent
// left out or null.
type Report struct {
	Status         Status            `json:"status"`
	ClearingPrice  *string           `json:"clearing_price"` // null: there is none that all pay
	Volume         string            `json:"volume"`
	Unsold         string            `json:"unsold,omitempty"`    // offered and not sold, sought and not bought
	Imbalance      string            `json:"imbalance,omitempty"` // of a call: what bids have over, or, negative, asks
	Noncompetitive string            `json:"noncompetitive,omitempty"`
	Allocations    map[string]string `json:"allocations"`     // each bid and ask, also those that get nothing
	Prices         map[string]string `json:"prices,omitzero"` // winners, where each pays his own
	Amounts        map[string]string `json:"amounts,omitzero"`
	Revenue        string            `json:"revenue,omitempty"` // what the amounts come to, with that of the noncompetitive
	Refused        []string          `json:"refused,omitempty"` // bids and asks that were not valid, as they are listed
	CarryOver      []string          `json:"carry_over,omitzero"`
	NotCarried     string            `json:"not_carried,omitempty"` // of the unsold, what the next auctions cannot take
}

// Report returns a result of c for those who read it.
func (c *Case) Report(r Result) Report {
	report := Report{
		Status: r.Status, Volume: r.Volume.String(),
		Allocations: make(map[string]string, len(c.Bids)+len(c.Asks)),
	}
	if r.ClearingPrice > 0 {
		price := r.ClearingPrice.String()
		report.ClearingPrice = &price
	}
	if c.Supply > 0 || c.Demand > 0 {
		report.Unsold = r.Unsold.String()
	}
	if c.Noncompetitive > 0 || c.NoncompetitiveLimit > 0 {
		report.Noncompetitive = r.Noncompetitive.String()
	}
	if c.Format == Call {
		report.Imbalance = r.Imbalance.String()
	} else {
		report.Revenue, report.Amounts = r.Revenue.String(), map[string]string{}
	}
	if c.Format.PaysOwn() {
		report.Prices = map[string]string{}
	}
	report.list(c.Bids, r.Bids)
	report.list(c.Asks, r.Asks)
	if len(c.NextAuctions) > 0 {
		report.CarryOver, report.NotCarried = texts(r.CarryOver), r.NotCarried.String()
	}
	return report
}

// list enters the awards of a side.
func (p *Report) list(side []Bid, awards []Allotment) {
	for i := range awards {
		id, a := side[i].ID, &awards[i]
		p.Allocations[id] = a.Quantity.String()
		if a.Refused {
			p.Refused = append(p.Refused, id)
		}
		if a.Quantity == 0 {
			continue
		}
		if p.Prices != nil {
			p.Prices[id] = a.Price.String()
		}
		if p.Amounts != nil {
			p.Amounts[id] = a.Amount.String()
		}
	}
}

func texts(quantities []quantity.Quantity) []string {
	found := make([]string, len(quantities))
	for i, q := range quantities {
		found[i] = q.String()
	}
	return found
}
