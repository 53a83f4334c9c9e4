package app

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// termSite is a site with a term that ends on 30 September 2027 and the next
// one after it: far enough for reminders, near enough for the calendar.
type termSite struct {
	*site
	old, next catalog.Instrument
	holder    firm
}

const (
	oldTermEnd = 20270930
	lastApply  = 20270801 // 60 days before
	newTermEnd = 20320930
)

func openTermSite(t *testing.T) *termSite {
	t.Helper()
	s := &termSite{site: openSite(t)}
	done[YearResult](s.office, s.admin, YearPublish{Year: 2027, Source: "n"})
	s.old = done[catalog.Instrument](s.office, s.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: oldTermEnd})
	s.next = done[catalog.Instrument](s.office, s.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: newTermEnd})
	s.holder = s.firm(jiashan, 40)
	return s
}

// grant gives the holder permits of the old term.
func (s *termSite) grant(origin ledger.Origin, q quantity.Quantity) {
	s.t.Helper()
	c := Allocate{
		Kind: reserve.Opening, Licence: s.holder.licence.ID, Instrument: s.old.Code, Part: reserve.Unallocated, Origin: origin, Quantity: q,
		AcquiredOn: 20260101, Document: "opening",
	}
	if origin == ledger.Paid {
		c.Price, c.PriceKnown = 100*quantity.OnePrice, true
	}
	if f := s.do(s.leader, c); f != nil {
		s.t.Fatal(f)
	}
}

func (s *termSite) apply(origin ledger.Origin, q quantity.Quantity) permit.Renewal {
	s.t.Helper()
	return done[RenewalResult](s.office, s.holder.user, s.applyFor(origin, q)).Renewal
}

func (s *termSite) applyFor(origin ledger.Origin, q quantity.Quantity) RenewalApply {
	return RenewalApply{Licence: s.holder.licence.ID, Instrument: s.old.Code, Origin: origin, Quantity: q}
}

func (s *termSite) verified(r permit.Renewal, q quantity.Quantity) RenewalStep {
	return RenewalStep{Renewal: r.ID, Event: permit.VerifyRenewal, Instrument: s.next.Code, Quantity: q, Rung: reserve.EIAAmount, Document: "verification"}
}

func (s *termSite) published(r permit.Renewal) RenewalStep {
	return RenewalStep{Renewal: r.ID, Event: permit.PublishRenewal, Days: 7}
}

// decided asks for the payment within 400 days, or for none.
func (s *termSite) decided(r permit.Renewal, price quantity.Price) RenewalStep {
	c := RenewalStep{Renewal: r.ID, Event: permit.DecideRenewal, Price: price, Document: "decision"}
	if price > 0 {
		c.DueOn = s.now.get().Date().AddDays(30)
	}
	return c
}

// renew takes a renewal to its decision; publicity is waited for.
func (s *termSite) renew(r permit.Renewal, q quantity.Quantity, price quantity.Price) permit.Renewal {
	s.t.Helper()
	done[RenewalResult](s.office, s.clerk, s.verified(r, q))
	r = done[RenewalResult](s.office, s.leader, s.published(r)).Renewal
	s.refuses(s.leader, s.decided(r, price), ErrPublicityRuns)
	s.pass(r.PublicUntil.AddDays(1))
	return done[RenewalResult](s.office, s.leader, s.decided(r, price)).Renewal
}

func (s *termSite) pay(r permit.Renewal) permit.Renewal {
	s.t.Helper()
	s.proofs++
	done[NoticeResult](s.office, s.finance, NoticeProve{Notice: r.Notice, Amount: r.Amount, Proof: fmt.Sprint("renewal ", s.proofs), PaidOn: s.now.get().Date()})
	done[NoticeResult](s.office, s.finance, NoticeConfirm{Notice: r.Notice, Reason: "seen"})
	return s.renewal(r.ID)
}

// pass lets time pass, up to the morning of a day.
func (s *termSite) pass(to calendar.Date) { s.t.Helper(); s.advance(to.Start()) }

func (s *termSite) renewal(id int64) permit.Renewal {
	return rowsOf(s.app.st, Renewals).rows[id]
}

func (s *termSite) held(i catalog.Instrument, origin ledger.Origin) quantity.Quantity {
	return quantity.Quantity(s.balance(HoldingKey(s.holder.licence, i, origin)).Balance)
}

// A paid holding is renewed: applied for, re-verified, published, paid, and the
// new term joins the old on the day after its end, without a gap.
func TestRenewal_JoinsWithoutAGap(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 10*one)
	done[AmountResult](s.office, s.leader, AmountRecord{
		Licence: s.holder.licence.ID, Pollutant: "VOCs", Quantity: 10 * one, Rung: reserve.LicenceAmount, Document: "licence",
	})
	s.pass(lastApply)
	r := s.pay(s.renew(s.apply(ledger.Paid, 10*one), 10*one, 1000*quantity.OnePrice))
	if r.Amount != 50_000_00 || r.Months != 60 || r.State != permit.RenewalReady {
		t.Fatalf("%+v", r)
	}
	s.pass(oldTermEnd)
	if s.held(s.old, ledger.Paid) != 10*one || s.held(s.next, ledger.Paid) != 0 {
		t.Error("the new term has begun before its first day")
	}
	s.pass(calendar.Date(oldTermEnd).AddDays(1))
	if s.held(s.old, ledger.Paid) != 0 || s.held(s.next, ledger.Paid) != 10*one || s.renewal(r.ID).State != permit.RenewalJoined {
		t.Errorf("%s of the old term, %s of the new; %+v", s.held(s.old, ledger.Paid), s.held(s.next, ledger.Paid), s.renewal(r.ID))
	}
	id, _ := s.app.st.ledger.Find(HoldingKey(s.holder.licence, s.next, ledger.Paid))
	if lots := s.app.st.ledger.Acquisitions(id); len(lots) != 1 || lots[0].AcquiredOn != 20271001 || lots[0].Price != 1000*quantity.OnePrice {
		t.Errorf("%+v", lots)
	}
	if got := s.permits(s.holder); got != 10*one {
		t.Errorf("the licence permits %s", got)
	}
	if l := rowsOf(s.app.st, Licences).rows[s.holder.licence.ID]; l.ValidTo != newTermEnd {
		t.Errorf("the licence ends on %s", l.ValidTo)
	}
	s.restart()
	s.check()
}

