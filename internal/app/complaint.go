package app

import (
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/rulebook"
)

// Complaints are those about refused activities. The intake asks for those that
// were upheld, so they lie in memory.
var Complaints = resident[carbon.Complaint]("complaint")

var complaintsAbout = indexed(Complaints, func(c carbon.Complaint) []complaintAbout { return []complaintAbout{aboutOf(c)} })

// complaintAbout is the refusal that a complaint is about.
type complaintAbout struct {
	scheme, batch int64
	source        string
}

func aboutOf(c carbon.Complaint) complaintAbout {
	return complaintAbout{c.Scheme, c.Batch, c.SourceID}
}

// ComplaintFile complains about a refused activity, for a participant.
type ComplaintFile struct {
	Scheme   int64
	Batch    int64 // of the intake's journal
	SourceID string
	Scenario string // code; of the refused activity, as the next two
	Day      calendar.Date
	Evidence string // SHA-256 in hex
	Code     string // of the refusal, as the intake has it
	Detail   string
	Text     string
}

// ComplaintAnswer answers a complaint.
type ComplaintAnswer struct {
	Complaint int64
	Answer    string
	Upheld    bool
}

var (
	_ = declare(ComplaintFile{}, ComplaintAnswer{})
	_ = declareCheck((*checker).checkComplaints)
	_ = declareInbox(Complaints, Where("answered_at", int64(0)), identity.ComplaintAnswer,
		func(c carbon.Complaint) (Waiting, identity.Target) {
			return Waiting{Action: "answer", Region: c.Region, Since: c.FiledAt, Until: through(c.DueOn), notFor: c.FiledBy}, identity.OfRegion(c.Region)
		})
)

// Operation is ComplaintFile.
func (ComplaintFile) Operation() identity.Operation { return identity.ComplaintFile }

// Decide checks the complaint and that it is the first about that refusal. It is
// answered within as many working days as an objection (project default). The
// result is a carbon.Complaint.
func (c ComplaintFile) Decide(v *View) (Apply, error) {
	scheme, err := v.scheme(identity.ComplaintFile, c.Scheme)
	if err != nil {
		return nil, err
	}
	complaint := carbon.Complaint{
		Scheme: scheme.ID, Region: scheme.Region, Batch: c.Batch, SourceID: c.SourceID, Code: c.Code, Detail: c.Detail, Text: c.Text,
		Scenario: c.Scenario, Day: c.Day, Evidence: c.Evidence, FiledBy: v.Actor.Person, FiledAt: v.Now,
	}
	if err := complaint.Validate(); err != nil {
		return nil, err
	}
	if c.Batch <= 0 || c.Code == "" {
		return nil, fault.Invalidf("batch", "must be a batch that has refused the activity")
	}
	if other, found := complaintsAbout.first(v, aboutOf(complaint)); found {
		return nil, carbon.ErrComplained.With("complaint %d is about this refusal", other.ID)
	}
	complaint.DueOn = v.promised(rulebook.AnswerDays, rulebook.Place{Region: scheme.Region}, v.Today)
	return func(tx *Tx) any { return Put(tx, Complaints, complaint) }, nil
}

// Operation is ComplaintAnswer.
func (ComplaintAnswer) Operation() identity.Operation { return identity.ComplaintAnswer }

// Decide checks that the complaint is open and another's. The result is a
// carbon.Complaint.
func (c ComplaintAnswer) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ComplaintAnswer, identity.Target{}); err != nil {
		return nil, err
	}
	complaint, err := Get(v, Complaints, "id", c.Complaint)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.ComplaintAnswer, identity.OfRegion(complaint.Region)); err != nil {
		return nil, err
	}
	if complaint, err = complaint.Answered(c.Answer, c.Upheld, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, Complaints, complaint) }, nil
}

// checkComplaints holds that there is one complaint about a refusal, answered by
// another person than the one who filed it (I-77).
func (c *checker) checkComplaints() error {
	type refusal struct {
		scheme, batch int64
		sourceID      string
	}
	first := map[refusal]int64{}
	return eachOf(c.ctx, c.r, Complaints, Query{}, func(r carbon.Complaint) {
		k := refusal{r.Scheme, r.Batch, r.SourceID}
		if other := first[k]; other != 0 {
			c.report("I-77", Complaints.name, r.ID, "complaint %d is about the same refusal", other)
		}
		first[k] = r.ID
		if (r.AnsweredAt != 0) != (r.Answer != "" && r.AnsweredBy != 0) || r.AnsweredBy == r.FiledBy || r.Upheld && r.AnsweredAt == 0 {
			c.report("I-77", Complaints.name, r.ID, "is answered by halves, or by who filed it")
		}
	})
}
