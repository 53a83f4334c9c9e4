package app

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// What is encoded is read back, also where fields that came later are zero.
func TestDecodeRecord(t *testing.T) {
	t.Parallel()
	comesBack[reserve.PaymentNotice](t)
	comesBack[reserve.IdleDeclaration](t)
	comesBack[market.Record](t)
	comesBack[identity.Grant](t)
	comesBack[settlement.Deal](t)
}

func comesBack[R any](t *testing.T) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.Make[R]().Draw(t, "row")
		image := appendRecord(nil, &row)
		got := rapid.Make[R]().Draw(t, "something else")
		if err := decodeRecord(image, &got); err != nil || !reflect.DeepEqual(got, row) {
			t.Fatalf("%+v came back as %+v, %v", row, got, err)
		}
		if err := decodeRecord(append(image, 0), &got); err == nil && len(later[reflect.TypeFor[R]()]) == 0 {
			t.Fatal("more than the record was read")
		}
		if err := decodeRecord(image[:len(image)-1], &row); err == nil && reflect.DeepEqual(got, row) {
			t.Fatal("what was cut came back whole")
		}
	})
}

// rowsOfStore are all rows of all tables, by table, as a reader finds them, so many at a time.
func (o *office) rowsOfStore(r Reader, limit int) map[string][]any {
	o.t.Helper()
	all := map[string][]any{}
	for name, table := range o.store.tables {
		if len(table.ids) == 0 || name == Journal.name || name == Payloads.name {
			continue
		}
		for q := (Query{Limit: limit}); ; {
			rows := reflect.New(reflect.SliceOf(reflect.TypeOf(table.rows[table.ids[0]])))
			if err := r.Find(o.t.Context(), name, q, rows.Interface()); err != nil {
				o.t.Fatal(err)
			}
			n := rows.Elem().Len()
			for i := range n {
				all[name] = append(all[name], rows.Elem().Index(i).Interface())
			}
			if n < limit {
				break
			}
			q.After = idOf(rows.Elem().Index(n - 1).Addr().Interface())
		}
	}
	return all
}

// rowsOfReference are all rows of tables in memory, by table.
func rowsOfReference(r *Reference) map[string][]any {
	all := map[string][]any{}
	for name, table := range r.tables {
		all[name] = table.(interface{ list() []any }).list()
	}
	return all
}

func (t *Published[R]) list() (rows []any) {
	for _, row := range t.All() {
		rows = append(rows, row)
	}
	return rows
}

// A row that is written once and was written again behind the back of reports is found.
func TestCheck_WrittenAgain(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := done[FactResult](o, o.leader, FactRecord{
		Kind: rulebook.StateFunded, Party: o.firm(jiashan, 1).party, Value: rulebook.Yes, ValidFrom: today, Document: "d",
	}).Fact
	o.check()
	row := o.journalRow(f.Command)
	row.Changes = appendChange(row.Changes, Facts.name, f.Command, func(b []byte) []byte { return appendRecord(b, &f) })
	o.store.table(Journal.name).put(row.Number, row)
	if !o.violates("I-149") {
		t.Error("a fact that was written twice is not found")
	}
}

