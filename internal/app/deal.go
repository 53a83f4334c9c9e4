package app

import (
	"cmp"
	"errors"
	"fmt"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// The tables of deals.
var (
	Deals       = cold[settlement.Deal]("deal")
	DealSteps   = cold[settlement.DealStep]("deal_step")
	DealSources = cold[settlement.DealSource]("deal_source")
)

// MaxSources bounds the acquisitions that one deal uses up: a command stages a
// bounded number of rows.
const MaxSources = 400

// The faults of a proposal, in the order in which they are checked; those of
// its terms are in settlement, those of the rules, which come before
// ErrMonthsBeyondTerm, in rulebook.
var (
	// ErrPartyNotOfLicence is returned when the licence is not the party's.
	ErrPartyNotOfLicence = fault.New(fault.Invalid, "deal.party_not_of_licence", "the licence is not that party's")
	// ErrDealTermEnded is returned when the instrument's term has ended.
	ErrDealTermEnded = fault.New(fault.Refused, "deal.instrument_expired", "the instrument's term has ended").At("instrument").
				Under("instrument.term_end", sourceDefault)
	// ErrMonthsBeyondTerm is returned when more months are paid for than the term has left.
	ErrMonthsBeyondTerm = fault.New(fault.Refused, "deal.months_beyond_term", "the term has not so many months left").At("months").
				Under("instrument.term_end", sourceDefault)
	// ErrOffset is returned when the offset ratio of a deal is not that of its project.
	ErrOffset = fault.New(fault.Refused, "deal.offset_not_of_project", "the offset ratio is that of the project").At("offset_ratio").Under(ruleProject, citeProject)
	// ErrTooManySources is returned when the quantity comes out of too many acquisitions.
	ErrTooManySources = fault.New(fault.Refused, "deal.too_many_sources", "the quantity comes out of more than 400 acquisitions: deal in parts").At("quantity").
				Under("command.parts", "project default: what one command may move")
)

// DealPropose proposes a deal for one of its sides.
type DealPropose struct {
	Kind          settlement.DealKind
	Proposer      settlement.DealSide // the side that the actor acts for
	SellerParty   int64
	SellerLicence int64
	BuyerParty    int64
	BuyerLicence  int64
	Instrument    string
	Quantity      quantity.Quantity
	Price         quantity.Price
	Months        int32          // 0: the months left, a part month counted as one
	OffsetRatio   quantity.Ratio // 0: that of the project
	Payment       settlement.DealPayment
	Project       int64 // of the buyer
	CapEffect     settlement.CapEffect
	CapDocument   string
	Note          string
	ExistingUnit  bool // of the buyer, who proposes: it is for the unit that his licence has
}

var _ = declare(DealPropose{}, DealStep{})

// DealResult is a deal with what has happened to it and what its reader may do.
type DealResult struct {
	Deal       settlement.Deal
	Instrument catalog.Instrument
	Steps      settlement.History
	Next       []settlement.DealEvent
}

// Operation is DealPropose.
func (DealPropose) Operation() identity.Operation { return identity.DealPropose }

// Decide checks the terms, the two sides and the way between their regions.
// What a seller has is his secret, and what a buyer's project has, and whether there
// is one, the buyer's: only one's own proposal is checked against it, another's when
// he signs or confirms. The result is a DealResult.
func (c DealPropose) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.DealPropose, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	if err := catalog.CheckOneOf("proposer", c.Proposer, settlement.DealSides); err != nil {
		return nil, err
	}
	seller, err := Get(v, Licences, "seller_licence", c.SellerLicence)
	if err != nil {
		return nil, err
	}
	buyer, err := Get(v, Licences, "buyer_licence", c.BuyerLicence)
	if err != nil {
		return nil, err
	}
	own, field := seller, "seller_licence"
	if c.Proposer == settlement.BuyerSide {
		own, field = buyer, "buyer_licence"
	}
	if err := v.AuthoriseAt(field, identity.DealPropose, identity.OfParty(own.Party, "")); err != nil {
		return nil, err
	}
	switch {
	case seller.Party != c.SellerParty:
		return nil, ErrPartyNotOfLicence.At("seller_party")
	case buyer.Party != c.BuyerParty:
		return nil, ErrPartyNotOfLicence.At("buyer_party")
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	d, err := c.deal(v, seller, buyer, i)
	if err != nil {
		return nil, err
	}
	if c.Proposer == settlement.SellerSide {
		if err = v.checkSources(d); c.ExistingUnit {
			err = ErrProjectOfSale.At("existing_unit")
		}
	} else {
		err = v.checkDealUse(d, c.ExistingUnit)
	}
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		d = Put(tx, Deals, d)
		return tx.dealResult(d, nil)
	}, nil
}