// Undecided in time, the holding waits and is not tradable; decided and paid
// afterwards, it joins at once.
func TestRenewal_UndecidedIsRenewing(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	s.verify(s.holder, 4*one)
	r := s.apply(ledger.Paid, 4*one)
	s.pass(calendar.Date(oldTermEnd).AddDays(3))
	if got := s.renewal(r.ID); !got.Renewing || s.held(s.old, ledger.Paid) != 4*one {
		t.Fatalf("%+v, %s held", got, s.held(s.old, ledger.Paid))
	}
	s.refuses(s.holder.user, PlaceOrder{
		Market: siteMarket, Instrument: s.old.Code, Licence: s.holder.licence.ID, Side: market.Sell, Price: quantity.OnePrice, Quantity: one,
		TimeInForce: market.GTC,
	}, ErrInstrumentExpired)
	s.pay(s.renew(r, 3*one, 1000*quantity.OnePrice))
	s.check()
	if s.held(s.old, ledger.Paid) != 0 || s.held(s.next, ledger.Paid) != 3*one || s.renewal(r.ID).State != permit.RenewalJoined {
		t.Errorf("%s of the old term, %s of the new, %+v", s.held(s.old, ledger.Paid), s.held(s.next, ledger.Paid), s.renewal(r.ID))
	}
}

// What is rejected, withdrawn or not paid after the term has ended goes back to
// unallocated; before the end it is the holder's until then.
func TestRenewal_ComesToNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *termSite, r permit.Renewal){
		"rejected": func(s *termSite, r permit.Renewal) {
			s.refuses(s.leader, RenewalStep{Renewal: r.ID, Event: permit.RejectRenewal}, fault.Invalidf("note", ""))
			done[RenewalResult](s.office, s.leader, RenewalStep{Renewal: r.ID, Event: permit.RejectRenewal, Note: "not verified"})
		},
		"withdrawn": func(s *termSite, r permit.Renewal) {
			done[RenewalResult](s.office, s.holder.user, RenewalStep{Renewal: r.ID, Event: permit.WithdrawRenewal})
		},
		"not paid": func(s *termSite, r permit.Renewal) {
			r = s.renew(r, 2*one, 1000*quantity.OnePrice)
			s.pass(r.DueOn.AddDays(1))
		},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", late: ", late), func(t *testing.T) {
				t.Parallel()
				s := openTermSite(t)
				s.grant(ledger.Paid, 4*one)
				r := s.apply(ledger.Paid, 4*one)
				if late {
					s.pass(calendar.Date(oldTermEnd).AddDays(2))
				}
				before := s.balance(ledger.PermitKey(ledger.Unallocated, jiashan, "VOCs")).Balance
				end(s, r)
				s.check()
				got := quantity.Quantity(s.balance(ledger.PermitKey(ledger.Unallocated, jiashan, "VOCs")).Balance - before)
				if late && (got != 4*one || s.held(s.old, ledger.Paid) != 0) || !late && (got != 0 || s.held(s.old, ledger.Paid) != 4*one) {
					t.Errorf("%s went back, %s are held", got, s.held(s.old, ledger.Paid))
				}
				if b := s.balance(HoldingKey(s.holder.licence, s.old, ledger.Paid)); b.Held != 0 {
					t.Errorf("%d is still held aside", b.Held)
				}
			})
		}
	}
}

// A larger quantity takes what the old holding lacks out of unallocated; free
// permits are renewed without payment, and paid for they are paid.
func TestRenewal_DifferenceAndOrigin(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 2*one)
	s.grant(ledger.Free, one)
	paid, free := s.apply(ledger.Paid, 3*one), s.apply(ledger.Free, one)
	done[RenewalResult](s.office, s.clerk, s.verified(paid, 3*one))
	done[RenewalResult](s.office, s.clerk, s.verified(free, one))
	for _, r := range []permit.Renewal{paid, free} {
		done[RenewalResult](s.office, s.clerk, s.published(r))
	}
	s.pass(dayOne.Date().AddDays(8))
	s.refuses(s.leader, s.decided(paid, 0), ErrRenewalPrice)
	done[RenewalResult](s.office, s.leader, s.decided(free, 0))
	r := done[RenewalResult](s.office, s.leader, s.decided(paid, quantity.OnePrice)).Renewal
	unallocated := s.balance(ledger.PermitKey(ledger.Unallocated, jiashan, "VOCs"))
	if unallocated.Held != int64(one) || r.Increase != one {
		t.Errorf("%+v, %+v", unallocated, r)
	}
	s.verify(s.holder, 2*one)
	s.refuses(s.holder.user, PlaceOrder{
		Market: siteMarket, Instrument: s.old.Code, Licence: s.holder.licence.ID, Side: market.Sell, Price: quantity.OnePrice, Quantity: 100,
		TimeInForce: market.GTC,
	}, ledger.ErrInsufficient) // what is renewed is held
	s.pay(r)
	s.pass(calendar.Date(oldTermEnd).AddDays(1))
	if s.held(s.next, ledger.Paid) != 3*one || s.held(s.next, ledger.Free) != one {
		t.Errorf("%s paid and %s free of the new term", s.held(s.next, ledger.Paid), s.held(s.next, ledger.Free))
	}
}

