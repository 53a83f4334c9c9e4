package app

import (
	"slices"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// lasts sets a parameter of deadlines from today on.
func (o *office) lasts(key rulebook.Key, region, days string) {
	o.t.Helper()
	o.does(o.leader, ParameterSet{Key: key, Region: region, Value: days, ValidFrom: o.now.get().Date(), Document: "notice"})
}

// A deadline is what its parameter gives on the day on which it begins to run; one that
// is set later, also on the same day, moves nothing that runs.
func TestDeadline_IsOfItsDay(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	rise := CapDecide{Region: jiashan, Pollutant: "VOCs", Change: 1, Document: "d", DecidedOn: today}
	notice := func(last calendar.Date) PublicNoticePost {
		return PublicNoticePost{Region: jiashan, Kind: "k", Title: "t", Body: "b", Document: "d", StartsOn: k.now.get().Date(), EndsOn: last}
	}
	object := func(n approval.PublicNotice) approval.Objection {
		return done[approval.Objection](k.office, k.clerk, ObjectionFile{n.ID, "o", "t", k.now.get().Date(), "letter"})
	}
	posted := done[approval.PublicNotice](k.office, k.clerk, notice(20260707))
	early, objection := k.office.propose(k.leader, rise), object(posted)
	freeze := done[FreezeResult](k.office, k.leader, FreezeEmergency{freezing(f, k.inst.Code, "a", one)}).Freeze
	if early.LapsesAt != calendar.Date(20260716).Start() || objection.DueOn != 20260708 || freeze.ConfirmBy != 20260702 {
		t.Errorf("by the defaults: %s, %s, %s", early.LapsesAt, objection.DueOn, freeze.ConfirmBy)
	}

	for key, days := range map[rulebook.Key]string{
		rulebook.ProposalLapse: "3", rulebook.NoticeDays: "10", rulebook.AnswerDays: "2", rulebook.ConfirmDays: "3",
	} {
		k.lasts(key, jiashan, days)
	}
	k.refuses(k.clerk, notice(20260709), approval.ErrNoticeShort)
	k.does(k.clerk, notice(20260710))
	late, second := k.office.propose(k.leader, rise), object(posted)
	last := done[FreezeResult](k.office, k.leader, FreezeEmergency{freezing(f, k.inst.Code, "b", one)}).Freeze
	if late.LapsesAt != calendar.Date(20260705).Start() || second.DueOn != 20260703 || last.ConfirmBy != 20260706 {
		t.Errorf("by the new rows: %s, %s, %s", late.LapsesAt, second.DueOn, last.ConfirmBy)
	}
	if n := storedRow(k.office, Objections, objection.ID); n.DueOn != objection.DueOn {
		t.Errorf("an objection that ran is due on %s", n.DueOn)
	}
	k.restart()
	k.advance(calendar.Date(20260705).Start())
	k.refuses(k.second, ProposalApprove{late.ID, late.EffectsDigest}, approval.ErrNotPending)
	if k.frozenNow(freeze.ID) != "lapsed 0/1" || k.frozenNow(last.ID) != "emergency 1/1" {
		t.Error(k.frozenNow(freeze.ID), k.frozenNow(last.ID))
	}
	k.advance(calendar.Date(20260715).Start())
	k.does(k.second, ProposalReject{early.ID, "not now"}) // it has not lapsed
	k.check()
}

// An approved deal is paid within the days of the seller's region on the day of its approval.
func TestDeadline_Payment(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 100_000_00)
	run := func() settlement.Deal {
		return k.run(k.propose(k.offer(seller, buyer, one, 1000), buyer), seller, buyer, settlement.BureauApprove)
	}
	early := run()
	k.lasts(rulebook.PaymentDays, qingpu, "1")
	k.lasts(rulebook.PaymentDays, jiashan, "2")
	late := run()
	if early.DueOn != 20260710 || late.DueOn != 20260703 {
		t.Errorf("due on %s and %s", early.DueOn, late.DueOn)
	}
	k.advance(calendar.Date(20260704).Start())
	if k.deal(late.ID).State != settlement.DealLapsed || k.deal(early.ID).DueOn != early.DueOn {
		t.Errorf("%+v, %+v", k.deal(late.ID), k.deal(early.ID))
	}
	k.step(early, buyer.user, settlement.Fund)
	k.check()
}

