package httpapi

import (
	"bytes"
	"context"
	"fmt"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/opening"
)

var _ = register(func(r app.OpeningResult) api.OpeningPackage {
	return openingPackageOf(r.Package, r.Totals)
}, identity.OpeningSubmit, identity.OpeningTake)

// GetOpeningTemplate gives the empty workbook.
func (s *Server) GetOpeningTemplate(context.Context, gen.GetOpeningTemplateRequestObject) (gen.GetOpeningTemplateResponseObject, error) {
	book, err := openingTemplate()
	if err != nil {
		return nil, fmt.Errorf("write the template: %w", err)
	}
	return gen.GetOpeningTemplate200ApplicationVndOpenxmlformatsOfficedocumentSpreadsheetmlSheetResponse{
		Body: bytes.NewReader(book), ContentLength: int64(len(book)),
	}, nil
}

// SubmitOpeningPackage checks a file and keeps what was found.
func (s *Server) SubmitOpeningPackage(ctx context.Context, r gen.SubmitOpeningPackageRequestObject) (gen.SubmitOpeningPackageResponseObject, error) {
	if err := authoriseIn(ctx, identity.OpeningSubmit, r.Params.Region); err != nil {
		return nil, err
	}
	var in input
	p := opening.Package{Region: r.Params.Region, CutOff: read(&in, "cut_off", r.Params.CutOff, calendar.ParseDate), Document: r.Params.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	if _, err := s.region("region", p.Region); err != nil {
		return nil, err
	}
	grids, err := readSheets(r.Body)
	if err != nil {
		return nil, err
	}
	c, err := app.CheckOpening(ctx, s.rows, s.app.Reference(), s.app.Now().Date(), p, grids)
	if err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// TakeOpeningPackage proposes to sign a package off.
func (s *Server) TakeOpeningPackage(ctx context.Context, r gen.TakeOpeningPackageRequestObject) (gen.TakeOpeningPackageResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OpeningTake{Package: r.ID})
}

// ListOpeningPackages lists the packages of the regions that the reader may see.
func (s *Server) ListOpeningPackages(ctx context.Context, r gen.ListOpeningPackagesRequestObject) (gen.ListOpeningPackagesResponseObject, error) {
	may, err := s.see(ctx, identity.OpeningRead)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(equal(app.Query{}, "region", r.Params.Region), may.by(nil, []string{"region"}))
	rows, next, err := find(ctx, s, app.OpeningPackages, queries, p, func(p opening.Package) int64 { return p.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListOpeningPackages200JSONResponse{Next: next, Items: convertAll(rows, func(p opening.Package) api.OpeningPackage {
		return openingPackageOf(p, nil)
	})}, nil
}

// openingPackage returns a package that the reader may see.
func (s *Server) openingPackage(ctx context.Context, id int64) (opening.Package, error) {
	may, err := s.see(ctx, identity.OpeningRead)
	if err != nil {
		return opening.Package{}, err
	}
	p, known, err := get(ctx, s, app.OpeningPackages, id)
	if err == nil && (!known || !may.has(0, p.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	return p, err
}

// GetOpeningPackage shows a package with its control totals.
func (s *Server) GetOpeningPackage(ctx context.Context, r gen.GetOpeningPackageRequestObject) (gen.GetOpeningPackageResponseObject, error) {
	p, err := s.openingPackage(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	var totals []opening.Total
	if err := s.rows.Find(ctx, app.OpeningTotals.Name(), app.Where("package", p.ID), &totals); err != nil {
		return nil, err
	}
	return gen.GetOpeningPackage200JSONResponse(openingPackageOf(p, totals)), nil
}

func openingPackageOf(p opening.Package, totals []opening.Total) api.OpeningPackage {
	return api.OpeningPackage{
		ID: p.ID, Region: p.Region, CutOff: p.CutOff.String(), Document: p.Document, Digest: optional(p.Digest), State: api.OpeningState(p.State),
		Parts: p.Parts, Done: p.Done, Money: p.Money.String(), BudgetMoney: p.BudgetMoney.String(),
		Loans: p.Loans.String(), Unpaid: p.Unpaid.String(), Faults: p.Faults, Warnings: p.Warnings, Reason: optional(p.Reason),
		Rows: api.OpeningCounts{
			Parties: p.Parties, Licences: p.Licences, Caps: p.Caps, Lots: p.Lots, Holdings: p.Holdings, Deposits: p.Deposits,
			Pledges: p.Pledges, Leases: p.Leases, InstalmentSales: p.Sales, Instalments: p.Instalments,
			Freezes: p.Freezes, FundFreezes: p.FundFreezes, Budgets: p.Budgets,
		},
		Totals: convertAll(totals, openingTotalOf), SubmittedBy: p.SubmittedBy, SubmittedAt: p.SubmittedAt.String(),
		SignedAt: instantOf(p.SignedAt), EndedAt: instantOf(p.EndedAt),
	}
}

func openingTotalOf(t opening.Total) api.OpeningTotal {
	return api.OpeningTotal{
		Region: t.Region, Pollutant: t.Pollutant, Cap: t.Cap.String(), Unallocated: t.Unallocated.String(), Reserve: t.Reserve.String(),
		HeldPaid: t.Paid.String(), HeldFree: t.Free.String(), HeldUnknown: t.UnknownOrigin.String(), Lots: t.Lots, Holdings: t.Holdings, Signed: t.Signed,
	}
}

// GetOpeningFaults shows what is wrong in the file, in its order. A fault's id
// is its place in the list, so that a page begins in the part that keeps it.
func (s *Server) GetOpeningFaults(ctx context.Context, r gen.GetOpeningFaultsRequestObject) (gen.GetOpeningFaultsResponseObject, error) {
	p, err := s.openingPackage(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	at := pageOf(r.Params.Limit, r.Params.After)
	first := at.after / opening.PartRows
	q := app.Where("package", p.ID).And("kind", app.Eq, string(opening.FaultPart)).And("number", app.Gt, first)
	var parts []opening.Part
	if err := s.rows.Find(ctx, app.OpeningParts.Name(), q.Page(0, at.limit/opening.PartRows+2), &parts); err != nil {
		return nil, err
	}
	items := []api.OpeningFault{}
	for _, part := range parts {
		faults, err := opening.ParseFaults(part.Text)
		if err != nil {
			return nil, err
		}
		for i, f := range faults {
			if id := int64(part.Number-1)*opening.PartRows + int64(i) + 1; id > at.after {
				items = append(items, openingFaultOf(id, f))
			}
		}
	}
	items, next := cut(at, items, func(f api.OpeningFault) int64 { return f.ID })
	return gen.GetOpeningFaults200JSONResponse{Items: items, Next: next}, nil
}

func openingFaultOf(id int64, f opening.Fault) api.OpeningFault {
	return api.OpeningFault{
		ID: id, Sheet: f.Sheet, Row: optional(int32(f.Row)), Column: optional(f.Column), Code: f.Code, Detail: f.Detail, Warning: f.Warning, //nolint:gosec // a spreadsheet has a million rows
	}
}
