package report

import (
	"slices"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Measure is what a figure counts.
type Measure string

// The measures.
const (
	TradesMeasure    Measure = "trades"
	QuantityMeasure  Measure = "quantity"
	AmountMeasure    Measure = "amount"
	MeanPriceMeasure Measure = "mean_price"
	IndexMeasure     Measure = "index" // of prices; nothing computed stands beside it
)

// Measures are all measures.
var Measures = []Measure{TradesMeasure, QuantityMeasure, AmountMeasure, MeanPriceMeasure, IndexMeasure}

// A Unit is what a figure is printed in.
type Unit string

// The units.
const (
	TradeUnit    Unit = "trade"
	TonUnit      Unit = "t"
	YuanUnit     Unit = "CNY"
	WanYuanUnit  Unit = "10000_CNY" // 万元
	YuanATonUnit Unit = "CNY/t"
	PointUnit    Unit = "point"
)

// Units are all units.
var Units = []Unit{TradeUnit, TonUnit, YuanUnit, WanYuanUnit, YuanATonUnit, PointUnit}

// unitsOf are the units that a measure may be printed in.
var unitsOf = map[Measure][]Unit{
	TradesMeasure: {TradeUnit}, QuantityMeasure: {TonUnit}, AmountMeasure: {YuanUnit, WanYuanUnit},
	MeanPriceMeasure: {YuanATonUnit}, IndexMeasure: {PointUnit},
}

// OfficialFigure is a figure that somebody has published, as it was printed.
type OfficialFigure struct {
	ID          int64
	Region      string // with the regions below it
	Pollutant   string // "": all
	Kind        Kind   // "": all
	Cycle       Cycle
	StartsOn    calendar.Date // first day of the period
	Measure     Measure
	Unit        Unit
	Total       string // as printed
	Change      string // to the period before in percent, as printed; "": not printed
	Document    string
	PublishedOn calendar.Date
	RecordedBy  int64 // person
	RecordedAt  calendar.Instant
	Command     int64
}

// OfficialPart is a part of a published figure, as it was printed.
type OfficialPart struct {
	ID        int64
	Figure    int64
	Name      string
	Region    string // "": the figure's
	Pollutant string // "": the figure's
	Kind      Kind   // "": the figure's
	Published string // as printed
	Command   int64
}

// The limits of a published figure.
const (
	partsMax    = 200
	partNameMax = 100 // characters
)

// The faults of a published figure, in the order in which they are checked.
var (
	// ErrUnit is returned when a figure is in a unit that its measure is not printed in.
	ErrUnit = fault.New(fault.Invalid, "official_figure.unit", "the measure is not printed in this unit").At("unit")
	// ErrPeriodStart is returned when a period does not begin on the first day of one.
	ErrPeriodStart = fault.New(fault.Invalid, "official_figure.period_start", "the period must begin on the first day of its month, quarter or year").At("period")
	// ErrPeriodToCome is returned when a figure is published before its period has begun.
	ErrPeriodToCome = fault.New(fault.Invalid, "official_figure.period_to_come", "the figure would have been published before its period began").At("period")
	// ErrPartOutside is returned when a part lies outside what its figure is about.
	ErrPartOutside = fault.New(fault.Invalid, "official_figure.part_outside", "the part lies outside what the figure is about")
)

// Check returns the first fault of a figure and its parts.
func (f OfficialFigure) Check(parts []OfficialPart) error {
	if err := fault.First(
		catalog.CheckRegionCode("region", f.Region),
		f.checkKind(),
		catalog.CheckOneOf("cycle", f.Cycle, Cycles),
		catalog.CheckOneOf("measure", f.Measure, Measures),
		catalog.CheckOneOf("unit", f.Unit, Units),
	); err != nil {
		return err
	}
	switch {
	case !slices.Contains(unitsOf[f.Measure], f.Unit):
		return ErrUnit.With("%s is not printed in %s", f.Measure, f.Unit)
	case !f.StartsOn.Valid() || f.Cycle.Start(f.StartsOn) != f.StartsOn:
		return ErrPeriodStart
	case f.StartsOn < FirstDay:
		return CheckDay("period", f.StartsOn)
	case !f.PublishedOn.Valid():
		return fault.Invalidf("published_on", "must be a day, for example 2026-07-01")
	case f.PublishedOn < f.StartsOn:
		return ErrPeriodToCome.With("the figure of a period from %s would have been published on %s", f.StartsOn, f.PublishedOn)
	case len(parts) > partsMax:
		return fault.Invalidf("parts", "a figure has at most %d parts", partsMax)
	}
	if err := fault.First(checkPrinted("total", f.Total), checkChange(f.Change), catalog.CheckDocument("document", f.Document)); err != nil {
		return err
	}
	for i, p := range parts {
		if err := f.checkPart(p); err != nil {
			return inPart(i, err)
		}
	}
	_, err := sumOf(parts)
	return err
}

func (f OfficialFigure) checkKind() error {
	if f.Kind == "" {
		return nil
	}
	return catalog.CheckOneOf("kind", f.Kind, Kinds)
}

func checkPrinted(field, s string) error {
	_, err := quantity.ParseRatio(field, s)
	return err
}

func checkChange(s string) error {
	if s == "" {
		return nil
	}
	return checkPrinted("change", s)
}

func (f OfficialFigure) checkPart(p OfficialPart) error {
	if err := fault.First(catalog.CheckText("name", p.Name, partNameMax), checkPrinted("published", p.Published)); err != nil {
		return err
	}
	switch {
	case p.Region != "" && !catalog.IsWithin(p.Region, f.Region, true):
		return ErrPartOutside.With("%.40q does not lie in %s", p.Region, f.Region).At("region")
	case p.Pollutant != "" && f.Pollutant != "" && p.Pollutant != f.Pollutant:
		return ErrPartOutside.With("the figure is about %s", f.Pollutant).At("pollutant")
	case p.Kind != "" && f.Kind != "" && p.Kind != f.Kind:
		return ErrPartOutside.With("the figure is about %s", f.Kind).At("kind")
	case p.Kind != "":
		return catalog.CheckOneOf("kind", p.Kind, Kinds)
	}
	return nil
}

// inPart names the part that a fault is about.
func inPart(i int, err error) error {
	if f, ok := fault.As(err); ok {
		return f.At("parts/" + strconv.Itoa(i) + "/" + f.Field)
	}
	return err
}

func sumOf(parts []OfficialPart) (sum quantity.Ratio, err error) {
	for _, p := range parts {
		v, err := quantity.ParseRatio("published", p.Published)
		if err == nil {
			sum, err = quantity.Add(sum, v)
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// Series reports whether two figures are of one series: the same but for their
// period and source.
func (f OfficialFigure) Series(o OfficialFigure) bool {
	return f.Region == o.Region && f.Pollutant == o.Pollutant && f.Kind == o.Kind && f.Cycle == o.Cycle && f.Measure == o.Measure && f.Unit == o.Unit
}

// A Mismatch is a place where a published figure differs from what stands
// beside it.
type Mismatch struct {
	Of        string // sum_of_parts, computed, change, or part
	Part      string // name of the part
	Published string
	Beside    string
}

// Comparison is a published figure with what stands beside it.
type Comparison struct {
	Figure     OfficialFigure
	Parts      []ComparedPart
	SumOfParts string // "": the measure has no sum, or the figure no parts
	Computed   string // at the decimals that were printed; "": nothing is computed
	Change     string // in percent, of the published total of the period before; "": none is known
	Mismatches []Mismatch
}

// ComparedPart is a part with what is computed beside it.
type ComparedPart struct {
	OfficialPart
	Computed string // "": nothing is computed
}

// Compare puts what is computed beside a published figure. months are totals
// that cover its period; before is the figure of the same series one period
// earlier, where one was published. Nothing is corrected. It returns an overflow.
func Compare(f OfficialFigure, parts []OfficialPart, months []Total, before *OfficialFigure) (Comparison, error) {
	c := Comparison{Figure: f}
	var err error
	if c.Computed, err = f.computed(OfficialPart{Published: f.Total}, months); err != nil {
		return c, err
	}
	c.differ("computed", "", f.Total, c.Computed)
	for _, p := range parts {
		computed, err := f.computed(p, months)
		if err != nil {
			return c, err
		}
		c.Parts = append(c.Parts, ComparedPart{p, computed})
		c.differ("part", p.Name, p.Published, computed)
	}
	if len(parts) > 0 && f.Measure.hasSum() {
		sum, err := sumOf(parts)
		if err != nil {
			return c, err
		}
		c.SumOfParts = sum.String()
		c.differ("sum_of_parts", "", f.Total, c.SumOfParts)
	}
	if before != nil {
		if change, known := Change(printed(before.Total), printed(f.Total)); known {
			c.Change = change.String()
			c.differ("change", "", f.Change, c.Change)
		}
	}
	return c, nil
}

// differ notes a mismatch between two figures that are both there.
func (c *Comparison) differ(of, part, published, beside string) {
	if published != "" && beside != "" && printed(published) != printed(beside) {
		c.Mismatches = append(c.Mismatches, Mismatch{of, part, published, beside})
	}
}

// hasSum reports whether the parts of a figure add up.
func (m Measure) hasSum() bool {
	return m == TradesMeasure || m == QuantityMeasure || m == AmountMeasure
}

// printed is the value of a figure that was checked.
func printed(s string) quantity.Ratio {
	v, err := quantity.ParseRatio("published", s)
	if err != nil {
		panic(err)
	}
	return v
}

// computed is what a figure or a part of it comes to, half-up at the decimals
// that were printed.
func (f OfficialFigure) computed(p OfficialPart, months []Total) (string, error) {
	if f.Measure == IndexMeasure {
		return "", nil
	}
	s := Selection{
		Cycle: f.Cycle, From: f.StartsOn, To: f.StartsOn, Region: or(p.Region, f.Region), Pollutant: or(p.Pollutant, f.Pollutant),
		Kind: or(p.Kind, f.Kind), By: ByPollutant,
	}
	sum := Statistic{Line: Line{Kind: s.Kind}}
	for _, t := range months {
		if s.takes(t) && s.Cycle.Start(t.StartsOn) == f.StartsOn {
			if err := sum.add(t); err != nil {
				return "", err
			}
		}
	}
	v, err := f.value(sum)
	if err != nil {
		return "", err
	}
	step := int64(1)
	for range quantity.RatioScale - decimals(p.Published) {
		step *= 10
	}
	steps, err := quantity.MulDiv(int64(v), 1, 1, step, quantity.HalfUp)
	if err == nil {
		steps, err = quantity.MulDiv(steps, step, 1, 1, quantity.Down)
	}
	return quantity.Ratio(steps).String(), err
}

// value is the figure's measure of a sum, in its unit.
func (f OfficialFigure) value(s Statistic) (quantity.Ratio, error) {
	atoms, scale := int64(0), int64(1) // what an atom of the measure is in atoms of a Ratio
	switch f.Measure {
	case TradesMeasure:
		atoms, scale = s.Trades, int64(quantity.OneRatio)
	case QuantityMeasure:
		atoms = int64(s.Quantity)
	case AmountMeasure:
		atoms = int64(s.Amount) // 10⁻² CNY is 10⁻⁶ 万元
		if f.Unit == YuanUnit {
			scale = 10_000
		}
	case MeanPriceMeasure:
		p, _ := s.MeanPrice()
		atoms, scale = int64(p), int64(quantity.OneRatio)/int64(quantity.OnePrice)
	case IndexMeasure:
	}
	v, err := quantity.MulDiv(atoms, scale, 1, 1, quantity.Down)
	return quantity.Ratio(v), err
}

// decimals is how many decimals a printed number has.
func decimals(s string) int {
	_, fraction, _ := strings.Cut(s, ".")
	return len(fraction)
}

func or[T ~string](a, b T) T {
	if a != "" {
		return a
	}
	return b
}
