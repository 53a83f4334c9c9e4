package httpapi

import (
	"context"
	"strings"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/outside"
)

var (
	_ = register(func(r app.ExportResult) api.ExportPackage { return exportOf(r.Export, r.Files) }, identity.ExportMake, identity.ExportReceive)
	_ = register(importOf, identity.ImportReceive, identity.ImportClose)
	_ = register(importDifferenceOf, identity.ImportExplain)
)

// ListExportPackages lists the packages for other platforms.
func (s *Server) ListExportPackages(ctx context.Context, r gen.ListExportPackagesRequestObject) (gen.ListExportPackagesResponseObject, error) {
	may, err := s.see(ctx, identity.PackageRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "system", textOf(r.Params.System))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Exports, alternatives(q, may.by(nil, []string{"region"})), p, func(e outside.Export) int64 { return e.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListExportPackages200JSONResponse{
		Items: convertAll(rows, func(e outside.Export) api.ExportPackage { return exportOf(e, nil) }), Next: next,
	}, nil
}

// MakeExportPackage makes a package out of the committed rows, outside the
// writer: the command brings its files with it.
func (s *Server) MakeExportPackage(ctx context.Context, r gen.MakeExportPackageRequestObject) (gen.MakeExportPackageResponseObject, error) {
	var in input
	c := app.ExportMake{
		System: outside.System(r.Body.System), Region: r.Body.Region,
		FirstDay: read(&in, "from", r.Body.From, calendar.ParseDate), LastDay: read(&in, "to", r.Body.To, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	e := outside.Export{System: c.System, FirstDay: c.FirstDay, LastDay: c.LastDay}
	if identity.Authorise(callOf(ctx).actor, identity.ExportMake, identity.OfRegion(c.Region)) == nil && e.Validate(s.app.Now().Date()) == nil {
		var err error
		if c.Files, err = s.app.ExportFiles(ctx, c); err != nil {
			return nil, err
		}
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// exported returns a package that the caller may see, with its files.
func (s *Server) exported(ctx context.Context, id int64) (outside.Export, []outside.ExportFile, error) {
	may, err := s.see(ctx, identity.PackageRead)
	if err != nil {
		return outside.Export{}, nil, err
	}
	e, known, err := get(ctx, s, app.Exports, id)
	if err == nil && (!known || !may.has(0, e.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	if err != nil {
		return e, nil, err
	}
	var files []outside.ExportFile
	return e, files, s.rows.Find(ctx, app.ExportFiles.Name(), app.Where("export", e.ID), &files)
}

// GetExportPackage shows a package with its files.
func (s *Server) GetExportPackage(ctx context.Context, r gen.GetExportPackageRequestObject) (gen.GetExportPackageResponseObject, error) {
	e, files, err := s.exported(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetExportPackage200JSONResponse(exportOf(e, files)), nil
}

// GetExportFile shows a file of a package as it is, byte by byte.
func (s *Server) GetExportFile(ctx context.Context, r gen.GetExportFileRequestObject) (gen.GetExportFileResponseObject, error) {
	_, files, err := s.exported(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Name == r.Name {
			return gen.GetExportFile200ApplicationOctetStreamResponse{Body: strings.NewReader(f.Content), ContentLength: int64(len(f.Content))}, nil
		}
	}
	return nil, identity.ErrNotYours.At("name")
}

// ReceiveExportPackage records the platform's receipt.
func (s *Server) ReceiveExportPackage(ctx context.Context, r gen.ReceiveExportPackageRequestObject) (gen.ReceiveExportPackageResponseObject, error) {
	var in input
	c := app.ExportReceive{Export: r.ID, Receipt: r.Body.Receipt, ReceivedOn: read(&in, "received_on", r.Body.ReceivedOn, calendar.ParseDate)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

func exportOf(e outside.Export, files []outside.ExportFile) api.ExportPackage {
	out := api.ExportPackage{
		ID: e.ID, System: api.OutsideSystem(e.System), Region: e.Region, Number: e.Number, From: e.FirstDay.String(), To: e.LastDay.String(),
		State: api.ExportState(e.State), Digest: e.Digest, MadeBy: e.MadeBy, MadeAt: e.MadeAt.String(), Receipt: optional(e.Receipt), ReceivedOn: dateOf(e.ReceivedOn),
	}
	if files != nil {
		out.Files = convertAll(files, func(f outside.ExportFile) api.CloseFile {
			return api.CloseFile{Name: f.Name, Bytes: len(f.Content), Digest: f.Digest}
		})
	}
	return out
}

// ListImportPackages lists the packages from other platforms.
func (s *Server) ListImportPackages(ctx context.Context, r gen.ListImportPackagesRequestObject) (gen.ListImportPackagesResponseObject, error) {
	may, err := s.see(ctx, identity.PackageRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "region", r.Params.Region), "system", textOf(r.Params.System)), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Imports, alternatives(q, may.by(nil, []string{"region"})), p, func(i outside.Import) int64 { return i.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListImportPackages200JSONResponse{Items: convertAll(rows, importOf), Next: next}, nil
}

// ReceiveImportPackage compares what a platform says.
func (s *Server) ReceiveImportPackage(ctx context.Context, r gen.ReceiveImportPackageRequestObject) (gen.ReceiveImportPackageResponseObject, error) {
	var in input
	c := app.ImportReceive{Import: outside.Import{
		System: outside.System(r.Body.System), Number: r.Body.Number, Region: r.Body.Region, AsOf: read(&in, "as_of", r.Body.AsOf, calendar.ParseDate),
	}}
	if err := in.err(); err != nil {
		return nil, err
	}
	for _, l := range r.Body.Lines {
		c.Lines = append(c.Lines, outside.Line{
			Kind: outside.Kind(l.Kind), Number: l.Number, Object: deref(l.Object), Instrument: deref(l.Instrument), Origin: string(deref(l.Origin)),
			Values: convertAll(l.Values, func(v api.ImportValue) outside.Value { return outside.Value{Field: v.Field, Value: v.Value} }),
		})
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// imported returns an import that the caller may see.
func (s *Server) imported(ctx context.Context, id int64) (outside.Import, error) {
	may, err := s.see(ctx, identity.PackageRead)
	if err != nil {
		return outside.Import{}, err
	}
	i, known, err := get(ctx, s, app.Imports, id)
	if err == nil && (!known || !may.has(0, i.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	return i, err
}

// GetImportPackage shows a package from another platform.
func (s *Server) GetImportPackage(ctx context.Context, r gen.GetImportPackageRequestObject) (gen.GetImportPackageResponseObject, error) {
	i, err := s.imported(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetImportPackage200JSONResponse(importOf(i)), nil
}

// GetImportDifferences lists where a package differs from the registry.
func (s *Server) GetImportDifferences(ctx context.Context, r gen.GetImportDifferencesRequestObject) (gen.GetImportDifferencesResponseObject, error) {
	i, err := s.imported(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next, err := find(ctx, s, app.ImportDifferences, []app.Query{app.Where("import", i.ID)}, p, func(d outside.Difference) int64 { return d.ID })
	if err != nil {
		return nil, err
	}
	return gen.GetImportDifferences200JSONResponse{Items: convertAll(rows, importDifferenceOf), Next: next}, nil
}

// ExplainImportDifference explains a difference.
func (s *Server) ExplainImportDifference(ctx context.Context, r gen.ExplainImportDifferenceRequestObject) (gen.ExplainImportDifferenceResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ImportExplain{Import: r.ID, Difference: r.Body.Difference, Explanation: r.Body.Explanation})
}

// CloseImportPackage closes a package.
func (s *Server) CloseImportPackage(ctx context.Context, r gen.CloseImportPackageRequestObject) (gen.CloseImportPackageResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ImportClose{Import: r.ID})
}

func importOf(i outside.Import) api.ImportPackage {
	return api.ImportPackage{
		ID: i.ID, System: api.OutsideSystem(i.System), Number: i.Number, Region: i.Region, AsOf: i.AsOf.String(), State: api.ImportState(i.State),
		Digest: i.Digest, Lines: i.Lines, Differences: i.Differences, ReceivedBy: i.ReceivedBy, ReceivedAt: i.ReceivedAt.String(),
		ClosedBy: optional(i.ClosedBy), ClosedAt: instantOf(i.ClosedAt),
	}
}

func importDifferenceOf(d outside.Difference) api.ImportDifference {
	return api.ImportDifference{
		ID: d.ID, Import: d.Import, Line: d.Line, Kind: api.ImportKind(d.Kind), Object: optional(d.Object), Number: d.Number, Field: d.Field,
		Theirs: d.Theirs, Ours: d.Ours, Explanation: optional(d.Explanation), ExplainedBy: optional(d.ExplainedBy), ExplainedAt: instantOf(d.ExplainedAt),
	}
}
