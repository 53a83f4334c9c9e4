package approval

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// The bounds of texts, in characters.
const (
	titleMax = 200
	bodyMax  = 20_000
	nameMax  = 200
	kindMax  = 60
)

// NoticeState is where a public notice is in its life.
type NoticeState string

// The states of a public notice. Whether its period runs is a matter of days.
const (
	NoticePosted    NoticeState = "posted"
	NoticeWithdrawn NoticeState = "withdrawn"
)

// A PublicNotice is a publication (公示) that anybody may read and object to.
type PublicNotice struct {
	ID       int64
	Region   string
	Kind     string // what it is about, for example surplus_verification
	Subject  int64  // the record that it is about; 0: none of the registry's
	Title    string
	Body     string
	Document string
	StartsOn calendar.Date
	EndsOn   calendar.Date // the last day, included
	State    NoticeState
	PostedAt calendar.Instant
	Reason   string // of the withdrawal
	Command  int64
}

// ObjectionState is where an objection is in its life.
type ObjectionState string

// The states of an objection.
const (
	ObjectionOpen     ObjectionState = "open"
	ObjectionAnswered ObjectionState = "answered"
)

// An Objection is what somebody has against a public notice.
type Objection struct {
	ID         int64
	Notice     int64
	Region     string
	FiledBy    int64  // person; an officer enters what came on paper or at the counter
	Objector   string // who objects
	Text       string
	FiledAt    calendar.Instant
	ReceivedOn calendar.Date // the day on which it came to the bureau; 0: it was filed here
	Document   string        // the letter, or the minutes; "": it was filed here
	DueOn      calendar.Date // the last day for the answer
	State      ObjectionState
	Upheld     bool
	Answer     string
	AnsweredBy int64
	AnsweredAt calendar.Instant
	Command    int64
}

// ObjectionCount is how many objections to a notice were filed, and how they were answered.
type ObjectionCount struct{ Filed, Upheld, Dismissed int64 }

// Count counts an objection.
func (c *ObjectionCount) Count(o Objection) {
	c.Filed++
	switch {
	case o.State == ObjectionAnswered && o.Upheld:
		c.Upheld++
	case o.State == ObjectionAnswered:
		c.Dismissed++
	}
}

// The faults of public notices, in the order in which they are checked. A plain
// mistake in one field is a request.invalid that names it.
var (
	// ErrNoticePast is returned when a notice would begin before today.
	ErrNoticePast = fault.New(fault.Invalid, "public_notice.starts_in_the_past", "a public notice begins today or later").At("starts_on")
	// ErrNoticeShort is returned when a notice would stand for fewer days than the least.
	ErrNoticeShort = fault.New(fault.Invalid, "public_notice.too_short", "a public notice stands at least as long as the parameter public_notice.days says").At("ends_on")
	// ErrNoticeWithdrawn is returned when the notice is withdrawn already.
	ErrNoticeWithdrawn = fault.New(fault.Conflict, "public_notice.withdrawn", "the public notice is withdrawn")
	// ErrNotRunning is returned when an objection comes before a notice's first day or after its last.
	ErrNotRunning = fault.New(fault.Refused, "objection.out_of_time", "objections are filed while the notice stands").
			Under("public_notice.objection", "project default")
	// ErrAnswered is returned when an objection is answered already.
	ErrAnswered = fault.New(fault.Conflict, "objection.answered", "the objection is answered already")
)

// Validate returns a fault that names the first field that is wrong. A notice
// stands for the least of days, or longer.
func (n PublicNotice) Validate(today calendar.Date, least int) error {
	if err := fault.First(
		catalog.CheckText("kind", n.Kind, kindMax), catalog.CheckText("title", n.Title, titleMax), catalog.CheckLines("body", n.Body, bodyMax),
		catalog.CheckDocument("document", n.Document),
	); err != nil {
		return err
	}
	switch {
	case !n.StartsOn.Valid():
		return fault.Invalidf("starts_on", "must be a day, for example 2026-07-01")
	case !n.EndsOn.Valid():
		return fault.Invalidf("ends_on", "must be a day, for example 2026-07-08")
	case n.Subject < 0:
		return fault.Invalidf("subject", "must be the id of a record")
	case n.StartsOn < today:
		return ErrNoticePast
	case n.EndsOn < n.StartsOn.AddDays(least-1):
		return ErrNoticeShort.With("a notice that begins on %s stands until %s at least", n.StartsOn, n.StartsOn.AddDays(least-1))
	}
	return nil
}

// RunsOn reports whether objections can be filed on a day.
func (n PublicNotice) RunsOn(d calendar.Date) bool {
	return n.State == NoticePosted && n.StartsOn <= d && d <= n.EndsOn
}

// Object returns an objection to the notice, which counts as of the day on which it
// came; its answer has no last day yet. It fails with ErrNoticeWithdrawn or ErrNotRunning.
func (n PublicNotice) Object(o Objection) (Objection, error) {
	o.Notice, o.Region, o.State = n.ID, n.Region, ObjectionOpen
	if err := fault.First(catalog.CheckText("objector", o.Objector, nameMax), catalog.CheckLines("text", o.Text, bodyMax)); err != nil {
		return o, err
	}
	if o.IsOnPaper() {
		if !o.ReceivedOn.Valid() {
			return o, fault.Invalidf("received_on", "must be the day on which it came")
		}
		if err := catalog.CheckDocument("document", o.Document); err != nil {
			return o, err
		}
	}
	if n.State == NoticeWithdrawn {
		return o, ErrNoticeWithdrawn
	}
	if !n.RunsOn(o.Came()) {
		return o, ErrNotRunning.With("the notice stands from %s to %s", n.StartsOn, n.EndsOn)
	}
	return o, nil
}

// IsOnPaper reports whether it came on paper or at the counter, and an officer entered it.
func (o Objection) IsOnPaper() bool { return o.ReceivedOn != 0 || o.Document != "" }

// Came is the day on which it came to the bureau, from which its answer is due.
func (o Objection) Came() calendar.Date {
	if o.ReceivedOn != 0 {
		return o.ReceivedOn
	}
	return o.FiledAt.Date()
}

// Answered returns the objection with its answer.
func (o Objection) Answered(answer string, upheld bool, person int64, at calendar.Instant) (Objection, error) {
	if err := catalog.CheckLines("answer", answer, bodyMax); err != nil {
		return o, err
	}
	if o.State != ObjectionOpen {
		return o, ErrAnswered
	}
	o.State, o.Answer, o.Upheld, o.AnsweredBy, o.AnsweredAt = ObjectionAnswered, answer, upheld, person, at
	return o, nil
}
