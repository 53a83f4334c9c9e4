package report

import (
	"cmp"
	"slices"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Cycle is the length of the periods of a report.
type Cycle string

// The cycles.
const (
	Monthly   Cycle = "month"
	Quarterly Cycle = "quarter"
	Yearly    Cycle = "year"
)

// Cycles are all cycles.
var Cycles = []Cycle{Monthly, Quarterly, Yearly}

// months is how many months a period has.
func (c Cycle) months() int {
	switch c {
	case Monthly:
		return 1
	case Quarterly:
		return 3
	case Yearly:
		return 12
	}
	panic("report: unknown cycle " + string(c))
}

// Start is the first day of the period that d lies in.
func (c Cycle) Start(d calendar.Date) calendar.Date {
	month := (int(d.Month())-1)/c.months()*c.months() + 1
	return calendar.NewDate(d.Year(), time.Month(month), 1)
}

// Next is the first day of the period after the one that begins on start.
func (c Cycle) Next(start calendar.Date) calendar.Date { return start.AddMonths(c.months()) }

// Before is the first day of the period before the one that begins on start.
func (c Cycle) Before(start calendar.Date) calendar.Date { return start.AddMonths(-c.months()) }

// FirstDay is the first day that a report may be asked about: nothing about
// permits is older, and the period before each has days too. Project default.
const FirstDay calendar.Date = 1980_01_01

// CheckDay returns a fault for a day that is before all reports.
func CheckDay(field string, d calendar.Date) error {
	if d < FirstDay {
		return fault.Invalidf(field, "must be %s or later: nothing is older", FirstDay)
	}
	return nil
}

// A Side says whose region a trade counts in.
type Side string

// The sides.
const (
	BySeller Side = "seller" // the region that the permits leave
	ByBuyer  Side = "buyer"  // the region that they reach
)

// A Grouping says which lines a report has.
type Grouping string

// The groupings. A line is always about one pollutant.
const (
	ByRegionAndKind Grouping = "region_kind"
	ByRegion        Grouping = "region"
	ByKind          Grouping = "kind"
	ByPollutant     Grouping = "pollutant"
)

// Groupings are all groupings.
var Groupings = []Grouping{ByRegionAndKind, ByRegion, ByKind, ByPollutant}

// Selection is which statistics are asked for; empty fields do not restrict.
type Selection struct {
	Cycle     Cycle
	From      calendar.Date // of the first period: its first day
	To        calendar.Date // of the last period: its first day
	Region    string        // with the regions below it
	Pollutant string
	Kind      Kind
	Side      Side
	By        Grouping
}

// periodsMax bounds a report.
const periodsMax = 240

// Check returns a fault unless the selection can be read: periods in order, none
// before FirstDay, and no more than 240 of them.
func (s Selection) Check() error {
	if err := CheckDay("from", s.From); err != nil {
		return err
	}
	if s.To < s.From {
		return fault.Invalidf("to", "the last period is before the first")
	}
	months := (s.To.Year()-s.From.Year())*12 + int(s.To.Month()) - int(s.From.Month())
	if months/s.Cycle.months() >= periodsMax {
		return fault.Invalidf("to", "a report has at most %d periods", periodsMax)
	}
	return nil
}

// takes reports whether a total is selected. What adds up kinds adds up trades.
func (s Selection) takes(t Total) bool {
	return (s.Region == "" || catalog.IsWithin(s.region(t), s.Region, true)) &&
		(s.Pollutant == "" || s.Pollutant == t.Pollutant) && (s.Kind == "" && (s.byKind() || t.Kind.IsTrade()) || s.Kind == t.Kind)
}

// byKind reports whether each line is of one kind.
func (s Selection) byKind() bool { return s.By == ByKind || s.By == ByRegionAndKind }

func (s Selection) region(t Total) string {
	if s.Side == ByBuyer {
		return t.BuyerRegion
	}
	return t.SellerRegion
}

// line is the total's place in the report.
func (s Selection) line(t Total) Line {
	l := Line{StartsOn: s.Cycle.Start(t.StartsOn), Pollutant: t.Pollutant}
	if s.By == ByRegion || s.By == ByRegionAndKind {
		l.Region = s.region(t)
	}
	if s.byKind() {
		l.Kind = t.Kind
	}
	return l
}

// Line names a line of a report.
type Line struct {
	StartsOn  calendar.Date // first day of the period
	Region    string        // "": all that were selected
	Pollutant string
	Kind      Kind // "": all that were selected
}

// Statistic is a line of a report with its figures.
type Statistic struct {
	Line
	Trades   int64
	Quantity quantity.Quantity
	Amount   quantity.Money
	Annual   quantity.Money // price × quantity, of what has a price of a year
	Secured  quantity.Money // of pledges
	Before   *Statistic     // of the period before; nil: nothing was traded in it

	annualRest int64             // what the roundings of Annual have left, 10⁻¹⁰ CNY
	priced     quantity.Quantity // that Annual is for
}

// MeanPrice is amount ÷ quantity in CNY/(t/a) for the whole term, half-up at
// the fen; false where there is no quantity. A loan is no price.
func (s Statistic) MeanPrice() (quantity.Price, bool) {
	if s.Kind == Pledge {
		return 0, false
	}
	return mean(s.Amount, s.Quantity)
}

// MeanAnnualPrice is the mean price in CNY/(t·a) of what has a price of a year,
// weighted by quantity, rounded once, half-up at the fen; false where there is none.
func (s Statistic) MeanAnnualPrice() (quantity.Price, bool) {
	p, err := quantity.MeanPriceExact(s.Annual, s.annualRest, s.priced)
	return p, err == nil && (s.Annual != 0 || s.annualRest != 0)
}

func mean(m quantity.Money, q quantity.Quantity) (quantity.Price, bool) {
	p, err := quantity.MeanPrice(m, q, quantity.MoneyScale, quantity.HalfUp)
	return p, err == nil
}

// percentStep is 0.01 %, in the atoms of a Ratio that counts percents.
const percentStep = quantity.OneRatio / 100

// Change is by how many percent after differs from before, half-up at two
// decimals; false where before is not more than 0, so that there is nothing to
// compare with.
func Change[T ~int64](before, after T) (quantity.Ratio, bool) {
	difference, err := quantity.Sub(after, before)
	if err != nil || before <= 0 {
		return 0, false
	}
	steps, err := quantity.MulDiv(int64(difference), 100, 100, int64(before), quantity.HalfUp)
	if err != nil {
		return 0, false
	}
	percent, err := quantity.MulDiv(steps, int64(percentStep), 1, 1, quantity.Down)
	return quantity.Ratio(percent), err == nil
}

// Statistics are the lines that the totals of months come to, in the order of
// period, region, pollutant and kind. The totals should reach back to the
// period before the first. It returns an overflow.
func Statistics(months []Total, s Selection) ([]Statistic, error) {
	sums := map[Line]*Statistic{}
	for _, t := range months {
		if !s.takes(t) {
			continue
		}
		line := s.line(t)
		if sums[line] == nil {
			sums[line] = &Statistic{Line: line}
		}
		if err := sums[line].add(t); err != nil {
			return nil, err
		}
	}
	var out []Statistic
	for line, sum := range sums {
		if line.StartsOn < s.From || line.StartsOn > s.To {
			continue
		}
		line.StartsOn = s.Cycle.Before(line.StartsOn)
		sum.Before = sums[line]
		out = append(out, *sum)
	}
	slices.SortFunc(out, func(a, b Statistic) int {
		return cmp.Or(cmp.Compare(a.StartsOn, b.StartsOn), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Pollutant, b.Pollutant), cmp.Compare(a.Kind, b.Kind))
	})
	return out, nil
}

func (s *Statistic) add(t Total) error {
	sum, err := Total{
		Trades: s.Trades, Quantity: s.Quantity, Amount: s.Amount, Annual: s.Annual, Secured: s.Secured, AnnualRest: s.annualRest, Priced: s.priced,
	}.Plus(t)
	s.annualRest, s.priced = sum.AnnualRest, sum.Priced
	s.Trades, s.Quantity, s.Amount, s.Annual, s.Secured = sum.Trades, sum.Quantity, sum.Amount, sum.Annual, sum.Secured
	return err
}
