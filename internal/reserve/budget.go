package reserve

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The faults of budgets, in the order in which they are checked.
var (
	// ErrBudgetLeft is returned when a budget has less left than is needed.
	ErrBudgetLeft = fault.New(fault.Refused, "budget.used_up", "the budget has not so much left").
			Under("budget.within", "project default")
	// ErrBudgetYear is returned when something would be committed in a budget of another year.
	ErrBudgetYear = fault.New(fault.Refused, "budget.other_year", "a budget is spent in its own year").At("budget").
			Under("budget.year", "project default")
	// ErrBudgetRegion is returned when a budget is another region's.
	ErrBudgetRegion = fault.New(fault.Refused, "budget.other_region", "the budget is another region's").At("budget").
			Under("budget.region", "project default")
	// ErrBudgetRunning is returned when a budget would be lapsed or carried over before its year is over.
	ErrBudgetRunning = fault.New(fault.Refused, "budget.year_running", "a budget lapses or is carried over when its year is over").
				Under("budget.year", "project default")
)

// sourceMax is the longest name of a source of money, in characters.
const sourceMax = 100

// A Budget is what a region may spend on buying back in a fiscal year, from one
// source. approved = committed + paid + lapsed + carried + what is left, each at
// least 0.
type Budget struct {
	ID         int64
	Region     string
	FiscalYear int32
	Source     string
	Approved   quantity.Money // with what was carried in
	Committed  quantity.Money // for buy-backs that are approved and not paid
	Paid       quantity.Money // less what came back
	Lapsed     quantity.Money
	Carried    quantity.Money // over to the next year
	Command    int64
}

// Left is what can still be committed.
func (b Budget) Left() quantity.Money {
	return b.Approved - b.Committed - b.Paid - b.Lapsed - b.Carried
}

// Validate returns a fault that names the first field that is wrong.
func (b Budget) Validate() error {
	if b.FiscalYear < 2000 || b.FiscalYear > 2100 {
		return fault.Invalidf("fiscal_year", "must be a year from 2000 to 2100")
	}
	return catalog.CheckText("source", b.Source, sourceMax)
}

// CheckSpend returns ErrBudgetRegion or ErrBudgetYear when a region may not
// commit anything in the budget on a day.
func (b Budget) CheckSpend(region string, on calendar.Date) error {
	switch {
	case b.Region != region:
		return ErrBudgetRegion.With("the budget is of %s, the permits are in %s", b.Region, region)
	case int(b.FiscalYear) != on.Year():
		return ErrBudgetYear.With("the budget is of %d", b.FiscalYear)
	}
	return nil
}

// CheckYearEnd returns ErrBudgetRunning while the budget's year runs.
func (b Budget) CheckYearEnd(on calendar.Date) error {
	if on.Year() <= int(b.FiscalYear) {
		return ErrBudgetRunning.With("the budget of %d lapses or is carried over from %d-01-01", b.FiscalYear, b.FiscalYear+1)
	}
	return nil
}

// A BudgetMove is what becomes of money of a budget.
type BudgetMove string

// The moves, with what each does to the buckets.
const (
	BudgetApproved BudgetMove = "approve"   // approved +; a negative amount lowers it
	BudgetCommit   BudgetMove = "commit"    // committed +
	BudgetRelease  BudgetMove = "release"   // committed −
	BudgetPay      BudgetMove = "pay"       // committed −, paid +
	BudgetFail     BudgetMove = "fail"      // paid −, committed +: a payment came back
	BudgetRefund   BudgetMove = "refund"    // paid −: the treasury got money back, or had never paid it
	BudgetLapse    BudgetMove = "lapse"     // lapsed +
	BudgetCarryOut BudgetMove = "carry_out" // carried +
	BudgetCarryIn  BudgetMove = "carry_in"  // approved +
)

// BudgetMoves are all moves.
var BudgetMoves = []BudgetMove{
	BudgetApproved, BudgetCommit, BudgetRelease, BudgetPay, BudgetFail, BudgetRefund, BudgetLapse, BudgetCarryOut, BudgetCarryIn,
}

// A BudgetMovement is a move as it was made. It never changes.
type BudgetMovement struct {
	ID        int64
	Budget    int64
	Move      BudgetMove
	Amount    quantity.Money
	Reference int64 // the buy-back, the refund, or the other budget; 0 of an approval and a lapse
	Document  string
	At        calendar.Instant
	Command   int64
}

// Apply returns the budget after a move. It fails with ErrBudgetLeft when a
// bucket would fall below zero, or an overflow.
func (b Budget) Apply(move BudgetMove, amount quantity.Money) (Budget, error) {
	if amount == 0 || amount < 0 && move != BudgetApproved {
		return b, fault.Invalidf("amount", "must be more than zero")
	}
	was := b
	bucket, sign := b.bucket(move)
	moved, err := quantity.Add(*bucket, sign*amount)
	if err != nil {
		return was, err
	}
	*bucket = moved
	switch move {
	case BudgetPay:
		b.Paid += amount
	case BudgetFail:
		b.Committed += amount
	case BudgetApproved, BudgetCommit, BudgetRelease, BudgetRefund, BudgetLapse, BudgetCarryOut, BudgetCarryIn:
	}
	if *bucket < 0 || b.Left() < 0 {
		return was, ErrBudgetLeft.With("budget %d (%s %d, %s) has CNY %s left, committed are CNY %s and paid CNY %s; CNY %s is needed",
			was.ID, was.Region, was.FiscalYear, was.Source, was.Left(), was.Committed, was.Paid, max(amount, -amount))
	}
	return b, nil
}

// bucket is the bucket that a move is about first, and the direction.
func (b *Budget) bucket(move BudgetMove) (bucket *quantity.Money, sign quantity.Money) {
	switch move {
	case BudgetApproved, BudgetCarryIn:
		return &b.Approved, 1
	case BudgetCommit:
		return &b.Committed, 1
	case BudgetRelease, BudgetPay:
		return &b.Committed, -1
	case BudgetFail, BudgetRefund:
		return &b.Paid, -1
	case BudgetLapse:
		return &b.Lapsed, 1
	case BudgetCarryOut:
		return &b.Carried, 1
	}
	panic(fmt.Sprintf("reserve: unknown move of a budget %q", move))
}
