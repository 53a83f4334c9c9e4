package app

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// certificatesOf are the certificates of a firm, oldest first.
func (k *dealDesk) certificatesOf(f firm) (found []Certificate) {
	k.t.Helper()
	var accounts []ledger.Account
	if err := k.store.Find(k.t.Context(), Accounts.name, Where("kind", int64(ledger.Holding)), &accounts); err != nil {
		k.t.Fatal(err)
	}
	of := map[ledger.AccountID]ledger.Account{}
	for _, a := range accounts {
		if a.Licence == f.licence.ID {
			of[a.ID] = a
		}
	}
	var rows []ledger.Acquisition
	if err := k.store.Find(k.t.Context(), Acquisitions.name, Query{}, &rows); err != nil {
		k.t.Fatal(err)
	}
	for _, a := range rows {
		if _, is := of[a.Account]; !is {
			continue
		}
		c, err := k.app.Certificate(k.t.Context(), encumbrance.CertificateNumber(f.licence.Region, a.ID))
		if err != nil || c.Acquisition != a || c.Account != of[a.Account] || c.Instrument.ID != c.Account.Instrument {
			k.t.Fatalf("%+v, %v", c, err)
		}
		found = append(found, c)
	}
	return found
}

// statuses shows what a firm's certificates are worth.
func (k *dealDesk) statuses(f firm) string {
	k.t.Helper()
	var text string
	for _, c := range k.certificatesOf(f) {
		text += fmt.Sprintf("%s %s/%s %v; ", c.Status, c.Acquisition.Remaining, c.Acquisition.Quantity, c.Burdens)
	}
	return text
}

func (k *dealDesk) wantStatuses(f firm, want string) {
	k.t.Helper()
	if got := k.statuses(f); got != want {
		k.t.Errorf("%s has\n%s, want\n%s", f.name, got, want)
	}
}

func (k *dealDesk) sourceOf(c Certificate) CertificateSource {
	k.t.Helper()
	s, err := k.app.CertificateSource(k.t.Context(), c)
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

// A certificate says of an acquisition what its rows say, through all that can
// become of it; where it comes from never changes, however often it is used.
func TestCertificate(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f, buyer := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_000_00)
	k.wantStatuses(f, "valid 2.5/2.5 []; valid 7.5/7.5 []; ")
	first := k.sourceOf(k.certificatesOf(f)[1])
	if first.Reason != ledger.Opening || first.HolderName != f.name || first.Made.Number == 0 || first.Made.Kind != string(identity.ProposalApprove) {
		t.Errorf("%+v", first)
	}
	for range 6 {
		k.does(f.user, k.sell(f, 5*one/4))
		k.does(buyer.user, k.buy(buyer, 5*one/4, 3000))
	}
	k.wantStatuses(f, "valid 2.5/2.5 []; replaced 0/7.5 []; ")
	bought := k.certificatesOf(buyer)
	if len(bought) != 6 || bought[5].Status != encumbrance.CertificateValid || bought[5].Acquisition.Trade == 0 {
		t.Fatalf("%+v", bought)
	}
	for i, c := range bought {
		s := k.sourceOf(c)
		trade, _, _ := byID(t.Context(), k.store, Trades, c.Acquisition.Trade)
		if s.Reason != ledger.Fill || s.Made.Number != trade.Command || s.HolderName != buyer.name {
			t.Errorf("%d: %+v, made by %d", i, s.Made, trade.Command)
		}
	}
	if again := k.sourceOf(k.certificatesOf(f)[1]); again.Made.Number != first.Made.Number || !slices.Equal(again.Made.Hash, first.Made.Hash) {
		t.Errorf("after six sales it comes from %d, before them from %d", again.Made.Number, first.Made.Number)
	}

	p := k.registered(k.pledgeOf(f, 2*one))
	k.wantStatuses(f, "encumbered 2.5/2.5 [pledge]; replaced 0/7.5 [pledge]; ")
	frozen := k.freeze(freezing(f, k.inst.Code, "a", one))
	k.wantStatuses(f, "encumbered 2.5/2.5 [freeze pledge]; replaced 0/7.5 [freeze pledge]; ")
	k.pledgeStep(p, k.bankers[0], PledgeStep{Event: encumbrance.ReleasePledge})
	done[FreezeResult](k.office, k.leader, FreezeRelease{frozen.ID, "lifted"})
	k.lease(k.leaseOf(f, buyer, one), f)
	k.wantStatuses(f, "encumbered 2.5/2.5 [lease]; replaced 0/7.5 [lease]; ")

	wrong := k.firm(jiashan, 3)
	a := k.wrong(wrong, reserve.Unallocated, 2*one)
	k.does(k.leader, CorrectionRecord{a, one, "counted twice", "d", today, 0})
	k.wantStatuses(wrong, "valid 1/2 []; ")
	k.does(k.leader, CorrectionRecord{a, one, "counted twice", "d", today, 0})
	k.wantStatuses(wrong, "revoked 0/2 []; ")
	if s := k.sourceOf(k.certificatesOf(wrong)[0]); s.Reason != ledger.Allocation {
		t.Errorf("%+v", s)
	}

	also := k.seller(jiashan, 4, 4*one) // what was right stays, though it is older
	a = k.wrong(also, reserve.Unallocated, 2*one)
	k.does(k.leader, CorrectionRecord{a, 2 * one, "counted twice", "d", today, 0})
	k.wantStatuses(also, "valid 1/1 []; valid 3/3 []; revoked 0/2 []; ")

	k.does(k.leader, PartyRename{Party: f.party, Name: "新名", EffectiveOn: today, Document: "d"})
	if s := k.sourceOf(k.certificatesOf(f)[0]); s.HolderName != f.name {
		t.Errorf("acquired by %s, the certificate says %s", f.name, s.HolderName)
	}
	k.check()
	k.advance(k.inst.TermEnd.AddDays(1).Start())
	k.wantStatuses(wrong, "revoked 0/2 []; ")
	if got := k.certificatesOf(f); got[1].Status != encumbrance.CertificateReplaced || got[0].Status != encumbrance.CertificateExpired {
		t.Errorf("after the term: %s", k.statuses(f))
	}
	if got := k.certificatesOf(buyer)[0]; got.Status != encumbrance.CertificateExpired {
		t.Errorf("after the term: %+v", got)
	}
}

