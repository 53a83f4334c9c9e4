package app

import (
	"fmt"

	"permitx/internal/approval"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/permit"
	"permitx/internal/rulebook"
)

// publicDays bounds the days of a renewal's publicity.
const publicDays = 60

// renewalKind is what the public notice of a renewal is about.
const renewalKind = "renewal"

// The faults of a renewal's publicity, in the order in which they are checked.
var (
	// ErrPublicityRuns is returned when a renewal would be decided before its publicity is over.
	ErrPublicityRuns = fault.New(fault.Refused, "renewal.publicity_runs", "the publicity is not over").At("event").
				Under("renewal.publicity", sourceDefault)
	// ErrPublicityWithdrawn is returned when the public notice was withdrawn: verify and publish again.
	ErrPublicityWithdrawn = fault.New(fault.Refused, "renewal.publicity_withdrawn", "the public notice was withdrawn: verify and publish the renewal again").At("event").
				Under("renewal.publicity", sourceDefault)
	// ErrObjectionOpen is returned when an objection to the public notice is not answered.
	ErrObjectionOpen = fault.New(fault.Refused, "renewal.objection_open", "an objection to the renewal is not answered").At("event").
				Under("renewal.publicity", sourceDefault)
	// ErrObjectionUpheld is returned when an objection was upheld: verify and publish again.
	ErrObjectionUpheld = fault.New(fault.Refused, "renewal.objection_upheld", "an objection to the renewal was upheld: verify and publish it again, or reject it").At("event").
				Under("renewal.publicity", sourceDefault)
)

// publish posts what was verified as a public notice, for as many days as one
// stands at least, or more. Objections to it stand in the way of the decision.
func (c RenewalStep) publish(v *View, r permit.Renewal) (permit.Renewal, renewalEffect, error) {
	if least := v.span(rulebook.NoticeDays, r.Region, ""); int(c.Days) < least || c.Days > publicDays {
		return r, nil, fault.Invalidf("days", "must be from %d to %d", least, publicDays)
	}
	r.PublishedOn, r.PublicUntil = v.Today, v.Today.AddDays(int(c.Days)-1)
	n, err := v.renewalPublicNotice(r)
	if err == nil {
		err = renamed(v.checkPublicNotice(n), "ends_on", "days")
	}
	return r, func(tx *Tx, r *permit.Renewal) { r.PublicNotice = Put(tx, PublicNotices, n).ID }, err
}

// renewalPublicNotice says to the public who renews what, and what that rests on. What
// was written before texts were of seen characters alone stands in it as it shows.
func (v *View) renewalPublicNotice(r permit.Renewal) (n approval.PublicNotice, err error) {
	p, err1 := Get(v, Parties, "party", r.Party)
	l, err2 := Get(v, Licences, "licence", r.Licence)
	to, err3 := Get(v, Instruments, "instrument", r.NewInstrument)
	if err := fault.First(err1, err2, err3); err != nil {
		return n, err
	}
	name, document := catalog.Seen(p.Name), catalog.Seen(r.Document)
	return approval.PublicNotice{
		Region: r.Region, Kind: renewalKind, Subject: r.ID, Document: document, StartsOn: r.PublishedOn, EndsOn: r.PublicUntil,
		State: approval.NoticePosted, PostedAt: v.Now,
		Title: fmt.Sprintf("排污权延续公示 · Renewal of permits: licence %s, %s", l.Number, r.Pollutant),
		Body: fmt.Sprintf("%s（排污许可证 %s）申请延续 %s 排污权 %s t/a，核定 %s t/a（核定依据：%s，%s）。现期限至 %s，新期限至 %s。\n"+
			"%s (licence %s) applies to renew %s t/a of %s; %s t/a were verified (%s, %s). The term that ends on %s is followed by one to %s.",
			name, l.Number, r.Pollutant, r.Requested, r.Quantity, r.Rung, document, r.TermEnd, to.TermEnd,
			name, l.Number, r.Requested, r.Pollutant, r.Quantity, r.Rung, document, r.TermEnd, to.TermEnd),
	}, nil
}

// unpublish withdraws the public notice of a renewal that still stands.
func (v *View) unpublish(r permit.Renewal, reason string) (renewalEffect, error) {
	if r.PublicNotice == 0 {
		return func(*Tx, *permit.Renewal) {}, nil
	}
	n, err := Get(v, PublicNotices, "notice", r.PublicNotice)
	return func(tx *Tx, _ *permit.Renewal) {
		if n.State == approval.NoticePosted && tx.Today <= n.EndsOn {
			n.State, n.Reason = approval.NoticeWithdrawn, reason
			Put(tx, PublicNotices, n)
		}
	}, err
}

// checkPublicity returns the fault that keeps a published renewal from being
// decided. One that was published before publicity was a public notice has only
// its days.
func (v *View) checkPublicity(r permit.Renewal) error {
	if v.Today <= r.PublicUntil {
		return ErrPublicityRuns.With("the publicity runs until %s", r.PublicUntil)
	}
	if r.PublicNotice == 0 {
		return nil
	}
	n, err := Get(v, PublicNotices, "notice", r.PublicNotice)
	if err != nil {
		return err
	}
	if n.State == approval.NoticeWithdrawn {
		return ErrPublicityWithdrawn
	}
	objections, err := Find(v, Objections, Where("notice", n.ID))
	for _, o := range objections {
		switch {
		case o.State == approval.ObjectionOpen:
			return ErrObjectionOpen.With("objection %d waits for its answer until %s", o.ID, o.DueOn)
		case o.Upheld:
			return ErrObjectionUpheld.With("objection %d was upheld", o.ID)
		}
	}
	return err
}
