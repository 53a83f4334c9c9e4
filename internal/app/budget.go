package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of what buying back may cost.
var (
	Budgets         = resident[reserve.Budget]("budget")
	BudgetMovements = cold[reserve.BudgetMovement]("budget_movement")
)

var budgetsBy = indexed(Budgets, func(b reserve.Budget) []budgetKey {
	return []budgetKey{{b.Region, b.FiscalYear, b.Source}, {region: b.Region}}
})

// budgetKey is what a budget is found by: all of it, or the region alone.
type budgetKey struct {
	region string
	year   int32
	source string
}

// ErrNoBudget is returned when a budget would be lowered that was never approved.
var ErrNoBudget = fault.New(fault.NotFound, "budget.not_found", "no budget of this region, year and source was approved that could be lowered").At("source")

// ErrNothingLeft is returned when nothing of a budget is left that could lapse or be carried over.
var ErrNothingLeft = fault.New(fault.Refused, "budget.nothing_left", "nothing of the budget is left")

// BudgetApprove approves money for buying back in a region, a fiscal year and
// from a source; a negative amount lowers what was approved.
type BudgetApprove struct {
	Region     string
	FiscalYear int32
	Source     string
	Amount     quantity.Money
	Document   string
}

// BudgetLapse gives back what is left of a budget whose year is over.
type BudgetLapse struct {
	Budget   int64
	Amount   quantity.Money // 0: all that is left
	Document string
}

// BudgetCarry carries what is left of a budget whose year is over into the
// next year's of the same source.
type BudgetCarry struct {
	Budget   int64
	Amount   quantity.Money // 0: all that is left
	Document string
}

var _ = declare(BudgetApprove{}, BudgetLapse{}, BudgetCarry{})

// Operation is BudgetApprove.
func (BudgetApprove) Operation() identity.Operation { return identity.BudgetApprove }

// Decide checks that a lower budget still covers what is spent. The result is
// a reserve.Budget.
func (c BudgetApprove) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.BudgetApprove, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	r, err := v.Region("region", c.Region)
	if err != nil {
		return nil, err
	}
	if err := v.checkRegion("region", r); err != nil {
		return nil, err
	}
	b := v.budgetOf(c.Region, c.FiscalYear, c.Source)
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if b.ID == 0 && c.Amount < 0 {
		return nil, ErrNoBudget
	}
	if b, err = b.Apply(reserve.BudgetApproved, c.Amount); err != nil {
		return nil, atField(err, "amount")
	}
	return func(tx *Tx) any { return tx.putBudget(b, reserve.BudgetApproved, c.Amount, 0, c.Document) }, nil
}

// atField is a fault about a field of the request, if it names none.
func atField(err error, field string) error {
	if f, ok := fault.As(err); ok && f.Field == "" {
		return f.At(field)
	}
	return err
}

// budgetOf is a region's budget of a year and source: a new one where there is none.
func (v *View) budgetOf(region string, year int32, source string) reserve.Budget {
	if b, found := budgetsBy.first(v, budgetKey{region, year, source}); found {
		return b
	}
	return reserve.Budget{Region: region, FiscalYear: year, Source: source}
}

// putBudget writes a budget and the move that changed it.
func (tx *Tx) putBudget(b reserve.Budget, move reserve.BudgetMove, amount quantity.Money, reference int64, document string) reserve.Budget {
	b = Put(tx, Budgets, b)
	Put(tx, BudgetMovements, reserve.BudgetMovement{
		Budget: b.ID, Move: move, Amount: amount, Reference: reference, Document: document, At: tx.Now,
	})
	return b
}

// yearEnd returns a budget whose year is over and what of it an officer moves.
func (v *View) yearEnd(op identity.Operation, id int64, amount quantity.Money, document string) (b reserve.Budget, moved quantity.Money, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return b, 0, err
	}
	if b, err = Get(v, Budgets, "id", id); err != nil {
		return b, 0, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfRegion(b.Region)); err != nil {
		return b, 0, err
	}
	if err := catalog.CheckDocument("document", document); err != nil {
		return b, 0, err
	}
	if err := b.CheckYearEnd(v.Today); err != nil {
		return b, 0, err
	}
	if amount == 0 {
		amount = b.Left()
	}
	if amount == 0 {
		return b, 0, ErrNothingLeft
	}
	return b, amount, nil
}

// Operation is BudgetLapse.
func (BudgetLapse) Operation() identity.Operation { return identity.BudgetLapse }

// Decide checks that the year is over. The result is a reserve.Budget.
func (c BudgetLapse) Decide(v *View) (Apply, error) {
	b, amount, err := v.yearEnd(identity.BudgetLapse, c.Budget, c.Amount, c.Document)
	if err != nil {
		return nil, err
	}
	if b, err = b.Apply(reserve.BudgetLapse, amount); err != nil {
		return nil, atField(err, "amount")
	}
	return func(tx *Tx) any { return tx.putBudget(b, reserve.BudgetLapse, amount, 0, c.Document) }, nil
}

// Operation is BudgetCarry.
func (BudgetCarry) Operation() identity.Operation { return identity.BudgetCarry }

// Decide checks that the year is over. The result is the reserve.Budget that
// was carried over.
func (c BudgetCarry) Decide(v *View) (Apply, error) {
	b, amount, err := v.yearEnd(identity.BudgetCarry, c.Budget, c.Amount, c.Document)
	if err != nil {
		return nil, err
	}
	if b, err = b.Apply(reserve.BudgetCarryOut, amount); err != nil {
		return nil, atField(err, "amount")
	}
	next, err := v.budgetOf(b.Region, b.FiscalYear+1, b.Source).Apply(reserve.BudgetCarryIn, amount)
	if err != nil {
		return nil, atField(err, "amount")
	}
	return func(tx *Tx) any {
		next = tx.putBudget(next, reserve.BudgetCarryIn, amount, b.ID, c.Document)
		return tx.putBudget(b, reserve.BudgetCarryOut, amount, next.ID, c.Document)
	}, nil
}