// Permits that were bought in the market and carried on, by a correction or by
// the reversal of a deal, come from the command that brought them to their
// holder, not from the trade that their price is of.
func TestCertificate_Carried(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, holder, third := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_000_00), k.buyer(jiashan, 3, 100_000_000_00)
	k.does(f.user, k.sell(f, 3*one))
	k.does(holder.user, k.buy(holder, 3*one, 3000))
	k.verify(holder, 2*one)
	d := k.run(k.propose(k.offer(holder, third, 2*one, 3000), third), holder, third, settlement.Settle)
	for _, who := range []int64{holder.user, third.user} {
		d = k.step(d, who, settlement.ConsentReversal)
	}
	k.step(d, k.leaders[jiashan], settlement.Reverse)
	sister := holder
	sister.licence = done[LicenceResult](k.office, k.clerk, LicenceRegister{
		Party: holder.party, Number: uscc(jiashan, 2) + "002P", Kind: "licence", Site: "two", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	k.allocate(sister, one, 0, today)
	k.does(k.leader, TransferPost{
		k.account(HoldingKey(holder.licence, k.inst, ledger.Paid)), k.account(HoldingKey(sister.licence, k.inst, ledger.Paid)), int64(one), "d", "",
	})
	for name, c := range map[string]struct {
		of   Certificate
		want ledger.Reason
	}{
		"the reversal":   {k.certificatesOf(holder)[1], ledger.Reversal},
		"the correction": {k.certificatesOf(sister)[1], ledger.Correction},
	} {
		s := k.sourceOf(c.of)
		if c.of.Acquisition.Trade == 0 || s.Made.Number == 0 || s.Reason != c.want {
			t.Errorf("%s: %+v comes from row %d, by %v", name, c.of.Acquisition, s.Made.Number, s.Reason)
		}
	}
	if s := k.sourceOf(k.certificatesOf(holder)[0]); s.Reason != ledger.Fill {
		t.Errorf("what was bought: %+v", s)
	}
	k.check()
}

// Who has a number that is none, or of another region, gets nothing.
func TestCertificate_Unknown(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	good := k.certificatesOf(f)[0]
	for number, want := range map[string]error{
		good.Number[:len(good.Number)-1] + "x":                            encumbrance.ErrCertificateNumber,
		encumbrance.CertificateNumber(qingpu, good.Acquisition.ID):        ErrNoRecord,
		encumbrance.CertificateNumber(jiashan, good.Acquisition.ID+1_000): ErrNoRecord,
	} {
		if _, err := k.app.Certificate(t.Context(), number); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", number, err, want)
		}
	}
}

// permitx check names an acquisition that is not what was made of it, whoever
// wrote the row.
func TestCheck_Certificates(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	id := k.certificatesOf(f)[0].Acquisition.ID
	rows := k.store.table(Acquisitions.name)
	for name, alter := range map[string]func(a *ledger.Acquisition){
		"I-54 price":    func(a *ledger.Acquisition) { a.Price += quantity.OnePrice },
		"I-54 quantity": func(a *ledger.Acquisition) { a.Quantity++ },
		"I-54 document": func(a *ledger.Acquisition) { a.Document += " " },
		"I-54 day":      func(a *ledger.Acquisition) { a.AcquiredOn-- },
		"I-54 account":  func(a *ledger.Acquisition) { a.Account++ },
	} {
		restore := swap(rows, id, alter)
		k.names(name)
		restore()
	}
	k.check()
}
