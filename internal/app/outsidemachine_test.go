package app

import (
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/outside"
)

// nextOf looks a step up in a table of packages.
func nextOf[S, E ~string](table []outside.Transition[S, E]) func(S, E) (S, error) {
	return func(at S, e E) (S, error) {
		for _, row := range table {
			if row.From == at && row.Event == e {
				return row.To, nil
			}
		}
		return at, outside.ErrPackageNotNow
	}
}

// A package for another platform meets its receipt, in each state by everybody.
func TestExport_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	k.now.set(calendar.Date(20260703).Start())
	done[ExportResult](k.office, k.clerk, k.exported(ExportMake{System: outside.Provincial, Region: jiashan, FirstDay: 20260701, LastDay: 20260702}))
	m := byTable(nextOf(outside.ExportTransitions), func(outside.ExportState, outside.ExportEvent) identity.Operation { return identity.ExportReceive })
	m.office, m.players, m.states, m.events = k.office, k.cast(f), outside.ExportStates, []outside.ExportEvent{outside.ExportReceipt}
	m.state = func(o *office) outside.ExportState { return storedRow(o, Exports, 1).State }
	m.command = func(*office, outside.ExportState, outside.ExportEvent) Command {
		return ExportReceive{1, "HZ-1", 20260703}
	}
	m.because = []*fault.Error{outside.ErrPackageNotNow}
	m.drive(t)
}

// A package from another platform in each of its states meets every step by everybody.
func TestImport_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	done[outside.Import](k.office, k.clerk, ImportReceive{
		outside.Import{System: outside.Provincial, Number: "P-1", Region: jiashan, AsOf: 20260630},
		[]outside.Line{{Kind: outside.Party, Number: "ZJ-P-7", Object: f.party}},
	})
	explain := ImportExplain{1, 1, "their list is of June"}
	m := byTable(nextOf(outside.ImportTransitions), func(_ outside.ImportState, e outside.ImportEvent) identity.Operation {
		if e == outside.ImportClose {
			return identity.ImportClose
		}
		return identity.ImportExplain
	})
	m.office, m.players, m.states, m.events = k.office, k.cast(f), outside.ImportStates, outside.ImportEvents
	m.state = func(o *office) outside.ImportState { return storedRow(o, Imports, 1).State }
	m.command = func(_ *office, _ outside.ImportState, e outside.ImportEvent) Command {
		if e == outside.ImportClose {
			return ImportClose{1}
		}
		return explain
	}
	m.ready = func(o *office, _ outside.ImportState, e outside.ImportEvent) {
		if e == outside.ImportClose {
			o.does(o.clerk, explain)
		}
	}
	m.because = []*fault.Error{outside.ErrPackageNotNow}
	m.drive(t)
}
