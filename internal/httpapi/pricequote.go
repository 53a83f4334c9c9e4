package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/quantity"
)

// QuotePrice says what permits would cost for the months that are left, or credits, with the buyer's fee.
func (s *Server) QuotePrice(_ context.Context, r gen.QuotePriceRequestObject) (gen.QuotePriceResponseObject, error) {
	var in input
	p := r.Params
	q := app.PriceQuote{
		Kind: app.PriceQuoteKind(p.Kind), Quantity: read(&in, "quantity", p.Quantity, quantity.ParseQuantity),
		Price: read(&in, "price", p.Price, quantity.ParsePrice), Months: int(deref(p.Months)),
		StateFunded: deref(p.StateFunded), Region: deref(p.Region), Industry: deref(p.Industry),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	q, err := s.app.PriceQuoteOf(q, p.Instrument, deref(p.Market))
	if err != nil {
		return nil, err
	}
	rounding := "half_up"
	if q.Rounding() == quantity.Down {
		rounding = "down"
	}
	out := gen.QuotePrice200JSONResponse{
		Kind: api.PriceQuoteKind(q.Kind), Instrument: q.Instrument.Code, Market: optional(q.Market.Code),
		Quantity: q.Quantity.String(), Price: q.Price.String(), Months: int32(q.Months), //nolint:gosec // months of a term
		Amount: q.Amount.String(), Rounding: api.PriceQuoteRounding(rounding), Formula: q.Formula(), AsOf: q.On.String(), TermEnd: dateOf(q.Instrument.TermEnd),
		FeeFormula: q.FeeFormula, Region: optional(q.Region), Industry: optional(q.Industry),
	}
	if q.KnowsFee() {
		out.Fee, out.Total = new(q.Fee.String()), new(q.Total.String())
	}
	return out, nil
}
