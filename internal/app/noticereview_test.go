package app

import (
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// whyWaits is why something waits for a person; "" where it does not, or nothing is told.
func (o *office) whyWaits(person int64, id int64) string {
	o.t.Helper()
	all, err := Inbox(o.t.Context(), o.store, o.app.st.actor(person))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, w := range all {
		if w.Kind == Notices.name && w.ID == id {
			return w.Reason
		}
	}
	return ""
}

// A payment that no list has waits for the list or for finance's word, and says so; its
// delivery waits for the leader only then.
func TestNotice_WaitsForTheList(t *testing.T) {
	t.Parallel()
	o, _, sell := openSales(t)
	r := sell()
	n := r.Notice
	waits := func(finance, leader string) {
		t.Helper()
		o.waits(o.finance, Notices.name, n.ID, finance)
		o.waits(o.leader, Notices.name, n.ID, leader)
	}
	waits("prove", "")
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r-1", today})
	waits("confirm", "")
	if why := o.whyWaits(o.finance, n.ID); why != notMatched {
		t.Errorf("it waits because %q", why)
	}
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(r.Sale.NoticeNumber(), "r-1", n.Amount)}})
	waits("", "deliver")
	n = sell().Notice
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r-2", today})
	done[NoticeResult](o, o.finance, NoticeConfirm{n.ID, "seen"})
	waits("", "deliver")
	done[NoticeResult](o, o.leader, NoticeDeliver{n.ID})
	waits("", "")
}

// A plan's first part waits for its payment, not its notice, and the permits for
// that part.
func TestNotice_WaitsForItsFirstPart(t *testing.T) {
	t.Parallel()
	o, _, _, n, plan := instalmentOffice(t)
	o.waits(o.finance, Notices.name, n.Notice.ID, "")
	o.waits(o.leader, Notices.name, n.Notice.ID, "")
	first := plan.Parts[0]
	done[PlanResult](o, o.finance, InstalmentProve{first.ID, first.Amount, "r-1", today})
	o.waits(o.leader, Notices.name, n.Notice.ID, "")
	done[PlanResult](o, o.finance, InstalmentConfirm{first.ID, "seen"})
	o.waits(o.leader, Notices.name, n.Notice.ID, "deliver")
}

// Whatever makes the delivery of what is paid for impossible — the state or the end of the
// licence, the party, the region, the term — is found when it is recorded or comes: the notice
// says why, it waits for its end, and an auditor finds it. When the cause is mended it is delivered.
func TestNotice_DeliveryRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		refuse, mend func(o *office, f firm)
		why          string
	}{
		"licence suspended": {
			func(o *office, f firm) {
				o.does(o.leader, LicenceState{f.licence.ID, catalog.LicenceSuspended, "r", "d"})
			},
			func(o *office, f firm) { o.does(o.leader, LicenceState{f.licence.ID, catalog.LicenceValid, "r", "d"}) },
			"licence",
		},
		"party suspended": {
			func(o *office, f firm) { o.does(o.leader, PartyState{f.party, catalog.PartySuspended, "r", "d"}) },
			func(o *office, f firm) { o.does(o.leader, PartyState{f.party, catalog.PartyActive, "r", "d"}) },
			"party",
		},
		"region over its cap": {
			func(o *office, _ firm) {
				o.does(o.leader, FactRecord{Kind: rulebook.OverCap, Region: jiashan, Pollutant: vocs, Value: "yes", ValidFrom: today, ValidTo: 20260710, Document: "d"})
			},
			func(o *office, _ firm) { o.now.set(calendar.Date(20260711).Start()); o.runTimers() },
			"",
		},
		"term over": {
			func(o *office, f firm) { o.now.set(f.licence.ValidTo.AddDays(1).Start()); o.runTimers() }, nil, "term",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, n, f := paidNotice(t)
			tt.refuse(o, f)
			o.settle()
			refused := storedRow(o, Notices, n.ID)
			if refused.Refusal == "" || !strings.Contains(refused.Refusal, tt.why) || o.do(o.leader, NoticeDeliver{n.ID}) == nil {
				t.Fatalf("%q", refused.Refusal)
			}
			o.waits(o.leader, Notices.name, n.ID, "cancel")
			if why := o.whyWaits(o.leader, n.ID); why != refused.Refusal {
				t.Errorf("it waits because %q, not %q", why, refused.Refusal)
			}
			found, err := o.app.Exceptions(t.Context(), ExceptionQuery{Kind: report.DeliveryRefused, Month: 20260701})
			if err != nil || len(found) != 1 || found[0].Objects[0].ID != n.ID {
				t.Errorf("%v %+v", err, found)
			}
			o.restart()
			o.check()
			if tt.mend == nil {
				done[NoticeResult](o, o.leader, NoticeCancel{n.ID, refused.Refusal})
				o.waits(o.finance, Refunds.name, o.refundOf(n.ID).ID, "receive")
			} else {
				tt.mend(o, f)
				o.settle()
				o.waits(o.leader, Notices.name, n.ID, "deliver")
				done[NoticeResult](o, o.leader, NoticeDeliver{n.ID})
			}
			if after := storedRow(o, Notices, n.ID); after.Refusal != "" {
				t.Errorf("%+v", after)
			}
			o.check()
		})
	}
}

