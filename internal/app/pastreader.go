package app

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"reflect"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/settlement"
)

// pastReader reads rows as they were after one command: a row that was changed since is
// led back to its image of then by the journal (ADR 63). Sums that the database makes
// are of rows that never change, and those who ask bound them by their own day.
type pastReader struct {
	Reader
	last int64 // number of the command
}

// ReaderAsOf reads what was recorded up to the end of a day, as it was then. It fails for
// a day of which rows cannot be led back.
func (a *App) ReaderAsOf(ctx context.Context, day calendar.Date) (Reader, error) {
	r := a.Reader()
	last, err := numberBefore(ctx, r, day.AddDays(1).Start())
	if err == nil {
		err = checkKnown(ctx, r, last)
	}
	return pastReader{r, last}, err
}

// The marks of two migrations: before the one they gave registries in service rows that no
// command has written, and since the other the journal keeps what such a row was.
const (
	lastPlanting = "I-63"
	plantedKept  = "I-10 planted"
)

// checkKnown refuses a past command of a registry that was in service when migrations gave
// it rows, from before the journal kept what these were.
func checkKnown(ctx context.Context, r Reader, last int64) error {
	var marks []InvariantStart
	if err := r.Find(ctx, InvariantStarts.name, Query{}.And("invariant", In, []string{lastPlanting, plantedKept}), &marks); err != nil {
		return err
	}
	of := map[string]int64{}
	for _, m := range marks {
		of[m.Invariant] = m.Number
	}
	if of[lastPlanting] == 0 || last >= of[plantedKept] {
		return nil
	}
	var journal []JournalRow
	if err := r.Find(ctx, Journal.name, Where("number", of[plantedKept]), &journal); err != nil || len(journal) == 0 {
		return err
	}
	return fault.Invalidf("as_of", "must be %s or later: what rows of before were then the journal does not say", journal[0].At.Date())
}

// fixedColumns are columns that never change, such as the instants at which rows were
// made: by them a store finds what a query can select without reading all that has changed.
var fixedColumns = []string{"recorded_at", "proposed_at", "placed_at", "offered_at", "issued_at"}

// ofLicences are the tables whose rows stay those of their licence and pollutant.
var ofLicences = []string{Surpluses.name, LicenceAmounts.name, Discharges.name, Tasks.name}

// isFixed reports whether a column never changes.
func isFixed(table, column string) bool {
	return slices.Contains(fixedColumns, column) || table == Acquisitions.name && column == "account" ||
		slices.Contains(ofLicences, table) && (column == "licence" || column == "pollutant")
}

// neverChanged are the tables whose rows are written once: what is recorded later is a further row.
var neverChanged = []string{Accounts.name, Postings.name, Trades.name, Facts.name, ZoneRules.name, Parameters.name, Attainments.name}

// Find returns the rows that a query selected after the command.
func (p pastReader) Find(ctx context.Context, table string, q Query, rows any) error {
	if table == Journal.name || table == Payloads.name {
		return p.Reader.Find(ctx, table, q.And("number", Le, p.last), rows)
	}
	err := p.Reader.Find(ctx, table, q.And("command", Le, p.last), rows)
	if err != nil || slices.Contains(neverChanged, table) {
		return err
	}
	found := reflect.ValueOf(rows).Elem()
	changed := reflect.New(found.Type())
	since := Query{After: q.After, Desc: q.Desc}.And("command", Gt, p.last)
	if n := found.Len(); n > 0 && n == q.Limit { // what lies beyond is of the next page
		within := Le
		if q.Desc {
			within = Ge
		}
		since = since.And("id", within, idOf(found.Index(n-1).Addr().Interface()))
	}
	for _, c := range q.Where {
		if isFixed(table, c.Column) {
			since.Where = append(since.Where, c)
		}
	}
	if err := p.Reader.Find(ctx, table, since, changed.Interface()); err != nil {
		return err
	}
	then := changed.Elem()
	pointers := make([]any, then.Len())
	for i := range pointers {
		pointers[i] = then.Index(i).Addr().Interface()
	}
	there, err := p.leadBack(ctx, table, pointers)
	if err != nil {
		return err
	}
	for i, was := range there {
		if row := then.Index(i); was && q.selects(row) {
			found.Set(reflect.Append(found, row))
		}
	}
	q.cut(found)
	return nil
}

// SharedAccounts is that of the bank entries of then.
func (p pastReader) SharedAccounts(ctx context.Context, through calendar.Date) (uses []AccountUse, err error) {
	parties := map[string]map[int64]bool{} // by account
	q := Query{}.And("payer_account", Ne, "").And("party", Gt, int64(0)).And("booked_on", Le, int64(through))
	err = eachOf(ctx, p, BankEntries, q, func(b settlement.BankEntry) {
		if parties[b.PayerAccount] == nil {
			parties[b.PayerAccount] = map[int64]bool{}
		}
		parties[b.PayerAccount][b.Party] = true
	})
	for _, account := range slices.Sorted(maps.Keys(parties)) {
		if len(parties[account]) > 1 {
			for _, party := range slices.Sorted(maps.Keys(parties[account])) {
				uses = append(uses, AccountUse{account, party})
			}
		}
	}
	return uses, err
}

// cut puts rows in the order of a query and leaves as many as it asks for.
func (q Query) cut(rows reflect.Value) {
	sorted := make([]reflect.Value, rows.Len())
	for i := range sorted {
		sorted[i] = reflect.New(rows.Type().Elem()).Elem()
		sorted[i].Set(rows.Index(i))
	}
	slices.SortFunc(sorted, func(a, b reflect.Value) int {
		order := cmp.Compare(idOf(a.Addr().Interface()), idOf(b.Addr().Interface()))
		if q.Desc {
			order = -order
		}
		return order
	})
	for i, row := range sorted {
		rows.Index(i).Set(row)
	}
	if q.Limit > 0 && rows.Len() > q.Limit {
		rows.SetLen(q.Limit)
	}
}

// decodeRecord reads what appendRecord has written into a record, given a pointer to it.
func decodeRecord(b []byte, row any) error {
	v := reflect.ValueOf(row).Elem()
	v.SetZero()
	p := planOf(v.Type())
	for n, i := range slices.Concat(p.first, p.later) {
		if n >= len(p.first) && len(b) == 0 {
			return nil // the others are zero
		}
		var err error
		if b, err = decodeValue(b, v.Field(i)); err != nil {
			return err
		}
	}
	if len(b) > 0 {
		return errChanges
	}
	return nil
}

func decodeValue(b []byte, f reflect.Value) ([]byte, error) {
	if f.Kind() == reflect.String {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) { //nolint:gosec // n is at most len(b)
			return nil, errChanges
		}
		end := n + int(size) //nolint:gosec // bounded by len(b)
		f.SetString(string(b[n:end]))
		return b[end:], nil
	}
	value, n := binary.Varint(b)
	if n <= 0 {
		return nil, errChanges
	}
	switch {
	case f.CanInt():
		f.SetInt(value)
	case f.CanUint():
		f.SetUint(uint64(value)) //nolint:gosec // as it was encoded
	default:
		f.SetBool(value != 0)
	}
	return b[n:], nil
}
