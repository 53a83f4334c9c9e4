package app

import (
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/reserve"
)

// A row that came with a migration is read as it was then, also after commands have
// changed it, and the journal still says what it is now.
func TestPastReader_Planted(t *testing.T) {
	t.Parallel()
	o, n, _ := paidNotice(t)
	done[NoticeResult](o, o.leader, NoticeCancel{n.ID, "refused"})
	planted := o.refundOf(n.ID)
	planted.Command = 0 // as if a migration had written it
	plant(o.store, Refunds, []reserve.TreasuryRefund{planted})
	past := pastReader{o.store, o.store.row().Length}
	is := func() {
		t.Helper()
		var rows []reserve.TreasuryRefund
		if err := past.Find(t.Context(), Refunds.name, Where("state", string(reserve.RefundRequested)), &rows); err != nil || len(rows) != 1 || rows[0] != planted {
			t.Errorf("%+v %v", rows, err)
		}
	}
	is()
	done[reserve.TreasuryRefund](o, o.finance, RefundReceive{planted.ID, "退库1", today})
	is()
	o.check()
	if _, first, err := imagesOf(o.journalRow(storedRow(o, Refunds, planted.ID).Command), Refunds.name); err != nil || len(first) != 1 || first[planted.ID].image == nil {
		t.Errorf("%+v %v", first, err)
	}
}

func (o *office) journalRow(number int64) JournalRow {
	o.t.Helper()
	return rowsIn(o, Journal, Where("number", number))[0]
}

// A registry that was in service when migrations gave it rows knows them since the day on
// which the journal began to keep what they were, and says so; another knows all its days.
func TestReaderAsOf_Unknown(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.now.set(calendar.Date(20260710).Start())
	o.firm(jiashan, 1)
	length := o.store.row().Length
	marks := o.store.table(InvariantStarts.name)
	mark := func(old int64) {
		marks.put(901, InvariantStart{ID: 901, Invariant: lastPlanting, Number: old})
		marks.put(902, InvariantStart{ID: 902, Invariant: plantedKept, Number: length})
	}
	mark(0)
	if _, err := o.app.ReaderAsOf(t.Context(), 20260702); err != nil {
		t.Error(err)
	}
	mark(1)
	if _, err := o.app.ReaderAsOf(t.Context(), 20260702); err == nil || !strings.Contains(err.Error(), "2026-07-10") {
		t.Errorf("refused with %v", err)
	}
	if _, err := o.app.ReaderAsOf(t.Context(), 20260710); err != nil {
		t.Error(err)
	}
}
