package app

import (
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// The faults of rules that commands return; each is explained in rulebook.
var (
	ErrPartyNotActive    = rulebook.ErrPartyNotActive
	ErrLicenceNotInForce = rulebook.ErrLicenceNotInForce
	ErrInflowRefused     = rulebook.ErrInflowRefused
	ErrNotForSale        = rulebook.ErrNotForSale
	ErrNoSurplus         = rulebook.ErrNoSurplus
	ErrDealParty         = rulebook.ErrDealParty
	ErrDealLicence       = rulebook.ErrDealLicence
	ErrNoPair            = rulebook.ErrNoPair
	ErrOffsetTooLow      = rulebook.ErrOffsetTooLow
)

// judge is where every command asks the rules: permits change hands only after
// it returned nil. It returns the first refusal, which names its rule and source.
func (v *View) judge(f *rulebook.Facts) error { return rulebook.Judge(f) }

// facts are what an action on an instrument's permits is judged by; its sides
// are for the caller to add.
func (v *View) facts(action rulebook.Action, pollutant string, q quantity.Quantity) rulebook.Facts {
	return rulebook.Facts{
		Action: action, On: v.Today, Pollutant: pollutant, Medium: v.mediumOf(pollutant), Quantity: q, Parameters: v.known,
	}
}

// parameter is the value of a key today. It must have a default.
func (v *View) parameter(key rulebook.Key, region, pollutant string) quantity.Ratio {
	_, value, set := rulebook.Lookup(v.known, key, rulebook.Place{Region: region, Pollutant: pollutant}, v.Today)
	if !set {
		panic("app: parameter " + string(key) + " has no default")
	}
	return value
}

func (v *View) mediumOf(pollutant string) catalog.Medium {
	return rowsOf(v.state, Pollutants).rows[v.byCode.pollutants[pollutant]].Medium
}

// seller is the side that gives, with what it has of an instrument.
func (v *View) seller(k *knowledge, field string, p catalog.Party, l catalog.Licence, i catalog.Instrument) rulebook.Side {
	s := k.side(field, p, l, i.Pollutant, v.Today)
	s.Holding = v.holding(l, i)
	return s
}

// holding is what a licence has of an instrument.
func (v *View) holding(l catalog.Licence, i catalog.Instrument) rulebook.Holding {
	h := rulebook.Holding{Seen: true, Surplus: v.Surplus(l.ID, i.Pollutant).Available()}
	if id, held := v.ledger.Find(HoldingKey(l, i, ledger.Paid)); held {
		b := v.ledger.BalanceOf(id)
		h.Paid, h.Ready, h.Unpriced = quantity.Quantity(b.Balance), quantity.Quantity(b.Available()), v.ledger.Unpriced(id)
	}
	return h
}

// buyer is the side that takes. What it has is added up only where a limit
// looks at it.
func (v *View) buyer(k *knowledge, field string, p catalog.Party, l catalog.Licence, pollutant string) rulebook.Side {
	s := k.side(field, p, l, pollutant, v.Today)
	if len(k.keys[rulebook.HoldingMost]) > 0 {
		s.Holding = rulebook.Holding{Seen: true, Total: v.totalOf(l, pollutant)}
	}
	return s
}

// totalOf is what a licence holds of a pollutant, of any running term and
// origin, with what it may still get.
func (v *View) totalOf(l catalog.Licence, pollutant string) quantity.Quantity {
	sum := v.wanted[surplusKey{l.ID, pollutant}]
	for i := range All(v, Instruments) {
		if i.Pollutant != pollutant || i.Expired(v.Today) {
			continue
		}
		for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
			sum += quantity.Quantity(v.ledger.Balance(HoldingKey(l, i, origin)).Balance)
		}
	}
	return sum
}

// orderFacts gathers what an order is judged by. Whom it will meet nobody knows.
func (v *View) orderFacts(f *rulebook.Facts, k *knowledge, o *market.Record, l catalog.Licence, i catalog.Instrument) {
	m, p := rowsOf(v.state, Markets).rows[o.Market], rowsOf(v.state, Parties).rows[o.Party]
	*f = v.facts(rulebook.Sell, i.Pollutant, o.Remaining)
	f.Parameters, f.Spans, f.Approval = k, len(v.byCode.areas[m.ID]) > 1, m.Approval
	if o.Side == market.Sell {
		f.Seller = v.seller(k, "licence", p, l, i)
	} else {
		f.Action, f.Buyer = rulebook.Buy, v.buyer(k, "licence", p, l, i.Pollutant)
	}
}

// judgeResting judges an open order again, as if it came now: what it holds
// aside itself is there for it, and freed is what its licence no longer bids for.
func (v *View) judgeResting(k *knowledge, o *market.Record, freed quantity.Quantity) error {
	return v.judgeOrder(k, o, v.traderOf(o), rowsOf(v.state, Instruments).rows[o.Instrument], o.Remaining, freed)
}