// A freeze on the old holding goes with its permits into the new term.
func TestRenewal_CarriesFreezesOver(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	f := done[FreezeResult](s.office, s.leader, FreezePlace{FreezeTerms: FreezeTerms{
		Licence: s.holder.licence.ID, Instrument: s.old.Code, Origin: ledger.Paid, Quantity: 3 * one, Issuer: encumbrance.Court,
		IssuerName: "court", OrderNumber: "1", Reason: "r",
	}}).Freeze
	s.pay(s.renew(s.apply(ledger.Paid, 4*one), 4*one, quantity.OnePrice))
	s.pass(calendar.Date(oldTermEnd).AddDays(1))
	b := s.balance(HoldingKey(s.holder.licence, s.next, ledger.Paid))
	f = rowsOf(s.app.st, Freezes).rows[f.ID]
	if b.Balance != int64(4*one) || b.Held != int64(3*one) || f.Frozen != int64(3*one) || f.Instrument != s.next.ID || !f.State.IsOpen() {
		t.Errorf("%+v, %+v", b, f)
	}
	done[FreezeResult](s.office, s.leader, FreezeRelease{Freeze: f.ID, Document: "d"})
	s.restart()
	s.check()
}

// Fact 35, for a term: 60 days before its end is the last day to apply. Who is
// late, or has nothing, or has applied, is refused.
func TestRenewal_Refusals(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.refuses(s.holder.user, s.applyFor(ledger.Paid, one), ErrNothingToRenew)
	s.grant(ledger.Paid, one)
	s.refuses(s.buyer.user, s.applyFor(ledger.Paid, one), identity.ErrNotYours)
	s.refuses(s.clerk, s.applyFor(ledger.Paid, one), identity.ErrForbidden)
	r := s.apply(ledger.Paid, one)
	s.refuses(s.holder.user, s.applyFor(ledger.Paid, one), ErrRenewalOpen)
	s.refuses(s.holder.user, s.verified(r, one), permit.ErrRenewalBody)
	s.refuses(s.leaders[qingpu], s.verified(r, one), identity.ErrNotYours)
	s.refuses(s.leader, s.published(r), permit.ErrRenewalStep)
	wrong := s.verified(r, one)
	wrong.Instrument = s.old.Code
	s.refuses(s.clerk, wrong, ErrRenewalTerm)
	wrong = s.verified(r, one)
	wrong.Rung = "guess"
	s.refuses(s.clerk, wrong, fault.Invalidf("rung", ""))
	s.refuses(s.finance, RenewalStep{Renewal: r.ID, Event: permit.PayRenewal}, identity.ErrForbidden)
	s.refuses(s.leader, RenewalStep{Renewal: r.ID, Event: permit.JoinRenewal}, permit.ErrRenewalStep)
	s.refuses(s.leader, RenewalStep{Renewal: r.ID, Event: "wave"}, fault.Invalidf("event", ""))
	done[RenewalResult](s.office, s.holder.user, RenewalStep{Renewal: r.ID, Event: permit.WithdrawRenewal})
	s.pass(calendar.Date(lastApply).AddDays(1))
	s.refuses(s.holder.user, s.applyFor(ledger.Paid, one), rulebook.ErrRenewalLate)
}

// The new term is paid by a numbered notice that goes with its renewal: proved
// by finance it waits for the tax authority's list, and the list takes the
// renewal on.
func TestRenewal_PaidByNotice(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	r := s.renew(s.apply(ledger.Paid, 4*one), 4*one, 100*quantity.OnePrice)
	n := s.notice(r.Notice)
	if n.Renewal != r.ID || n.Amount != 2_000_00 || n.DueOn != r.DueOn || n.Quantity != 4*one || n.Instrument != s.next.ID {
		t.Fatalf("%+v", n)
	}
	today := s.now.get().Date()
	for _, c := range []struct {
		by   int64
		c    Command
		want *fault.Error
	}{
		{s.leader, NoticeDeliver{n.ID}, reserve.ErrNoticeOfRenewal},
		{s.leader, NoticeCancel{n.ID, "r"}, reserve.ErrNoticeOfRenewal},
		{s.clerk, InstalmentRequest{n.ID, []reserve.PlannedPart{{Amount: 1_000_00, DueOn: today}, {Amount: 1_000_00, DueOn: today}}, "d"}, reserve.ErrInstalmentsSale},
		{s.finance, NoticeProve{n.ID, n.Amount - 1, "p", today}, reserve.ErrPaymentDiffers},
		{s.finance, NoticeConfirm{n.ID, "seen"}, reserve.ErrNoticeState},
		{s.leader, RenewalStep{Renewal: r.ID, Event: permit.PayRenewal}, permit.ErrRenewalBody},
	} {
		s.refuses(c.by, c.c, c.want)
	}
	done[NoticeResult](s.office, s.finance, NoticeProve{n.ID, n.Amount, "receipt", today})
	s.pass(r.DueOn.AddDays(1)) // seen in time: it does not lapse
	if got := s.renewal(r.ID); got.State != permit.RenewalNoticed {
		t.Errorf("%+v", got)
	}
	list := TaxListImport{jiashan, "list", []reserve.TaxRow{{Number: "330421-2026-000001", Receipt: "receipt", Amount: n.Amount, PaidOn: today}}}
	if got := done[TaxListResult](s.office, s.finance, list).Receipts[0]; got.State != reserve.ReceiptMatched || got.Notice != n.ID {
		t.Errorf("%+v", got)
	}
	if got := s.renewal(r.ID); got.State != permit.RenewalReady || got.Proof != "receipt" {
		t.Errorf("%+v", got)
	}
	s.pass(calendar.Date(oldTermEnd).AddDays(1))
	if n = s.notice(n.ID); n.State != reserve.NoticeDelivered || n.Transfer == 0 || n.Acquisition == 0 || s.held(s.next, ledger.Paid) != 4*one {
		t.Errorf("%+v", n)
	}
	s.restart()
	s.check()
}

