package app

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// openedPrefix begins the documents of what came with a package.
const openedPrefix = "opening package "

// openingRows turns the rows of a package into the records of the commands
// that would make them one by one.
type openingRows struct {
	p  opening.Package
	at calendar.Instant
}

// document names the package, the row and the row's own document.
func (r openingRows) document(sheet string, row int, own string) string {
	return fmt.Sprintf(openedPrefix+"%d (%s), %s row %d: %s", r.p.ID, r.p.Document, sheet, row, own)
}

func (r openingRows) cap(c opening.Cap) reserve.CapDecision {
	return reserve.CapDecision{
		Region: c.Region, Pollutant: c.Pollutant, Change: c.Cap, Document: r.document("caps", c.Row, c.Document), DecidedOn: c.DecidedOn, RecordedAt: r.at,
	}
}

func (r openingRows) lot(l opening.Lot) (reserve.Movement, reserve.Lot) {
	document := r.document("lots", l.Row, l.Document)
	movement := reserve.Movement{
		Region: l.Region, Pollutant: l.Pollutant, Direction: reserve.ToReserve, Quantity: l.Quantity, Document: document, RecordedAt: r.at,
	}
	lot := reserve.Lot{
		Region: l.Region, Pollutant: l.Pollutant, Provenance: reserve.Provenance(l.Provenance), AcquiredOn: l.AcquiredOn, Document: document,
		Price: l.Price, Months: l.Months, Cost: l.Cost, Quantity: l.Quantity,
	}
	return movement, lot
}

// allocation is a holding without its party, licence and instrument.
func (r openingRows) allocation(h opening.Holding) reserve.Allocation {
	return reserve.Allocation{
		Pollutant: h.Pollutant, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: h.Origin, Quantity: h.Quantity, Price: h.Price,
		PriceKnown: h.PriceKnown || h.Origin == ledger.Free, AcquiredOn: h.AcquiredOn, Document: r.document("holdings", h.Row, h.Document), RecordedAt: r.at,
	}
}

// deposit is a deposit without its party.
func (r openingRows) deposit(d opening.Deposit) settlement.Deposit {
	return settlement.Deposit{Amount: d.Amount, BankReference: d.BankReference, ReceivedOn: d.ReceivedOn, RecordedAt: r.at}
}

// pledge is a registered pledge without its parties, licence and instrument.
// As it was assessed and lent: no more may be lent on it.
func (r openingRows) pledge(p opening.Pledge) encumbrance.Pledge {
	document := r.document("pledges", p.Row, p.Document)
	return encumbrance.Pledge{
		Rank: max(p.Rank, 1), Pollutant: p.Pollutant, Quantity: p.Quantity, Value: p.Value, Assessment: document, Most: p.Loan, Loan: p.Loan, DueOn: p.DueOn,
		State: encumbrance.PledgeRegistered, Document: document, Contract: document, AppliedBy: r.p.SubmittedBy, AppliedAt: r.at, RegisteredAt: r.at,
	}
}

// lease is a lease that has begun, without its parties, licences and
// instrument. Its rent was paid before.
func (r openingRows) lease(l opening.Lease) (encumbrance.Lease, error) {
	amount, err := encumbrance.LeaseAmount(l.Price, l.Quantity, int(l.Months))
	return encumbrance.Lease{
		Pollutant: l.Pollutant, Quantity: l.Quantity, Price: l.Price, Months: l.Months, Amount: amount, FromOn: l.StartsOn, StartsOn: l.StartsOn,
		EndsOn: l.LastDay(), State: encumbrance.LeaseActive, Document: r.document("leases", l.Row, l.Document), OfferedBy: r.p.SubmittedBy, OfferedAt: r.at,
	}, err
}

// sale is the payment notice of a sale that is paid in instalments, without
// its party, licence and instrument. Each instalment has its own last day.
func (r openingRows) sale(s opening.Sale) reserve.PaymentNotice {
	return reserve.PaymentNotice{
		Opening: r.p.ID, Pollutant: s.Pollutant, Quantity: s.Quantity, Price: s.Price, Months: s.Months, Amount: s.Amount, DueOn: s.TermEnd,
		Document: r.document("instalment_sales", s.Row, s.Number+", "+s.Document), State: reserve.NoticeIssued, IssuedAt: s.SoldOn.Start(),
	}
}

