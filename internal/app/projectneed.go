package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// The rule that a buyer's need is what he may buy.
const (
	ruleProject = "buyer.project_need"
	citeProject = "排污许可管理条例 第八条第三项"
)

// The faults of buying for a project, in the order in which they are checked.
var (
	// ErrProjectNeeded is returned when a buy names no project where it must.
	ErrProjectNeeded = fault.New(fault.Refused, "rule.project_missing", "a buy in this market names the project that it is for").At("project").
				Under(ruleProject, citeProject)
	// ErrProjectOfSale is returned when a sale names a project.
	ErrProjectOfSale = fault.New(fault.Invalid, "order.project_of_sale", "only a buy is for a project or an existing unit: leave it out").At("project")
	// ErrProjectOrUnit is returned when a buy would be for a project and for the existing unit.
	ErrProjectOrUnit = fault.New(fault.Invalid, "project.or_unit", "a buy is for the project or for the existing unit: name one of the two").At("existing_unit")
	// ErrForWhichUnit is returned when who has a project that still needs the pollutant buys
	// for nothing that he names.
	ErrForWhichUnit = fault.New(fault.Refused, "project.for_which_unit", "the licence has a project that still needs the pollutant: name it, or say that this is for the existing unit").
			At("existing_unit").Under("buyer.existing_unit", "project default")
	// ErrProjectNotApproved is returned when nothing may be bought for the project in its state.
	ErrProjectNotApproved = fault.New(fault.Refused, "project.not_approved", "permits are bought for a project between its approval and its completion").At("project").
				Under(ruleProject, citeProject)
	// ErrPollutantNotNeeded is returned when the project does not need the pollutant.
	ErrPollutantNotNeeded = fault.New(fault.Refused, "project.pollutant_not_needed", "the project does not need permits for this pollutant").At("project").
				Under(ruleProject, citeProject)
	// ErrBeyondNeed is returned when more would be bought than the project needs.
	ErrBeyondNeed = fault.New(fault.Refused, "project.beyond_need", "the project does not need so much").At("quantity").
			Under(ruleProject, citeProject)
)

// projectFor is the project of a licence, with its need of a pollutant, that
// permits may be bought for. Whose it is decides what can be known: another
// licence's project looks like none.
func (v *View) projectFor(project int64, l catalog.Licence, pollutant string) (permit.Project, permit.Need, error) {
	p, err := Get(v, Projects, "project", project)
	if err != nil {
		return p, permit.Need{}, err
	}
	if p.Licence != l.ID {
		return p, permit.Need{}, ErrNoRecord.At("project")
	}
	if !p.State.MayBuy() {
		return p, permit.Need{}, ErrProjectNotApproved.With("the project is %s", p.State)
	}
	n, needed := v.needOf(project, pollutant)
	if !needed {
		return p, n, ErrPollutantNotNeeded.With("the project needs no permits for %s", pollutant)
	}
	return p, n, nil
}

// checkProjectRoom refuses to buy more for a project than it still needs. What
// is bid for already counts.
func checkProjectRoom(n permit.Need, q quantity.Quantity) error {
	if q > n.Room() {
		return ErrBeyondNeed.With("the project needs %s t/a of %s; %s are bought, %s on their way and %s kept for auctions already, so that %s more may be bought and not %s",
			n.Needed, n.Pollutant, n.Bought, n.Open, n.Bidding, n.Room(), q)
	}
	return nil
}

// A use is what a buyer of permits says that they are for: a project of the licence,
// or the unit that it has. Who has no project that needs them need not say it.
type use struct {
	project      int64
	existingUnit bool
}

// isSaid reports whether a project or the existing unit is named.
func (u use) isSaid() bool { return u.project != 0 || u.existingUnit }

// checkUse holds what a licence would buy to what it is for (I-120): a project that
// is named needs as much.
func (v *View) checkUse(u use, l catalog.Licence, pollutant string, q quantity.Quantity) error {
	if err := v.checkSaid(u, l.ID, pollutant); err != nil || u.project == 0 {
		return err
	}
	_, n, err := v.projectFor(u.project, l, pollutant)
	if err != nil {
		return err
	}
	return checkProjectRoom(n, q)
}

// checkUseIn is checkUse in a market, which may ask for a project.
func (v *View) checkUseIn(m catalog.Market, u use, l catalog.Licence, pollutant string, q quantity.Quantity) error {
	if u.project == 0 && m.ProjectRequired {
		return ErrProjectNeeded.With("a buy in the market %s names the project that it is for", m.Code)
	}
	return v.checkUse(u, l, pollutant, q)
}

// checkSaid holds that a licence which has a project that still needs the pollutant
// says what it buys for.
func (v *View) checkSaid(u use, licence int64, pollutant string) error {
	switch {
	case u.project != 0 && u.existingUnit:
		return ErrProjectOrUnit
	case u.isSaid():
		return nil
	}
	for p := range projectsOf.of(v, licence) {
		if n, _ := v.needOf(p.ID, pollutant); p.State.MayBuy() && n.Missing() > 0 {
			return forWhichUnit(p, n)
		}
	}
	return nil
}

func forWhichUnit(p permit.Project, n permit.Need) error {
	return ErrForWhichUnit.With("project %s still needs %s t/a of %s", p.EIA, n.Missing(), n.Pollutant)
}

// checkOrderUse is checkUseIn of an order: only a buy is for something.
func (c PlaceOrder) checkOrderUse(v *View, m catalog.Market, l catalog.Licence, pollutant string) error {
	u := use{c.Project, c.ExistingUnit}
	switch {
	case c.Side == market.Buy:
		return v.checkUseIn(m, u, l, pollutant, c.Quantity)
	case u.isSaid():
		return ErrProjectOfSale
	}
	return nil
}

// changeNeed changes what a project has of a pollutant. The View has checked
// that the figures hold together afterwards.
func (tx *Tx) changeNeed(project int64, pollutant string, change func(*permit.Need)) permit.Need {
	n, known := tx.needOf(project, pollutant)
	if !known {
		panic("app: a project does not need what it was given")
	}
	n = mustGet(tx, ProjectNeeds, n.ID) // in a dry run, as it is by now
	change(&n)
	if !n.IsSound() {
		panic("app: a project has bought, assigned or retired beyond what it may")
	}
	return Put(tx, ProjectNeeds, n)
}

// projectBids raises, or with a negative q lowers, what open orders, deals and
// payment notices are for. Without a project nothing happens.
func (tx *Tx) projectBids(project int64, pollutant string, q quantity.Quantity) {
	if project != 0 && q != 0 {
		tx.changeNeed(project, pollutant, func(n *permit.Need) { n.Open += q })
	}
}

// projectBought records that a project has got permits from elsewhere than the
// market: its entry names the source and the figures. What was bid for first
// is no longer open by then.
func (tx *Tx) projectBought(e permit.Entry) {
	if e.Project == 0 {
		return
	}
	tx.changeNeed(e.Project, e.Pollutant, func(n *permit.Need) { *n = n.With(e) })
	tx.putEntry(e)
}

func (tx *Tx) putEntry(e permit.Entry) permit.Entry {
	p := mustGet(tx, Projects, e.Project)
	e.Party, e.Region, e.At = p.Party, p.Region, tx.Now
	return Put(tx, ProjectEntries, e)
}

// projectFilled records that a buy of the market was filled in part.
func (tx *Tx) projectFilled(project int64, pollutant string, q quantity.Quantity) {
	if project != 0 {
		tx.changeNeed(project, pollutant, func(n *permit.Need) {
			n.Open -= q
			n.Bought += q
		})
	}
}