// The holder of what a bureau takes back objects, and is answered, within the days of the verification and of the objection.
func TestDeadline_Objection(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	b := done[BuyBackResult](d.office, d.clerk, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, one, reserve.ReductionTask, "order"}).BuyBack.ID
	d.lasts(rulebook.ObjectionDays, jiashan, "2")
	verified := done[BuyBackResult](d.office, d.leader, d.verification(b, one)).BuyBack
	d.lasts(rulebook.ObjectionDays, jiashan, "9")
	d.lasts(rulebook.AnswerDays, jiashan, "1")
	if verified.ObjectUntil != 20260703 || d.stored(b).ObjectUntil != 20260703 {
		t.Errorf("may object until %s", verified.ObjectUntil)
	}
	if objected := d.step(d.f.user, b, reserve.ObjectBuyBack); objected.ObjectionDueOn != 20260702 {
		t.Errorf("answered by %s", objected.ObjectionDueOn)
	}
	d.check()
}

// Holders are reminded on the days that held when the instrument was added, each once.
func TestDeadline_Reminders(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	add := func(end calendar.Date) (days []int32) {
		i := done[catalog.Instrument](o, o.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: end})
		for _, r := range rowsIn(o, ReminderRuns, Where("instrument", i.ID)) {
			days = append(days, r.Days)
		}
		return days
	}
	if days := add(20310930); !slices.Equal(days, []int32{60, 90, 180}) {
		t.Errorf("%v", days)
	}
	o.lasts(rulebook.ReminderFirst, "", "365")
	o.lasts(rulebook.ReminderSecond, "", "60") // as the last: told once
	if days := add(20311231); !slices.Equal(days, []int32{60, 365}) {
		t.Errorf("%v", days)
	}
}

// An auction is public as long as the parameter of its announcement says; one that is announced keeps its window.
func TestDeadline_Announcement(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	announced := d.announce(d.offerOf(auction.Uniform, nil))
	d.lasts(rulebook.AuctionAnnounce, jiashan, "30")
	d.refuses(d.clerk, d.prepared(d.offerOf(auction.Uniform, nil)), auction.ErrAnnounceShort)
	d.now.set(windowOpens)
	d.settle()
	if o := d.offerNow(announced.ID); o.State != auction.OfferBidding {
		t.Errorf("%+v", o)
	}
}

// What comes while a notice stands is taken, also where more days for the answer were given
// since, and the calendar of their year is not out: it is promised by then without one.
func TestDeadline_PromisedWithoutCalendar(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.advance(calendar.NewDate(2026, 12, 14).Start())
	n := done[approval.PublicNotice](k.office, k.clerk, PublicNoticePost{
		Region: jiashan, Kind: "k", Title: "t", Body: "b", Document: "d", StartsOn: 20261214, EndsOn: 20261222,
	})
	object := ObjectionFile{n.ID, "o", "t", 20261214, "letter"}
	early := done[approval.Objection](k.office, k.clerk, object)
	k.lasts(rulebook.AnswerDays, jiashan, "20")
	late := done[approval.Objection](k.office, k.clerk, object)
	if early.DueOn != 20261221 || late.DueOn != 20270123 {
		t.Errorf("due on %s and %s", early.DueOn, late.DueOn)
	}
	k.check()
	late.DueOn = late.DueOn.AddDays(1)
	spoilt(k.office, Objections, late.ID, func(o *approval.Objection) { o.DueOn = late.DueOn }, func() { k.finds("I-136", late.ID) })
}

