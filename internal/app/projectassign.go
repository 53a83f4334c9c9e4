package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// The faults of an assignment, in the order in which they are checked.
var (
	// ErrNotBought is returned when more would be assigned than was bought for the project.
	ErrNotBought = fault.New(fault.Refused, "project.not_bought", "so much was not bought for the project").At("quantity").
			Under(ruleProject, citeProject)
	// ErrNotAvailable is returned when the licence has less of the instrument available.
	ErrNotAvailable = fault.New(fault.Refused, "project.not_available", "the licence does not have so much available").At("quantity")
)

// ProjectAssign puts permits of the licence to its project, out of what was
// bought for it. The share that the offset ratio asks for beyond one is
// retired; the rest the licence keeps.
type ProjectAssign struct {
	Project    int64
	Instrument string
	Quantity   quantity.Quantity
	Document   string
}

// AssignResult is an assignment with what the project has now.
type AssignResult struct {
	Entry      permit.Entry
	Need       permit.Need
	Instrument string
}

// Operation is ProjectAssign.
func (ProjectAssign) Operation() identity.Operation { return identity.ProjectAssign }

// Decide checks that so much was bought for the project and is available in
// the licence's holding. The result is an AssignResult.
func (c ProjectAssign) Decide(v *View) (Apply, error) {
	p, err := v.projectUnder(identity.ProjectAssign, c.Project)
	if err != nil {
		return nil, err
	}
	if c.Quantity <= 0 {
		return nil, fault.Invalidf("quantity", "must be more than zero")
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	l, err := Get(v, Licences, "id", p.Licence)
	if err != nil {
		return nil, err
	}
	_, n, err := v.projectFor(p.ID, l, i.Pollutant)
	if err != nil {
		return nil, err
	}
	if i.Expired(v.Today) {
		return nil, ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	if left := n.Unassigned(); c.Quantity > left {
		return nil, ErrNotBought.With("%s t/a of %s were bought for the project, %s t/a of them are assigned already", n.Bought, n.Pollutant, n.Assigned)
	}
	key := HoldingKey(l, i, ledger.Paid)
	e := permit.Entry{
		Project: p.ID, Pollutant: i.Pollutant, Kind: permit.ByAssign, Instrument: i.ID,
		Assigned: c.Quantity, Retired: n.Share(c.Quantity), Document: c.Document,
	}
	if err := v.checkAssigned(key, c.Quantity, e.Retired); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.assign(e, key) }, nil
}

// checkAssigned holds that what is assigned is there, with a known price as
// everything that is bought, and that what is retired of it comes out of a
// bounded number of acquisitions.
func (v *View) checkAssigned(key ledger.Key, assigned, retired quantity.Quantity) error {
	id, _ := v.ledger.Find(key)
	if free := quantity.Quantity(v.ledger.BalanceOf(id).Available()) - v.ledger.Unpriced(id); free < assigned {
		return ErrNotAvailable.With("licence and instrument have %s t/a of bought permits available, %s t/a would be assigned", free, assigned)
	}
	if v.partsOf(id, retired) > MaxFills {
		return ErrTooManyParts
	}
	return nil
}

func (tx *Tx) assign(e permit.Entry, key ledger.Key) AssignResult {
	e = tx.putEntry(e)
	if e.Retired > 0 {
		e.Transfer = tx.Post(permit.OffsetTransfer(e, key))[0].Transfer
		tx.Consume(key, e.Retired, true)
		e = Put(tx, ProjectEntries, e)
		tx.licenceChanged(key.Licence, e.Pollutant, amountChange{permit.AmountOffset, e.ID, -e.Retired, e.Document})
	}
	return AssignResult{
		Entry: e, Need: tx.changeNeed(e.Project, e.Pollutant, func(n *permit.Need) { *n = n.With(e) }),
		Instrument: mustGet(tx, Instruments, e.Instrument).Code,
	}
}

// projectUnder returns a project after the actor's right to do this in its
// region was checked.
func (v *View) projectUnder(op identity.Operation, id int64) (permit.Project, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return permit.Project{}, err
	}
	p, err := Get(v, Projects, "id", id)
	if err != nil {
		return p, err
	}
	return p, v.AuthoriseAt("id", op, identity.OfRegion(p.Region))
}