// Whatever happens after a command, every row of every table is found as it was then.
func TestPastReader(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	s.trade(project, 2*one)
	resting := done[OrderResult](s.office, s.seller.user, s.order(s.seller, market.Sell, one, 0)).Order.ID
	unpaid := s.sale(project, one, reserve.NoticeIssued)
	d := s.run(s.propose(s.forUnit(s.offer(s.seller, s.buyer, one, 2000)), s.buyer), s.seller, s.buyer, settlement.Fund)
	idle := done[IdleResult](s.office, s.seller.user, IdleDeclare{
		Licence: s.seller.licence.ID, Instrument: s.inst.Code, Origin: ledger.Paid, Quantity: one, Since: today, Document: "d",
	}).Declaration.ID
	then, last := s.rowsOfStore(s.store, 1000), s.store.row().Length
	past := pastReader{s.store, last}
	known := rowsOfReference(s.app.Reference())
	is := func(after string) {
		t.Helper()
		for _, limit := range []int{2, 1000} {
			if diff := cmp.Diff(then, s.rowsOfStore(past, limit)); diff != "" {
				t.Errorf("after %s, %d at a time: %s", after, limit, diff)
			}
		}
		ref, err := past.reference(t.Context(), s.app.Reference())
		if err != nil {
			t.Fatal(err)
		}
		for name, rows := range rowsOfReference(ref) {
			if diff := cmp.Diff(known[name], rows); diff != "" {
				t.Errorf("after %s, %s in memory: %s", after, name, diff)
			}
		}
	}
	is("nothing")
	s.trade(project, one)
	done[OrderResult](s.office, s.buyer.user, s.order(s.buyer, market.Buy, one/2, project))
	done[NoticeResult](s.office, s.leader, NoticeCancel{unpaid.ID, "r"})
	is("trades")
	s.dealDesk.step(d, s.leaders[jiashan], settlement.Settle)
	s.does(s.seller.user, IdleEnd{idle, today, "d"})
	s.does(s.leader, LicenceState{Licence: s.seller.licence.ID, State: catalog.LicenceSuspended, Reason: "r", Document: "d"})
	done[ProjectResult](s.office, s.leader, s.step(project, permit.Reduce, 6*one))
	is("steps")
	done[FactResult](s.office, s.leader, FactRecord{Kind: rulebook.IndustryOf, Licence: s.seller.licence.ID, Value: "2611", ValidFrom: 20200101, Document: "d"})
	s.does(s.leader, ParameterSet{Key: rulebook.IdleMonths, Industry: "26", Value: "120", ValidFrom: today, Document: "d"})
	s.does(s.leader, ZoneRuleSet{Zone: "lake", Region: jiashan, Industry: "26", Forbidden: true, ValidFrom: 20200101, Document: "d"})
	s.does(s.leader, PartyRename{Party: s.seller.party, Name: "another", EffectiveOn: today, Document: "d"})
	is("what is known since")
	s.now.set(calendar.Date(20261201).Start())
	s.runTimers()
	s.firm(jiashan, 77)
	is("five months")
	var rows []market.Record
	if err := past.Find(t.Context(), Orders.name, Where("id", resting).And("state", Eq, int64(market.Open)), &rows); err != nil || len(rows) != 1 {
		t.Errorf("%+v %v", rows, err)
	}
	var newest []reserve.PaymentNotice
	if err := past.Find(t.Context(), Notices.name, Query{Desc: true, Limit: 1}, &newest); err != nil || len(newest) != 1 || newest[0].ID != unpaid.ID || newest[0].State != reserve.NoticeIssued {
		t.Errorf("%+v %v", newest, err)
	}
}

// The exceptions of a past day are found again as they were, whatever was done since.
func TestExceptions_AsOf(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	n := s.sale(project, one, reserve.NoticeIssued)
	confirmed := s.sale(0, one, reserve.NoticeIssued)
	done[NoticeResult](s.office, s.finance, NoticeProve{confirmed.ID, confirmed.Amount, "r", 20260701})
	done[NoticeResult](s.office, s.finance, NoticeConfirm{confirmed.ID, "seen"})
	s.trade(project, 2*one)
	done[identity.Grant](s.office, s.admin, GrantAdd{Person: s.buyer.user, Role: identity.Enterprise, Party: s.seller.party})
	s.trade(project, one)
	s.now.set(calendar.Date(20260805).Start())
	s.runTimers()
	as := func(day calendar.Date) (out []string) {
		t.Helper()
		found, err := s.app.Exceptions(t.Context(), ExceptionQuery{Month: 20260701, AsOf: day})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range found {
			out = append(out, fmt.Sprintf("%+v", x))
		}
		return out
	}
	s.now.set(calendar.Date(20260806).Start())
	s.runTimers()
	then, early := as(20260805), as(20260702)
	for _, kind := range []report.ExceptionKind{report.SameContact, report.RuleOverridden, report.DeadlineExpired, report.DecidedAlone} {
		if !slices.ContainsFunc(then, func(x string) bool { return len(x) > 6+len(kind) && x[6:6+len(kind)] == string(kind) }) {
			t.Errorf("no %s in %v", kind, then)
		}
	}
	done[NoticeResult](s.office, s.leader, NoticeCancel{n.ID, "r"})
	s.does(s.finance, ProofWithdraw{confirmed.ID, "of another"})
	done[AllocationResult](s.office, s.leader, Allocate{
		Kind: reserve.Initial, Licence: s.seller.licence.ID, Instrument: s.inst.Code, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: one,
		Price: 100, PriceKnown: true, AcquiredOn: 20260701, Document: "d",
	})
	s.deposits++
	for _, party := range []int64{s.seller.party, s.buyer.party} {
		s.statementLine(party, "6222-1")
	}
	if diff := cmp.Diff(then, as(20260805)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(early, as(20260702)); diff != "" {
		t.Error(diff)
	}
	if now := as(20260806); slices.Equal(now, then) {
		t.Errorf("nothing has changed: %v", now)
	}
}
