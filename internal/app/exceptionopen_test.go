package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/report"
)

// Idle permits that may be swept, a licence that nobody has applied to renew in time, a
// departure that has not come to its end and what another platform says otherwise are
// past their day until something is done about each, and as of then for good. A departure
// is not the day of its recording, whatever day it holds from; a licence is not after its last day.
func TestExceptions_StillOpen(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	late := func(asOf ...int) (out []string) {
		t.Helper()
		q := ExceptionQuery{Kind: report.DeadlineExpired, Month: 20260701}
		for _, day := range asOf {
			q.AsOf = today.AddDays(day)
		}
		found, err := d.app.Exceptions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range found {
			out = append(out, fmt.Sprintf("%v %s", x.Objects, x.Detail))
		}
		return out
	}
	is := func(when string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	idle := done[IdleResult](d.office, d.f.user, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, 5 * one, 20230701, "declaration"}).Declaration
	leaving := d.firm(jiashan, 2)
	departure := done[DepartureResult](d.office, d.leader, DepartureRecord{permit.Closure, leaving.licence.ID, 20260601, "d"}).Departure
	ending := done[LicenceResult](d.office, d.clerk, LicenceRegister{
		Party: d.f.party, Number: d.f.licence.Number[:18] + "002P", Kind: catalog.KindLicence, Site: "site 2", Region: jiashan, ValidFrom: 20260101, ValidTo: 20260830,
	}).Licence
	d.does(d.clerk, LicenceRegister{
		Party: d.f.party, Number: d.f.licence.Number[:18] + "003P", Kind: catalog.KindLicence, Site: "site 3", Region: jiashan, ValidFrom: 20260101, ValidTo: 20260702,
	})
	last := fmt.Sprintf("[{licence %d}] the application for a renewal was due on 2026-05-03", ending.ID+1)
	p := done[outside.Import](d.office, d.clerk, ImportReceive{
		outside.Import{System: outside.Provincial, Number: "P-1", Region: jiashan, AsOf: today},
		[]outside.Line{{Kind: outside.Party, Number: "ZJ-P-7", Object: d.f.party}},
	})
	is("on their days", late(), last)
	d.at(20260702)
	second := []string{
		fmt.Sprintf("[{departure %d}] the departure is open since 2026-07-01", departure.ID),
		fmt.Sprintf("[{licence %d}] the application for a renewal was due on 2026-07-01", ending.ID),
		fmt.Sprintf("[{outside_import %d}] 1 differences are not explained since 2026-07-01", p.ID),
	}
	is("a day later", late(), append([]string{last}, second...)...)
	d.at(20260703)
	third := append(slices.Clone(second), fmt.Sprintf("[{idle_declaration %d}] 5 t/a lie idle since 2023-07-01 and may be swept from 2026-07-02 on", idle.ID))
	is("two days later", late(), third...)
	done[IdleResult](d.office, d.leader, IdleEnd{idle.ID, today, "used again"})
	done[DepartureResult](d.office, d.leader, DepartureStep{departure.ID, permit.CompleteDeparture, "d"})
	done[LicenceResult](d.office, d.leader, LicenceState{ending.ID, catalog.LicenceRevoked, "r", "d"})
	difference := lastRow[outside.Difference](d.office, ImportDifferences).ID
	done[outside.Difference](d.office, d.clerk, ImportExplain{p.ID, difference, "not yet recorded"})
	is("when all is done", late())
	d.at(20260705)
	is("as of the second day", late(1), append([]string{last}, second...)...)
	is("as of the day before", late(0), last)
}
