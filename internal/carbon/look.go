package carbon

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// A Look says that a person has fetched the sample of an issuance's evidence.
// Who verifies it must have.
type Look struct {
	ID       int64
	Issuance int64
	Person   int64
	LookedAt calendar.Instant
	Command  int64
}

// ErrNotLooked is returned when who would verify an issuance has not fetched its sample.
var ErrNotLooked = fault.New(fault.Refused, "carbon.sample_not_looked_at", "who verifies an issuance looks at the sample of its evidence first").At("event").
	Under("carbon.evidence", "project default")

// ErrSampleTaken is returned when who would verify an issuance asks for a sample that cannot be shown whole: it is no look.
var ErrSampleTaken = fault.New(fault.Conflict, "carbon.sample_taken_away", "the activities of a sampled piece of evidence were taken away").At("id").
	Under("carbon.evidence", "project default")
