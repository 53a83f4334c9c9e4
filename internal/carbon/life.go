package carbon

import (
	"iter"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// A Life is how long a scheme's credits can be used: those of a vintage and of all
// later ones, until a row that is set after it says otherwise. Without a row they
// have no end.
type Life struct {
	ID          int64
	Scheme      int64
	VintageFrom int32
	Months      int32 // after the end of the vintage; 0: without end
	Document    string
	Command     int64
}

// Bounds of a life.
const (
	vintageLeast, vintageMost = 2000, 2100
	lifeMost                  = 600 // months
)

// Validate returns a fault that names the first field that is wrong.
func (l Life) Validate() error {
	switch {
	case l.VintageFrom < vintageLeast || l.VintageFrom > vintageMost:
		return fault.Invalidf("vintage_from", "must be a year from %d to %d", vintageLeast, vintageMost)
	case l.Months < 0 || l.Months > lifeMost:
		return fault.Invalidf("months", "must be from 0, which is without end, to %d", lifeMost)
	}
	return catalog.CheckDocument("document", l.Document)
}

// Covers reports whether a life is of a scheme's credits of a vintage.
func (l Life) Covers(scheme int64, vintage int32) bool {
	return l.Scheme == scheme && l.VintageFrom <= vintage
}

// LifeOf is what was set last of a scheme's credits of a vintage; without a row it is
// without end.
func LifeOf(rows iter.Seq[Life], scheme int64, vintage int32) (last Life) {
	for l := range rows {
		if l.Covers(scheme, vintage) && l.ID > last.ID {
			last = l
		}
	}
	return last
}

// LastDay is the last day on which credits of a vintage can be used; zero: they have no end.
func (l Life) LastDay(vintage int32) calendar.Date {
	if l.Months == 0 {
		return 0
	}
	return calendar.NewDate(int(vintage)+1, 1, 1).AddMonths(int(l.Months)).AddDays(-1)
}

// The faults of lives and ends.
var (
	// ErrLifeIssued is returned when a life would be set of a vintage of which credits are issued.
	ErrLifeIssued = fault.New(fault.Refused, "carbon.life_issued", "credits of this vintage or a later one are issued: how long they can be used stays as it is").At("vintage_from").
			Under("carbon.life", "project default: what is issued keeps its end")
	// ErrExpired is returned when credits would be used, or change hands, after their last day.
	ErrExpired = fault.New(fault.Refused, "carbon.expired", "the credits can be used no longer").
			Under("carbon.life", "project default: what is issued keeps its end")
)

// Expired reports whether the credits of a series cannot be used any more on a day.
func (s Series) Expired(on calendar.Date) bool { return !s.ValidTo.IsZero() && on > s.ValidTo }

// CheckUsable returns ErrExpired unless the credits of a series can be used on a day.
func (s Series) CheckUsable(on calendar.Date) error {
	if s.Expired(on) {
		return ErrExpired.With("the last day of %s is %s", s.Code, s.ValidTo)
	}
	return nil
}
