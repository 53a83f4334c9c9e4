package httpapi

import (
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var _ = register(func(r app.PartyResult) api.Party { return partyOf(r.Party) }, identity.PartyRegister, identity.PartyState, identity.PartyGroup, identity.USCCConfirm)

// ListParties lists the parties that the caller may see: officers those that
// are registered in their regions or have a licence there.
func (s *Server) ListParties(ctx context.Context, r gen.ListPartiesRequestObject) (gen.ListPartiesResponseObject, error) {
	may, err := s.see(ctx, identity.PartyRead)
	if err != nil {
		return nil, err
	}
	regions := s.regionsOfParties(may)
	rows, next := published(s, app.Parties, pageOf(r.Params.Limit, r.Params.After), func(p catalog.Party) bool {
		return is(r.Params.Region, p.Region) && is(r.Params.State, api.PartyState(p.State)) && is(r.Params.USCC, p.USCC) &&
			(may.has(p.ID, p.Region) || may.has(p.ID, regions[p.ID]...))
	})
	return gen.ListParties200JSONResponse{Items: convertAll(rows, partyOf), Next: next}, nil
}

// regionsOfParties are the regions that each party has licences in, as far as
// the scope depends on them.
func (s *Server) regionsOfParties(may scope) map[int64][]string {
	regions := map[int64][]string{}
	if may.all || len(may.regions) == 0 {
		return regions
	}
	for _, l := range app.ReadTable(s.app.Reference(), app.Licences).All() {
		if !slices.Contains(regions[l.Party], l.Region) {
			regions[l.Party] = append(regions[l.Party], l.Region)
		}
	}
	return regions
}

// GetParty shows a party.
func (s *Server) GetParty(ctx context.Context, r gen.GetPartyRequestObject) (gen.GetPartyResponseObject, error) {
	may, err := s.see(ctx, identity.PartyRead)
	if err != nil {
		return nil, err
	}
	p, known := app.ReadTable(s.app.Reference(), app.Parties).Get(r.ID)
	if !known || !may.has(p.ID, p.Region) && !may.has(p.ID, s.regionsOfParties(may)[p.ID]...) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetParty200JSONResponse(partyOf(p)), nil
}

func partyOf(p catalog.Party) api.Party {
	out := api.Party{
		ID: p.ID, Name: p.Name, USCC: p.USCC, USCCCheck: usccCheckOf(p), Region: p.Region, Industry: p.Industry, State: api.PartyState(p.State),
		OwnerGroup: optional(p.OwnerGroup),
	}
	if p.SignerLimit != 0 {
		out.SignerLimit = new(p.SignerLimit.String())
	}
	return out
}

// usccCheckOf says whether a party's code passes its check, or the bureau has
// confirmed it.
func usccCheckOf(p catalog.Party) api.USCCCheck {
	if p.USCCWarning {
		return api.USCCCheckConfirmed
	}
	if _, err := catalog.CheckUSCC("uscc", p.USCC); err != nil {
		return api.USCCCheckUnconfirmed
	}
	return api.USCCCheckValid
}

// CreateParty registers an enterprise.
func (s *Server) CreateParty(ctx context.Context, r gen.CreatePartyRequestObject) (gen.CreatePartyResponseObject, error) {
	var in input
	c := app.PartyRegister{
		Name: r.Body.Name, USCC: r.Body.USCC, Region: r.Body.Region, Industry: r.Body.Industry,
		SignerLimit: readOptional(&in, "signer_limit", r.Body.SignerLimit, quantity.ParseMoney), Contact: contactOf(deref(r.Body.Contact)),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ConfirmPartyUSCC says that a code that fails its check is the party's.
func (s *Server) ConfirmPartyUSCC(ctx context.Context, r gen.ConfirmPartyUSCCRequestObject) (gen.ConfirmPartyUSCCResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.USCCConfirm{Party: r.ID, Document: r.Body.Document, Note: deref(r.Body.Note)})
}

// SetPartyState suspends, activates or closes a party.
func (s *Server) SetPartyState(ctx context.Context, r gen.SetPartyStateRequestObject) (gen.SetPartyStateResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.PartyState{
		Party: r.ID, State: catalog.PartyState(r.Body.State), Reason: r.Body.Reason, Document: deref(r.Body.Document),
	})
}

// SetPartyOwnerGroup says whom a party belongs to in the end.
func (s *Server) SetPartyOwnerGroup(ctx context.Context, r gen.SetPartyOwnerGroupRequestObject) (gen.SetPartyOwnerGroupResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.PartyGroup{Party: r.ID, Group: deref(r.Body.OwnerGroup), Document: r.Body.Document})
}
