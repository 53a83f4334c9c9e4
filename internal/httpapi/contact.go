package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(partyContactOf, identity.PartyContact)

// ListPartyContacts lists who speaks, and has spoken, for the parties whose contacts
// the caller may see: his own, and those that are registered in his regions.
func (s *Server) ListPartyContacts(ctx context.Context, r gen.ListPartyContactsRequestObject) (gen.ListPartyContactsResponseObject, error) {
	may, err := s.see(ctx, identity.ContactRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Contacts, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(c catalog.Contact) int64 { return c.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListPartyContacts200JSONResponse{Items: convertAll(rows, partyContactOf), Next: next}, nil
}

// RecordPartyContact says who speaks for a party from now on.
func (s *Server) RecordPartyContact(ctx context.Context, r gen.RecordPartyContactRequestObject) (gen.RecordPartyContactResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.PartyContact{Party: r.Body.Party, Contact: contactOf(r.Body.Contact)})
}

func contactOf(c api.ContactInput) app.ContactInput {
	return app.ContactInput{Name: c.Name, Telephone: c.Telephone}
}

func partyContactOf(c catalog.Contact) api.PartyContact {
	return api.PartyContact{
		ID: c.ID, Party: c.Party, Region: c.Region, Name: c.Name, Telephone: c.Telephone,
		RecordedAt: c.RecordedAt.String(), EndedAt: instantOf(c.EndedAt),
	}
}
