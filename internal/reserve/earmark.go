package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// An EarmarkState is where an earmark is in its life.
type EarmarkState string

// The states of an earmark; all but the first are final.
const (
	EarmarkActive    EarmarkState = "active"
	EarmarkAllocated EarmarkState = "allocated" // the whole need was given
	EarmarkReleased  EarmarkState = "released"  // given up by the bureau
	EarmarkExpired   EarmarkState = "expired"   // its time ran out
)

// EarmarkStates are all states of an earmark.
var EarmarkStates = []EarmarkState{EarmarkActive, EarmarkAllocated, EarmarkReleased, EarmarkExpired}

// PriorityLowest is the last of the priorities; 1 comes first (project default).
const PriorityLowest = 9

// needStep is the step of a need and of what is bought for it: four decimals of
// a t/a, as 浙江 writes them.
const needStep quantity.Quantity = 100

// The faults of earmarks, in the order in which they are checked.
var (
	// ErrRatio is returned for an offset ratio below 1.
	ErrRatio = fault.New(fault.Invalid, "earmark.ratio", "an offset ratio is at least 1").At("ratio")
	// ErrRatioDiffers is returned when the ratio is not that of the project's approval.
	ErrRatioDiffers = fault.New(fault.Refused, "earmark.ratio_differs", "the ratio is not that of the project's approval").At("ratio").
			Under("earmark.approved_need", "project default")
	// ErrEarmarkState is returned when an earmark is no longer active.
	ErrEarmarkState = fault.New(fault.Conflict, "earmark.state", "the earmark is no longer active")
	// ErrPriority is returned when an earmark would give way to one that does not come
	// before it, or is for another region or pollutant.
	ErrPriority = fault.New(fault.Refused, "earmark.priority", "an earmark gives way only to a project of higher priority, for the same region and pollutant").At("gives_way").
			Under("earmark.priority", "project default")
	// ErrDueOfPaid is returned when a paid allocation has no day to pay by, or a free one has.
	ErrDueOfPaid = fault.New(fault.Invalid, "earmark.due_of_paid", "what is paid for, and only that, has a last day to pay").At("due_on")
	// ErrOtherProject is returned when an earmark would be given to a licence that is not its project's.
	ErrOtherProject = fault.New(fault.Refused, "earmark.other_project", "an earmark is given to the licence of its project").At("licence").
			Under("earmark.approved_need", "project default")
	// ErrEarmarkNeed is returned when more than the approved need would be given.
	ErrEarmarkNeed = fault.New(fault.Refused, "earmark.need", "that is more than what is left of the approved need").At("need").
			Under("earmark.approved_need", "project default")
)

