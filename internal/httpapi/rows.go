package httpapi

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/reserve"
)

// requestReader reads for handlers. Their context is gin's, which gin uses
// again for the next request while a database driver may still look at it, so
// that the driver gets the request's own.
type requestReader struct{ app.Reader }

// plain returns the context of the request that a handler's context belongs to.
func plain(ctx context.Context) context.Context {
	if k, ok := ctx.Value(callKey).(*call); ok {
		return k.ctx
	}
	return ctx
}

// Find is app.Reader's.
func (r requestReader) Find(ctx context.Context, table string, q app.Query, rows any) error {
	return r.Reader.Find(plain(ctx), table, q, rows)
}

// LastID is app.Reader's.
func (r requestReader) LastID(ctx context.Context, table string) (int64, error) {
	return r.Reader.LastID(plain(ctx), table)
}

// Statement is app.Reader's.
func (r requestReader) Statement(ctx context.Context, account ledger.AccountID, last int64, limit int) ([]ledger.Posting, error) {
	return r.Reader.Statement(plain(ctx), account, last, limit)
}

// ReserveTotals is app.Reader's.
func (r requestReader) ReserveTotals(ctx context.Context, region, pollutant string, from, to calendar.Date) ([]reserve.PeriodTotal, error) {
	return r.Reader.ReserveTotals(plain(ctx), region, pollutant, from, to)
}

// FeeTotals is app.Reader's.
func (r requestReader) FeeTotals(ctx context.Context, q app.FeeTotalsQuery) ([]market.FeeTotal, error) {
	return r.Reader.FeeTotals(plain(ctx), q)
}

// FillsBetween is app.Reader's.
func (r requestReader) FillsBetween(ctx context.Context, q app.FillsQuery, each func(app.PartyFill)) error {
	return r.Reader.FillsBetween(plain(ctx), q, each)
}

// SharedAccounts is app.Reader's.
func (r requestReader) SharedAccounts(ctx context.Context, through calendar.Date) ([]app.AccountUse, error) {
	return r.Reader.SharedAccounts(plain(ctx), through)
}

// LotLines is app.Reader's.
func (r requestReader) LotLines(ctx context.Context, q app.LotLinesQuery) ([]reserve.LotLine, error) {
	return r.Reader.LotLines(plain(ctx), q)
}