// What finance has confirmed the list of the tax authority finds later: the notice
// is matched, the renewal stays where it is. Finance confirms once.
func TestRenewal_ConfirmedThenListed(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	r := s.renew(s.apply(ledger.Paid, 4*one), 4*one, 100*quantity.OnePrice)
	today := s.now.get().Date()
	done[NoticeResult](s.office, s.finance, NoticeProve{r.Notice, r.Amount, "receipt", today})
	done[NoticeResult](s.office, s.finance, NoticeConfirm{r.Notice, "seen"})
	s.refuses(s.finance, NoticeConfirm{r.Notice, "seen again"}, reserve.ErrNoticeState)
	list := TaxListImport{jiashan, "list", []reserve.TaxRow{{Number: "330421-2026-000001", Receipt: "receipt", Amount: r.Amount, PaidOn: today}}}
	if got := done[TaxListResult](s.office, s.finance, list).Receipts[0]; got.State != reserve.ReceiptMatched {
		t.Errorf("%+v", got)
	}
	if n, got := s.notice(r.Notice), s.renewal(r.ID); !n.Matched || n.State != reserve.NoticeProved || got.State != permit.RenewalReady {
		t.Errorf("%+v, %+v", n, got)
	}
	s.pass(calendar.Date(oldTermEnd).AddDays(1))
	if n := s.notice(r.Notice); n.State != reserve.NoticeDelivered || s.held(s.next, ledger.Paid) != 4*one {
		t.Errorf("%+v", n)
	}
	s.check()
}

// A licence lasts to the end of the new term when that is certain: by the payment,
// and not by a decision that nobody pays for.
func TestRenewal_ProlongsWhenPaid(t *testing.T) {
	t.Parallel()
	for _, pays := range []bool{false, true} {
		s := openTermSite(t)
		s.grant(ledger.Paid, 4*one)
		before := rowsOf(s.app.st, Licences).rows[s.holder.licence.ID].ValidTo
		r := s.renew(s.apply(ledger.Paid, 4*one), 4*one, 100*quantity.OnePrice)
		if got := rowsOf(s.app.st, Licences).rows[s.holder.licence.ID].ValidTo; got != before {
			t.Errorf("decided: valid to %s", got)
		}
		want := before
		if pays {
			s.pay(r)
			want = max(before, s.next.TermEnd)
		}
		s.pass(r.DueOn.AddDays(1))
		if got := rowsOf(s.app.st, Licences).rows[s.holder.licence.ID].ValidTo; got != want {
			t.Errorf("paid %t: valid to %s, want %s", pays, got, want)
		}
		s.check()
	}
}

func (s *termSite) notice(id int64) reserve.PaymentNotice {
	s.t.Helper()
	var rows []reserve.PaymentNotice
	if err := s.store.Find(s.t.Context(), Notices.name, Where("id", id), &rows); err != nil || len(rows) != 1 {
		s.t.Fatal(rows, err)
	}
	return rows[0]
}

// Whoever rejects a renewal or lets it lapse cancels its notice; a receipt that
// comes later belongs to nothing.
func TestRenewal_NoticeEndsWithIt(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	r := s.renew(s.apply(ledger.Paid, 4*one), 4*one, 100*quantity.OnePrice)
	s.pass(r.DueOn.AddDays(1))
	if n := s.notice(r.Notice); n.State != reserve.NoticeCancelled || n.Reason != "the renewal is lapsed" || s.renewal(r.ID).State != permit.RenewalLapsed {
		t.Errorf("%+v", n)
	}
	s.refuses(s.finance, NoticeProve{r.Notice, r.Amount, "p", r.DueOn}, reserve.ErrNoticeState)
	s.check()
}

