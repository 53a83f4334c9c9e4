package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// The faults of a project's steps, in the order in which they are checked;
// those of the table of steps are in permit.
var (
	// ErrNeedsOfStep is returned when a step names needs that it is not about.
	ErrNeedsOfStep = fault.New(fault.Invalid, "project.needs_of_step", "an approval names the ratio of every pollutant, a reduction the lower needs; other steps none").At("needs")
	// ErrNotReduced is returned when a reduction would not lower a need.
	ErrNotReduced = fault.New(fault.Invalid, "project.not_reduced", "a reduction lowers the need").At("needs")
	// ErrProjectDeals is returned when deals or payment notices that are paid rest on what the project would no longer need.
	ErrProjectDeals = fault.New(fault.Conflict, "project.deals_open", "deals or payment notices for this project are paid: deliver or end them first").At("event")
	// ErrNotCovered is returned when a project would be completed that does not keep what it discharges.
	ErrNotCovered = fault.New(fault.Refused, "project.not_covered", "the project does not keep what it will discharge").At("event").Under(ruleProject, citeProject)
)

// ProjectStep takes the next step of a project.
type ProjectStep struct {
	Project  int64
	Event    permit.ProjectEvent
	Document string
	Note     string        // may be empty
	Needs    []ProjectNeed // approve: ratios; reduce: the lower needs
}

// projectChange is what a step makes of a project's needs.
type projectChange struct {
	needs  []permit.Need
	freed  []permit.Entry   // of each need that is lower
	orders []*market.Record // that rest on what is no longer needed
	blocks []blockEnd       // open block trades of the like
	ends   []projectEnd     // the like of deals and payment notices
	opens  []projectBuyBack // for what was bought
}

// Operation is ProjectStep.
func (ProjectStep) Operation() identity.Operation { return identity.ProjectStep }

// Decide looks the step up in the table, and checks what it would do. The
// result is a ProjectResult.
func (c ProjectStep) Decide(v *View) (Apply, error) {
	p, err := v.projectUnder(identity.ProjectStep, c.Project)
	if err != nil {
		return nil, err
	}
	if err := c.checkForm(); err != nil {
		return nil, err
	}
	to, err := p.Next(c.Event)
	if err != nil {
		return nil, err
	}
	change, err := c.change(v, p)
	if err != nil {
		return nil, err
	}
	if change.opens, err = c.buyBacks(v, p, change.freed); err != nil {
		return nil, err
	}
	after := p
	after.State, after.Document = to, c.Document
	bidders, err := v.biddersAfter(after, change.needs)
	if err != nil {
		return nil, err
	}
	fit, err := c.fitEarmarks(v, p, change)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := ProjectResult{Cancelled: tx.cancelAll(change.orders), Blocks: tx.endEach(change.blocks)}
		bidders.apply(tx)
		for _, e := range change.ends {
			e.end(tx)
			if e.deal {
				r.Lapsed = append(r.Lapsed, e.id)
			} else {
				r.Notices = append(r.Notices, e.id)
			}
		}
		step := permit.Step{
			Project: p.ID, Event: c.Event, Person: tx.Actor.Person, FromState: p.State, ToState: to,
			Document: c.Document, Note: c.Note, At: tx.Now,
		}
		if c.Event == permit.Approve {
			after.DecidedOn = tx.Today
		}
		r.Project = Put(tx, Projects, after)
		Put(tx, ProjectSteps, step)
		for _, n := range change.needs {
			// What ended orders and block trades had bid for is open no longer, and what bidders who were limited may bid for is less.
			tx.changeNeed(p.ID, n.Pollutant, func(now *permit.Need) {
				n.Open, n.Bidding, n.Command = now.Open, now.Bidding, now.Command
				*now = n
			})
		}
		r.Needs = tx.needsOf(p.ID)
		fit(tx)
		found := map[string]int64{} // by pollutant
		for _, e := range change.freed {
			found[e.Pollutant] = tx.releaseFromProject(r.Project, e, c.Document)
		}
		for _, b := range change.opens {
			b.Verification = found[b.Pollutant]
			r.BuyBacks = append(r.BuyBacks, tx.openBuyBack(b.BuyBack, b.hold).BuyBack.ID)
		}
		return r
	}, nil
}

