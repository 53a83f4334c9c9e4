package carbon

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Scheme is a region's program of carbon-inclusive credits. Everything that
// differs between schemes is data of it and of its scenarios.
type Scheme struct {
	ID         int64
	Code       string
	Name       string
	Region     string             // code
	Operator   int64              // the party that runs it, which the pooled credits are issued to
	SerialUnit quantity.Reduction // one serial unit, which months are pooled to: 1 kgCO2e or 1 t
	Salt       string             // which salt pseudonyms are made with; the salt itself is kept elsewhere
	ValidFrom  calendar.Date
	ValidTo    calendar.Date // last day; zero: no end
	Source     string        // the rules' document number, or "project default"
	Command    int64
}

// ValidOn reports whether the scheme counts what is done on that day.
func (s Scheme) ValidOn(on calendar.Date) bool {
	return on >= s.ValidFrom && (s.ValidTo.IsZero() || on <= s.ValidTo)
}

// Validate returns a fault that names the first field that is wrong.
func (s Scheme) Validate() error {
	if err := fault.First(
		CheckCode("code", s.Code),
		catalog.CheckText("name", s.Name, textMax),
		catalog.CheckRegionCode("region", s.Region),
		CheckCode("salt", s.Salt),
		catalog.CheckText("source", s.Source, sourceMax),
	); err != nil {
		return err
	}
	if s.Operator <= 0 {
		return fault.Invalidf("operator", "must be the party that runs the scheme")
	}
	if s.SerialUnit != quantity.OneReduction && s.SerialUnit != quantity.OneTonne {
		return fault.Invalidf("serial_unit", "must be 1 or 1000 kgCO2e")
	}
	return checkPeriod(s.ValidFrom, s.ValidTo)
}

// A Scenario is what a scheme counts: a kind of activity, by a methodology.
// Which version computes it is a matter of the activity's day.
type Scenario struct {
	ID          int64
	Scheme      int64
	Code        string // metro, bus, walking, … in capitals
	Name        string
	Methodology string             // code
	DailyCap    quantity.Reduction // most that one person is credited a day; 0: no cap
	ClaimFrom   int32              // days after the activity from which it can be claimed
	ClaimTo     int32              // the last such day
	PointsRate  quantity.Measure   // points for one of PointsOf; 0: none
	PointsOf    string             // an input's name; empty: kgCO2e of the reduction
	DataSource  string             // code of whose ids its activities have, for instance a metro's trips; schemes that name the same one count an id once together; empty: ids are the scheme's own
	ValidFrom   calendar.Date
	ValidTo     calendar.Date // last day; zero: no end
	Source      string        // the document, or "project default"
	Command     int64
}

// claimMost is the longest time in which an activity can be claimed, in days.
const claimMost = 366

// ValidOn reports whether the scenario counts what is done on that day.
func (s Scenario) ValidOn(on calendar.Date) bool {
	return on >= s.ValidFrom && (s.ValidTo.IsZero() || on <= s.ValidTo)
}

// Validate returns a fault that names the first field that is wrong.
func (s Scenario) Validate() error {
	if err := fault.First(
		CheckCode("code", s.Code),
		catalog.CheckText("name", s.Name, textMax),
		CheckCode("methodology", s.Methodology),
		catalog.CheckText("source", s.Source, sourceMax),
	); err != nil {
		return err
	}
	if s.DataSource != "" {
		if err := CheckCode("data_source", s.DataSource); err != nil {
			return err
		}
	}
	switch {
	case s.DailyCap < 0:
		return fault.Invalidf("daily_cap", "must not be less than zero")
	case s.ClaimFrom < 0 || s.ClaimTo < s.ClaimFrom || s.ClaimTo > claimMost:
		return fault.Invalidf("claim_to", "must be from claim_from, which is not less than 0, to %d days", claimMost)
	case s.PointsRate < 0:
		return fault.Invalidf("points_rate", "must not be less than zero")
	case s.PointsOf != "" && !isName(s.PointsOf):
		return fault.Invalidf("points_of", "must be the name of an input, or empty")
	case s.PointsOf != "" && s.PointsRate == 0:
		return fault.Invalidf("points_rate", "must be how many points one %s gives", s.PointsOf)
	}
	return checkPeriod(s.ValidFrom, s.ValidTo)
}

// The faults of the claim window.
var (
	// ErrClaimTooEarly is returned when an activity is declared before its claim window.
	ErrClaimTooEarly = fault.New(fault.Refused, "activity.claim_too_early", "the activity may not be declared yet").At("from").
				Under("carbon.claim_window", "terms of the scheme")
	// ErrClaimTooLate is returned when it is declared after its claim window; a complaint that is upheld opens the window again.
	ErrClaimTooLate = fault.New(fault.Refused, "activity.claim_too_late", "the activity may not be declared any more").At("from").
			Under("carbon.claim_window", "terms of the scheme")
)

// CheckClaim returns ErrClaimTooEarly or ErrClaimTooLate unless an activity of a
// day may be declared on another.
func (s Scenario) CheckClaim(done, declared calendar.Date) error {
	first, last := done.AddDays(int(s.ClaimFrom)), s.LastClaim(done)
	switch {
	case declared < first:
		return ErrClaimTooEarly.With("the activity of %v may be declared from %v on", done, first)
	case declared > last:
		return ErrClaimTooLate.With("the activity of %v could be declared until %v", done, last)
	}
	return nil
}

// LastClaim is the last day on which what was done on a day may be declared.
func (s Scenario) LastClaim(done calendar.Date) calendar.Date { return done.AddDays(int(s.ClaimTo)) }

// CreditPerson returns how much of a reduction is credited to a person who was
// credited some for the day already: up to the daily cap.
func (s Scenario) CreditPerson(already, reduced quantity.Reduction) quantity.Reduction {
	if s.DailyCap == 0 {
		return reduced
	}
	return max(0, min(reduced, s.DailyCap-already))
}

// Points returns the points for an activity, in 10⁻⁶ of a point and rounded
// down. Points are derived from the activity and are no credit. Returns
// ErrUnknownInput when the activity has not the input that they are of, which a
// later version of the methodology may have dropped, or an overflow.
func (s Scenario) Points(values []Value, reduced quantity.Reduction) (quantity.Measure, error) {
	if s.PointsRate == 0 {
		return 0, nil
	}
	amount := int64(reduced)
	if s.PointsOf != "" {
		i := slices.IndexFunc(values, func(v Value) bool { return v.Name == s.PointsOf })
		if i < 0 {
			return 0, ErrUnknownInput.With("points are of the input %s, which the methodology has not", s.PointsOf).At(s.PointsOf)
		}
		amount = int64(values[i].Amount)
	}
	points, err := quantity.MulDiv(int64(s.PointsRate), amount, 1, int64(quantity.OneMeasure), quantity.Down)
	return quantity.Measure(points), err
}

func checkPeriod(from, to calendar.Date) error {
	switch {
	case !from.Valid():
		return fault.Invalidf("valid_from", "must be the first day")
	case !to.IsZero() && (!to.Valid() || to < from):
		return fault.Invalidf("valid_to", "must not be before the first day, %v", from)
	}
	return nil
}
