package app

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// openingRows turns the rows of a package into the records of the commands
// that would make them one by one.
type openingRows struct {
	p  opening.Package
	at calendar.Instant
}

// document names the package, the row and the row's own document.
func (r openingRows) document(sheet string, row int, own string) string {
	return fmt.Sprintf("opening package %d (%s), %s row %d: %s", r.p.ID, r.p.Document, sheet, row, own)
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

// freeze is a freeze without its party, licence and instrument.
func (r openingRows) freeze(f opening.Freeze) encumbrance.Freeze {
	return encumbrance.Freeze{
		Pollutant: f.Pollutant, Origin: f.Origin, Amount: int64(f.Quantity), Issuer: encumbrance.Issuer(f.Issuer), IssuerName: f.IssuerName,
		OrderNumber: f.OrderNumber, Reason: r.document("freezes", f.Row, f.Reason), StartsOn: f.StartsOn, EndsOn: f.EndsOn,
		State: encumbrance.Active, PlacedBy: r.p.SubmittedBy, RecordedAt: r.at,
	}
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
	for _, row := range c.Freezes {
		f := r.freeze(row)
		f.Licence, f.Instrument = 1, 1 // that of the row
		note("freezes", row.Row, f.Validate())
	}
	for _, row := range c.Budgets {
		note("budgets", row.Row, r.budget(row).Validate())
	}
}
