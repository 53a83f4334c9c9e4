package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(standInOf, identity.StandInOrder)

// ListStandIns lists the orders by which persons act for others.
func (s *Server) ListStandIns(ctx context.Context, r gen.ListStandInsRequestObject) (gen.ListStandInsResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.PersonRead, identity.Target{}); err != nil {
		return nil, err
	}
	rows, next := published(s, app.StandIns, pageOf(r.Params.Limit, r.Params.After), func(i identity.StandIn) bool {
		return is(r.Params.Person, i.Person)
	})
	return gen.ListStandIns200JSONResponse{Items: convertAll(rows, standInOf), Next: next}, nil
}

func standInOf(i identity.StandIn) api.StandIn {
	return api.StandIn{
		ID: i.ID, Grant: i.RoleGrant, StandsInFor: i.StandsInFor, Person: i.Person, ValidFrom: i.ValidFrom.String(),
		ValidTo: i.ValidTo.String(), Document: i.Document, State: api.StandInState(i.State),
	}
}

// OrderStandIn lets a person act in the role of another.
func (s *Server) OrderStandIn(ctx context.Context, r gen.OrderStandInRequestObject) (gen.OrderStandInResponseObject, error) {
	var in input
	c := app.StandInOrder{
		Grant: r.Body.Grant, Person: r.Body.Person, ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate),
		ValidTo: read(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
