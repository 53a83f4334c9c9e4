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
	ErrProjectOfSale = fault.New(fault.Invalid, "order.project_of_sale", "only a buy is for a project: leave it out").At("project")
	// ErrProjectNotApproved is returned when nothing may be bought for the project in its state.
	ErrProjectNotApproved = fault.New(fault.Refused, "project.not_approved", "permits are bought for a project between its approval and its completion").At("project")
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
		return ErrBeyondNeed.With("the project needs %s t/a of %s; %s are bought, %s bid for and %s kept for auctions already, so that %s may be bid for and not %s",
			n.Needed, n.Pollutant, n.Bought, n.Open, n.Bidding, n.Room(), q)
	}
	return nil
}

// checkOrderProject holds that a buy is for a project that needs it, where it
// names one or its market asks for one.
func (c PlaceOrder) checkOrderProject(v *View, m catalog.Market, l catalog.Licence, pollutant string) error {
	switch {
	case c.Project != 0 && c.Side == market.Sell:
		return ErrProjectOfSale
	case c.Project == 0 && c.Side == market.Buy && m.ProjectRequired:
		return ErrProjectNeeded.With("a buy in the market %s names the project that it is for", m.Code)
	case c.Project == 0:
		return nil
	}
	_, n, err := v.projectFor(c.Project, l, pollutant)
	if err != nil {
		return err
	}
	return checkProjectRoom(n, c.Quantity)
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