// deal is the deal that is proposed, with what its terms come to.
func (c DealPropose) deal(v *View, seller, buyer catalog.Licence, i catalog.Instrument) (settlement.Deal, error) {
	d := settlement.Deal{
		Kind: c.Kind, State: settlement.DealProposed, Proposer: c.Proposer,
		SellerParty: seller.Party, SellerLicence: seller.ID, SellerRegion: seller.Region,
		BuyerParty: buyer.Party, BuyerLicence: buyer.ID, BuyerRegion: buyer.Region,
		Instrument: i.ID, Pollutant: i.Pollutant, Quantity: c.Quantity, Price: c.Price, Months: c.Months, Payment: c.Payment,
		Coefficient: quantity.OneRatio, OffsetRatio: c.OffsetRatio, Project: c.Project,
		CapEffect: c.CapEffect, CapDocument: c.CapDocument, Note: c.Note,
		ProposedBy: v.Actor.Person, ProposedAt: v.Now,
	}
	left := int32(v.monthsLeft(i)) //nolint:gosec // months of a term
	if d.Months == 0 {
		d.Months = max(left, 1)
	}
	pair, hasPair := v.pairFor(d)
	if hasPair && d.Kind == settlement.CrossRegion {
		d.Pair, d.Coefficient = pair.ID, pair.Coefficient
		d.NeedsSellerBureau, d.NeedsBuyerBureau, d.NeedsUpper = pair.SellerBureau, pair.BuyerBureau, pair.Upper
	}
	if err := v.nameProject(&d, buyer); err != nil {
		return d, err
	}
	if err := d.CheckTerms(); err != nil {
		if errors.Is(err, settlement.ErrDealKind) && d.SellerRegion != d.BuyerRegion && !hasPair {
			return d, cmp.Or(v.checkDealFacts(d, false), err) // the rules have the better word
		}
		return d, err
	}
	if err := v.checkDealFacts(d, c.Proposer == settlement.SellerSide); err != nil {
		return d, err
	}
	if d.Months > left {
		return d, ErrMonthsBeyondTerm.With("the term ends on %s and has %d months left", i.TermEnd, left)
	}
	return d.Reckon()
}

