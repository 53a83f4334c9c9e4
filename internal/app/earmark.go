package app

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The tables of what the reserve keeps for major projects.
var (
	Earmarks           = cold[reserve.Earmark]("earmark")
	EarmarkAllocations = cold[reserve.EarmarkAllocation]("earmark_allocation")
)

const timerEarmark = "earmark.expiry"

var _ = declareTimer(timerEarmark, retrying(timerEarmark, expireEarmark))

// ErrExpiryPast is returned when an earmark would expire before today.
var ErrExpiryPast = fault.New(fault.Invalid, "earmark.expiry_past", "the earmark would have expired before today").At("expires_on")

// EarmarkMake keeps a part of the reserve for a project.
type EarmarkMake struct {
	Region    string
	Pollutant string
	Project   int64 // 0: it has no record
	Name      string
	Document  string
	Priority  int32
	Need      quantity.Quantity
	Ratio     quantity.Ratio
	ExpiresOn calendar.Date
	GivesWay  int64 // an earmark of lower priority that is released for this one; 0: none
	LotChoice
}

// EarmarkRelease gives up what is left of an earmark.
type EarmarkRelease struct {
	Earmark int64
	Reason  string
}

// EarmarkAllocate gives a part of an earmark's need to a licence of the project:
// free permits at once, paid ones when their payment notice is delivered.
type EarmarkAllocate struct {
	Earmark    int64
	Licence    int64
	Instrument string
	Need       quantity.Quantity // that the licence shall hold
	Origin     ledger.Origin     // paid or free
	Price      quantity.Price    // CNY/(t·a), of paid permits
	Document   string
	DueOn      calendar.Date // of paid permits: the last day to pay
}

// EarmarkResult is an earmark with what it still has claims to.
type EarmarkResult struct {
	Earmark reserve.Earmark
	Kept    quantity.Quantity
	Frozen  quantity.Quantity
}

// EarmarkAllocationResult is an allocation with the code of its instrument.
type EarmarkAllocationResult struct {
	Allocation reserve.EarmarkAllocation
	Instrument string
}

var _ = declare(EarmarkMake{}, EarmarkRelease{}, EarmarkAllocate{})

// Operation is EarmarkMake.
func (EarmarkMake) Operation() identity.Operation { return identity.EarmarkMake }

// Decide checks the earmark and picks what covers its need. The result is an
// EarmarkResult.
func (c EarmarkMake) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.EarmarkMake, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	e := reserve.Earmark{
		Region: c.Region, Pollutant: c.Pollutant, Project: c.Project, Name: c.Name, Document: c.Document, Priority: c.Priority,
		Need: c.Need, Ratio: c.Ratio, ExpiresOn: c.ExpiresOn, State: reserve.EarmarkActive, RecordedAt: v.Now,
	}
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if c.ExpiresOn < v.Today {
		return nil, ErrExpiryPast
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	if err := v.checkEarmarked(e, c.GivesWay); err != nil {
		return nil, err
	}
	e, err := e.Covered()
	if err != nil {
		return nil, err
	}
	release, freed, err := v.giveWay(c.GivesWay, e)
	if err != nil {
		return nil, err
	}
	picks, err := v.pickLots(c.Region, c.Pollutant, e.Quantity-sumPicks(freed), c.LotChoice)
	if err != nil {
		return nil, err
	}
	picks = append(freed, picks...)
	return func(tx *Tx) any {
		release(tx)
		e = Put(tx, Earmarks, e)
		tx.moveLots(lotMove{
			event: reserve.Earmarking, from: reserve.AvailableBucket, picks: picks, claimant: claimant{reserve.ForProject, e.ID}, reference: e.ID, document: e.Document,
		})
		tx.Arm(e.ExpiresOn.AddDays(1).Start(), timerEarmark, e.ID)
		return EarmarkResult{Earmark: e, Kept: e.Quantity}
	}, nil
}

