package app

import (
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// MaxYearDays bounds the days of a notice.
const MaxYearDays = 366

// The faults of the calendar and of instruments, in the order in which they
// are checked.
var (
	// ErrYearPublished is returned when the notice of a year is entered already.
	ErrYearPublished = fault.New(fault.Conflict, "calendar.year_published", "the notice of this year is entered already").At("year")
	// ErrDayOfOtherYear is returned when a day does not lie in the notice's year.
	ErrDayOfOtherYear = fault.New(fault.Invalid, "calendar.day_of_other_year", "the day does not lie in the year of the notice")
	// ErrDayTwice is returned when a notice has a day twice.
	ErrDayTwice = fault.New(fault.Invalid, "calendar.day_twice", "the day is listed twice")

	// ErrPollutantNotValid is returned when no permits for the pollutant exist any
	// more, or not yet.
	ErrPollutantNotValid = fault.New(fault.Refused, "catalog.pollutant_not_valid", "there are no permits for this pollutant today").At("pollutant").
				Under("pollutant.valid", sourceDefault)
	// ErrTermEnded is returned when an instrument's term would be over already.
	ErrTermEnded = fault.New(fault.Refused, "catalog.term_ended", "the term is over already").At("term_end").
			Under("instrument.term_end", sourceDefault)
	// ErrInstrumentExists is returned when there is such an instrument already.
	ErrInstrumentExists = fault.New(fault.Conflict, "catalog.instrument_exists", "there is such an instrument already")
	// ErrGoodsTwice is returned when an instrument would be of permits and of credits, or of neither.
	ErrGoodsTwice = fault.New(fault.Invalid, "catalog.goods_twice", "permits have a pollutant and a term, credits a series: name the one or the other")
)

// YearPublish enters the State Council's notice of a year's holidays.
type YearPublish struct {
	Year   int32
	Source string // number of the notice
	Days   []YearDay
}

// YearDay is a day that is not worked from Monday to Friday, or is on a weekend.
type YearDay struct {
	On      calendar.Date
	Working bool
	Note    string
	Source  string // empty: the notice
}

// YearResult is a year of the working calendar.
type YearResult struct {
	Year calendar.Year
	Days []calendar.Day
}

// InstrumentAdd adds what is traded: a pollutant until the end of a term, or a
// series of credits, which is all that is named then.
type InstrumentAdd struct {
	Pollutant string
	TermEnd   calendar.Date
	Series    int64 // 0: permits
}

var _ = declare(YearPublish{}, InstrumentAdd{})

// Operation is YearPublish.
func (YearPublish) Operation() identity.Operation { return identity.YearPublish }

// Decide checks that the days lie in the year, each once. The result is a YearResult.
func (c YearPublish) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.YearPublish, identity.Target{}); err != nil {
		return nil, err
	}
	y := calendar.Year{Year: c.Year, Published: true, Source: c.Source}
	if err := y.Validate(); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("source", c.Source); err != nil {
		return nil, err
	}
	days, err := c.days()
	if err != nil {
		return nil, err
	}
	for other := range All(v, Years) {
		if other.Year == c.Year && other.Published {
			return nil, ErrYearPublished.With("the notice of %d is entered already: %s", c.Year, other.Source)
		} else if other.Year == c.Year {
			y.ID, y.Command = other.ID, other.Command
		}
	}
	return func(tx *Tx) any {
		r := YearResult{Year: Put(tx, Years, y)}
		for _, d := range days {
			r.Days = append(r.Days, Put(tx, Days, d))
		}
		return r
	}, nil
}

func (c YearPublish) days() ([]calendar.Day, error) {
	if len(c.Days) > MaxYearDays {
		return nil, fault.Invalidf("days", "a year has at most %d days", MaxYearDays)
	}
	seen := map[calendar.Date]bool{}
	days := make([]calendar.Day, 0, len(c.Days))
	for i, d := range c.Days {
		row := calendar.Day{On: d.On, Working: d.Working, Note: d.Note, Source: d.Source}
		if row.Source == "" {
			row.Source = c.Source
		}
		if err := within("days", i, row.Validate()); err != nil {
			return nil, err
		}
		if d.Note != "" {
			if err := within("days", i, catalog.CheckText("note", d.Note, 200)); err != nil {
				return nil, err
			}
		}
		switch {
		case d.On.Year() != int(c.Year):
			return nil, within("days", i, ErrDayOfOtherYear.With("%s does not lie in %d", d.On, c.Year).At("on"))
		case seen[d.On]:
			return nil, within("days", i, ErrDayTwice.With("%s is listed twice", d.On).At("on"))
		}
		seen[d.On] = true
		days = append(days, row)
	}
	return days, nil
}

// within says that a fault is about an item of a list.
func within(list string, index int, err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	at := list + "/" + strconv.Itoa(index)
	if f.Field != "" {
		at += "/" + f.Field
	}
	return f.At(at)
}

// renamed says of a fault that is about a field what the request calls that field.
func renamed(err error, field, here string) error {
	if f, ok := fault.As(err); ok && f.Field == field {
		return f.At(here)
	}
	return err
}

// Operation is InstrumentAdd.
func (InstrumentAdd) Operation() identity.Operation { return identity.InstrumentAdd }

// Decide checks the term's end and that the instrument is new. The result is a
// catalog.Instrument.
func (c InstrumentAdd) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.InstrumentAdd, identity.Target{}); err != nil {
		return nil, err
	}
	switch {
	case c.Series != 0:
		return c.ofCredits(v)
	case c.Pollutant == "" || c.TermEnd == 0:
		return nil, ErrGoodsTwice.At("pollutant")
	}
	p, err := v.Pollutant("pollutant", c.Pollutant)
	if err != nil {
		return nil, err
	}
	i, err := catalog.NewInstrument(p.Code, c.TermEnd)
	if err != nil {
		return nil, err
	}
	switch _, known := v.byCode.instruments[i.Code]; {
	case !p.ValidOn(v.Today):
		return nil, ErrPollutantNotValid.With("permits for %s exist from %s to %s", p.Code, p.ValidFrom, p.ValidTo)
	case i.Expired(v.Today):
		return nil, ErrTermEnded.With("a term that ends on %s is over already", i.TermEnd)
	case known:
		return nil, ErrInstrumentExists.With("there is the instrument %s already", i.Code).At("term_end")
	}
	return func(tx *Tx) any { return tx.addInstrument(i) }, nil
}

// ofCredits decides to add the instrument of a series.
func (c InstrumentAdd) ofCredits(v *View) (Apply, error) {
	if c.Pollutant != "" || c.TermEnd != 0 {
		return nil, ErrGoodsTwice.At("series")
	}
	s, err := Get(v, CreditSeries, "series", c.Series)
	if err != nil {
		return nil, err
	}
	if err := atField(s.CheckUsable(v.Today), "series"); err != nil {
		return nil, err
	}
	if _, known := v.byCode.instruments[s.Code]; known {
		return nil, ErrInstrumentExists.With("there is the instrument %s already", s.Code).At("series")
	}
	return func(tx *Tx) any { return Put(tx, Instruments, catalog.NewCreditInstrument(s.Code, s.Scheme, s.ID)) }, nil
}

func (tx *Tx) addInstrument(i catalog.Instrument) catalog.Instrument {
	i = Put(tx, Instruments, i)
	tx.armTermEnd(i)
	return i
}