// What is verified is published for all to read, and an objection stands in
// the way of the decision: open until it is answered, upheld until it is
// verified and published again.
func TestRenewal_PublicNotice(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	r := s.apply(ledger.Paid, 4*one)
	done[RenewalResult](s.office, s.clerk, s.verified(r, 3*one))
	short := s.published(r)
	short.Days = 6
	s.refuses(s.clerk, short, fault.Invalidf("days", ""))
	r = done[RenewalResult](s.office, s.clerk, s.published(r)).Renewal
	public := func(id int64) approval.PublicNotice {
		var rows []approval.PublicNotice
		if err := s.store.Find(t.Context(), PublicNotices.name, Where("id", id), &rows); err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return rows[0]
	}
	n := public(r.PublicNotice)
	if n.Kind != "renewal" || n.Subject != r.ID || n.StartsOn != r.PublishedOn || n.EndsOn != r.PublicUntil || !strings.Contains(n.Body, "3 t/a") {
		t.Errorf("%+v", n)
	}
	object := func() approval.Objection {
		return done[approval.Objection](s.office, s.buyer.user, ObjectionFile{Notice: s.renewal(r.ID).PublicNotice, Objector: "neighbour", Text: "too much"})
	}
	first, second := object(), object()
	s.pass(r.PublicUntil.AddDays(1))
	s.refuses(s.leader, s.decided(r, quantity.OnePrice), ErrObjectionOpen)
	done[approval.Objection](s.office, s.leader, ObjectionAnswer{first.ID, "it is not", false})
	s.refuses(s.leader, s.decided(r, quantity.OnePrice), ErrObjectionOpen)
	done[approval.Objection](s.office, s.leader, ObjectionAnswer{second.ID, "it is", true})
	s.refuses(s.leader, s.decided(r, quantity.OnePrice), ErrObjectionUpheld)

	done[RenewalResult](s.office, s.clerk, s.verified(r, 2*one))
	r = done[RenewalResult](s.office, s.clerk, s.published(r)).Renewal
	done[approval.PublicNotice](s.office, s.leader, PublicNoticeEnd{r.PublicNotice, "a mistake in it"})
	s.pass(r.PublicUntil.AddDays(1))
	s.refuses(s.leader, s.decided(r, quantity.OnePrice), ErrPublicityWithdrawn)
	done[RenewalResult](s.office, s.clerk, s.verified(r, 2*one))
	r = done[RenewalResult](s.office, s.clerk, s.published(r)).Renewal
	standing := r.PublicNotice
	done[RenewalResult](s.office, s.clerk, s.verified(r, one)) // it no longer says what is verified
	if n := public(standing); n.State != approval.NoticeWithdrawn {
		t.Errorf("%+v", n)
	}
	r = s.renew(r, one, quantity.OnePrice)
	if r.State != permit.RenewalNoticed {
		t.Errorf("%+v", r)
	}
	s.check()
}

// What lies idle lies idle in the new term too, for as long as before; what is
// not renewed is not, and where the renewal comes to nothing nothing is.
func TestRenewal_CarriesIdleOver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		renewed quantity.Quantity
		next    bool // a part of the new holding is declared idle already
		reject  bool
		want    []reserve.IdleDeclaration // open at the end
	}{
		"all":      {renewed: 4 * one, want: []reserve.IdleDeclaration{{Quantity: 3 * one, Since: 20260601}}},
		"a part":   {renewed: 2 * one, want: []reserve.IdleDeclaration{{Quantity: 2 * one, Since: 20260601}}},
		"joined":   {renewed: 4 * one, next: true, want: []reserve.IdleDeclaration{{Quantity: 3 * one, Since: 20260601}, {Quantity: one, Since: today}}},
		"rejected": {renewed: 4 * one, reject: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTermSite(t)
			s.grant(ledger.Paid, 4*one)
			declare := func(i catalog.Instrument, q quantity.Quantity, since calendar.Date) {
				done[IdleResult](s.office, s.holder.user, IdleDeclare{
					Licence: s.holder.licence.ID, Instrument: i.Code, Origin: ledger.Paid, Quantity: q, Since: since, Document: "d",
				})
			}
			declare(s.old, 3*one, 20260601)
			if tt.next {
				s.office.allocate(s.holder, s.next, one)
				declare(s.next, one, today)
			}
			r := s.renew(s.apply(ledger.Paid, 4*one), tt.renewed, quantity.OnePrice)
			if !tt.reject {
				s.pay(r)
			}
			s.pass(calendar.Date(oldTermEnd).AddDays(1))
			var open []reserve.IdleDeclaration
			if err := s.store.Find(t.Context(), IdleDeclarations.name, Where("state", string(reserve.IdleOpen)), &open); err != nil {
				t.Fatal(err)
			}
			if len(open) != len(tt.want) {
				t.Fatalf("%+v", open)
			}
			for i, want := range tt.want {
				if got := open[i]; got.Quantity != want.Quantity || got.Since != want.Since || got.Instrument != s.next.ID || got.DeclaredBy != reserve.ByEnterprise {
					t.Errorf("%+v", got)
				}
			}
			s.check()
			if len(open) == 0 {
				return
			}
			s.office.allocate(s.holder, s.next, 5*one) // is not what lay idle
			s.pass(20290602)
			if b := done[BuyBackResult](s.office, s.leader, IdleSweep{open[0].ID, 0, "d"}).BuyBack; b.Quantity != tt.want[0].Quantity {
				t.Errorf("%s are swept", b.Quantity)
			}
			s.check()
		})
	}
}

// What is found idle only after renewals lies idle since before them, as far as it was
// acquired by then: neither what came later, nor what was sold or not renewed (I-111).
func TestRenewal_IdleFoundLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		later, sold, renewed, want quantity.Quantity
		again                      bool // renewed a second time
	}{
		"all was there":                        {renewed: 4 * one, want: 4 * one},
		"a part came later":                    {later: one, renewed: 5 * one, want: 4 * one},
		"what was acquired first joins first":  {later: one, renewed: 2 * one, want: 2 * one},
		"what was acquired first was sold":     {later: 2 * one, sold: one, renewed: 5 * one, want: 3 * one},
		"of what was left a part joined":       {later: 2 * one, sold: 3 * one, renewed: 2 * one, want: one},
		"over two renewals":                    {later: one, renewed: 5 * one, want: 4 * one, again: true},
		"over two renewals, the first in part": {later: 3 * one, renewed: 5 * one, want: 4 * one, again: true},
		"more is renewed than there was":       {renewed: 6 * one, want: 4 * one},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTermSite(t)
			s.grant(ledger.Paid, 4*one)
			if tt.later > 0 {
				s.pass(20260801)
				s.does(s.leader, Allocate{
					Kind: reserve.Initial, Licence: s.holder.licence.ID, Instrument: s.old.Code, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: tt.later,
					Price: quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260801, Document: "later",
				})
			}
			if tt.sold > 0 {
				s.verify(s.holder, tt.sold)
				c := s.offer(s.holder, s.buyer, tt.sold, 100)
				c.Instrument = s.old.Code
				s.run(s.propose(c, s.buyer), s.holder, s.buyer, settlement.Settle)
			}
			held, first := s.next, calendar.Date(oldTermEnd).AddDays(1)
			s.pay(s.renew(s.apply(ledger.Paid, tt.renewed), tt.renewed, quantity.OnePrice))
			s.pass(first)
			if tt.again {
				held, first = s.renewAgain(tt.renewed), calendar.Date(newTermEnd).AddDays(1)
			}
			declare := IdleDeclare{Licence: s.holder.licence.ID, Instrument: held.Code, Origin: ledger.Paid, Quantity: tt.want + 1, Since: 20260701, Document: "d"}
			s.refuses(s.leader, declare, ErrIdleBeyond)
			declare.Quantity = tt.want
			d := done[IdleResult](s.office, s.leader, declare).Declaration
			if d.Since != 20260701 || d.HeldOn != first {
				t.Errorf("%+v", d)
			}
			if tt.again {
				return
			}
			s.pass(20290702)
			if b := done[BuyBackResult](s.office, s.leader, IdleSweep{d.ID, 0, "d"}).BuyBack; b.Quantity != tt.want {
				t.Errorf("%s are swept", b.Quantity)
			}
			s.check()
		})
	}
}

