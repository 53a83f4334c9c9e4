package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/carbon"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(creditLifeOf, identity.CreditLifeSet)

// ListCreditLives lists how long schemes' credits can be used.
func (s *Server) ListCreditLives(ctx context.Context, r gen.ListCreditLivesRequestObject) (gen.ListCreditLivesResponseObject, error) {
	q := equal(app.Query{}, "scheme", r.Params.Scheme)
	rows, next, err := find(ctx, s, app.CreditLives, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(l carbon.Life) int64 { return l.ID })
	return gen.ListCreditLives200JSONResponse{Items: convertAll(rows, creditLifeOf), Next: next}, err
}

func creditLifeOf(l carbon.Life) api.CreditLife {
	return api.CreditLife{ID: l.ID, Scheme: l.Scheme, VintageFrom: l.VintageFrom, Months: l.Months, Document: l.Document}
}

// SetCreditLife says how long a scheme's credits of a vintage and of later ones can be used.
func (s *Server) SetCreditLife(ctx context.Context, r gen.SetCreditLifeRequestObject) (gen.SetCreditLifeResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.CreditLifeSet{
		Scheme: r.Body.Scheme, VintageFrom: r.Body.VintageFrom, Months: r.Body.Months, Document: r.Body.Document,
	})
}
