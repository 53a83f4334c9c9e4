package app

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// projectActions are the actions whose commands name a project.
var projectActions = []rulebook.Action{rulebook.Buy, rulebook.Deal, rulebook.PrimarySale, rulebook.Allocation, rulebook.Project}

// useActions are the actions whose commands ask a buyer what he buys for.
var useActions = []rulebook.Action{rulebook.Buy, rulebook.Deal, rulebook.PrimarySale}

// unsaid is View.checkSaid where nothing is said, by the projects that the actor may see.
func (in *inquiry) unsaid(actor identity.Actor) error {
	if in.listing.Kind == reserve.Simplified { // which asks for a project by itself
		return nil
	}
	for _, p := range ReadTable(in.ref, Projects).All() {
		if p.Licence != in.buyer.ID || !p.State.MayBuy() || identity.Authorise(actor, identity.ProjectRead, identity.OfParty(p.Party, p.Region)) != nil {
			continue
		}
		for _, n := range ReadNeeds(in.ref, p.ID) {
			if n.Pollutant == in.inst.Pollutant && n.Missing() > 0 {
				return forWhichUnit(p, n)
			}
		}
	}
	return nil
}

// lookProject finds the project that the question names: the buyer's, as its
// commands ask for it. That there is one is the buyer's secret: who may not see it
// is answered as if there were none.
func (in *inquiry) lookProject(actor identity.Actor) error {
	if in.ExistingUnit && !slices.Contains(useActions, in.Action) {
		return ErrProjectOfSale.With("nothing is bought for a unit by the action %s", in.Action).At("existing_unit")
	}
	if in.Project == 0 {
		return nil
	}
	if !slices.Contains(projectActions, in.Action) {
		return ErrProjectOfSale.With("nothing is bought for a project by the action %s", in.Action)
	}
	p, known := ReadTable(in.ref, Projects).Get(in.Project)
	if !known || p.Licence != in.buyer.ID || identity.Authorise(actor, identity.ProjectRead, identity.OfParty(p.Party, p.Region)) != nil {
		return ErrNoRecord.At("project")
	}
	in.project = p
	for _, n := range ReadNeeds(in.ref, p.ID) {
		if n.Pollutant == in.inst.Pollutant {
			in.need = n
		}
	}
	if in.Need != 0 {
		return fault.Invalidf("need", "is that of the project: leave it out")
	}
	in.Need = in.need.Need
	return nil
}

// ofProject puts what a project is and where into the side that it is decided
// for, on the day of its decision.
func (k *knowledge) ofProject(s *rulebook.Side, p permit.Project, on calendar.Date) {
	s.Industry = p.Industry
	s.Site.Zone = cmp.Or(p.Zone, s.Site.Zone)
	s.Site.Forbids = k.forbidden(s.Site.Zone, p.Region, p.Industry, on)
}

// projectObstacles are what a command that names the project, or does not where
// its market asks for one, would be refused for.
func (in *inquiry) projectObstacles(actor identity.Actor) error {
	switch p := in.project; {
	case p.ID == 0 && in.Action == rulebook.Buy && in.market.ProjectRequired:
		return ErrProjectNeeded.With("a buy in the market %s names the project that it is for", in.market.Code)
	case p.ID != 0 && in.ExistingUnit:
		return ErrProjectOrUnit
	case p.ID == 0 && !in.ExistingUnit && slices.Contains(useActions, in.Action):
		return in.unsaid(actor)
	case p.ID == 0:
		return nil
	case in.Action == rulebook.Project:
		if _, err := p.Next(permit.Approve); err != nil {
			return err
		}
		return checkNeeded(in.need, in.inst.Pollutant)
	case !p.State.MayBuy():
		return ErrProjectNotApproved.With("the project is %s", p.State)
	}
	if err := checkNeeded(in.need, in.inst.Pollutant); err != nil {
		return err
	}
	return checkProjectRoom(in.need, max(in.arriving, 1))
}

func checkNeeded(n permit.Need, pollutant string) error {
	if n.ID == 0 {
		return ErrPollutantNotNeeded.With("the project needs no permits for %s", pollutant)
	}
	return nil
}

// reckonProject fills in what the project still misses, by the ratio of its
// decision. A question without a quantity is about what may still be bid for.
func (in *inquiry) reckonProject(e *Eligibility, f *rulebook.Facts, coefficient quantity.Ratio) error {
	n, ratio := in.need, quantity.OneRatio
	if in.Action == rulebook.Allocation { // of what the licence shall hold; its offset share is retired beside it
		ratio = n.Ratio
	}
	e.Ratio = rulebook.Parameter{Value: n.Ratio.String(), Document: n.Basis}
	e.Bought, e.Open = n.Bought, n.Open
	var err error
	if e.Required, err = rulebook.Required(n.Missing(), quantity.OneRatio, coefficient); err != nil {
		return err
	}
	if f.Quantity == 0 {
		if f.Quantity, err = rulebook.Supported(n.Room(), ratio, quantity.OneRatio); err == nil {
			f.Quantity, err = f.Quantity.Over(coefficient, quantity.Down)
		}
		if err != nil {
			return err
		}
	}
	if in.arriving, err = f.Quantity.Times(coefficient, quantity.Down); err == nil {
		in.arriving, err = rulebook.Required(in.arriving, ratio, quantity.OneRatio)
	}
	if err != nil {
		return fault.Invalidf("quantity", "%s t/a are more than can be counted", f.Quantity)
	}
	e.Supported, err = rulebook.Supported(in.arriving, n.Ratio, quantity.OneRatio)
	return err
}