// sold is the permits of such a sale as a holding.
func (r openingRows) sold(s opening.Sale) reserve.Allocation {
	return reserve.Allocation{
		Pollutant: s.Pollutant, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: s.Quantity, Price: s.Price,
		PriceKnown: true, AcquiredOn: s.SoldOn, Document: r.sale(s).Document, RecordedAt: r.at,
	}
}

// planDocument is the document of the plan of a sale: its instalments, which
// may be taken by another command, find it by that.
func (r openingRows) planDocument(sale string) string {
	return fmt.Sprintf(openedPrefix+"%d (%s): %s", r.p.ID, r.p.Document, sale)
}

// paidPart is the first instalment: what was paid of a sale before. The old
// register proves it.
func (r openingRows) paidPart(s opening.Sale) reserve.Instalment {
	return reserve.Instalment{
		Sequence: 1, Amount: s.Paid, DueOn: s.PaidOn, Paid: s.Paid, Proof: fmt.Sprintf(openedPrefix+"%d row %d", r.p.ID, s.Row), PaidOn: s.PaidOn,
		Confirmation: r.document("instalment_sales", s.Row, s.Document),
	}
}

// freeze is a freeze of an order without what it is on.
func (r openingRows) freeze(sheet string, row int, o opening.Order) encumbrance.Freeze {
	return encumbrance.Freeze{
		Issuer: encumbrance.Issuer(o.Issuer), IssuerName: o.IssuerName, OrderNumber: o.OrderNumber, Reason: r.document(sheet, row, o.Reason),
		StartsOn: o.StartsOn, EndsOn: o.EndsOn, State: encumbrance.Active, PlacedBy: r.p.SubmittedBy, RecordedAt: r.at,
	}
}

// freezeOfPermits is a freeze without its party, licence and instrument.
func (r openingRows) freezeOfPermits(row opening.Freeze) encumbrance.Freeze {
	f := r.freeze("freezes", row.Row, row.Order)
	f.Pollutant, f.Origin, f.Amount = row.Pollutant, row.Origin, int64(row.Quantity)
	return f
}

// freezeOfFunds is a freeze without its party.
func (r openingRows) freezeOfFunds(row opening.FundFreeze) encumbrance.Freeze {
	f := r.freeze("fund_freezes", row.Row, row.Order)
	f.Amount = int64(row.Amount)
	return f
}

func (r openingRows) budget(b opening.Budget) reserve.Budget {
	return reserve.Budget{Region: b.Region, FiscalYear: b.FiscalYear, Source: b.Source}
}

// validate notes what the rules of the records refuse.
func (r openingRows) validate(c opening.Contents, note func(sheet string, row int, err error)) {
	for _, row := range c.Caps {
		note("caps", row.Row, r.cap(row).Validate())
	}
	for _, row := range c.Lots {
		_, l := r.lot(row)
		note("lots", row.Row, l.Validate())
	}
	for _, row := range c.Holdings {
		note("holdings", row.Row, r.allocation(row).Validate())
	}
	for _, row := range c.Deposits {
		note("deposits", row.Row, r.deposit(row).Validate())
	}
	for _, row := range c.Pledges {
		note("pledges", row.Row, catalog.CheckDocument("document", r.pledge(row).Document))
	}
	for _, row := range c.Leases {
		l, err := r.lease(row)
		note("leases", row.Row, fault.First(err, catalog.CheckDocument("document", l.Document)))
	}
	for _, row := range c.Sales {
		note("instalment_sales", row.Row, r.sold(row).Validate())
	}
	for _, row := range c.Freezes {
		f := r.freezeOfPermits(row)
		f.Licence, f.Instrument = 1, 1 // that of the row
		note("freezes", row.Row, f.Validate())
	}
	for _, row := range c.FundFreezes {
		note("fund_freezes", row.Row, r.freezeOfFunds(row).Validate())
	}
	for _, row := range c.Budgets {
		note("budgets", row.Row, r.budget(row).Validate())
	}
}