// judgeMaker judges an order by one that it would meet: whether their sites
// discharge into one basin.
func (v *View) judgeMaker(f rulebook.Facts, maker *market.Record) error {
	l := rowsOf(v.state, Licences).rows[maker.Licence]
	other := v.known.side("licence", rowsOf(v.state, Parties).rows[maker.Party], l, f.Pollutant, v.Today)
	if maker.Side == market.Sell {
		f.Seller = other
	} else {
		f.Buyer = other
	}
	return rulebook.JudgeBasin(&f)
}

// judgeOffset judges a project's need of a pollutant and the offset ratio that it
// is given, on the day of its decision.
func (v *View) judgeOffset(p permit.Project, pollutant string, ratio quantity.Ratio) error {
	f := v.facts(rulebook.Project, pollutant, 0)
	party, licence := rowsOf(v.state, Parties).rows[p.Party], rowsOf(v.state, Licences).rows[p.Licence]
	f.Buyer = v.known.side("pollutant", party, licence, pollutant, v.Today)
	f.Project, f.Offset = true, ratio
	v.known.ofProject(&f.Buyer, p, v.Today)
	return renamed(v.judge(&f), rulebook.ErrOffsetTooLow.Field, "ratio")
}

// judgeArrival judges permits that the government gives or sells to a licence, which
// counts a part of what it may still get as theirs.
func (v *View) judgeArrival(action rulebook.Action, l catalog.Licence, i catalog.Instrument, q, own quantity.Quantity) error {
	p, err := Get(v, Parties, "licence", l.Party)
	if err != nil {
		return err
	}
	f := v.facts(action, i.Pollutant, q)
	f.Buyer = v.buyer(v.known, "licence", p, l, i.Pollutant)
	f.Buyer.Holding.Total -= own
	return v.judge(&f)
}

// dealFacts are what a deal is judged by. What the seller has is looked at only
// where it is his own proposal or signature; afterwards the deal holds it.
func (v *View) dealFacts(d settlement.Deal, own bool) (rulebook.Facts, error) {
	f := v.facts(rulebook.Deal, d.Pollutant, d.Quantity)
	f.Spans = d.SellerRegion != d.BuyerRegion // the offset ratio was judged when the project was decided
	if d.Pair != 0 {
		pair, err := Get(v, Pairs, "pair", d.Pair)
		if err != nil {
			return f, err
		}
		f.Approval = pair.Document
	}
	sides := [2]catalog.Party{}
	licences := [2]catalog.Licence{}
	for n, id := range [2]int64{d.SellerLicence, d.BuyerLicence} {
		var err error
		if licences[n], err = Get(v, Licences, dealSideFields[n], id); err != nil {
			return f, err
		}
		if sides[n], err = Get(v, Parties, dealSideFields[n], licences[n].Party); err != nil {
			return f, err
		}
	}
	i, err := Get(v, Instruments, "instrument", d.Instrument)
	if err != nil {
		return f, err
	}
	f.Seller = v.known.side(dealSideFields[0], sides[0], licences[0], d.Pollutant, v.Today)
	f.Buyer = v.buyer(v.known, dealSideFields[1], sides[1], licences[1], d.Pollutant)
	f.Buyer.Holding.Total -= wantedOfDeal(d)
	switch {
	case d.PermitHold != 0:
		f.Seller.Holding = rulebook.Holding{Seen: true, Paid: d.Quantity, Ready: d.Quantity, Surplus: d.Quantity}
	case own:
		f.Seller.Holding = v.holding(licences[0], i)
	}
	return f, nil
}

// dealSideFields name the two sides of a deal.
var dealSideFields = [2]string{"seller_licence", "buyer_licence"}

func (v *View) judgeDeal(d settlement.Deal, own bool) error {
	f, err := v.dealFacts(d, own)
	if err != nil {
		return err
	}
	return v.judge(&f)
}

// judgeCorrection judges permits that move between two licences of one party.
func (v *View) judgeCorrection(from, to ledger.Key) error {
	seller, err := Get(v, Licences, "debit_account", from.Licence)
	if err != nil {
		return err
	}
	buyer, err := Get(v, Licences, "credit_account", to.Licence)
	if err != nil {
		return err
	}
	return v.judgeOrdered(seller, buyer, from.Pollutant, "debit_account", "credit_account")
}

// judgeOrdered judges permits that move from one licence to another by order
// of a document, whoever has them.
func (v *View) judgeOrdered(from, to catalog.Licence, pollutant, fromField, toField string) error {
	f := v.facts(rulebook.Correction, pollutant, 0)
	f.Seller = v.known.side(fromField, rowsOf(v.state, Parties).rows[from.Party], from, pollutant, v.Today)
	f.Buyer = v.known.side(toField, rowsOf(v.state, Parties).rows[to.Party], to, pollutant, v.Today)
	return v.judge(&f)
}
