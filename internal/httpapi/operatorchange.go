package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(operatorChangeOf, identity.SchemeOperatorSet)

// ListOperatorChanges lists changes of schemes' operators.
func (s *Server) ListOperatorChanges(ctx context.Context, r gen.ListOperatorChangesRequestObject) (gen.ListOperatorChangesResponseObject, error) {
	q := equal(app.Query{}, "scheme", r.Params.Scheme)
	rows, next, err := find(ctx, s, app.OperatorChanges, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(c carbon.OperatorChange) int64 { return c.ID })
	return gen.ListOperatorChanges200JSONResponse{Items: convertAll(rows, operatorChangeOf), Next: next}, err
}

func operatorChangeOf(c carbon.OperatorChange) api.OperatorChange {
	return api.OperatorChange{
		ID: c.ID, Scheme: c.Scheme, Former: c.Former, Operator: c.Operator, ValidFrom: c.ValidFrom.String(), WithUnits: c.WithUnits,
		Document: c.Document, State: api.OperatorChangeState(c.State),
	}
}

// SetSchemeOperator gives a scheme another operator from a day on.
func (s *Server) SetSchemeOperator(ctx context.Context, r gen.SetSchemeOperatorRequestObject) (gen.SetSchemeOperatorResponseObject, error) {
	var in input
	c := app.SchemeOperatorSet{
		Scheme: r.Body.Scheme, Operator: r.Body.Operator, ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate),
		WithUnits: deref(r.Body.WithUnits), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
