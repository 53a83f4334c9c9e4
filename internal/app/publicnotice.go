package app

import (
	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/rulebook"
)

// Public notices and what people have against them.
var (
	PublicNotices = cold[approval.PublicNotice]("public_notice")
	Objections    = cold[approval.Objection]("objection")
)

// PublicNoticePost publishes something for a period in which anybody may object.
type PublicNoticePost struct {
	Region   string
	Kind     string
	Subject  int64 // a record; 0: none
	Title    string
	Body     string
	Document string
	StartsOn calendar.Date
	EndsOn   calendar.Date
}

// PublicNoticeEnd withdraws a public notice.
type PublicNoticeEnd struct {
	Notice int64
	Reason string
}

// ObjectionFile objects to a public notice; an officer enters what anybody has objected
// on paper or at the counter.
type ObjectionFile struct {
	Notice     int64
	Objector   string
	Text       string
	ReceivedOn calendar.Date // of what an officer enters: the day on which it came
	Document   string        // the letter, or the minutes
}

// ObjectionAnswer answers an objection.
type ObjectionAnswer struct {
	Objection int64
	Answer    string
	Upheld    bool
}

var _ = declare(PublicNoticePost{}, PublicNoticeEnd{}, ObjectionFile{}, ObjectionAnswer{})

// Operation is PublicNoticePost.
func (PublicNoticePost) Operation() identity.Operation { return identity.PublicNoticePost }

// Decide checks the notice, and that the working days are known in which an
// objection on its last day is answered. The result is an
// approval.PublicNotice.
func (c PublicNoticePost) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.PublicNoticePost, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	n := approval.PublicNotice{
		Region: c.Region, Kind: c.Kind, Subject: c.Subject, Title: c.Title, Body: c.Body, Document: c.Document,
		StartsOn: c.StartsOn, EndsOn: c.EndsOn, State: approval.NoticePosted, PostedAt: v.Now,
	}
	if err := v.checkPublicNotice(n); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, PublicNotices, n) }, nil
}

// checkPublicNotice checks a notice, and that the working days are known in
// which an objection on its last day is answered.
func (v *View) checkPublicNotice(n approval.PublicNotice) error {
	if err := n.Validate(v.Today, v.span(rulebook.NoticeDays, n.Region, "")); err != nil {
		return err
	}
	if _, err := v.Region("region", n.Region); err != nil {
		return err
	}
	return atField(v.checkAnswerable(n), "ends_on")
}

// checkAnswerable holds that the working days are known in which an objection on
// a notice's last day is answered.
func (v *View) checkAnswerable(n approval.PublicNotice) error {
	_, err := v.Calendar().AddWorkingDays(n.EndsOn, v.span(rulebook.AnswerDays, n.Region, ""))
	return err
}

// noticeEnd is the last day of a public notice that begins today and stands for the
// least of days.
func (v *View) noticeEnd(region string) calendar.Date {
	return v.Today.AddDays(v.span(rulebook.NoticeDays, region, "") - 1)
}

// noticeOf is a public notice of an auction, or of what comes of it, that begins today
// and stands for the least of days.
func (v *View) noticeOf(o auction.Offer, kind string, subject int64, title, body string) approval.PublicNotice {
	return approval.PublicNotice{
		Region: o.Region, Kind: kind, Subject: subject, Title: title, Body: body, Document: o.Document,
		StartsOn: v.Today, EndsOn: v.noticeEnd(o.Region), State: approval.NoticePosted, PostedAt: v.Now,
	}
}

// Operation is PublicNoticeEnd.
func (PublicNoticeEnd) Operation() identity.Operation { return identity.PublicNoticeEnd }

// Decide checks that the notice stands. The result is an approval.PublicNotice.
func (c PublicNoticeEnd) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PublicNoticeEnd, identity.Target{}); err != nil {
		return nil, err
	}
	n, err := Get(v, PublicNotices, "id", c.Notice)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.PublicNoticeEnd, identity.OfRegion(n.Region)); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if n.State != approval.NoticePosted {
		return nil, approval.ErrNoticeWithdrawn
	}
	n.State, n.Reason = approval.NoticeWithdrawn, c.Reason
	return func(tx *Tx) any { return Put(tx, PublicNotices, n) }, nil
}

// Operation is ObjectionFile.
func (ObjectionFile) Operation() identity.Operation { return identity.ObjectionFile }

// Decide checks that the notice stood when the objection came. The result is an
// approval.Objection, with the day by which it is answered.
func (c ObjectionFile) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ObjectionFile, identity.Target{}); err != nil {
		return nil, err
	}
	n, err := Get(v, PublicNotices, "id", c.Notice)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.ObjectionFile, identity.OfRegion(n.Region)); err != nil {
		return nil, err
	}
	o := approval.Objection{
		FiledBy: v.Actor.Person, Objector: c.Objector, Text: c.Text, FiledAt: v.Now, ReceivedOn: c.ReceivedOn, Document: c.Document,
	}
	if err := v.checkEntered(o); err != nil {
		return nil, err
	}
	if o, err = n.Object(o); err != nil {
		return nil, err
	}
	o.DueOn = v.promised(rulebook.AnswerDays, rulebook.Place{Region: n.Region}, o.Came())
	return func(tx *Tx) any { return Put(tx, Objections, o) }, nil
}

// checkEntered holds that what came on paper is entered by an officer, on a day on or after that on which it came,
// and that nobody but a firm's user files here.
func (v *View) checkEntered(o approval.Objection) error {
	files := v.Actor.Has(identity.Enterprise) // who holds no other role
	switch {
	case o.IsOnPaper() && files:
		return fault.Invalidf("document", "is of what an officer of the region enters: leave it and received_on out")
	case !o.IsOnPaper() && !files:
		return fault.Invalidf("document", "must be the letter, or the minutes, by which it came to the bureau, and received_on the day")
	}
	return v.checkPast("received_on", o.ReceivedOn)
}

// Operation is ObjectionAnswer.
func (ObjectionAnswer) Operation() identity.Operation { return identity.ObjectionAnswer }

// Decide checks that the objection is open. The result is an approval.Objection.
func (c ObjectionAnswer) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ObjectionAnswer, identity.Target{}); err != nil {
		return nil, err
	}
	o, err := Get(v, Objections, "id", c.Objection)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.ObjectionAnswer, identity.OfRegion(o.Region)); err != nil {
		return nil, err
	}
	if o, err = o.Answered(c.Answer, c.Upheld, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, Objections, o) }, nil
}