// checkEarmarked holds an earmark against the need that was approved, with the
// ratio of the decision's day, and against what other earmarks have for it, but
// for the one that gives way. Where the project has no record, its document says
// the need, and the ratio must be what the region asks of a project today.
func (v *View) checkEarmarked(e reserve.Earmark, givesWay int64) error {
	if e.Project == 0 {
		return v.checkRatio(e)
	}
	p, err := Get(v, Projects, "project", e.Project)
	if err != nil {
		return err
	}
	need, needed := v.needOf(e.Project, e.Pollutant)
	others, err := v.earmarksOf(need)
	if err != nil {
		return err
	}
	kept, err := v.awaited(need, nil)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != givesWay {
			kept += o.Left()
		}
	}
	switch {
	case p.Region != e.Region:
		return reserve.ErrElsewhere.With("the project is of %s, the reserve of %s", p.Region, e.Region).At("project")
	case !p.State.MayBuy():
		return ErrProjectNotApproved.With("the project is %s", p.State)
	case !needed:
		return ErrPollutantNotNeeded.With("the project needs no permits for %s", e.Pollutant)
	case e.Ratio != need.Ratio:
		return reserve.ErrRatioDiffers.With("the project was approved with the ratio %s", need.Ratio)
	case e.Need > need.Need-need.Kept()-kept:
		return reserve.ErrEarmarkNeed.With("the project needs %s t/a and keeps %s already; other earmarks have %s for it", need.Need, need.Kept(), kept)
	}
	return nil
}

// earmarksOf are the active earmarks for a project's need, by priority and age.
func (v *View) earmarksOf(n permit.Need) ([]reserve.Earmark, error) {
	active, err := Find(v, Earmarks, naming("project", n.Project).And("pollutant", Eq, n.Pollutant).And("state", Eq, string(reserve.EarmarkActive)))
	slices.SortFunc(active, func(a, b reserve.Earmark) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	return active, err
}

// fitEarmarks returns what lowers the earmarks for needs to what these still lack,
// and releases those for which nothing is left: the last in priority and age first.
// What waits for its payment is not lacking, but for the notices that end with it.
func (v *View) fitEarmarks(needs []permit.Need, ends []projectEnd) (func(*Tx), error) {
	var steps []Apply
	for _, n := range needs {
		active, err := v.earmarksOf(n)
		if err != nil {
			return nil, err
		}
		awaited, err := v.awaited(n, ends)
		if err != nil {
			return nil, err
		}
		lacks := max(n.Need-n.Kept()-awaited, 0)
		for _, e := range active {
			part := min(e.Left(), lacks)
			lacks -= part
			step, err := v.fitEarmark(e, part)
			if err != nil {
				return nil, err
			}
			steps = append(steps, step)
		}
	}
	return inTurn(steps), nil
}

// fitEarmark returns what leaves a part of the need that an earmark has not given.
func (v *View) fitEarmark(e reserve.Earmark, left quantity.Quantity) (Apply, error) {
	lowered, freed, err := e.Lowered(left)
	switch {
	case err != nil:
		return nil, err
	case lowered.Left() == e.Left():
		return func(*Tx) any { return nil }, nil
	case lowered.Left() == 0:
		return v.endEarmark(e, reserve.EarmarkReleased, projectGone), nil
	}
	of := claimant{reserve.ForProject, e.ID}
	kept, rest := reserve.PickFirst(v.allClaims(of), freed)
	frozen, _ := reserve.PickFirst(v.frozenClaims(of), rest)
	return v.releaseEarmarked(e, lowered, kept, frozen, projectGone), nil
}

// checkRatio refuses an offset ratio below what the region asks of a project today.
func (v *View) checkRatio(e reserve.Earmark) error {
	f := v.facts(rulebook.Allocation, e.Pollutant, e.Need)
	f.Buyer = rulebook.Side{Known: true, Licence: catalog.Licence{Region: e.Region}, Area: v.known.areaOf(e.Region, e.Pollutant, v.Today)}
	if _, need := rulebook.Offset(&f); e.Ratio < need {
		return rulebook.ErrOffsetTooLow.With("%s asks for an offset ratio of %s where permits are put to a project", e.Region, need).At("ratio").
			Under("deal.offset_ratio", rulebook.ProjectDefault)
	}
	return nil
}

// giveWay releases an earmark of lower priority and picks what of it the new one
// needs. What is frozen of it stays where it is.
func (v *View) giveWay(id int64, e reserve.Earmark) (Apply, []reserve.Pick, error) {
	if id == 0 {
		return func(*Tx) any { return nil }, nil, nil
	}
	o, err := v.earmark(identity.EarmarkMake, id)
	if err != nil {
		return nil, nil, at("gives_way", err)
	}
	if err := e.MayReplace(o); err != nil {
		return nil, nil, err
	}
	var freed []reserve.Pick
	left := e.Quantity
	for _, p := range v.allClaims(claimant{reserve.ForProject, o.ID}) {
		if part := min(left, p.Quantity); part > 0 {
			freed = append(freed, reserve.Pick{Lot: p.Lot, Quantity: part})
			left -= part
		}
	}
	return v.endEarmark(o, reserve.EarmarkReleased, "gives way to "+e.Name), freed, nil
}

// at is a fault about another field.
func at(field string, err error) error {
	if f, ok := fault.As(err); ok {
		return f.At(field)
	}
	return err
}

// earmark returns an active earmark after the actor's right to do this in its
// region was checked.
func (v *View) earmark(op identity.Operation, id int64) (reserve.Earmark, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return reserve.Earmark{}, err
	}
	e, err := Get(v, Earmarks, "id", id)
	if err != nil {
		return e, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfRegion(e.Region)); err != nil {
		return e, err
	}
	if e.State != reserve.EarmarkActive {
		return e, reserve.ErrEarmarkState.With("the earmark is %s", e.State)
	}
	return e, nil
}

