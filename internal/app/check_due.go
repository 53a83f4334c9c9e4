package app

import (
	"slices"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// dayOf are the days of the last step of each record, by its id.
type dayOf map[int64]calendar.Date

// daysOf reads the days of some steps.
func daysOf[S any](d *deadlineRules, t Table[S], q Query, step func(S) (record int64, at calendar.Instant)) (dayOf, error) {
	days := dayOf{}
	return days, eachOf(d.ctx, d.r, t, q, func(s S) {
		record, at := step(s)
		days[record] = at.Date()
	})
}

// dealApprovals are the confirmations of which the last makes a deal payable.
var dealApprovals = []settlement.DealEvent{
	settlement.BureauApprove, settlement.SellerRegionConfirm, settlement.BuyerRegionConfirm, settlement.UpperApprove,
}

func (d *deadlineRules) checkDealPayments() error {
	approved, err := daysOf(d, DealSteps, Query{}.And("event", In, anyOf(dealApprovals)), func(s settlement.DealStep) (int64, calendar.Instant) {
		return s.Deal, s.At
	})
	if err != nil {
		return err
	}
	return eachOf(d.ctx, d.r, Deals, Query{}, func(l settlement.Deal) {
		if on := approved[l.ID]; l.DueOn != 0 || l.IsPayable() {
			d.checkDue(Deals.name, l.ID, rulebook.PaymentDays, rulebook.Place{Region: l.SellerRegion, Pollutant: l.Pollutant}, on, l.DueOn)
		}
	})
}

func (d *deadlineRules) checkLeasePayments() error {
	q := Where("kind", string(encumbrance.OfLease)).And("event", Eq, string(encumbrance.ApproveLease))
	approved, err := daysOf(d, EncumbranceSteps, q, func(s encumbrance.TakenStep) (int64, calendar.Instant) { return s.Reference, s.At })
	if err != nil {
		return err
	}
	return eachOf(d.ctx, d.r, Leases, Query{}, func(l encumbrance.Lease) {
		if on := approved[l.ID]; l.DueOn != 0 || on != 0 {
			d.checkDue(Leases.name, l.ID, rulebook.PaymentDays, rulebook.Place{Region: l.Region, Pollutant: l.Pollutant}, on, l.DueOn)
		}
	})
}

// checkBuyBackObjections are the days to object to what a bureau takes back, and to answer.
func (d *deadlineRules) checkBuyBackObjections() error {
	of := func(s reserve.BuyBackStep) (int64, calendar.Instant) { return s.BuyBack, s.At }
	verified, err := daysOf(d, BuyBackSteps, Where("event", string(reserve.VerifyBuyBack)), of)
	if err != nil {
		return err
	}
	objected, err := daysOf(d, BuyBackSteps, Where("event", string(reserve.ObjectBuyBack)), of)
	if err != nil {
		return err
	}
	return eachOf(d.ctx, d.r, BuyBacks, Query{}, func(b reserve.BuyBack) {
		at, on := rulebook.Place{Region: b.Region, Pollutant: b.Pollutant}, verified[b.ID]
		if b.ObjectUntil != 0 || b.Kind == reserve.Compulsory && on != 0 {
			d.checkDue(BuyBacks.name, b.ID, rulebook.ObjectionDays, at, on, b.ObjectUntil)
		}
		if b.ObjectionDueOn != 0 {
			d.checkPromised(BuyBacks.name, b.ID, rulebook.AnswerDays, at, objected[b.ID], b.ObjectionDueOn)
		}
	})
}

// checkReminders holds the days of each round against those of the day on which its
// instrument was added, or, of an instrument older than reminders, on which they were armed.
func (d *deadlineRules) checkReminders() error {
	instruments := map[int64]catalog.Instrument{}
	if err := eachOf(d.ctx, d.r, Instruments, Query{}, func(i catalog.Instrument) { instruments[i.ID] = i }); err != nil {
		return err
	}
	var armed []int64 // the commands that armed those of older instruments
	early := Where("purpose", timerArmReminders).And("state", Eq, string(TimerDone))
	if err := eachOf(d.ctx, d.r, PendingTimes, early, func(t Timer) { armed = append(armed, t.Command) }); err != nil {
		return err
	}
	commands := slices.Clone(armed)
	for _, i := range instruments {
		commands = append(commands, i.Command)
	}
	days, err := d.daysOfCommands(commands)
	if err != nil {
		return err
	}
	return eachOf(d.ctx, d.r, ReminderRuns, Query{}, func(r ReminderRun) {
		i := instruments[r.Instrument]
		since := []calendar.Date{days[i.Command]}
		for _, command := range armed {
			if command > i.Command {
				since = append(since, days[command])
			}
		}
		if !slices.ContainsFunc(since, func(on calendar.Date) bool { return slices.Contains(d.reminders(i.Pollutant, on), int(r.Days)) }) {
			d.report("I-136", ReminderRuns.name, r.ID, "reminds %d days before the end of %s, which no parameter said on %s", r.Days, i.Code, since[0])
		}
	})
}

// reminders are the days that the parameters of reminders gave at some time of a day.
func (d *deadlineRules) reminders(pollutant string, on calendar.Date) (days []int) {
	for _, key := range reminderKeys {
		days = append(days, d.spans(key, rulebook.Place{Pollutant: pollutant}, on)...)
	}
	return days
}

// daysOfCommands are the days of some journal rows, by their numbers.
func (d *deadlineRules) daysOfCommands(numbers []int64) (dayOf, error) {
	days := dayOf{}
	for part := range slices.Chunk(numbers, findMost) {
		var rows []JournalRow
		if err := d.r.Find(d.ctx, Journal.name, Query{}.And("number", In, part), &rows); err != nil {
			return nil, err
		}
		for _, row := range rows {
			days[row.Number] = row.At.Date()
		}
	}
	return days, nil
}

// checkAuctions are the days of a result, and of what its winners do and get.
func (d *deadlineRules) checkAuctions() error {
	offers := map[int64]auction.Offer{}
	if err := eachOf(d.ctx, d.r, Offers, Query{}, func(o auction.Offer) {
		offers[o.ID] = o
		if o.CertifyBy != 0 {
			d.checkPromised(Offers.name, o.ID, rulebook.AuctionCertify, placeOfOffer(o), o.ClosesAt.Date(), o.CertifyBy)
		}
	}); err != nil {
		return err
	}
	announced, err := daysOf(d, PublicNotices, Where("kind", awardKind), func(n approval.PublicNotice) (int64, calendar.Instant) { return n.ID, n.PostedAt })
	if err != nil {
		return err
	}
	return eachOf(d.ctx, d.r, Awards, Query{}, func(a auction.Award) {
		at := placeOfOffer(offers[a.Offer])
		d.checkDue(Awards.name, a.ID, rulebook.AuctionContract, at, announced[a.PublicNotice], a.ContractBy)
		if a.ContractedAt != 0 {
			d.checkDue(Awards.name, a.ID, rulebook.AuctionPayment, at, a.ContractedAt.Date(), a.PayBy)
		}
		if a.CertifyBy != 0 {
			d.checkDue(Awards.name, a.ID, rulebook.AuctionDocument, at, a.EndedAt.Date(), a.CertifyBy)
		}
	})
}
