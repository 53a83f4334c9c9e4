package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(func(r app.LicenceResult) api.Licence { return licenceOf(r.Licence) }, identity.LicenceRegister, identity.LicenceState)

// ListLicences lists the licences that the caller may see.
func (s *Server) ListLicences(ctx context.Context, r gen.ListLicencesRequestObject) (gen.ListLicencesResponseObject, error) {
	may, err := s.see(ctx, identity.PartyRead)
	if err != nil {
		return nil, err
	}
	rows, next := published(s, app.Licences, pageOf(r.Params.Limit, r.Params.After), func(l catalog.Licence) bool {
		return is(r.Params.Party, l.Party) && is(r.Params.Region, l.Region) && is(r.Params.State, api.LicenceState(l.State)) && may.has(l.Party, l.Region)
	})
	return gen.ListLicences200JSONResponse{Items: convertAll(rows, licenceOf), Next: next}, nil
}

// GetLicence shows a licence.
func (s *Server) GetLicence(ctx context.Context, r gen.GetLicenceRequestObject) (gen.GetLicenceResponseObject, error) {
	may, err := s.see(ctx, identity.PartyRead)
	if err != nil {
		return nil, err
	}
	l, known := app.ReadTable(s.app.Reference(), app.Licences).Get(r.ID)
	if !known || !may.has(l.Party, l.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetLicence200JSONResponse(licenceOf(l)), nil
}

func licenceOf(l catalog.Licence) api.Licence {
	return api.Licence{
		ID: l.ID, Number: l.Number, Kind: api.LicenceKind(l.Kind), Party: l.Party, Site: l.Site, Region: l.Region,
		ValidFrom: l.ValidFrom.String(), ValidTo: l.ValidTo.String(), RenewBy: l.RenewBy().String(), State: api.LicenceState(l.State),
	}
}

// CreateLicence registers a licence of a site.
func (s *Server) CreateLicence(ctx context.Context, r gen.CreateLicenceRequestObject) (gen.CreateLicenceResponseObject, error) {
	var in input
	c := app.LicenceRegister{
		Party: r.Body.Party, Number: r.Body.Number, Kind: catalog.LicenceKind(r.Body.Kind), Site: r.Body.Site, Region: r.Body.Region,
		ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate), ValidTo: read(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// SetLicenceState records what the authority did to a licence.
func (s *Server) SetLicenceState(ctx context.Context, r gen.SetLicenceStateRequestObject) (gen.SetLicenceStateResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.LicenceState{
		Licence: r.ID, State: catalog.LicenceState(r.Body.State), Reason: r.Body.Reason, Document: r.Body.Document,
	})
}
