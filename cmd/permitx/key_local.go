package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/httpapi"
	"permitx/internal/identity"
	"permitx/internal/store"
)

// local is the registry itself. Who may open the database may make keys: the
// journal says that the system did it.
type local struct {
	store *store.Store
	seals app.SealKeys
	app   *app.App // from the first command on: this process is the writer
}

func openLocal(g *globals, c databaseConfig) (*local, error) {
	if err := c.exists(); err != nil {
		return nil, err
	}
	if err := prepare(g, c.url(), false); err != nil {
		return nil, err
	}
	s, err := store.Open(g.ctx, c.url())
	return &local{store: s, seals: c.seals()}, err
}

// take takes the writer's role, if no process holds it.
func (l *local) take(ctx context.Context) error {
	if l.app != nil {
		return nil
	}
	a, err := app.Open(ctx, app.Config{Store: l.store, Clock: app.SystemClock, Encode: httpapi.Encode, Build: version(), Seals: l.seals})
	if errors.Is(err, app.ErrHeld) {
		return errors.New("a server runs on this registry, or ran until some seconds ago: give --server and the key of an administrator")
	}
	l.app = a
	return err
}

// Close gives the writer's role back.
func (l *local) Close() error {
	var err error
	if l.app != nil {
		err = l.app.Close()
	}
	return errors.Join(err, l.store.Close())
}

// rows reads a whole table.
func rows[R any](ctx context.Context, l *local, t app.Table[R]) ([]R, error) {
	var found []R
	return found, l.store.Find(ctx, t.Name(), app.Query{}, &found)
}

func (l *local) persons(ctx context.Context) ([]api.Person, error) {
	found, err := rows(ctx, l, app.Persons)
	return mapAll(found, func(p catalog.Person) api.Person {
		return api.Person{ID: p.ID, Name: p.Name, State: api.PersonState(p.State)}
	}), err
}

func (l *local) grants(ctx context.Context) ([]api.Grant, error) {
	found, err := rows(ctx, l, app.Grants)
	return mapAll(found, func(h identity.Grant) api.Grant {
		return api.Grant{
			ID: h.ID, Person: h.Person, Role: api.Role(h.Role), Region: unlessZero(h.Region), WithChildren: h.WithChildren,
			Party: unlessZero(h.Party), Signer: h.Signer, State: api.GrantState(h.State),
		}
	}), err
}

func (l *local) keys(ctx context.Context) ([]api.Key, error) {
	found, err := rows(ctx, l, app.Keys)
	return mapAll(found, func(k identity.Key) api.Key {
		return api.Key{
			ID: k.ID, Person: k.Person, Label: k.Label, Prefix: k.Prefix, CreatedAt: k.CreatedAt.String(),
			ExpiresAt: unlessZero(k.ExpiresAt.String()), RevokedAt: unlessZero(k.RevokedAt.String()),
		}
	}), err
}

func (l *local) partyByUSCC(ctx context.Context, uscc string) (api.ID, error) {
	var found []catalog.Party
	err := l.store.Find(ctx, app.Parties.Name(), app.Where("uscc", uscc), &found)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no party has the code %s", uscc)
	}
	if err != nil {
		return 0, err
	}
	return found[0].ID, nil
}

func (l *local) addPerson(ctx context.Context, name string) (api.Person, error) {
	return command[api.Person](ctx, l, app.PersonAdd{Name: name})
}

func (l *local) addGrant(ctx context.Context, g api.GrantInput) (api.Grant, error) {
	return command[api.Grant](ctx, l, app.GrantAdd{
		Person: g.Person, Role: identity.Role(g.Role), Region: orElse(g.Region, ""), WithChildren: orElse(g.WithChildren, false),
		Party: orElse(g.Party, 0), Signer: orElse(g.Signer, false),
	})
}

func (l *local) makeKey(ctx context.Context, k api.KeyInput) (api.Key, string, error) {
	made := newSecret()
	c := app.KeyMake{Person: k.Person, Label: k.Label, Hash: made.hash, Prefix: made.prefix}
	if k.ExpiresAt != nil {
		var err error
		if c.ExpiresAt, err = calendar.ParseInstant("expires", *k.ExpiresAt); err != nil {
			return api.Key{}, "", err
		}
	}
	created, err := command[api.CreatedKey](ctx, l, c)
	return created.Key, made.text, err
}

func (l *local) revokeKey(ctx context.Context, id api.ID) (api.Key, error) {
	return command[api.Key](ctx, l, app.KeyRevoke{Key: id})
}

// command runs a command of the system and reads its answer.
func command[T any](ctx context.Context, l *local, c app.Command) (T, error) {
	var result T
	if err := l.take(ctx); err != nil {
		return result, err
	}
	a, err := l.app.DoSystem(ctx, commandKey(), c)
	switch {
	case err != nil:
		return result, err
	case a.Status >= http.StatusBadRequest:
		return result, problemOf(a.Status, a.Body)
	}
	return result, unmarshal(a.Body, &result)
}

// unlessZero is a pointer to v, or nil for the zero value.
func unlessZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func mapAll[A, B any](from []A, f func(A) B) []B {
	to := make([]B, len(from))
	for i, v := range from {
		to[i] = f(v)
	}
	return to
}