// A deadline that is no longer what its day gave is found.
func TestCheck_Deadlines(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.propose(o.leader, CapDecide{Region: jiashan, Pollutant: "VOCs", Change: quantity.OneQuantity, Document: "d", DecidedOn: today})
	n := done[approval.PublicNotice](o, o.clerk, PublicNoticePost{Region: jiashan, Kind: "k", Title: "t", Body: "b", Document: "d", StartsOn: today, EndsOn: 20260707})
	objection := done[approval.Objection](o, o.clerk, ObjectionFile{n.ID, "o", "t", today, "letter"})
	p.LapsesAt = calendar.Date(20260717).Start()
	o.store.table(Proposals.name).put(p.ID, p)
	objection.DueOn = 20260709
	o.store.table(Objections.name).put(objection.ID, objection)
	found, err := Check(t.Context(), o.store, o.store.row())
	for table, id := range map[string]int64{Proposals.name: p.ID, Objections.name: objection.ID} {
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-136" && v.Table == table && v.ID == id }) {
			t.Errorf("%s: %v %v", table, found, err)
		}
	}
}

// A day by which a deal or a lease is paid, or on which holders are reminded, is found that its parameter never gave.
func TestCheck_DueDays(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_00)
	d := k.run(k.propose(k.offer(lessor, lessee, one, 1000), lessee), lessor, lessee, settlement.BureauApprove)
	l := k.paidLease(k.leaseOf(lessor, lessee, one), lessor, lessee)
	k.lasts(rulebook.PaymentDays, jiashan, "2") // of today too, but of what comes
	k.lasts(rulebook.ReminderFirst, "", "200")
	k.check()
	next := calendar.Date.AddDays
	spoilt(k.office, Deals, d.ID, func(d *settlement.Deal) { d.DueOn = next(d.DueOn, 3) }, func() { k.finds("I-136", d.ID) })
	spoilt(k.office, Deals, d.ID, func(d *settlement.Deal) { d.DueOn = 0 }, func() { k.finds("I-136", d.ID) })
	spoilt(k.office, Leases, l.ID, func(l *encumbrance.Lease) { l.DueOn = next(l.DueOn, -1) }, func() { k.finds("I-136", l.ID) })
	run := rowsIn(k.office, ReminderRuns, Where("instrument", k.inst.ID))[0]
	spoilt(k.office, ReminderRuns, run.ID, func(r *ReminderRun) { r.Days++ }, func() { k.finds("I-136", run.ID) })
}

// A day by which the holder objects to what a bureau takes back, or is answered, is found that its parameter never gave.
func TestCheck_ObjectionDays(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	id := done[BuyBackResult](d.office, d.clerk, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, one, reserve.ReductionTask, "order"}).BuyBack.ID
	d.does(d.leader, d.verification(id, one))
	d.step(d.f.user, id, reserve.ObjectBuyBack)
	d.check()
	for _, spoil := range []func(*reserve.BuyBack){
		func(b *reserve.BuyBack) { b.ObjectUntil = 0 },
		func(b *reserve.BuyBack) { b.ObjectUntil = b.ObjectUntil.AddDays(-1) },
		func(b *reserve.BuyBack) { b.ObjectionDueOn = b.ObjectionDueOn.AddDays(1) },
	} {
		spoilt(d.office, BuyBacks, id, spoil, func() { d.finds("I-136", id) })
	}
}

// A day of an auction is found that its parameter never gave.
func TestCheck_AuctionDays(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	a := awards[0]
	awarded(d.office, d.firms[0].user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, "合同 1"})
	d.check()
	spoilt(d.office, Awards, a.ID, func(a *auction.Award) { a.ContractBy = a.ContractBy.AddDays(1) }, func() { d.finds("I-136", a.ID) })
	spoilt(d.office, Awards, a.ID, func(a *auction.Award) { a.PayBy = a.PayBy.AddDays(-1) }, func() { d.finds("I-136", a.ID) })
	spoilt(d.office, Offers, a.Offer, func(o *auction.Offer) { o.CertifyBy = o.CertifyBy.AddDays(1) }, func() { d.finds("I-136", a.Offer) })
}
