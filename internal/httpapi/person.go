package httpapi

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var (
	_ = register(personOf, identity.PersonAdd)
	_ = register(grantOf, identity.GrantAdd, identity.GrantRevoke)
)

// ListPersons lists the human beings that the registry knows.
func (s *Server) ListPersons(ctx context.Context, r gen.ListPersonsRequestObject) (gen.ListPersonsResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.PersonRead, identity.Target{}); err != nil {
		return nil, err
	}
	rows, next := published(s, app.Persons, pageOf(r.Params.Limit, r.Params.After), func(catalog.Person) bool { return true })
	return gen.ListPersons200JSONResponse{Items: convertAll(rows, personOf), Next: next}, nil
}

// CreatePerson records a human being.
func (s *Server) CreatePerson(ctx context.Context, r gen.CreatePersonRequestObject) (gen.CreatePersonResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.PersonAdd{Name: r.Body.Name})
}

// GetPerson shows a person.
func (s *Server) GetPerson(ctx context.Context, r gen.GetPersonRequestObject) (gen.GetPersonResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.PersonRead, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := row(s, app.Persons, "id", r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetPerson200JSONResponse(personOf(p)), nil
}

// ListGrants lists who has which role, revoked ones included.
func (s *Server) ListGrants(ctx context.Context, r gen.ListGrantsRequestObject) (gen.ListGrantsResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.PersonRead, identity.Target{}); err != nil {
		return nil, err
	}
	rows, next := published(s, app.Grants, pageOf(r.Params.Limit, r.Params.After), func(g identity.Grant) bool {
		return is(r.Params.Person, g.Person) && is(r.Params.Party, g.Party)
	})
	return gen.ListGrants200JSONResponse{Items: convertAll(rows, grantOf), Next: next}, nil
}

// CreateGrant gives a person a role.
func (s *Server) CreateGrant(ctx context.Context, r gen.CreateGrantRequestObject) (gen.CreateGrantResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.GrantAdd{
		Person: r.Body.Person, Role: identity.Role(r.Body.Role), Region: deref(r.Body.Region), WithChildren: deref(r.Body.WithChildren),
		Party: deref(r.Body.Party), Signer: deref(r.Body.Signer),
	})
}

// RevokeGrant takes a role away.
func (s *Server) RevokeGrant(ctx context.Context, r gen.RevokeGrantRequestObject) (gen.RevokeGrantResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.GrantRevoke{Grant: r.ID})
}