// An Earmark keeps a part of the reserve for a major project (重大项目保障): its
// approved need times the offset ratio, until a day.
type Earmark struct {
	ID         int64
	Region     string
	Pollutant  string
	Project    int64  // the project's record; 0 where there is none
	Name       string // of the project
	Document   string // number of its approval
	Priority   int32  // 1 comes first
	Need       quantity.Quantity
	Ratio      quantity.Ratio
	Quantity   quantity.Quantity // need × ratio, rounded up to 0.0001 t/a
	Given      quantity.Quantity // of the need
	ExpiresOn  calendar.Date     // the last day
	State      EarmarkState
	Reason     string // of the release
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (e Earmark) Validate() error {
	if e.Priority < 1 || e.Priority > PriorityLowest {
		return fault.Invalidf("priority", "must be from 1, which comes first, to %d", PriorityLowest)
	}
	if err := fault.First(catalog.CheckText("name", e.Name, nameMax), catalog.CheckDocument("document", e.Document)); err != nil {
		return err
	}
	if err := checkNeed(e.Need); err != nil {
		return err
	}
	if e.Ratio < quantity.OneRatio {
		return ErrRatio
	}
	return checkDay("expires_on", e.ExpiresOn)
}

const nameMax = 200

func checkNeed(need quantity.Quantity) error {
	switch {
	case need <= 0:
		return fault.Invalidf("need", "must be more than zero")
	case !need.IsMultipleOf(needStep):
		return fault.Invalidf("need", "has at most four decimals")
	}
	return nil
}

// Covered returns the earmark with the quantity that its need takes: need ×
// ratio, rounded up at four decimals (what the state needs from a firm).
func (e Earmark) Covered() (Earmark, error) {
	q, err := rulebook.Required(e.Need, e.Ratio, quantity.OneRatio)
	e.Quantity = q
	return e, err
}

// MayReplace returns ErrPriority unless the other earmark gives way to this one.
func (e Earmark) MayReplace(o Earmark) error {
	if o.Region != e.Region || o.Pollutant != e.Pollutant || o.Priority <= e.Priority {
		return ErrPriority
	}
	return nil
}

// Lowered is the earmark with less left of its need, to the step of a need, and
// what it no longer takes of the reserve.
func (e Earmark) Lowered(left quantity.Quantity) (Earmark, quantity.Quantity, error) {
	before := e.Quantity
	e.Need = e.Given + min(left.FloorTo(needStep), e.Left())
	e, err := e.Covered()
	return e, before - e.Quantity, err
}

// Left is the need that is not yet given.
func (e Earmark) Left() quantity.Quantity { return e.Need - e.Given }

// An EarmarkAllocation gives a part of what is earmarked to a licence of the
// project: its need becomes a holding, and the offset share is retired. A free one
// is posted at once, a paid one when its payment notice is delivered (I-103).
type EarmarkAllocation struct {
	ID          int64
	Earmark     int64
	Party       int64
	Region      string
	Licence     int64
	Instrument  int64
	Pollutant   string
	Need        quantity.Quantity // that the licence holds
	Taken       quantity.Quantity // out of the reserve: need × ratio
	Retired     quantity.Quantity // the offset share
	Origin      ledger.Origin
	Price       quantity.Price // CNY/(t·a), of paid permits
	Document    string
	Account     ledger.AccountID
	Acquisition int64
	Transfer    int64
	RecordedAt  calendar.Instant
	Notice      int64 // that asks for its payment; 0: it is free, or was posted before there were such notices
	Lapsed      bool  // the notice was cancelled: nothing was given
	Command     int64
}

// An AllocationState is where an allocation out of an earmark is.
type AllocationState string

// The states of an allocation out of an earmark.
const (
	AllocationWaits  AllocationState = "waiting" // for its payment
	AllocationGiven  AllocationState = "given"
	AllocationLapsed AllocationState = "lapsed"
)

// AllocationStates are all states of an allocation out of an earmark.
var AllocationStates = []AllocationState{AllocationWaits, AllocationGiven, AllocationLapsed}

// State is where the allocation is.
func (a EarmarkAllocation) State() AllocationState {
	switch {
	case a.Lapsed:
		return AllocationLapsed
	case a.Transfer == 0:
		return AllocationWaits
	}
	return AllocationGiven
}

// Give returns the earmark after a part of its need was given, and what that
// takes of it: need × ratio of all that is given, rounded up, less what earlier
// parts took, so that the parts sum to what is earmarked however the need is split.
func (e Earmark) Give(a EarmarkAllocation, taken quantity.Quantity) (Earmark, EarmarkAllocation, error) {
	if a.Need > e.Left() {
		return e, a, ErrEarmarkNeed.With("%s t/a of the need of %s are left", e.Left(), e.Need)
	}
	all, err := rulebook.Required(e.Given+a.Need, e.Ratio, quantity.OneRatio)
	if err != nil {
		return e, a, err
	}
	a.Taken = max(all-taken, a.Need) // of parts that lapsed their rounding may have been less
	a.Retired = a.Taken - a.Need
	if e.Given += a.Need; e.Left() == 0 {
		e.State = EarmarkAllocated
	}
	return e, a, nil
}

// Returned is the earmark after an allocation has lapsed: the need is to be given again, where the earmark
// has not ended. It reports whether its part of the reserve is kept for that.
func (e Earmark) Returned(a EarmarkAllocation, on calendar.Date) (Earmark, bool) {
	e.Given -= a.Need
	switch {
	case e.State == EarmarkAllocated && on <= e.ExpiresOn:
		e.State = EarmarkActive
	case e.State == EarmarkAllocated:
		e.State, e.Reason = EarmarkExpired, "not paid for by "+e.ExpiresOn.String()
	}
	return e, e.State == EarmarkActive
}

// Without is the earmark without an allocation that has lapsed because the
// project no longer needs it: it keeps nothing for that.
func (e Earmark) Without(a EarmarkAllocation, why string) Earmark {
	e.Given -= a.Need
	if e.Need == a.Need {
		e.State, e.Reason = EarmarkReleased, why
		return e
	}
	e.Need -= a.Need
	e.Quantity -= a.Taken
	return e
}

// Validate returns a fault that names the first field that is wrong.
func (a EarmarkAllocation) Validate() error {
	if err := checkNeed(a.Need); err != nil {
		return err
	}
	switch {
	case a.Origin != ledger.Paid && a.Origin != ledger.Free:
		return fault.Invalidf("origin", "must be one of paid, free")
	case a.Origin == ledger.Free && a.Price != 0:
		return ErrPriceOfFree
	case a.Origin == ledger.Paid && a.Price <= 0:
		return ErrPriceNeeded
	}
	return catalog.CheckDocument("document", a.Document)
}

// ShareOf is the offset share that belongs to q t/a of the need, rounded down.
func (a EarmarkAllocation) ShareOf(q quantity.Quantity) quantity.Quantity {
	return quantity.Quantity(a.partOf(int64(a.Retired), q))
}

// PaidFor is what belongs to q t/a of the need of what was paid for all, rounded down.
func (a EarmarkAllocation) PaidFor(q quantity.Quantity, paid quantity.Money) quantity.Money {
	return quantity.Money(a.partOf(int64(paid), q))
}

func (a EarmarkAllocation) partOf(all int64, q quantity.Quantity) int64 {
	part, err := quantity.MulDiv(all, int64(q), 1, int64(a.Need), quantity.Down)
	if err != nil {
		panic("reserve: a part of an allocation that is more than all: " + err.Error())
	}
	return part
}

// Holding is the account that the need is given to.
func (a EarmarkAllocation) Holding() ledger.Key {
	return ledger.HoldingKey(a.Region, a.Pollutant, a.Party, a.Licence, a.Instrument, a.Origin)
}

// Postings is the transfer of the allocation: the need to the holding, the
// offset share out of use for good. What was paid for comes out of what its notice held.
func (a EarmarkAllocation) Postings() ledger.Transfer {
	from := Reserve.Key(a.Region, a.Pollutant)
	legs := []ledger.Leg{{Debit: from, Credit: a.Holding(), Amount: int64(a.Need), FromHeld: a.Notice != 0}}
	if a.Retired > 0 {
		legs = append(legs, ledger.Leg{Debit: from, Credit: ledger.PermitKey(ledger.Retired, a.Region, a.Pollutant), Amount: int64(a.Retired), FromHeld: a.Notice != 0})
	}
	return ledger.Transfer{Reason: ledger.Guarantee, Reference: a.ID, Legs: legs}
}
