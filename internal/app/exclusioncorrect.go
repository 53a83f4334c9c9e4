package app

import (
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// ErrExclusionTaken is returned when the list has another entry of the identifier from that day on.
var ErrExclusionTaken = fault.New(fault.Conflict, "carbon.exclusion_taken", "the list has another entry of this identifier from that day on").At("valid_from")

// ExclusionCorrect says from when to when an entry of another register's list
// holds, or that it should never have been there.
type ExclusionCorrect struct {
	Exclusion int64
	ValidFrom calendar.Date
	ValidTo   calendar.Date // last day; zero: no end
	Void      bool
	Document  string
}

var _ = declare(ExclusionCorrect{})

// Operation is ExclusionCorrect.
func (ExclusionCorrect) Operation() identity.Operation { return identity.ExclusionCorrect }

// Decide checks the entry as it will be. It is corrected by officers of the
// region that answers for it, or of one that has a project of the plant. What was
// counted meanwhile stays. The result is a carbon.Exclusion.
func (c ExclusionCorrect) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ExclusionCorrect, identity.Target{}); err != nil {
		return nil, err
	}
	found, err := Find(v, Exclusions, Where("id", c.Exclusion))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNoRecord.At("id")
	}
	e := found[0]
	if err := v.AuthoriseAt("id", identity.ExclusionCorrect, identity.Target{Regions: v.regionsOf(e)}); err != nil {
		return nil, err
	}
	e.ValidFrom, e.ValidTo, e.Void, e.Document = c.ValidFrom, c.ValidTo, c.Void, c.Document
	if err := fault.First(catalog.CheckDocument("document", c.Document), e.CheckDays()); err != nil {
		return nil, err
	}
	others, err := Find(v, Exclusions, Where("identifier", e.Identifier).And("list", Eq, string(e.List)).And("valid_from", Eq, int64(e.ValidFrom)))
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if other.ID != e.ID {
			return nil, ErrExclusionTaken.With("entry %d of the list is from %v on, too", other.ID, e.ValidFrom)
		}
	}
	return func(tx *Tx) any { return Put(tx, Exclusions, e) }, nil
}

// regionsOf are the regions that an entry concerns.
func (v *View) regionsOf(e carbon.Exclusion) (regions []string) {
	if e.Region != "" {
		regions = append(regions, e.Region)
	}
	for p := range creditProjectsOf.of(v, e.Identifier) {
		regions = append(regions, p.Region)
	}
	return regions
}