// paidNotice is an office with a notice that is paid for certain.
func paidNotice(t *testing.T) (*office, reserve.PaymentNotice, firm) {
	t.Helper()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	n := done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today}).Notice
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r-1", today})
	done[NoticeResult](o, o.finance, NoticeConfirm{n.ID, "seen"})
	return o, n, f
}

// What is paid after it could no longer be delivered says so at once, also where a list of
// the tax authority brings the payment; and a payment that is withdrawn takes it off.
func TestNotice_PaidTooLate(t *testing.T) {
	t.Parallel()
	o, f, sell := openSales(t)
	n := [2]NoticeResult{sell(), sell()}
	o.does(o.leader, LicenceState{f.licence.ID, catalog.LicenceRevoked, "r", "d"})
	if storedRow(o, Notices, n[0].Notice.ID).Refusal != "" {
		t.Error("refused, and nothing is paid")
	}
	if p := done[NoticeResult](o, o.finance, NoticeProve{n[0].Notice.ID, n[0].Notice.Amount, "r-0", today}).Notice; p.Refusal == "" {
		t.Errorf("%+v", p)
	}
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(n[1].Sale.NoticeNumber(), "r-1", n[1].Notice.Amount)}})
	o.settle()
	if p := storedRow(o, Notices, n[1].Notice.ID); p.Refusal == "" || !p.Matched {
		t.Errorf("%+v", p)
	}
	o.refuses(o.clerk, NoticeCancel{n[1].Notice.ID, "r"}, identity.ErrForbidden)
	if p := done[NoticeResult](o, o.finance, ProofWithdraw{n[1].Notice.ID, "of another"}).Notice; p.Refusal != "" {
		t.Errorf("%+v", p)
	}
	o.check()
	p := storedRow(o, Notices, n[1].Notice.ID)
	p.Refusal = "planted"
	o.store.table(Notices.name).put(p.ID, p)
	o.finds("I-126", p.ID)
}

// What a winner has paid for and can get no more waits for the revocation of his award, which
// opens the refund.
func TestNotice_DeliveryRefused_Award(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	a, f := awards[0], d.firms[0]
	done[AwardResult](d.office, f.user, AwardSign{a.ID})
	a = done[AwardResult](d.office, d.clerk, AwardContract{a.ID, "合同 1"}).Award
	d.does(d.finance, NoticeProve{Notice: a.Notice, Amount: a.Amount, Proof: "缴款 1", PaidOn: 20260713})
	d.waits(d.leader, Awards.name, a.ID, "")
	d.does(d.leader, LicenceState{f.licence.ID, catalog.LicenceRevoked, "r", "d"})
	d.settle()
	d.waits(d.leader, Awards.name, a.ID, "revoke")
	d.waits(d.leader, Notices.name, a.Notice, "")
	done[AwardResult](d.office, d.clerk, AwardRevoke{a.ID, "the licence was revoked"})
	d.waits(d.leader, Awards.name, a.ID, "")
	r := d.refundOf(a.Notice)
	d.waits(d.finance, Refunds.name, r.ID, "receive")
	d.check()
	done[reserve.TreasuryRefund](d.office, d.finance, RefundCancel{r.ID, "it was of another firm", 0})
	d.restart()
	d.check()
}
