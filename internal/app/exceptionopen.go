package app

import (
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/report"
	"permitx/internal/reserve"
)

// lateIdle are idle permits that may be swept and are not.
func lateIdle(e *exceptions, by calendar.Date) error {
	var open []reserve.IdleDeclaration
	unswept := Where("state", string(reserve.IdleOpen)).And("buy_back", Eq, int64(0))
	if err := eachOf(e.ctx, e.r, IdleDeclarations, unswept, func(d reserve.IdleDeclaration) { open = append(open, d) }); err != nil {
		return err
	}
	for part := range slices.Chunk(open, partiesPerRead) {
		licences := make([]int64, len(part))
		for n, d := range part {
			licences[n] = d.Licence
		}
		idle, err := StillIdle(e.ctx, e.r, e.ref, licences)
		if err != nil {
			return err
		}
		for _, d := range part {
			if from := d.SweepableFrom(IdleMonths(e.ref, d, e.today)); idle[d.ID] > 0 && from <= by {
				e.addOverdue(report.Object{Table: IdleDeclarations.name, ID: d.ID}, from, []string{d.Region},
					fmt.Sprintf("%s t/a lie idle since %s and may be swept from %s on", idle[d.ID], d.Since, from))
			}
		}
	}
	return nil
}

// lateDepartures are departures that nobody has brought to their end since an earlier day.
// They hold from a day that has passed when they are recorded: nothing was due on it.
func lateDepartures(e *exceptions, by calendar.Date) error {
	return eachOf(e.ctx, e.r, Departures, Where("state", string(permit.DepartureOpen)), func(d permit.Departure) {
		if on := max(d.EffectiveOn, d.RecordedAt.Date()); on <= by {
			e.addOverdue(report.Object{Table: Departures.name, ID: d.ID}, on, []string{d.Region}, "the departure is open since "+on.String())
		}
	})
}

// lateLicences are licences in force whose renewal can no longer be applied for in time,
// and is not. After its last day there is nothing to apply for.
func lateLicences(e *exceptions, by calendar.Date) error {
	renewing := map[int64]bool{}
	if err := eachOf(e.ctx, e.r, Renewals, Query{}, func(r permit.Renewal) { renewing[r.Licence] = renewing[r.Licence] || r.State.IsOpen() }); err != nil {
		return err
	}
	return eachOf(e.ctx, e.r, Licences, Where("state", string(catalog.LicenceValid)), func(l catalog.Licence) {
		if due := l.RenewBy(); due <= by && l.InForce(e.today) && !renewing[l.ID] {
			e.addLate(report.Object{Table: Licences.name, ID: l.ID}, due, "the application for a renewal", []string{l.Region})
		}
	})
}

// lateImports are packages of other platforms with differences that nobody has
// explained since an earlier day.
func lateImports(e *exceptions, by calendar.Date) error {
	open := map[int64]outside.Import{}
	received := Where("state", string(outside.ImportOpen)).And("received_at", Lt, int64(by.AddDays(1).Start()))
	if err := eachOf(e.ctx, e.r, Imports, received, func(i outside.Import) { open[i.ID] = i }); err != nil || len(open) == 0 {
		return err
	}
	differences := map[int64]int{}
	if err := eachOf(e.ctx, e.r, ImportDifferences, Where("explanation", ""), func(d outside.Difference) { differences[d.Import]++ }); err != nil {
		return err
	}
	for id, i := range open {
		if n := differences[id]; n > 0 {
			on := i.ReceivedAt.Date()
			e.addOverdue(report.Object{Table: Imports.name, ID: id}, on, []string{i.Region}, fmt.Sprintf("%d differences are not explained since %s", n, on))
		}
	}
	return nil
}
