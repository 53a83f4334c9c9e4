package carbon

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// A Complaint is what a participant has against the refusal of an activity. It
// names the activity and no person: the operator knows whose it is.
type Complaint struct {
	ID         int64
	Scheme     int64
	Region     string // the scheme's
	Batch      int64  // of the intake's journal
	SourceID   string
	Code       string // of the refusal
	Detail     string
	Text       string
	FiledBy    int64 // person, who heard the participant
	FiledAt    calendar.Instant
	DueOn      calendar.Date // the last day for the answer
	Upheld     bool          // the activity may be declared again, also after its claim window
	Answer     string        // empty until it is answered
	AnsweredBy int64
	AnsweredAt calendar.Instant
	Scenario   string        // code; of the refused activity, as the next two: what is declared again is the same
	Day        calendar.Date // 0: not recorded, by an earlier version
	Evidence   string        // SHA-256 in hex
	Command    int64
}

// Bounds of texts, in characters.
const (
	sourceIDMax      = 64
	complaintTextMax = 2000
	answerMax        = 20_000
)

// The faults of complaints, in the order in which they are checked.
var (
	// ErrComplained is returned when there is a complaint about the activity of that batch already.
	ErrComplained = fault.New(fault.Conflict, "complaint.filed", "there is a complaint about this refusal already").At("source_id")
	// ErrComplaintAnswered is returned when a complaint is answered already.
	ErrComplaintAnswered = fault.New(fault.Conflict, "complaint.answered", "the complaint is answered already")
	// ErrOwnComplaint is returned when who filed a complaint would answer it.
	ErrOwnComplaint = fault.New(fault.Refused, "complaint.same_person", "who filed the complaint cannot answer it").Under("carbon.four_eyes", "project default")
)

// Validate returns a fault that names the first field that is wrong.
func (c Complaint) Validate() error {
	return fault.First(catalog.CheckText("source_id", c.SourceID, sourceIDMax), catalog.CheckLines("text", c.Text, complaintTextMax))
}

// Answered returns the complaint with its answer.
func (c Complaint) Answered(answer string, upheld bool, person int64, at calendar.Instant) (Complaint, error) {
	if err := catalog.CheckLines("answer", answer, answerMax); err != nil {
		return c, err
	}
	switch {
	case c.AnsweredAt != 0:
		return c, ErrComplaintAnswered
	case c.FiledBy == person:
		return c, ErrOwnComplaint
	}
	c.Answer, c.Upheld, c.AnsweredBy, c.AnsweredAt = answer, upheld, person, at
	return c, nil
}
