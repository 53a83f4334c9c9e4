package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

// GetMe shows who the caller is, by which key, and what he may do.
func (s *Server) GetMe(ctx context.Context, _ gen.GetMeRequestObject) (gen.GetMeResponseObject, error) {
	k := callOf(ctx)
	if err := identity.Authorise(k.actor, identity.SelfRead, identity.Target{}); err != nil {
		return nil, err
	}
	person, err := row(s, app.Persons, "person", k.actor.Person)
	if err != nil {
		return nil, err
	}
	hash := identity.HashSecret(k.secret)
	key, err := first(s, app.Keys, "key", "", func(key identity.Key) bool { return key.Hash == hash })
	if err != nil {
		return nil, err
	}
	return gen.GetMe200JSONResponse{Person: personOf(person), Key: keyOf(key), Grants: convertAll(k.actor.Grants, grantOf)}, nil
}

func personOf(p catalog.Person) api.Person {
	return api.Person{ID: p.ID, Name: p.Name, State: api.PersonState(p.State)}
}

func keyOf(k identity.Key) api.Key {
	return api.Key{
		ID: k.ID, Person: k.Person, Label: k.Label, Prefix: k.Prefix, CreatedAt: k.CreatedAt.String(),
		ExpiresAt: instantOf(k.ExpiresAt), RevokedAt: instantOf(k.RevokedAt),
	}
}

func grantOf(g identity.Grant) api.Grant {
	return api.Grant{
		ID: g.ID, Person: g.Person, Role: api.Role(g.Role), Region: optional(g.Region), WithChildren: g.WithChildren,
		Party: optional(g.Party), Signer: g.Signer, State: api.GrantState(g.State), GrantedAt: instantOf(g.GrantedAt), RevokedAt: instantOf(g.RevokedAt),
	}
}
