package main

import (
	"context"
	"errors"
	"fmt"

	"permitx/api"
)

// remote is a running server.
type remote struct{ *api.ClientWithResponses }

// Close has nothing to do.
func (*remote) Close() error { return nil }

func (r *remote) persons(ctx context.Context) ([]api.Person, error) {
	return pages(func(after *api.ID) ([]api.Person, *api.ID, error) {
		p, err := answer[api.PersonPage](read(r.ListPersons(ctx, &api.ListPersonsParams{After: after})))
		return p.Items, p.Next, err
	})
}

func (r *remote) grants(ctx context.Context) ([]api.Grant, error) {
	return pages(func(after *api.ID) ([]api.Grant, *api.ID, error) {
		p, err := answer[api.GrantPage](read(r.ListGrants(ctx, &api.ListGrantsParams{After: after})))
		return p.Items, p.Next, err
	})
}

func (r *remote) keys(ctx context.Context) ([]api.Key, error) {
	return pages(func(after *api.ID) ([]api.Key, *api.ID, error) {
		p, err := answer[api.KeyPage](read(r.ListKeys(ctx, &api.ListKeysParams{After: after})))
		return p.Items, p.Next, err
	})
}

func (r *remote) partyByUSCC(ctx context.Context, uscc string) (api.ID, error) {
	p, err := answer[api.PartyPage](read(r.ListParties(ctx, &api.ListPartiesParams{USCC: &uscc})))
	if err != nil {
		return 0, err
	}
	if len(p.Items) == 0 {
		return 0, fmt.Errorf("no party has the code %s", uscc)
	}
	return p.Items[0].ID, nil
}

func (r *remote) addPerson(ctx context.Context, name string) (api.Person, error) {
	return answer[api.Person](read(r.CreatePerson(ctx, &api.CreatePersonParams{IdempotencyKey: commandKey()}, api.PersonInput{Name: name})))
}

func (r *remote) addGrant(ctx context.Context, g api.GrantInput) (api.Grant, error) {
	return answer[api.Grant](read(r.CreateGrant(ctx, &api.CreateGrantParams{IdempotencyKey: commandKey()}, g)))
}

func (r *remote) makeKey(ctx context.Context, k api.KeyInput) (api.Key, string, error) {
	made, err := answer[api.CreatedKey](read(r.CreateKey(ctx, &api.CreateKeyParams{IdempotencyKey: commandKey()}, k)))
	if err == nil && made.Secret == nil {
		err = errors.New("the server answered without the secret")
	}
	return made.Key, orElse(made.Secret, ""), err
}

func (r *remote) revokeKey(ctx context.Context, id api.ID) (api.Key, error) {
	return answer[api.Key](read(r.RevokeKey(ctx, id, &api.RevokeKeyParams{IdempotencyKey: commandKey()})))
}
