package store

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/reserve"
)

// totalsRow is a reserve.PeriodTotal as the database adds it up.
type totalsRow struct {
	Lot             int64
	Event           string
	Provenance      string
	BeforeQuantity  int64
	BeforeCost      int64
	BeforeAmount    int64
	BeforeMovements int64
	WithinQuantity  int64
	WithinCost      int64
	WithinAmount    int64
	WithinMovements int64
}

// sums adds up a table's figures before a day (the argument of each sum) and from it on.
func sums(movements string) string {
	text := ""
	for _, f := range []struct{ name, value string }{
		{"quantity", "quantity"}, {"cost", "cost"}, {"amount", "amount"}, {"movements", movements},
	} {
		text += ", CAST(SUM(CASE WHEN m.day < @from THEN " + f.value + " ELSE 0 END) AS BIGINT) AS before_" + f.name +
			", CAST(SUM(CASE WHEN m.day >= @from THEN " + f.value + " ELSE 0 END) AS BIGINT) AS within_" + f.name
	}
	return text
}

func (r totalsRow) value() reserve.PeriodTotal {
	return reserve.PeriodTotal{
		Event: reserve.LotEvent(r.Event), Provenance: reserve.Provenance(r.Provenance),
		Before: reserve.FiguresOf(r.BeforeQuantity, r.BeforeCost, r.BeforeAmount, r.BeforeMovements),
		Within: reserve.FiguresOf(r.WithinQuantity, r.WithinCost, r.WithinAmount, r.WithinMovements),
	}
}

// ReserveTotals adds up the day totals of a reserve before and within a period.
func (s *Store) ReserveTotals(ctx context.Context, region, pollutant string, from, to calendar.Date) ([]reserve.PeriodTotal, error) {
	query := `SELECT m.event, m.provenance` + sums("movements") + ` FROM reserve_day m
 WHERE m.region = @region AND m.pollutant = @pollutant AND m.day <= @to
 GROUP BY m.event, m.provenance ORDER BY m.event, m.provenance`
	var rows []totalsRow
	err := s.read.WithContext(ctx).Raw(query, map[string]any{
		"region": region, "pollutant": pollutant, "from": int64(from), "to": int64(to),
	}).Scan(&rows).Error
	out := make([]reserve.PeriodTotal, len(rows))
	for i, r := range rows {
		out[i] = r.value()
	}
	return out, s.dialect.classify(err)
}

// LotLines returns the lots that were in a reserve in a period, by id, each
// with what its movements come to before and within it.
func (s *Store) LotLines(ctx context.Context, q app.LotLinesQuery) ([]reserve.LotLine, error) {
	const page = `SELECT * FROM lot l
 WHERE l.region = ? AND l.pollutant = ? AND l.id > ? AND l.added_on <= ? AND (l.open OR l.closed_on >= ?) ORDER BY l.id LIMIT ?`
	var lots []reserve.Lot
	err := s.read.WithContext(ctx).Raw(page, q.Region, q.Pollutant, q.After, int64(q.To), int64(q.From), q.Limit).Scan(&lots).Error
	if err != nil || len(lots) == 0 {
		return nil, s.dialect.classify(err)
	}
	lines := make([]reserve.LotLine, len(lots))
	at := map[int64]int{}
	ids := make([]int64, len(lots))
	for i, l := range lots {
		lines[i].Lot, ids[i], at[l.ID] = l, l.ID, i
	}
	query := `SELECT m.lot, m.event` + sums("1") + ` FROM lot_movement m
 WHERE m.lot IN @ids AND m.day <= @to AND m.event IN @events GROUP BY m.lot, m.event ORDER BY m.lot, m.event`
	var rows []totalsRow
	err = s.read.WithContext(ctx).Raw(query, map[string]any{
		"ids": ids, "from": int64(q.From), "to": int64(q.To), "events": reserve.SidedEvents(),
	}).Scan(&rows).Error
	for _, r := range rows {
		lines[at[r.Lot]].Add(r.value())
	}
	return lines, s.dialect.classify(err)
}
