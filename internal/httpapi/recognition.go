package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var (
	_ = register(recognitionOf, identity.RecognitionSet)
	_ = register(func(r app.CreditMirrorResult) api.CreditMirror { return mirrorOfCredits(r.Mirror) }, identity.CreditMirror)
)

// ListRecognitions lists which credits of other schemes are recognised.
func (s *Server) ListRecognitions(ctx context.Context, r gen.ListRecognitionsRequestObject) (gen.ListRecognitionsResponseObject, error) {
	q := equal(app.Query{}, "scheme", r.Params.Scheme)
	rows, next, err := find(ctx, s, app.Recognitions, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(c carbon.Recognition) int64 { return c.ID })
	return gen.ListRecognitions200JSONResponse{Items: convertAll(rows, recognitionOf), Next: next}, err
}

func recognitionOf(r carbon.Recognition) api.Recognition {
	return api.Recognition{
		ID: r.ID, Scheme: r.Scheme, Origin: r.Origin, Methodology: r.Methodology, Unit: r.Unit.String(), Factor: r.Factor.String(),
		ValidFrom: r.ValidFrom.String(), ValidTo: dateOf(r.ValidTo), Document: r.Document,
	}
}

// SetRecognition recognises credits of another scheme from a day on.
func (s *Server) SetRecognition(ctx context.Context, r gen.SetRecognitionRequestObject) (gen.SetRecognitionResponseObject, error) {
	var in input
	b := r.Body
	c := app.RecognitionSet{
		Scheme: b.Scheme, Origin: b.Origin, Methodology: b.Methodology, Unit: read(&in, "unit", b.Unit, quantity.ParseReduction),
		Factor: read(&in, "factor", b.Factor, quantity.ParseRatio), ValidFrom: read(&in, "valid_from", b.ValidFrom, calendar.ParseDate),
		ValidTo: readOptional(&in, "valid_to", b.ValidTo, calendar.ParseDate), Document: b.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListCreditMirrors lists credits of other schemes that were recognised.
func (s *Server) ListCreditMirrors(ctx context.Context, r gen.ListCreditMirrorsRequestObject) (gen.ListCreditMirrorsResponseObject, error) {
	q := equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region)
	rows, next, err := listCredits(ctx, s, app.Mirrors, q, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), func(m carbon.Mirror) int64 { return m.ID })
	return gen.ListCreditMirrors200JSONResponse{Items: convertAll(rows, mirrorOfCredits), Next: next}, err
}

func mirrorOfCredits(m carbon.Mirror) api.CreditMirror {
	return api.CreditMirror{
		ID: m.ID, Recognition: m.Recognition, Issuance: m.Issuance, Party: m.Party, Region: m.Region, Origin: m.Origin, Home: optional(m.Home),
		Serial: m.Serial, Units: m.Units(), Lock: optional(m.Lock), Released: m.Released,
	}
}

// MirrorCredits has units of another scheme recognised.
func (s *Server) MirrorCredits(ctx context.Context, r gen.MirrorCreditsRequestObject) (gen.MirrorCreditsResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.CreditMirror{
		Scheme: r.Body.Scheme, Party: r.Body.Party, Serial: r.Body.Serial, Lock: deref(r.Body.Lock),
	})
}
