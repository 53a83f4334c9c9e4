package app

import (
	"context"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/settlement"
)

// ExportMake makes a package for another platform. Its files are made by
// whoever sends the command out of the committed rows, see App.ExportFiles.
type ExportMake struct {
	System   outside.System
	Region   string
	FirstDay calendar.Date
	LastDay  calendar.Date
	Files    []outside.ExportFile
}

// ExportReceive records what the platform answered to a package.
type ExportReceive struct {
	Export     int64
	Receipt    string
	ReceivedOn calendar.Date
}

// ExportResult is a package with its files.
type ExportResult struct {
	Export outside.Export
	Files  []outside.ExportFile
}

var _ = declare(ExportMake{}, ExportReceive{})

// asked is the package, whatever its files would be by now.
func (c ExportMake) asked() any { c2 := c; c2.Files = nil; return fmt.Sprint(c2) }

// Operation is ExportMake.
func (ExportMake) Operation() identity.Operation { return identity.ExportMake }

// Decide checks that the days are over. The result is an ExportResult.
func (c ExportMake) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.ExportMake, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	e := outside.Export{
		System: c.System, Region: c.Region, FirstDay: c.FirstDay, LastDay: c.LastDay, State: outside.ExportMade, MadeBy: v.Actor.Person, MadeAt: v.Now,
	}
	if err := e.Validate(v.Today); err != nil {
		return nil, err
	}
	before, err := Find(v, Exports, Where("system", string(c.System)).And("region", Eq, c.Region))
	if err != nil {
		return nil, err
	}
	e.Number, e.Digest = outside.NextNumber(before), manifestOf(c.Files)
	return func(tx *Tx) any {
		r := ExportResult{Export: Put(tx, Exports, e)}
		for _, f := range c.Files {
			f.Export = r.Export.ID
			r.Files = append(r.Files, Put(tx, ExportFiles, f))
		}
		return r
	}, nil
}

// manifestOf is the one digest of an export's files.
func manifestOf(files []outside.ExportFile) string {
	same := make([]report.File, len(files))
	for i, f := range files {
		same[i] = report.File{Name: f.Name, Digest: f.Digest}
	}
	return report.ManifestDigest(same)
}

// Operation is ExportReceive.
func (ExportReceive) Operation() identity.Operation { return identity.ExportReceive }

// Decide checks that the package waits for its receipt. The result is an
// ExportResult without files.
func (c ExportReceive) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ExportReceive, identity.Target{}); err != nil {
		return nil, err
	}
	e, err := Get(v, Exports, "id", c.Export)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.ExportReceive, identity.OfRegion(e.Region)); err != nil {
		return nil, err
	}
	if e, err = e.Received(c.Receipt, c.ReceivedOn); err != nil {
		return nil, err
	}
	if err := v.checkPast("received_on", c.ReceivedOn); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return ExportResult{Export: Put(tx, Exports, e)} }, nil
}

