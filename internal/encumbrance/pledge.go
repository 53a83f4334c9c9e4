package encumbrance

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The faults of pledges, in the order in which they are checked. A plain
// mistake in one field is a request.invalid that names it.
var (
	// ErrPledgeValue is returned when neither a base price nor an assessment says what the permits are worth.
	ErrPledgeValue = fault.New(fault.Refused, "pledge.no_value", "no base price holds here: name an assessment, with its document").At("assessed_value").
			Under("pledge.value", "project default")
	// ErrWorthNothing is returned when the value of the permits rounds to nothing.
	ErrWorthNothing = fault.New(fault.Refused, "pledge.worth_nothing", "the permits are worth less than half a fen: nothing is lent on them").At("quantity").
			Under("pledge.value", "project default")
	// ErrPledgeState is returned when the pledge's state does not allow this step, or not to this body.
	ErrPledgeState = fault.New(fault.Conflict, "pledge.state", "the pledge does not allow this now")
	// ErrLoanBeyondTerm is returned when a loan would be due after the term of the permits.
	ErrLoanBeyondTerm = fault.New(fault.Refused, "pledge.beyond_term", "the loan would be due after the term of the permits, with which the pledge ends").At("due_on").
				Under("instrument.term_end", "project default")
	// ErrPledgeLeft is returned when more would be sold than is pledged.
	ErrPledgeLeft = fault.New(fault.Refused, "pledge.not_so_much", "less is pledged than would be sold").At("quantity").
			Under("pledge.sale", "project default")
)

// Pledge (抵押, 质押) is that paid permits of a licence secure a bank's loan.
// The permits stay with their holder and are held. A further pledge of the same
// permits stands behind the first, which alone has the hold.
type Pledge struct {
	ID           int64
	Behind       int64 // the first pledge of the same permits; 0: this is the first
	Rank         int32 // 1 is paid first; 0: not registered yet
	Party        int64
	Licence      int64
	Region       string
	Bank         int64 // party
	Instrument   int64
	Pollutant    string
	Quantity     quantity.Quantity // t/a
	Sold         quantity.Quantity // of it, by enforcement
	BasePrice    quantity.Price    // CNY/(t·a); 0: assessed
	Months       int32             // left when it was applied for
	Value        quantity.Money
	Assessment   string         // document; "": by the base price
	Most         quantity.Money // that may be lent on the permits, with all pledges before this one
	Loan         quantity.Money
	Rate         quantity.Ratio // of a year; 0: not approved yet
	DueOn        calendar.Date  // of the loan
	State        PledgeState
	Hold         int64          // 0: an earlier pledge has it
	Claim        quantity.Money // what the bank demands; 0: it has not
	Paid         quantity.Money // to the bank, by enforcement
	OnSale       quantity.Quantity
	SalePrice    quantity.Price // CNY/(t·a)
	Document     string         // the authority's confirmation
	Contract     string         // the bank's
	EndDocument  string
	AppliedBy    int64 // person
	AppliedAt    calendar.Instant
	RegisteredAt calendar.Instant // 0: not yet
	EndedAt      calendar.Instant // 0: not yet
	Command      int64
}

// Chain is the first pledge of the same permits.
func (p Pledge) Chain() int64 { return cmp.Or(p.Behind, p.ID) }

// Left is what of the permits is not sold.
func (p Pledge) Left() quantity.Quantity { return p.Quantity - p.Sold }

// Owed is what the bank is still to get: its claim, or else its loan.
func (p Pledge) Owed() quantity.Money { return max(cmp.Or(p.Claim, p.Loan)-p.Paid, 0) }

// Key is the holding that is pledged.
func (p Pledge) Key() ledger.Key {
	return ledger.HoldingKey(p.Region, p.Pollutant, p.Party, p.Licence, p.Instrument, ledger.Paid)
}

// Validate returns a fault that names the first field that is wrong.
func (p Pledge) Validate() error {
	switch {
	case p.Quantity <= 0:
		return fault.Invalidf("quantity", "must be more than zero")
	case p.Loan <= 0:
		return fault.Invalidf("loan", "must be more than zero")
	case p.Assessment != "":
		return catalog.CheckDocument("assessment", p.Assessment)
	}
	return nil
}

// Valued returns the pledge with the value of its permits, half-up: as
// assessed, or by the base price for the months that are left. Returns
// ErrPledgeValue where there is neither, and ErrWorthNothing.
func (p Pledge) Valued(base quantity.Price, months int) (Pledge, error) {
	if p.Assessment != "" {
		if p.Value <= 0 || p.Value > quantity.AmountMax {
			return p, fault.Invalidf("assessed_value", "must be more than zero and at most %s", quantity.AmountMax)
		}
		return p, nil
	}
	if base == 0 {
		return p, ErrPledgeValue
	}
	p.BasePrice, p.Months = base, int32(months) //nolint:gosec // months of a term
	var err error
	if p.Value, err = quantity.TradeAmount(base, p.Quantity, months, quantity.HalfUp); err == nil && p.Value == 0 {
		err = ErrWorthNothing
	}
	return p, err
}

// MostOf is what may be lent on a value: a share of it, rounded down, since
// the state grants no more.
func MostOf(value quantity.Money, share quantity.Ratio) (quantity.Money, error) {
	return value.Times(share, quantity.Down)
}

// Next is the row of a step by one of some bodies. Returns ErrPledgeState.
func (p Pledge) Next(e PledgeEvent, bodies ...Body) (PledgeStep, Body, error) {
	row, by, ok := find(PledgeSteps, p.State, e, bodies)
	if !ok {
		return row, by, ErrPledgeState.With("the pledge is %s: you cannot %s it now", p.State, e)
	}
	return row, by, nil
}

// Possible are the steps that one of some bodies may take now.
func (p Pledge) Possible(bodies ...Body) (events []PledgeEvent) {
	for _, e := range PledgeEvents {
		if _, _, err := p.Next(e, bodies...); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// ByRank sorts the pledges of the same permits: who is paid first comes first.
func ByRank(chain []Pledge) {
	slices.SortFunc(chain, func(a, b Pledge) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID)) })
}

// Split divides what permits were sold for among the pledges on them, in their
// rank, each up to what is owed; the rest is the owner's.
func Split(chain []Pledge, amount quantity.Money) (parts []quantity.Money, owner quantity.Money) {
	parts = make([]quantity.Money, len(chain))
	for i, p := range chain {
		parts[i] = min(p.Owed(), amount)
		amount -= parts[i]
	}
	return parts, amount
}

// PledgeSale is that pledged permits were sold to pay the banks, without the
// holder's consent: to a licence, or to the government's reserve. It never
// changes.
type PledgeSale struct {
	ID           int64
	Pledge       int64 // which was enforced
	Bank         int64 // its pledgee
	Party        int64 // that had the permits
	Licence      int64
	Region       string
	BuyerParty   int64 // 0: the government bought them back
	BuyerLicence int64
	Instrument   int64
	Quantity     quantity.Quantity
	Price        quantity.Price // CNY/(t·a)
	Months       int32
	Amount       quantity.Money
	ToOwner      quantity.Money // what the banks have left
	Document     string
	Lot          int64 // 0: not into the reserve
	Transfer     int64
	RecordedAt   calendar.Instant
	Command      int64
}

// PledgePayment is what a bank got of a sale. It never changes.
type PledgePayment struct {
	ID      int64
	Sale    int64
	Pledge  int64
	Bank    int64
	Amount  quantity.Money
	Command int64
}