// fitEarmarks lowers the earmarks of a project to what it still lacks: nothing
// where it is complete or cancelled.
func (c ProjectStep) fitEarmarks(v *View, p permit.Project, change projectChange) (func(*Tx), error) {
	if c.Event == permit.Complete {
		change.needs = v.needsOf(p.ID)
	}
	return v.fitEarmarks(change.needs, change.ends)
}

func (c ProjectStep) checkForm() error {
	if err := catalog.CheckOneOf("event", c.Event, permit.ProjectEvents); err != nil {
		return err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return err
	}
	return settlement.CheckDealText("note", c.Note)
}

// list is what the step calls its needs: ratios of an approval.
func (c ProjectStep) list() string {
	if c.Event == permit.Approve {
		return "ratios"
	}
	return "needs"
}

// at says of a fault of what is named of a pollutant where that stands.
func (c ProjectStep) at(pollutant string, err error) error {
	return within(c.list(), slices.IndexFunc(c.Needs, func(n ProjectNeed) bool { return n.Pollutant == pollutant }), err)
}

// change is what the step makes of the project's needs.
func (c ProjectStep) change(v *View, p permit.Project) (projectChange, error) {
	needs := v.needsOf(p.ID)
	named := map[string]ProjectNeed{}
	for at, n := range c.Needs {
		if _, twice := named[n.Pollutant]; twice {
			return projectChange{}, within(c.list(), at, permit.ErrNeedTwice.At("pollutant"))
		}
		if _, needed := v.needOf(p.ID, n.Pollutant); !needed {
			return projectChange{}, within(c.list(), at, ErrPollutantNotNeeded.With("the project needs no permits for %s", n.Pollutant).At("pollutant"))
		}
		named[n.Pollutant] = n
	}
	switch c.Event {
	case permit.Approve:
		return c.approve(v, p, needs, named)
	case permit.Reduce:
		return c.reduce(v, needs, named)
	case permit.Cancel:
		for _, n := range needs {
			named[n.Pollutant] = ProjectNeed{Pollutant: n.Pollutant}
		}
		if len(c.Needs) > 0 {
			return projectChange{}, ErrNeedsOfStep
		}
		return v.lowerNeeds(needs, named)
	case permit.Complete:
		if len(c.Needs) > 0 {
			return projectChange{}, ErrNeedsOfStep
		}
		return projectChange{}, checkCovered(needs)
	}
	panic("app: no change is declared for the step " + string(c.Event))
}

// approve fixes the offset ratio of every pollutant: that of the day of
// the decision, at least what the rule asks for.
func (c ProjectStep) approve(v *View, p permit.Project, needs []permit.Need, named map[string]ProjectNeed) (projectChange, error) {
	if len(named) != len(needs) {
		return projectChange{}, ErrNeedsOfStep.At(c.list())
	}
	for i, n := range needs {
		set := named[n.Pollutant]
		if err := catalog.CheckDocument("basis", set.Basis); err != nil {
			return projectChange{}, c.at(n.Pollutant, err)
		}
		if err := v.judgeOffset(p, n.Pollutant, set.Ratio); err != nil {
			return projectChange{}, c.at(n.Pollutant, err)
		}
		decided, err := n.Decided(set.Ratio, set.Basis)
		if err != nil {
			return projectChange{}, c.at(n.Pollutant, err)
		}
		needs[i] = decided
	}
	return projectChange{needs: needs}, nil
}