// renewAgain renews what the holder has of the next term for one after it.
func (s *termSite) renewAgain(q quantity.Quantity) catalog.Instrument {
	s.t.Helper()
	for year := int32(2028); year <= 2032; year++ {
		s.does(s.admin, YearPublish{Year: year, Source: "n"})
	}
	second := &termSite{site: s.site, old: s.next, holder: s.holder}
	second.next = done[catalog.Instrument](s.office, s.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20370930})
	s.pass(20320601)
	second.pay(second.renew(second.apply(ledger.Paid, q), q, quantity.OnePrice))
	s.pass(calendar.Date(newTermEnd).AddDays(1))
	return second.next
}

// What a succession has moved since a renewal lies idle since before it, too: of what is
// divided the parts have it in their order, and who renews it again keeps the day.
func TestSuccession_IdleFoundAfterRenewal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		stays, moved, want quantity.Quantity // of 5 t/a, of which 4 were there on the first idle day
		again              bool
		on                 bool // to a second successor, at the same instant
	}{
		"all moves":                  {moved: 5 * one, want: 4 * one},
		"the older part goes first":  {stays: 3 * one, moved: 2 * one, want: 2 * one},
		"the successor renews again": {moved: 5 * one, want: 4 * one, again: true},
		"it moves on at once":        {moved: 5 * one, want: 4 * one, on: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTermSite(t)
			s.grant(ledger.Paid, 4*one)
			s.pass(20260801)
			s.does(s.leader, Allocate{
				Kind: reserve.Initial, Licence: s.holder.licence.ID, Instrument: s.old.Code, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: one,
				Price: quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260801, Document: "later",
			})
			s.pay(s.renew(s.apply(ledger.Paid, 5*one), 5*one, quantity.OnePrice))
			held, first := s.next, calendar.Date(oldTermEnd).AddDays(1)
			s.pass(first)
			from, to := s.holder, s.firm(jiashan, 41)
			kind, parts := permit.NewHolder, []SuccessionShare{{to.licence.ID, held.Code, ledger.Paid, tt.moved, 0}}
			if tt.stays > 0 {
				kind, parts = permit.Division, append([]SuccessionShare{{from.licence.ID, held.Code, ledger.Paid, tt.stays, 0}}, parts...)
			}
			s.does(s.leader, SuccessionRecord{Kind: kind, Licence: from.licence.ID, EffectiveOn: first, Document: "d", Parts: parts})
			if tt.on {
				last := s.firm(jiashan, 42)
				parts = []SuccessionShare{{last.licence.ID, held.Code, ledger.Paid, tt.moved, 0}}
				s.does(s.leader, SuccessionRecord{Kind: kind, Licence: to.licence.ID, EffectiveOn: first, Document: "d", Parts: parts})
				to = last
			}
			s.check()
			if tt.again {
				s.holder = to
				held, first = s.renewAgain(tt.moved), calendar.Date(newTermEnd).AddDays(1)
			}
			declares := func(by firm, q quantity.Quantity) reserve.IdleDeclaration {
				t.Helper()
				c := IdleDeclare{Licence: by.licence.ID, Instrument: held.Code, Origin: ledger.Paid, Quantity: q + 1, Since: 20260701, Document: "d"}
				s.refuses(s.leader, c, ErrIdleBeyond)
				c.Quantity = q
				return done[IdleResult](s.office, s.leader, c).Declaration
			}
			if d := declares(to, tt.want); d.Since != 20260701 || d.HeldOn != first {
				t.Errorf("%+v", d)
			}
			if tt.stays > 0 {
				declares(from, 4*one-tt.want)
			}
			s.restart()
			s.check()
		})
	}
}

// What has left the old term before, and came to it after the first idle day, does not
// lie idle in the new one.
func TestRenewal_CarriesWhatIsLeftIdle(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	d := done[IdleResult](s.office, s.holder.user, IdleDeclare{s.holder.licence.ID, s.old.Code, ledger.Paid, 4 * one, 20260601, "d"}).Declaration
	b := done[BuyBackResult](s.office, s.clerk, BuyBackOpen{s.holder.licence.ID, s.old.Code, ledger.Paid, 3 * one, reserve.Abandoned, "d"}).BuyBack
	s.does(s.leader, BuyBackVerify{b.ID, 3 * one, reserve.EIAAmount, false, true, today, "d"})
	s.pass(20260713)
	s.does(s.leader, BuyBackReclaim{b.ID, "d"})
	s.does(s.leader, BuyBackBook{b.ID, "d"})
	s.office.allocate(s.holder, s.old, 4*one)
	s.pay(s.renew(s.apply(ledger.Paid, 5*one), 5*one, quantity.OnePrice))
	s.pass(calendar.Date(oldTermEnd).AddDays(1))
	if d = storedRow(s.office, IdleDeclarations, d.ID); d.Quantity != one || d.Instrument != s.next.ID || d.HeldOn != calendar.Date(oldTermEnd).AddDays(1) {
		t.Errorf("%+v", d)
	}
	s.check()
}

