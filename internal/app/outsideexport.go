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
// licences and numbers of now. Returns ErrExportLarge, or ErrStale while something of its
// last day is on its way.
func (a *App) ExportFiles(ctx context.Context, c ExportMake) ([]outside.ExportFile, error) {
	if err := a.AwaitEnd(ctx, c.LastDay); err != nil {
		return nil, err
	}
	return a.exportFiles(ctx, c, outside.ExportRows)
}

func (a *App) exportFiles(ctx context.Context, c ExportMake, most int) ([]outside.ExportFile, error) {
	r, _, end, err := a.Moment(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	x := exporter{ctx: ctx, r: r, ExportMake: c, ref: a.Reference(), numbers: map[outsideKey]string{}}
	var made []report.File
	for _, s := range exportSheets {
		w := report.NewSheetWriter(s.name, s.columns...)
		err := s.read(&x, func(row ...string) {
			if w.Rows() == most { // the others are not even read
				stop(outside.ErrExportLarge.With("%s would have more than %d rows: name fewer days", s.name, most).At("to"))
				return
			}
			w.Add(row...)
		})
		if large := context.Cause(ctx); large != nil {
			return nil, large
		}
		if err != nil {
			return nil, err
		}
		made = append(made, w.Files()...)
	}
	report.SortFiles(made)
	files := make([]outside.ExportFile, len(made))
	for i, f := range made {
		files[i] = outside.ExportFile{Name: f.Name, Content: f.Content, Digest: f.Digest}
	}
	return files, nil
}

// exportSheet is a sheet of a package; read reads its rows page by page.
type exportSheet struct {
	name    string
	columns []string
	read    func(x *exporter, add func(row ...string)) error
}

// exportSheets are all; what the platform calls objects is read first.
var exportSheets = []exportSheet{
	{"numbers", []string{"kind", "object", "number"}, (*exporter).readNumbers},
	{"licences", []string{"id", "outside_number", "number", "holder", "site", "state", "valid_from", "valid_to"}, (*exporter).licences},
	{"holdings", []string{"licence", "outside_licence", "instrument", "origin", "quantity"}, (*exporter).holdings},
	{"lots", []string{"id", "outside_number", "pollutant", "provenance", "acquired_on", "document", "quantity", "in_reserve"}, (*exporter).lots},
	{"deals", []string{
		"id", "outside_number", "kind", "seller_licence", "buyer_licence", "instrument", "quantity", "delivered", "price", "amount", "settled_on",
	}, (*exporter).deals},
	{"mirrored_deals", []string{
		"id", "system", "number", "seller_licence", "buyer_licence", "instrument", "quantity", "arrived", "price", "amount", "settled_on",
	}, (*exporter).mirroredDeals},
	{"trades", []string{
		"id", "outside_number", "instrument", "seller_region", "buyer_region", "quantity", "price", "amount", "at",
	}, (*exporter).trades},
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

func (x *exporter) number(kind outside.Kind, object int64) string {
	return x.numbers[outsideKey{kind, object}]
}

func id(n int64) string { return fmt.Sprint(n) }

// readNumbers keeps every number that the platform has given in the region.
func (x *exporter) readNumbers(add func(...string)) error {
	q := Where("system", string(x.System)).And("region", Eq, x.Region)
	return eachOf(x.ctx, x.r, OutsideNumbers, q, func(n outside.Number) {
		x.numbers[outsideKey{n.Kind, n.Object}] = n.Number
		add(string(n.Kind), id(n.Object), n.Number)
	})
}

func (x *exporter) licence(id int64) catalog.Licence {
	l, _ := ReadTable(x.ref, Licences).Get(id)
	return l
}

func (x *exporter) instrument(id int64) string {
	i, _ := ReadTable(x.ref, Instruments).Get(id)
	return i.Code
}

func (x *exporter) licences(add func(...string)) error {
	for _, l := range ReadTable(x.ref, Licences).All() {
		if l.Region == x.Region {
			p, _ := ReadTable(x.ref, Parties).Get(l.Party)
			add(id(l.ID), x.number(outside.Licence, l.ID), l.Number, p.USCC, l.Site, string(l.State), l.ValidFrom.String(), l.ValidTo.String())
		}
	}
	return nil
}

// holdings are the balances of now, less what moved after the last day.
func (x *exporter) holdings(add func(...string)) error {
	var accounts []ledger.Account
	q := Where("kind", int64(ledger.Holding)).And("region", Eq, x.Region)
	if err := eachOf(x.ctx, x.r, Accounts, q, func(a ledger.Account) { accounts = append(accounts, a) }); err != nil {
		return err
	}
	held, _, err := BalancesAsOf(x.ctx, x.r, accounts, x.LastDay)
	for _, a := range accounts {
		if held[a.ID] > 0 {
			add(x.licence(a.Licence).Number, x.number(outside.Licence, a.Licence), x.instrument(a.Instrument), a.Origin.String(), quantity.Quantity(held[a.ID]).String())
		}
	}
	return err
}

// lotsPerRead is how many lots are read at a time, each with what moved in it.
const lotsPerRead = 5000

// lots are those that were in the reserve in the days, as they were at their end.
func (x *exporter) lots(add func(...string)) error {
	for _, p := range ReadTable(x.ref, Pollutants).All() {
		q := LotLinesQuery{Region: x.Region, Pollutant: p.Code, From: x.FirstDay, To: x.LastDay, Limit: lotsPerRead}
		for {
			lines, err := x.r.LotLines(x.ctx, q)
			if err != nil {
				return err
			}
			for _, l := range lines {
				add(id(l.Lot.ID), x.number(outside.Lot, l.Lot.ID), p.Code, string(l.Lot.Provenance), l.Lot.AcquiredOn.String(), l.Lot.Document,
					l.Lot.Quantity.String(), l.Closing.Quantity.String())
			}
			if len(lines) < lotsPerRead {
				break
			}
			q.After = lines[len(lines)-1].Lot.ID
		}
	}
	return nil
}

// ofEitherSide reads the rows of a region's sellers and those of its buyers
// whose sellers are elsewhere, by id.
func ofEitherSide[R any](x *exporter, t Table[R], q Query, sellers, buyers string, each func(R)) error {
	if err := eachOf(x.ctx, x.r, t, q.And(sellers, Eq, x.Region), each); err != nil {
		return err
	}
	return eachOf(x.ctx, x.r, t, q.And(buyers, Eq, x.Region).And(sellers, Ne, x.Region), each)
}

// deals are those that were settled in the days.
func (x *exporter) deals(add func(...string)) error {
	q := Query{}.And("settled_at", Ge, int64(x.FirstDay.Start())).And("settled_at", Lt, int64(x.LastDay.AddDays(1).Start()))
	return ofEitherSide(x, Deals, q, "seller_region", "buyer_region", func(d settlement.Deal) {
		add(id(d.ID), x.number(outside.Deal, d.ID), string(d.Kind), x.licence(d.SellerLicence).Number, x.licence(d.BuyerLicence).Number,
			x.instrument(d.Instrument), d.Quantity.String(), d.Delivered.String(), d.Price.String(), d.Amount.String(), d.SettledAt.Date().String())
	})
}

// mirroredDeals are those that were recorded in the days.
func (x *exporter) mirroredDeals(add func(...string)) error {
	q := Query{}.And("recorded_at", Ge, int64(x.FirstDay.Start())).And("recorded_at", Lt, int64(x.LastDay.AddDays(1).Start()))
	return ofEitherSide(x, MirroredDeals, q, "region", "buyer_region", func(m outside.Mirror) {
		add(id(m.ID), string(m.System), m.Number, x.licence(m.SellerLicence).Number, x.licence(m.BuyerLicence).Number, x.instrument(m.Instrument),
			m.Quantity.String(), m.Arrived().String(), m.Price.String(), m.Amount.String(), m.SettledOn.String())
	})
}

// trades are the fills of markets of the days; who traded is not in them.
func (x *exporter) trades(add func(...string)) error {
	first, err := x.tradesBefore(x.FirstDay)
	if err != nil {
		return err
	}
	q := Query{After: first}.And("at", Lt, int64(x.LastDay.AddDays(1).Start()))
	return ofEitherSide(x, Trades, q, "seller_region", "buyer_region", func(t market.Trade) {
		if i, _ := ReadTable(x.ref, Instruments).Get(t.Instrument); !i.OfCredits() { // other platforms are of permits
			add(id(t.ID), x.number(outside.Trade, t.ID), x.instrument(t.Instrument), t.SellerRegion, t.BuyerRegion, t.Quantity.String(), t.Price.String(),
				t.Amount.String(), t.At.String())
		}
	})
}

func (x *exporter) tradesBefore(day calendar.Date) (int64, error) {
	last, err := numberBefore(x.ctx, x.r, day.Start())
	if err != nil {
		return 0, err
	}
	return idBefore(x.ctx, x.r, Trades, last)
}