// Operation is EarmarkRelease.
func (EarmarkRelease) Operation() identity.Operation { return identity.EarmarkRelease }

// Decide checks that the earmark is active. The result is an EarmarkResult.
func (c EarmarkRelease) Decide(v *View) (Apply, error) {
	e, err := v.earmark(identity.EarmarkRelease, c.Earmark)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	return v.endEarmark(e, reserve.EarmarkReleased, c.Reason), nil
}

// expireEarmark releases an earmark whose time has run out.
func expireEarmark(v *View, id int64) (Apply, error) {
	e, err := Get(v, Earmarks, "earmark", id)
	if err != nil || e.State != reserve.EarmarkActive {
		return nil, err
	}
	return v.endEarmark(e, reserve.EarmarkExpired, "not used by "+e.ExpiresOn.String()), nil
}

// endEarmark gives back all that an earmark has claims to. What is frozen of it
// stays frozen, and is nobody's.
func (v *View) endEarmark(e reserve.Earmark, state reserve.EarmarkState, why string) Apply {
	of := claimant{reserve.ForProject, e.ID}
	kept, frozen := v.allClaims(of), v.frozenClaims(of)
	ended := e
	ended.State, ended.Reason = state, why
	return v.releaseEarmarked(e, ended, kept, frozen, why)
}

// releaseEarmarked writes an earmark that gives up claims. What the same command
// has taken off it meanwhile stays off.
func (*View) releaseEarmarked(before, e reserve.Earmark, kept, frozen []reserve.Pick, why string) Apply {
	return func(tx *Tx) any {
		tx.moveLots(lotMove{event: reserve.Release, from: reserve.EarmarkedBucket, picks: kept, reference: e.ID, document: why})
		tx.moveLots(lotMove{event: reserve.Release, from: reserve.FrozenEarmarked, picks: frozen, reference: e.ID, document: why})
		now := mustGet(tx, Earmarks, e.ID)
		e.Need -= before.Need - now.Need
		e.Quantity -= before.Quantity - now.Quantity
		e.Given -= before.Given - now.Given
		return EarmarkResult{Earmark: Put(tx, Earmarks, e)}
	}
}

// frozenClaims picks all that is frozen of what an owner has claimed.
func (v *View) frozenClaims(of claimant) []reserve.Pick {
	var picks []reserve.Pick
	for _, c := range v.claims(of) {
		if c.Frozen > 0 {
			picks = append(picks, reserve.Pick{Lot: c.Lot, Claim: c.ID, Quantity: c.Frozen})
		}
	}
	return picks
}

// receiver returns a licence and an instrument of a region and pollutant.
// Returns ErrNoRecord or reserve.ErrElsewhere.
func (v *View) receiver(licence int64, instrument, region, pollutant string) (l catalog.Licence, i catalog.Instrument, err error) {
	if l, err = Get(v, Licences, "licence", licence); err != nil {
		return l, i, err
	}
	if i, err = v.Instrument("instrument", instrument); err != nil {
		return l, i, err
	}
	switch {
	case l.Region != region:
		return l, i, reserve.ErrElsewhere.With("the licence is of %s, the reserve of %s", l.Region, region).At("licence")
	case i.Pollutant != pollutant:
		return l, i, reserve.ErrElsewhere.With("the instrument is for %s, the reserve for %s", i.Pollutant, pollutant).At("instrument")
	}
	return l, i, nil
}