// ExportFiles are the files of a package that is made now: holdings and lots as
// they were at the end of its last day, what happened in its days, and the
// licences and numbers of now. Returns ErrExportLarge.
func (a *App) ExportFiles(ctx context.Context, c ExportMake) ([]outside.ExportFile, error) {
	r, _, end, err := a.Moment(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	x := exporter{ctx: ctx, r: r, ExportMake: c, ref: a.Reference(), numbers: map[outsideKey]string{}}
	var sheets []report.Sheet
	for _, make := range []func() (report.Sheet, error){
		x.readNumbers, x.licences, x.holdings, x.lots, x.deals, x.mirroredDeals, x.trades,
	} {
		s, err := make()
		if err != nil {
			return nil, err
		}
		if len(s.Rows) > outside.ExportRows {
			return nil, outside.ErrExportLarge.With("%s would have more than %d rows: name fewer days", s.Name, outside.ExportRows)
		}
		sheets = append(sheets, s)
	}
	var files []outside.ExportFile
	for _, f := range report.Files(sheets...) {
		files = append(files, outside.ExportFile{Name: f.Name, Content: f.Content, Digest: f.Digest})
	}
	return files, nil
}

// exporter reads what goes into a package.
type exporter struct {
	ExportMake

	ctx     context.Context //nolint:containedctx // of this one package
	r       Reader
	ref     *Reference
	numbers map[outsideKey]string // what the platform calls objects
}

type outsideKey struct {
	kind   outside.Kind
	object int64
}

// most reads one row more than a file may have.
func most(q Query) Query { return q.Page(q.After, outside.ExportRows+1) }

func rowsFor[R any](x *exporter, t Table[R], q Query) ([]R, error) {
	var rows []R
	return rows, x.r.Find(x.ctx, t.name, most(q), &rows)
}

func (x *exporter) number(kind outside.Kind, object int64) string {
	return x.numbers[outsideKey{kind, object}]
}

func id(n int64) string { return fmt.Sprint(n) }

// readNumbers keeps every number that the platform has given in the region; it
// comes first.
func (x *exporter) readNumbers() (report.Sheet, error) {
	s := report.Sheet{Name: "numbers", Columns: []string{"kind", "object", "number"}}
	rows, err := rowsFor(x, OutsideNumbers, Where("system", string(x.System)).And("region", Eq, x.Region))
	for _, n := range rows {
		x.numbers[outsideKey{n.Kind, n.Object}] = n.Number
		s.Rows = append(s.Rows, []string{string(n.Kind), id(n.Object), n.Number})
	}
	return s, err
}

func (x *exporter) licence(id int64) catalog.Licence {
	l, _ := ReadTable(x.ref, Licences).Get(id)
	return l
}

func (x *exporter) instrument(id int64) string {
	i, _ := ReadTable(x.ref, Instruments).Get(id)
	return i.Code
}

func (x *exporter) licences() (report.Sheet, error) {
	s := report.Sheet{Name: "licences", Columns: []string{"id", "outside_number", "number", "holder", "site", "state", "valid_from", "valid_to"}}
	for _, l := range ReadTable(x.ref, Licences).All() {
		if l.Region == x.Region {
			p, _ := ReadTable(x.ref, Parties).Get(l.Party)
			s.Rows = append(s.Rows, []string{
				id(l.ID), x.number(outside.Licence, l.ID), l.Number, p.USCC, l.Site, string(l.State), l.ValidFrom.String(), l.ValidTo.String(),
			})
		}
	}
	return s, nil
}

// holdings are the balances of now, less what moved after the last day.
func (x *exporter) holdings() (report.Sheet, error) {
	s := report.Sheet{Name: "holdings", Columns: []string{"licence", "outside_licence", "instrument", "origin", "quantity"}}
	var accounts []ledger.Account
	err := x.r.Find(x.ctx, Accounts.name, Where("kind", int64(ledger.Holding)).And("region", Eq, x.Region), &accounts)
	if err != nil {
		return s, err
	}
	held, err := balancesAt(x.ctx, x.r, accounts, x.LastDay)
	for _, a := range accounts {
		if held[a.ID] > 0 {
			s.Rows = append(s.Rows, []string{
				x.licence(a.Licence).Number, x.number(outside.Licence, a.Licence), x.instrument(a.Instrument), a.Origin.String(), quantity.Quantity(held[a.ID]).String(),
			})
		}
	}
	return s, err
}

// balancesAt are the balances of accounts that are not contra at the end of a day.
func balancesAt(ctx context.Context, r Reader, accounts []ledger.Account, day calendar.Date) (map[ledger.AccountID]int64, error) {
	wanted, held := map[ledger.AccountID]bool{}, map[ledger.AccountID]int64{}
	for _, a := range accounts {
		wanted[a.ID] = true
	}
	if err := eachOf(ctx, r, Balances, Query{}, func(b ledger.Balance) {
		if wanted[b.ID] {
			held[b.ID] = b.Balance
		}
	}); err != nil {
		return nil, err
	}
	last, err := numberBefore(ctx, r, day.AddDays(1).Start())
	if err != nil {
		return nil, err
	}
	after, err := idBefore(ctx, r, Postings, last)
	if err != nil {
		return nil, err
	}
	return held, eachOf(ctx, r, Postings, Query{After: after}, func(p ledger.Posting) {
		if wanted[p.Debit] {
			held[p.Debit] += p.Amount
		}
		if wanted[p.Credit] {
			held[p.Credit] -= p.Amount
		}
	})
}

// lots are those that were in the reserve in the days, as they were at their end.
func (x *exporter) lots() (report.Sheet, error) {
	s := report.Sheet{Name: "lots", Columns: []string{"id", "outside_number", "pollutant", "provenance", "acquired_on", "document", "quantity", "in_reserve"}}
	for _, p := range ReadTable(x.ref, Pollutants).All() {
		lines, err := x.r.LotLines(x.ctx, LotLinesQuery{Region: x.Region, Pollutant: p.Code, From: x.FirstDay, To: x.LastDay, Limit: outside.ExportRows + 1})
		if err != nil {
			return s, err
		}
		for _, l := range lines {
			s.Rows = append(s.Rows, []string{
				id(l.Lot.ID), x.number(outside.Lot, l.Lot.ID), p.Code, string(l.Lot.Provenance), l.Lot.AcquiredOn.String(), l.Lot.Document,
				l.Lot.Quantity.String(), l.Closing.Quantity.String(),
			})
		}
	}
	return s, nil
}

// ofEitherSide reads the rows of a region's sellers and those of its buyers
// whose sellers are elsewhere, by id.
func ofEitherSide[R any](x *exporter, t Table[R], q Query, sellers, buyers string) ([]R, error) {
	rows, err := rowsFor(x, t, q.And(sellers, Eq, x.Region))
	if err != nil {
		return nil, err
	}
	bought, err := rowsFor(x, t, q.And(buyers, Eq, x.Region).And(sellers, Ne, x.Region))
	return append(rows, bought...), err
}

// deals are those that were settled in the days.
func (x *exporter) deals() (report.Sheet, error) {
	s := report.Sheet{Name: "deals", Columns: []string{
		"id", "outside_number", "kind", "seller_licence", "buyer_licence", "instrument", "quantity", "delivered", "price", "amount", "settled_on",
	}}
	q := Query{}.And("settled_at", Ge, int64(x.FirstDay.Start())).And("settled_at", Lt, int64(x.LastDay.AddDays(1).Start()))
	rows, err := ofEitherSide(x, Deals, q, "seller_region", "buyer_region")
	for _, d := range rows {
		s.Rows = append(s.Rows, dealRow(x, d))
	}
	return s, err
}

func dealRow(x *exporter, d settlement.Deal) []string {
	return []string{
		id(d.ID), x.number(outside.Deal, d.ID), string(d.Kind), x.licence(d.SellerLicence).Number, x.licence(d.BuyerLicence).Number,
		x.instrument(d.Instrument), d.Quantity.String(), d.Delivered.String(), d.Price.String(), d.Amount.String(), d.SettledAt.Date().String(),
	}
}

// mirroredDeals are those that were recorded in the days.
func (x *exporter) mirroredDeals() (report.Sheet, error) {
	s := report.Sheet{Name: "mirrored_deals", Columns: []string{
		"id", "system", "number", "seller_licence", "buyer_licence", "instrument", "quantity", "arrived", "price", "amount", "settled_on",
	}}
	q := Query{}.And("recorded_at", Ge, int64(x.FirstDay.Start())).And("recorded_at", Lt, int64(x.LastDay.AddDays(1).Start()))
	rows, err := ofEitherSide(x, MirroredDeals, q, "region", "buyer_region")
	for _, m := range rows {
		s.Rows = append(s.Rows, []string{
			id(m.ID), string(m.System), m.Number, x.licence(m.SellerLicence).Number, x.licence(m.BuyerLicence).Number, x.instrument(m.Instrument),
			m.Quantity.String(), m.Arrived().String(), m.Price.String(), m.Amount.String(), m.SettledOn.String(),
		})
	}
	return s, err
}

// trades are the fills of markets of the days; who traded is not in them.
func (x *exporter) trades() (report.Sheet, error) {
	s := report.Sheet{Name: "trades", Columns: []string{"id", "outside_number", "instrument", "seller_region", "buyer_region", "quantity", "price", "amount", "at"}}
	first, err := x.tradesBefore(x.FirstDay)
	if err != nil {
		return s, err
	}
	rows, err := ofEitherSide(x, Trades, Query{After: first}.And("at", Lt, int64(x.LastDay.AddDays(1).Start())), "seller_region", "buyer_region")
	for _, t := range rows {
		if i, _ := ReadTable(x.ref, Instruments).Get(t.Instrument); !i.OfCredits() { // other platforms are of permits
			s.Rows = append(s.Rows, tradeRow(x, t))
		}
	}
	return s, err
}

func (x *exporter) tradesBefore(day calendar.Date) (int64, error) {
	last, err := numberBefore(x.ctx, x.r, day.Start())
	if err != nil {
		return 0, err
	}
	return idBefore(x.ctx, x.r, Trades, last)
}

func tradeRow(x *exporter, t market.Trade) []string {
	return []string{
		id(t.ID), x.number(outside.Trade, t.ID), x.instrument(t.Instrument), t.SellerRegion, t.BuyerRegion, t.Quantity.String(), t.Price.String(),
		t.Amount.String(), t.At.String(),
	}
}
