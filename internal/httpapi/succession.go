package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var (
	_ = register(func(r app.SuccessionResult) api.Succession {
		return successionOf(r.Succession, r.Parts, r.Instruments, r.Cancelled)
	}, identity.Succession)
	_ = register(func(r app.RenameResult) api.PartyRename { return renameOf(r.Rename) }, identity.PartyRename)
	_ = register(func(r app.DepartureResult) api.Departure { return departureOf(r.Departure, r.Cancelled) },
		identity.DepartureRecord, identity.DepartureStep)
)

// ListSuccessions lists the successions that the caller may see.
func (s *Server) ListSuccessions(ctx context.Context, r gen.ListSuccessionsRequestObject) (gen.ListSuccessionsResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence), "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Successions, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(x permit.Succession) int64 { return x.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListSuccessions200JSONResponse{Next: next, Items: convertAll(rows, func(x permit.Succession) api.Succession {
		return successionOf(x, nil, nil, nil)
	})}, nil
}

// GetSuccession shows a succession with its parts.
func (s *Server) GetSuccession(ctx context.Context, r gen.GetSuccessionRequestObject) (gen.GetSuccessionResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	x, known, err := get(ctx, s, app.Successions, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(x.Party, x.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	var parts []permit.SuccessionPart
	if err := s.rows.Find(ctx, app.SuccessionParts.Name(), app.Where("succession", x.ID), &parts); err != nil {
		return nil, err
	}
	codes := make([]string, len(parts))
	for n, p := range parts {
		codes[n] = s.instrumentBy(p.Instrument).Code
	}
	return gen.GetSuccession200JSONResponse(successionOf(x, parts, codes, nil)), nil
}

func successionOf(x permit.Succession, parts []permit.SuccessionPart, instruments []string, cancelled []int64) api.Succession {
	out := api.Succession{
		ID: x.ID, Kind: api.SuccessionKind(x.Kind), Party: x.Party, Licence: x.Licence, Region: x.Region, EffectiveOn: x.EffectiveOn.String(),
		Document: x.Document, Closed: x.Closed, Transfer: optional(x.Transfer), Successor: optional(x.Successor), RecordedAt: x.RecordedAt.String(),
		Cancelled: cancelled,
	}
	for n, p := range parts {
		out.Parts = append(out.Parts, api.SuccessionPart{
			Party: p.ToParty, Licence: p.ToLicence, Instrument: instruments[n], Origin: api.Origin(p.Origin.String()),
			Quantity: p.Quantity.String(), Surplus: p.Surplus.String(),
		})
	}
	return out
}

// RecordSuccession carries the permits of a licence to its successors.
func (s *Server) RecordSuccession(ctx context.Context, r gen.RecordSuccessionRequestObject) (gen.RecordSuccessionResponseObject, error) {
	var in input
	c := app.SuccessionRecord{
		Kind: permit.SuccessionKind(r.Body.Kind), Licence: r.Body.Licence, Document: r.Body.Document, Successor: deref(r.Body.Successor),
		EffectiveOn: read(&in, "effective_on", r.Body.EffectiveOn, calendar.ParseDate),
	}
	for n, p := range r.Body.Parts {
		at := "parts/" + strconv.Itoa(n)
		c.Parts = append(c.Parts, app.SuccessionShare{
			Licence: p.Licence, Instrument: p.Instrument, Origin: originNamed(p.Origin),
			Quantity: read(&in, at+"/quantity", p.Quantity, quantity.ParseQuantity),
			Surplus:  readOptional(&in, at+"/surplus", p.Surplus, quantity.ParseQuantity),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListPartyRenames lists the new names and codes of parties.
func (s *Server) ListPartyRenames(ctx context.Context, r gen.ListPartyRenamesRequestObject) (gen.ListPartyRenamesResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Renames, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(x permit.Rename) int64 { return x.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListPartyRenames200JSONResponse{Items: convertAll(rows, renameOf), Next: next}, nil
}

func renameOf(x permit.Rename) api.PartyRename {
	return api.PartyRename{
		ID: x.ID, Party: x.Party, Region: x.Region, OldName: x.OldName, NewName: x.NewName, OldUSCC: x.OldUSCC, NewUSCC: x.NewUSCC,
		EffectiveOn: x.EffectiveOn.String(), Document: x.Document, RecordedAt: x.RecordedAt.String(),
	}
}

// RenameParty gives a party another name or code.
func (s *Server) RenameParty(ctx context.Context, r gen.RenamePartyRequestObject) (gen.RenamePartyResponseObject, error) {
	var in input
	c := app.PartyRename{
		Party: r.Body.Party, Name: r.Body.Name, USCC: deref(r.Body.USCC), Document: r.Body.Document,
		EffectiveOn: read(&in, "effective_on", r.Body.EffectiveOn, calendar.ParseDate),
	}
	for _, l := range r.Body.Licences {
		c.Licences = append(c.Licences, app.LicenceRenumber{Licence: l.Licence, Number: l.Number})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListDepartures lists the sites that leave.
func (s *Server) ListDepartures(ctx context.Context, r gen.ListDeparturesRequestObject) (gen.ListDeparturesResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	rows, next := published(s, app.Departures, pageOf(r.Params.Limit, r.Params.After), func(d permit.Departure) bool {
		return is(r.Params.Party, d.Party) && is(r.Params.Licence, d.Licence) && is(r.Params.Region, d.Region) && may.has(d.Party, d.Region)
	})
	return gen.ListDepartures200JSONResponse{Next: next, Items: convertAll(rows, func(d permit.Departure) api.Departure { return departureOf(d, nil) })}, nil
}

// GetDeparture shows a departure.
func (s *Server) GetDeparture(ctx context.Context, r gen.GetDepartureRequestObject) (gen.GetDepartureResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	d, known := app.ReadTable(s.app.Reference(), app.Departures).Get(r.ID)
	if !known || !may.has(d.Party, d.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetDeparture200JSONResponse(departureOf(d, nil)), nil
}

func departureOf(d permit.Departure, cancelled []int64) api.Departure {
	return api.Departure{
		ID: d.ID, Kind: api.DepartureKind(d.Kind), Party: d.Party, Licence: d.Licence, Region: d.Region, EffectiveOn: d.EffectiveOn.String(),
		Document: d.Document, Reclaimed: d.Reclaimed.String(), Transfer: optional(d.Transfer), State: api.DepartureState(d.State),
		EndDocument: optional(d.EndDocument), RecordedAt: d.RecordedAt.String(), EndedAt: instantOf(d.EndedAt), Cancelled: cancelled,
	}
}

// RecordDeparture opens the departure of a site.
func (s *Server) RecordDeparture(ctx context.Context, r gen.RecordDepartureRequestObject) (gen.RecordDepartureResponseObject, error) {
	var in input
	c := app.DepartureRecord{
		Kind: permit.DepartureKind(r.Body.Kind), Licence: r.Body.Licence, Document: r.Body.Document,
		EffectiveOn: read(&in, "effective_on", r.Body.EffectiveOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepDeparture completes or withdraws a departure.
func (s *Server) StepDeparture(ctx context.Context, r gen.StepDepartureRequestObject) (gen.StepDepartureResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.DepartureStep{
		Departure: r.ID, Event: permit.DepartureEvent(r.Body.Event), Document: r.Body.Document,
	})
}
