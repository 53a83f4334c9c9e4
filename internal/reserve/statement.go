package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// StatementYears bounds the period of a statement.
const StatementYears = 50

// A PeriodTotal is what one event came to before a period and within it.
type PeriodTotal struct {
	Event      LotEvent
	Provenance Provenance
	Before     Figures
	Within     Figures
}

// Figures are a sum of movements.
type Figures struct {
	Quantity  quantity.Quantity
	Cost      quantity.Money // of what came or left
	Amount    quantity.Money // that buyers pay
	Movements int64
}

// Plus returns the sum of two figures.
func (f Figures) Plus(o Figures) Figures {
	return Figures{f.Quantity + o.Quantity, f.Cost + o.Cost, f.Amount + o.Amount, f.Movements + o.Movements}
}

// A Side is what an event does to the reserve as a whole.
type Side string

// The sides.
const (
	Source Side = "source" // comes in
	Use    Side = "use"    // leaves
	Inside Side = "inside" // moves between the states of lots
)

// Side is the side of an event.
func (e LotEvent) Side() Side {
	for _, t := range LotTransitions {
		if t.Event == e {
			switch {
			case t.From == Outside:
				return Source
			case !t.To.InReserve():
				return Use
			}
		}
	}
	return Inside
}

// SidedEvents are the events that bring in or take out: all that a balance is made of.
func SidedEvents() []LotEvent {
	var events []LotEvent
	for _, e := range LotEvents {
		if e.Side() != Inside {
			events = append(events, e)
		}
	}
	return events
}

// A Statement is the reserve of a region and pollutant over a period: opening +
// each source − each use = closing.
type Statement struct {
	Region    string
	Pollutant string
	From      calendar.Date
	To        calendar.Date // the last day
	Opening   Figures       // quantity and cost
	Lines     []PeriodTotal
	Closing   Figures // quantity and cost; amount and movements are those of the period
	Sold      Figures // delivered in the period: quantity and amount
}

// StatementOf adds up the totals of a period.
func StatementOf(region, pollutant string, from, to calendar.Date, totals []PeriodTotal) Statement {
	s := Statement{Region: region, Pollutant: pollutant, From: from, To: to}
	for _, t := range totals {
		sign := t.Event.sign()
		s.Opening.Quantity += sign * t.Before.Quantity
		s.Opening.Cost += quantity.Money(sign) * t.Before.Cost
		s.Closing.Quantity += sign * (t.Before.Quantity + t.Within.Quantity)
		s.Closing.Cost += quantity.Money(sign) * (t.Before.Cost + t.Within.Cost)
		s.Closing.Amount += t.Within.Amount
		s.Closing.Movements += t.Within.Movements
		if t.Event == Delivery {
			s.Sold = s.Sold.Plus(t.Within)
		}
		if t.Within.Movements > 0 {
			s.Lines = append(s.Lines, t)
		}
	}
	return s
}

func (e LotEvent) sign() quantity.Quantity {
	switch e.Side() {
	case Source:
		return 1
	case Use:
		return -1
	case Inside:
	}
	return 0
}

// MeanOf is money by quantity in CNY for a t/a over the term, half up to the
// fen as published means are; false for nothing.
func MeanOf(m quantity.Money, q quantity.Quantity) (quantity.Price, bool) {
	p, err := quantity.MeanPrice(m, q, quantity.MoneyScale, quantity.HalfUp)
	return p, err == nil
}

// A LotLine is a lot in a statement.
type LotLine struct {
	Lot     Lot
	Opening Figures
	Closing Figures
	Events  map[LotEvent]Figures // within the period, sources and uses
}

// Add adds what an event came to in the lot.
func (l *LotLine) Add(t PeriodTotal) {
	sign := t.Event.sign()
	l.Opening.Quantity += sign * t.Before.Quantity
	l.Opening.Cost += quantity.Money(sign) * t.Before.Cost
	l.Closing.Quantity += sign * (t.Before.Quantity + t.Within.Quantity)
	l.Closing.Cost += quantity.Money(sign) * (t.Before.Cost + t.Within.Cost)
	l.Closing.Amount += t.Within.Amount
	if l.Events == nil {
		l.Events = map[LotEvent]Figures{}
	}
	l.Events[t.Event] = l.Events[t.Event].Plus(t.Within)
}

// FiguresOf are figures as a database keeps them.
func FiguresOf(q, cost, amount, movements int64) Figures {
	return Figures{quantity.Quantity(q), quantity.Money(cost), quantity.Money(amount), movements}
}
