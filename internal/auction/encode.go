package auction

import (
	"cmp"
	"slices"

	"permitx/internal/quantity"
)

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

// An Input is a case as Decode reads it: decimals as strings, what is absent left out.
type Input struct {
	Format              Format          `json:"format"`
	Supply              string          `json:"supply,omitempty"`
	Demand              string          `json:"demand,omitempty"`
	Noncompetitive      string          `json:"noncompetitive,omitempty"`
	NoncompetitiveLimit string          `json:"noncompetitive_limit,omitempty"`
	ReservePrice        string          `json:"reserve_price,omitempty"`
	CeilingPrice        string          `json:"ceiling_price,omitempty"`
	ReferencePrice      string          `json:"reference_price,omitempty"`
	Budget              string          `json:"budget,omitempty"`
	LotSize             string          `json:"lot_size,omitempty"`
	Tick                string          `json:"tick,omitempty"`
	Step                string          `json:"step,omitempty"`
	Months              int             `json:"months,omitempty"`
	WinShare            string          `json:"win_share,omitempty"`
	BiddersMin          int             `json:"min_bidders,omitempty"`
	Tie                 Tie             `json:"tie,omitempty"`
	Undersubscribed     Undersubscribed `json:"undersubscribed,omitempty"`
	Fit                 Fit             `json:"fit,omitempty"`
	NextAuctions        []string        `json:"next_auctions,omitempty"`
	Bids                []InputBid      `json:"bids,omitzero"`
	Asks                []InputBid      `json:"asks,omitzero"`
	Draw                []string        `json:"draw,omitempty"` // ids in the order in which they were drawn
}

// An InputBid is a bid of an input.
type InputBid struct {
	ID          string  `json:"id"`
	Price       *string `json:"price"` // null: any
	Quantity    string  `json:"qty"`
	Seq         int64   `json:"seq"`
	AcceptsPart bool    `json:"accepts_part,omitempty"`
	Protection  string  `json:"protection,omitempty"`
}

// Input returns c for those who clear it again. Its bids have ids.
func (c *Case) Input() Input {
	return Input{
		Format: c.Format, Supply: given(c.Supply), Demand: given(c.Demand), Noncompetitive: given(c.Noncompetitive),
		NoncompetitiveLimit: given(c.NoncompetitiveLimit), ReservePrice: given(c.ReservePrice), CeilingPrice: given(c.CeilingPrice),
		ReferencePrice: given(c.ReferencePrice), Budget: given(c.Budget), LotSize: given(c.LotSize), Tick: given(c.Tick), Step: given(c.Step),
		Months: c.Months, WinShare: given(c.WinShare), BiddersMin: c.BiddersMin, Tie: c.Tie, Undersubscribed: c.Undersubscribed, Fit: c.Fit,
		NextAuctions: texts(c.NextAuctions), Bids: c.inputSide("bids*", c.Bids), Asks: c.inputSide("asks*", c.Asks), Draw: inDraw(slices.Concat(c.Bids, c.Asks)),
	}
}

// given is a decimal, or nothing where it is absent.
func given[T interface {
	comparable
	String() string
}](d T) string {
	var absent T
	if d == absent {
		return ""
	}
	return d.String()
}

// inputSide is a side, also an empty one, of a format that has it.
func (c *Case) inputSide(field string, side []Bid) []InputBid {
	if !slices.Contains(c.Format.find().fields, field) {
		return nil
	}
	found := make([]InputBid, len(side))
	for i, b := range side {
		found[i] = InputBid{ID: b.ID, Quantity: b.Quantity.String(), Seq: b.Seq, AcceptsPart: b.AcceptsPart, Protection: given(b.Protection)}
		if b.Price > 0 {
			found[i].Price = new(b.Price.String())
		}
	}
	return found
}

// inDraw is the ids of the bids that have a place in the draw, in its order.
func inDraw(side []Bid) (ids []string) {
	slices.SortFunc(side, func(a, b Bid) int { return cmp.Compare(a.Draw, b.Draw) })
	for _, b := range side {
		if b.Draw > 0 {
			ids = append(ids, b.ID)
		}
	}
	return ids
}