// Holders are reminded 180, 90 and 60 days before the end of the term, each
// once, until they have applied.
func TestReminders(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, one)
	s.grant(ledger.Free, one)
	end := calendar.Date(oldTermEnd)
	s.pass(end.AddDays(-181))
	count := func() int { n, _ := s.store.LastID(t.Context(), Reminders.name); return int(n) }
	if n := count(); n != 0 {
		t.Errorf("%d reminders too early", n)
	}
	s.pass(end.AddDays(-180))
	if n := count(); n != 2 {
		t.Errorf("%d reminders 180 days before, want 2", n)
	}
	s.apply(ledger.Free, one)
	s.pass(end.AddDays(-59))
	var rows []permit.Reminder
	if err := s.store.Find(t.Context(), Reminders.name, Query{}, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[3].Days != 60 || rows[3].Origin != ledger.Paid || rows[3].ApplyBy != lastApply || rows[2].Days != 90 {
		t.Errorf("%+v", rows)
	}
}

// Whatever holders and officers do about renewals around the end of a term,
// permits are conserved and every figure is what its steps and postings say.
// What is not paid is rejected by one leader, while the holder may apply again; what is
// paid, or waits after its term, by two.
func TestRenewal_RejectedByTwo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		bring func(*termSite) permit.Renewal
		two   bool
	}{
		"applied": {func(s *termSite) permit.Renewal { return s.apply(ledger.Paid, one) }, false},
		"noticed": {func(s *termSite) permit.Renewal { return s.renew(s.apply(ledger.Paid, one), one, quantity.OnePrice) }, false},
		"paid": {func(s *termSite) permit.Renewal {
			r := s.renew(s.apply(ledger.Paid, one), one, quantity.OnePrice)
			s.does(s.finance, NoticeProve{Notice: r.Notice, Amount: r.Amount, Proof: "receipt", PaidOn: s.now.get().Date()})
			return r
		}, true},
		"waits": {func(s *termSite) permit.Renewal {
			s.pass(lastApply)
			r := s.apply(ledger.Paid, one)
			s.pass(calendar.Date(oldTermEnd).AddDays(1))
			return r
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTermSite(t)
			s.grant(ledger.Paid, one)
			r := tt.bring(s)
			refused, proposed := s.send(s.leader, RenewalStep{Renewal: r.ID, Event: permit.RejectRenewal, Note: "n"})
			if got := s.renewal(r.ID).State; refused != nil || proposed != tt.two || (got == permit.RenewalRejected) == tt.two {
				t.Errorf("refused %v, a proposal: %t, and the renewal is %s", refused, proposed, got)
			}
			s.check()
		})
	}
}

// A renewal is paid for, and then its licence is suspended or revoked. When the old
// term is over it waits with the reason before the leader, and nothing joins. It
// joins when the licence is in force again; what he rejects goes back.
func TestRenewal_RefusedWhenItJoins(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{true, false} {
		s := openTermSite(t)
		s.grant(ledger.Paid, 4*one)
		unallocated := s.balance(ledger.PermitKey(ledger.Unallocated, jiashan, "VOCs")).Balance
		s.pass(lastApply)
		r := s.pay(s.renew(s.apply(ledger.Paid, 4*one), 4*one, 100*quantity.OnePrice))
		reject := RenewalStep{Renewal: r.ID, Event: permit.RejectRenewal, Note: "revoked"}
		s.refuses(s.leader, reject, permit.ErrRenewalStep) // it is allowed
		state := catalog.LicenceRevoked
		if back {
			state = catalog.LicenceSuspended
		}
		s.does(s.leader, LicenceState{Licence: s.holder.licence.ID, State: state, Reason: "r", Document: "d"})
		for days := range 3 { // asked about each day
			s.pass(calendar.Date(oldTermEnd).AddDays(1 + days))
			got := s.renewal(r.ID)
			if got.State != permit.RenewalReady || !got.Renewing || !strings.HasPrefix(got.Refusal, "licence.in_force: ") || got.Joined != 0 ||
				s.held(s.old, ledger.Paid) != 4*one || s.held(s.next, ledger.Paid) != 0 {
				t.Fatalf("%+v: %s of the old term, %s of the new", got, s.held(s.old, ledger.Paid), s.held(s.next, ledger.Paid))
			}
		}
		s.waits(s.leader, Renewals.name, r.ID, "reject")
		s.waits(s.clerk, Renewals.name, r.ID, "")
		s.waits(s.holder.user, Renewals.name, r.ID, "")
		s.restart()
		s.check()
		old, next, want := quantity.Quantity(0), quantity.Quantity(0), permit.RenewalRejected
		if back {
			s.does(s.leader, LicenceState{Licence: s.holder.licence.ID, State: catalog.LicenceValid, Reason: "r", Document: "d"})
			s.pass(calendar.Date(oldTermEnd).AddDays(4))
			next, want = 4*one, permit.RenewalJoined
		} else {
			s.refuses(s.holder.user, reject, permit.ErrRenewalBody)
			if refused, proposed := s.send(s.leader, reject); refused != nil || !proposed {
				t.Errorf("alone: %v", refused)
			}
			s.does(s.leader, reject)
			s.pass(calendar.Date(oldTermEnd).AddDays(4)) // its timer finds nothing to do
			if got := s.balance(ledger.PermitKey(ledger.Unallocated, jiashan, "VOCs")).Balance; got != unallocated+int64(4*one) {
				t.Errorf("%d of %d went back", got-unallocated, 4*one)
			}
			if got := s.notice(r.Notice); got.State != reserve.NoticeCancelled {
				t.Errorf("its notice is %s", got.State)
			}
		}
		if got := s.renewal(r.ID); got.State != want || back && got.Refusal != "" || s.held(s.old, ledger.Paid) != old || s.held(s.next, ledger.Paid) != next {
			t.Errorf("%+v: %s of the old term, %s of the new", got, s.held(s.old, ledger.Paid), s.held(s.next, ledger.Paid))
		}
		s.waits(s.leader, Renewals.name, r.ID, "")
		s.restart()
		s.check()
	}
}

