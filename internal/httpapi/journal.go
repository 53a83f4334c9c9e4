package httpapi

import (
	"context"
	"encoding/hex"
	"strings"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

// noHash stands for the hash before the first row, which is empty.
var noHash = strings.Repeat("0", 64)

// ListJournal lists journal rows, without payloads and results.
func (s *Server) ListJournal(ctx context.Context, r gen.ListJournalRequestObject) (gen.ListJournalResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.JournalRead, identity.Target{}); err != nil {
		return nil, err
	}
	start, end, err := s.periodOver(ctx, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	q := within(app.Query{}, "at", start, end)
	q = equal(q, "kind", r.Params.Kind)
	q = equal(q, "actor", r.Params.Actor)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Journal, []app.Query{q}, p, func(row app.JournalRow) int64 { return row.Number })
	if err != nil {
		return nil, err
	}
	hashes, err := s.hashesBefore(ctx, rows)
	if err != nil {
		return nil, err
	}
	return gen.ListJournal200JSONResponse{
		Items: convertAll(rows, func(row app.JournalRow) api.JournalRow { return journalOf(row, hashes[row.Number-1]) }), Next: next,
	}, nil
}

// hashesBefore reads the hashes of the rows before some.
func (s *Server) hashesBefore(ctx context.Context, rows []app.JournalRow) (map[int64][]byte, error) {
	hashes := make(map[int64][]byte, len(rows))
	for i := range rows {
		hashes[rows[i].Number] = rows[i].Hash
	}
	var missing []int64
	for i := range rows {
		if n := rows[i].Number - 1; n > 0 && hashes[n] == nil {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		return hashes, nil
	}
	var before []app.JournalRow
	if err := s.rows.Find(ctx, app.Journal.Name(), app.Query{}.And("number", app.In, missing), &before); err != nil {
		return nil, err
	}
	for i := range before {
		hashes[before[i].Number] = before[i].Hash
	}
	return hashes, nil
}

func journalOf(row app.JournalRow, before []byte) api.JournalRow {
	return api.JournalRow{
		Number: row.Number, At: row.At.String(), Actor: row.Actor, Kind: row.Kind, IdempotencyKey: row.Key, Status: int(row.Status),
		PayloadDigest: hex.EncodeToString(row.Payload), RowsDigest: hex.EncodeToString(row.Digest), PreviousHash: hashOf(before),
		Hash: hashOf(row.Hash), Build: row.Build,
	}
}

func hashOf(h []byte) string {
	if len(h) == 0 {
		return noHash
	}
	return hex.EncodeToString(h)
}

// GetJournalHead shows the end of the chain.
func (s *Server) GetJournalHead(ctx context.Context, _ gen.GetJournalHeadRequestObject) (gen.GetJournalHeadResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.JournalRead, identity.Target{}); err != nil {
		return nil, err
	}
	var rows []app.JournalRow
	if err := s.rows.Find(ctx, app.Journal.Name(), app.Query{Desc: true, Limit: 1}, &rows); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return gen.GetJournalHead200JSONResponse{Head: noHash}, nil
	}
	return gen.GetJournalHead200JSONResponse{Length: rows[0].Number, Head: hashOf(rows[0].Hash)}, nil
}

// GetJournalRow shows a row with its payload and its result.
func (s *Server) GetJournalRow(ctx context.Context, r gen.GetJournalRowRequestObject) (gen.GetJournalRowResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.JournalRead, identity.Target{}); err != nil {
		return nil, err
	}
	row, err := s.journalRow(ctx, r.Number)
	if err != nil {
		return nil, err
	}
	hashes, err := s.hashesBefore(ctx, []app.JournalRow{row})
	if err != nil {
		return nil, err
	}
	var payloads []app.JournalPayload
	if err := s.rows.Find(ctx, app.Payloads.Name(), app.Where("number", r.Number), &payloads); err != nil {
		return nil, err
	}
	out := journalOf(row, hashes[row.Number-1])
	out.Result = new(string(row.Result))
	if len(payloads) > 0 {
		out.Payload = new(string(payloads[0].Payload))
	}
	return gen.GetJournalRow200JSONResponse(out), nil
}

// journalRow reads a row, or returns ErrNoRecord.
func (s *Server) journalRow(ctx context.Context, number int64) (app.JournalRow, error) {
	var rows []app.JournalRow
	if err := s.rows.Find(ctx, app.Journal.Name(), app.Where("number", number), &rows); err != nil {
		return app.JournalRow{}, err
	}
	if len(rows) == 0 {
		return app.JournalRow{}, app.ErrNoRecord.With("the journal has no row %d", number).At("number")
	}
	return rows[0], nil
}
