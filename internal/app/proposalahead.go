package app

import (
	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// timerEffect does on its day what was approved before it.
const timerEffect = "proposal.take_effect"

var _ = declareTimer(timerEffect, takeEffect)

// datedAhead is a command that may be decided before the day from which it holds.
type datedAhead interface{ effectiveDay() calendar.Date }

func (c SuccessionRecord) effectiveDay() calendar.Date { return c.EffectiveOn }
func (c DepartureRecord) effectiveDay() calendar.Date  { return c.EffectiveOn }
func (c PartyRename) effectiveDay() calendar.Date      { return c.EffectiveOn }

// effectiveDay is the later day on which a command takes effect; 0: at once, or when it
// is approved.
func (v *View) effectiveDay(c Command) calendar.Date {
	ahead, is := c.(datedAhead)
	if !is || !v.needsApproval(c) {
		return 0
	}
	day := ahead.effectiveDay()
	if !day.Valid() || day <= v.Today || day > v.Today.AddDays(approval.AheadDays) {
		return 0
	}
	return day
}

// asOn is the view of what takes effect on a later day: until then all is looked at as on
// that day.
func (v *View) asOn(day calendar.Date) *View {
	if day == 0 {
		return v
	}
	as := *v
	if as.effective = day; day > v.Today {
		as.Now, as.Today = day.Start(), day
	}
	return &as
}

// scheduled approves what is done on its day.
func (v *View) scheduled(p approval.Proposal, by approval.By) (Apply, error) {
	p, err := p.Step(approval.Schedule, by, v.Actor.Person, v.Now)
	p.ApprovedIn = v.Number
	return func(tx *Tx) any {
		tx.Arm(p.EffectiveOn.Start(), timerEffect, p.ID)
		return ProposalResult{Proposal: Put(tx, Proposals, p)}
	}, err
}

// takeEffect does what was approved for today, as far as it is still what was shown. What is refused
// waits with the reason, and is tried again each day until it is done, rejected or withdrawn.
func takeEffect(v *View, id int64) (Apply, error) {
	p, err := Get(v, Proposals, "proposal", id)
	if err != nil || p.State != approval.Approved {
		return nil, err
	}
	d, err := v.asShown(p, nil)
	if f, refused := fault.As(err); refused && f.Kind != fault.Unavailable {
		p.Reason = shortNote(f.Detail)
		return func(tx *Tx) any {
			tx.Arm(tx.Today.AddDays(1).Start(), timerEffect, id)
			return Put(tx, Proposals, p)
		}, nil
	} else if err != nil {
		return nil, err
	}
	p.Reason = ""
	if len(d.leaving) > MaxCancels {
		return v.beginClearing(p, approval.Timer, d.leaving)
	}
	if p, err = p.Step(approval.Execute, approval.Timer, 0, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		d.apply(tx)
		return Put(tx, Proposals, p)
	}, nil
}