func (c ProjectStep) reduce(v *View, needs []permit.Need, named map[string]ProjectNeed) (projectChange, error) {
	if len(named) == 0 {
		return projectChange{}, ErrNeedsOfStep
	}
	for _, n := range needs {
		lower, is := named[n.Pollutant]
		if !is {
			continue
		}
		if err := (permit.Need{Need: lower.Need}).Check(); err != nil {
			return projectChange{}, c.at(n.Pollutant, err)
		}
		if lower.Need >= n.Need {
			err := ErrNotReduced.With("the project needs %s t/a of %s, which is not more than %s", n.Need, n.Pollutant, lower.Need)
			return projectChange{}, c.at(n.Pollutant, err.At("need"))
		}
	}
	return v.lowerNeeds(needs, named)
}

// lowerNeeds lowers the needs that are named. What rests on what is no longer
// needed ends: all open orders for it, then block trades, payment notices and
// deals that are not paid, the newest first. What is paid must be delivered or ended before.
func (v *View) lowerNeeds(needs []permit.Need, named map[string]ProjectNeed) (c projectChange, err error) {
	for _, n := range needs {
		lower, is := named[n.Pollutant]
		if !is {
			continue
		}
		after, freed, err := n.Reduced(lower.Need)
		if err != nil {
			return c, err
		}
		after.Bidding = 0 // bidders get what is left then
		if after.Room() < 0 {
			orders := v.leave(v.ordersOn(func(o *market.Record) bool {
				return o.Project == n.Project && rowsOf(v.state, Instruments).rows[o.Instrument].Pollutant == n.Pollutant
			}))
			for _, o := range orders {
				after.Open -= o.Remaining
			}
			c.orders = append(c.orders, orders...)
		}
		if after.Room() < 0 {
			blocks, err := v.endBlocksOf(&after)
			if err != nil {
				return c, err
			}
			c.blocks = append(c.blocks, blocks...)
		}
		if after.Room() < 0 {
			ends, err := v.endUnpaid(&after)
			if err != nil {
				return c, err
			}
			c.ends = append(c.ends, ends...)
		}
		if after.Room() < 0 {
			return c, ErrProjectDeals.With("deals or payment notices over %s t/a of %s for this project are paid, or more than one step ends: deliver or end them first", after.Open, n.Pollutant)
		}
		c.needs = append(c.needs, after)
		if freed.Lowered > 0 {
			c.freed = append(c.freed, freed)
		}
	}
	return c, nil
}

// checkCovered holds that a project keeps what it will discharge, and that
// nothing is left over or on its way.
func checkCovered(needs []permit.Need) error {
	for _, n := range needs {
		switch {
		case !n.IsCovered():
			return ErrNotCovered.With("the project discharges %s t/a of %s and keeps %s t/a for it", n.Need, n.Pollutant, n.Kept())
		case n.Open > 0 || n.Unassigned() > 0:
			return ErrNotCovered.With("%s t/a of %s are bid for and %s t/a bought and not assigned: end, assign or reduce first", n.Open, n.Pollutant, n.Unassigned())
		}
	}
	return nil
}

// releaseFromProject records by how much a project needs less, and what it has of
// that: the licence's surplus, which only the government may buy back (甬环发〔2015〕81号: project
// cancelled, or surplus found at completion). The quantity is that of the EIA.
// It returns the verification; 0 where nothing is left over.
func (tx *Tx) releaseFromProject(p permit.Project, e permit.Entry, document string) int64 {
	e.Document = document
	tx.putEntry(e)
	if e.Surplus == 0 {
		return 0
	}
	return Put(tx, SurplusVerifications, reserve.SurplusVerification{
		NoYear: "a project that was reduced or cancelled does not need it",
		Party:  p.Party, Region: p.Region, Licence: p.Licence, Pollutant: e.Pollutant, Quantity: e.Surplus, Rung: reserve.EIAAmount,
		TaskDone: true, Outcome: reserve.BuyBackOnly, VerifiedOn: tx.Today, Document: document, RecordedAt: tx.Now,
	}).ID
}
