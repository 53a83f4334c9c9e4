package app

import (
	"permitx/internal/auction"
	"permitx/internal/permit"
)

// The invariants from whose start on a step says by how much it lowers a need, and
// a bidder keeps what he may bid for.
const (
	loweringInvariant = "I-113"
	keepingInvariant  = "I-117"
)

// isNeeded reports whether a project still needs what was won for it: that is kept
// for its winner or there is room for it, or no step since the close has taken it away
// (ADR 52).
func (v *View) isNeeded(a auction.Award) (bool, error) {
	w, err := Get(v, Winners, "winner", a.Winner)
	if err != nil || w.Project == 0 {
		return true, err
	}
	o := must(Get(v, Offers, "offer", a.Offer))
	p, err := Get(v, Projects, "project", w.Project)
	if err != nil || !p.State.MayBuy() {
		return false, err
	}
	r, err := v.registration("registration", a.Registration)
	if err != nil {
		return false, err
	}
	n, _ := v.needOf(p.ID, o.Pollutant)
	if a.Notice != 0 || n.Room()+r.Bidding >= a.Quantity {
		return true, nil
	}
	taken, err := v.takenByStep(a, o, p.ID)
	return !taken, err
}

// takenByStep reports whether a step since the close has taken from a project what was won
// for it. Where bidders kept it, only a step could; before they did, a purchase could,
// and the step must be what left too little. Of steps that did not yet say by how much
// they lowered a need the winner is believed.
func (v *View) takenByStep(a auction.Award, o auction.Offer, project int64) (bool, error) {
	since, err := v.startOf(loweringInvariant)
	if err != nil {
		return false, err
	}
	unsaid, err := Find(v, ProjectSteps, Where("project", project).And("event", Eq, string(permit.Reduce)).
		And("at", Ge, int64(o.ClosedAt)).And("command", Le, since))
	if err != nil || len(unsaid) > 0 {
		return len(unsaid) > 0, err
	}
	keeps, err := v.startOf(keepingInvariant)
	if err != nil {
		return false, err
	}
	lowered, err := Find(v, ProjectEntries, Where("project", project).And("pollutant", Eq, o.Pollutant).
		And("kind", Eq, string(permit.ByRelease)).And("at", Ge, int64(o.ClosedAt)))
	for _, e := range lowered {
		if o.CloseRow >= keeps || e.Uncovers(a.Quantity) {
			return true, err
		}
	}
	return false, err
}

// startOf is the last journal row before an invariant held; 0: it held from the first.
func (v *View) startOf(invariant string) (int64, error) {
	rows, err := Find(v, InvariantStarts, Where("invariant", invariant))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Number, nil
}