func TestRenewal_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomRenewals(t, rand.New(rand.NewSource(seed)))
		})
	}
}

func randomRenewals(t *testing.T, r *rand.Rand) {
	t.Helper()
	s := openTermSite(t)
	s.grant(ledger.Paid, 6*one)
	s.grant(ledger.Free, 3*one)
	s.grant(ledger.UnknownOrigin, one)
	q := func() quantity.Quantity { return quantity.Quantity(1+r.Intn(80000)) * 100 }
	one := func() permit.Renewal {
		n, _ := s.store.LastID(t.Context(), Renewals.name)
		return s.renewal(r.Int63n(n+1) + 1)
	}
	price := func() quantity.Price { return quantity.Price(r.Intn(2)) * quantity.OnePrice }
	commands := []func() (int64, Command){
		func() (int64, Command) { return s.holder.user, s.applyFor(ledger.Origin(1+r.Intn(3)), q()) },
		func() (int64, Command) { return s.clerk, s.verified(one(), q()) },
		func() (int64, Command) { return s.clerk, s.published(one()) },
		func() (int64, Command) { return s.leader, s.decided(one(), price()) },
		func() (int64, Command) {
			s.proofs++
			n := one()
			return s.finance, NoticeProve{Notice: n.Notice, Amount: n.Amount, Proof: fmt.Sprint("p", s.proofs), PaidOn: s.now.get().Date()}
		},
		func() (int64, Command) { return s.finance, NoticeConfirm{one().Notice, "seen"} },
		func() (int64, Command) { return s.leader, NoticeCancel{one().Notice, "r"} },
		func() (int64, Command) { return s.leader, NoticeDeliver{one().Notice} },
		func() (int64, Command) {
			e := []permit.RenewalEvent{permit.RejectRenewal, permit.WithdrawRenewal}[r.Intn(2)]
			if r.Intn(4) > 0 {
				e = permit.VerifyRenewal
			}
			return []int64{s.leader, s.holder.user}[r.Intn(2)], RenewalStep{Renewal: one().ID, Event: e, Note: "n"}
		},
		func() (int64, Command) {
			return s.leader, FreezePlace{FreezeTerms: FreezeTerms{
				Licence: s.holder.licence.ID, Instrument: []string{s.old.Code, s.next.Code}[r.Intn(2)], Origin: ledger.Paid, Quantity: q() / 4,
				Issuer: encumbrance.Court, IssuerName: "court", OrderNumber: fmt.Sprint(r.Intn(1000)), Reason: "r",
			}}
		},
	}
	total := func() (sum quantity.Quantity) {
		for _, i := range []catalog.Instrument{s.old, s.next} {
			for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
				sum += s.held(i, origin)
			}
		}
		return sum + quantity.Quantity(s.balance(ledger.PermitKey(ledger.Unallocated, jiashan, "VOCs")).Balance)
	}
	before, finished := total(), map[string]int{}
	for _, day := range []calendar.Date{20260701, 20270701, 20270730, 20270910, 20271002, 20271020} {
		for range 12 {
			who, c := commands[r.Intn(len(commands))]()
			if s.do(who, c) == nil {
				finished[string(c.Operation())]++
			}
		}
		if day > s.now.get().Date() {
			s.pass(day)
		}
	}
	s.restart()
	s.check()
	if total() != before {
		t.Errorf("%s before, %s after", before, total())
	}
	if len(finished) < 3 {
		t.Errorf("too little was done: %v", finished)
	}
}

// The public notice of a renewal takes a party of the longest name, and texts of before that
// have characters that are not seen: nobody who publishes could change them.
func TestRenewal_PublicNoticeOfBefore(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	r := s.apply(ledger.Paid, 4*one)
	r = done[RenewalResult](s.office, s.clerk, s.verified(r, 3*one)).Renewal
	v := &View{state: s.app.st, Now: s.now.get(), Today: s.now.get().Date()}
	r.PublishedOn, r.PublicUntil, r.Document = v.Today, v.Today.AddDays(6), "opinion\u200b 7"
	p := rowsOf(v.state, Parties).rows[r.Party]
	for _, name := range []string{strings.Repeat("嘉", 200), "嘉善\u202e化工"} {
		p.Name = name
		rowsOf(v.state, Parties).rows[p.ID] = p
		n, err := v.renewalPublicNotice(r)
		if err == nil {
			err = v.checkPublicNotice(n)
		}
		if err != nil || !strings.Contains(n.Body, catalog.Seen(name)) || n.Document != "opinion? 7" {
			t.Errorf("%+v, %v", n, err)
		}
	}
}