// checkDealFacts holds what must be true of a deal at every step up to the
// settlement: the term is not over, and the rules of today let it go on. What
// the seller has is looked at where he is the one who acts.
func (v *View) checkDealFacts(d settlement.Deal, own bool) error {
	i, err := Get(v, Instruments, "instrument", d.Instrument)
	if err != nil {
		return err
	}
	if i.Expired(v.Today) {
		return ErrDealTermEnded.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	return v.judgeDeal(d, own)
}

// nameProject puts the buyer's project into a deal that names it. One that a seller
// names is not looked at before the buyer confirms: he would learn of it.
func (v *View) nameProject(d *settlement.Deal, buyer catalog.Licence) error {
	switch {
	case d.Project != 0 && d.Proposer == settlement.BuyerSide:
		return v.readProject(d, buyer)
	case d.Project != 0:
		d.ProjectName = fmt.Sprintf("project %d", d.Project)
	}
	d.OffsetRatio = cmp.Or(d.OffsetRatio, quantity.OneRatio)
	return nil
}

// readProject fills in the name of a deal's project, and its offset ratio, which is
// then applied once: such a deal counts as the assignment to the project.
func (v *View) readProject(d *settlement.Deal, buyer catalog.Licence) error {
	p, n, err := v.projectFor(d.Project, buyer, d.Pollutant)
	if err != nil {
		return err
	}
	d.ProjectName, d.OffsetRatio = p.Name, cmp.Or(d.OffsetRatio, n.Ratio)
	if d.OffsetRatio != n.Ratio {
		return ErrOffset.With("the offset ratio of the project is %s for %s: leave it out", n.Ratio, n.Pollutant)
	}
	return nil
}

// confirmed is a deal that its buyer confirms. What its seller has proposed, with the
// buyer's project or without, comes to what that project makes of it; for the seller
// nothing changes by that.
func (v *View) confirmed(d settlement.Deal) (settlement.Deal, error) {
	if d.Project == 0 || d.Proposer == settlement.BuyerSide {
		return d, nil
	}
	buyer, err := Get(v, Licences, "buyer_licence", d.BuyerLicence)
	if err != nil {
		return d, err
	}
	if d.OffsetRatio == quantity.OneRatio { // as where it is left out
		d.OffsetRatio = 0
	}
	if err := v.readProject(&d, buyer); err != nil {
		return d, err
	}
	return d.Reckon()
}

// checkDealUse holds a deal that its buyer proposes or confirms to what he says that
// it is for: he alone is asked, since that he has a project is his secret.
func (v *View) checkDealUse(d settlement.Deal, existingUnit bool) error {
	buyer, err := Get(v, Licences, "buyer_licence", d.BuyerLicence)
	if err != nil {
		return err
	}
	return v.checkUse(use{d.Project, existingUnit}, buyer, d.Pollutant, d.Arriving)
}

// checkPairStill returns ErrNoPair, or ErrDealStale when the pair has become
// another one since the deal was proposed.
func (v *View) checkPairStill(d settlement.Deal) error {
	if d.Kind == settlement.Local {
		return nil
	}
	p, ok := v.pairFor(d)
	if !ok {
		d.Pair = 0
		return cmp.Or(v.judgeDeal(d, false), error(ErrDealStale))
	}
	if p.Coefficient != d.Coefficient || p.SellerBureau != d.NeedsSellerBureau || p.BuyerBureau != d.NeedsBuyerBureau || p.Upper != d.NeedsUpper {
		return ErrDealStale.With("the pair of %s and %s was changed after this deal was proposed (%s): propose it again",
			d.SellerRegion, d.BuyerRegion, p.Document)
	}
	return nil
}

// checkSources holds that the quantity comes out of a bounded number of
// acquisitions.
func (v *View) checkSources(d settlement.Deal) error {
	return v.checkPricedRows(d.SellerKey(), d.Quantity)
}

// checkPricedRows holds that so much, with a known price, lies in a bounded
// number of a holding's acquisitions.
func (v *View) checkPricedRows(k ledger.Key, left quantity.Quantity) error {
	id, _ := v.ledger.Find(k)
	rows := 0
	for _, a := range v.ledger.Acquisitions(id) {
		if left <= 0 {
			break
		}
		if a.PriceKnown {
			left -= a.Remaining
			rows++
		}
	}
	if rows > MaxSources {
		return ErrTooManySources
	}
	return nil
}

// pairFor is the pair of the deal's regions that holds today.
func (v *View) pairFor(d settlement.Deal) (settlement.Pair, bool) {
	for p := range All(v, Pairs) {
		if p.Joins(d.Pollutant, d.SellerRegion, d.BuyerRegion, v.Today) {
			return p, true
		}
	}
	return settlement.Pair{}, false
}

// dealResult is what the actor sees of a deal after a command.
func (tx *Tx) dealResult(d settlement.Deal, h settlement.History) DealResult {
	return DealResult{Deal: d, Instrument: mustGet(tx, Instruments, d.Instrument), Steps: h, Next: NextDealEvents(tx.Actor, d, h)}
}

// DealTarget is a deal for the table of who may do what.
func DealTarget(d settlement.Deal) identity.Target {
	return identity.Target{Parties: []int64{d.SellerParty, d.BuyerParty}, Regions: []string{d.SellerRegion, d.BuyerRegion}}
}
