package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(func(r app.TaxListResult) api.TaxList {
	out := taxListOf(r.List)
	out.Receipts = convertAll(r.Receipts, taxReceiptOf)
	return out
}, identity.TaxListImport)

// ListTaxLists lists the lists of the tax authority.
func (s *Server) ListTaxLists(ctx context.Context, r gen.ListTaxListsRequestObject) (gen.ListTaxListsResponseObject, error) {
	may, err := s.see(ctx, identity.TaxListRead)
	if err != nil {
		return nil, err
	}
	q := equal(app.Query{}, "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.TaxLists, alternatives(q, may.by(nil, []string{"region"})), p, func(l reserve.TaxList) int64 { return l.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListTaxLists200JSONResponse{Items: convertAll(rows, taxListOf), Next: next}, nil
}

func taxListOf(l reserve.TaxList) api.TaxList {
	return api.TaxList{
		ID: l.ID, Region: l.Region, Document: l.Document, Rows: int(l.Rows), Known: int(l.Known), Amount: l.Amount.String(), ImportedAt: l.ImportedAt.String(),
	}
}

// ImportTaxList brings a list of the tax authority.
func (s *Server) ImportTaxList(ctx context.Context, r gen.ImportTaxListRequestObject) (gen.ImportTaxListResponseObject, error) {
	var in input
	c := app.TaxListImport{Region: r.Body.Region, Document: r.Body.Document}
	for i, row := range r.Body.Rows {
		at := "rows/" + strconv.Itoa(i)
		c.Rows = append(c.Rows, reserve.TaxRow{
			Number: row.Number, Receipt: row.Receipt, Amount: read(&in, at+"/amount", row.Amount, quantity.ParseMoney),
			PaidOn: read(&in, at+"/paid_on", row.PaidOn, calendar.ParseDate),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListTaxReceipts lists what the tax authority has received.
func (s *Server) ListTaxReceipts(ctx context.Context, r gen.ListTaxReceiptsRequestObject) (gen.ListTaxReceiptsResponseObject, error) {
	may, err := s.see(ctx, identity.TaxListRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "notice", r.Params.Notice)
	q = equal(equal(q, "list", r.Params.List), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.TaxReceipts, alternatives(q, may.by(nil, []string{"region"})), p, func(t reserve.TaxReceipt) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListTaxReceipts200JSONResponse{Items: convertAll(rows, taxReceiptOf), Next: next}, nil
}

func taxReceiptOf(t reserve.TaxReceipt) api.TaxReceipt {
	out := api.TaxReceipt{
		ID: t.ID, List: t.List, Region: t.Region, Number: t.Number, Receipt: t.Receipt, Amount: t.Amount.String(), PaidOn: t.PaidOn.String(),
		Notice: optional(t.Notice), Instalment: optional(t.Instalment), State: api.ReceiptState(t.State),
	}
	if t.Notice != 0 {
		out.Asked = new(t.Asked.String())
	}
	return out
}
