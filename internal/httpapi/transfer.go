package httpapi

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/approval"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// transferStep is how many postings of a transfer are read at once; most have
// fewer.
const transferStep = 20

// GetTransfer shows a transfer with the postings that touch an account which
// the caller may see.
func (s *Server) GetTransfer(ctx context.Context, r gen.GetTransferRequestObject) (gen.GetTransferResponseObject, error) {
	if _, err := s.seeAccounts(ctx); err != nil {
		return nil, err
	}
	postings, err := s.postingsOf(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	accounts, seen, err := s.visiblePostings(ctx, postings)
	if err != nil {
		return nil, err
	}
	if len(seen) == 0 {
		return nil, identity.ErrNotYours.At("id")
	}
	row, err := s.journalRow(ctx, seen[0].Command)
	if err != nil {
		return nil, err
	}
	out := postedTransfer(seen, func(p ledger.Posting) ledger.Kind { return accounts[p.Debit].Kind })
	out.At = row.At.String()
	if seen[0].Reason == ledger.Correction {
		document, note, err := s.correctionTexts(ctx, row, seen[0].Reference)
		if err != nil {
			return nil, err
		}
		out.Document, out.Note = optional(document), optional(note)
	}
	return gen.GetTransfer200JSONResponse(out), nil
}

// postingsOf reads a transfer: its postings have ids without a gap, and the
// first one's is the transfer's.
func (s *Server) postingsOf(ctx context.Context, id int64) ([]ledger.Posting, error) {
	var all []ledger.Posting
	for next := id; ; {
		var rows []ledger.Posting
		if err := s.rows.Find(ctx, app.Postings.Name(), app.Query{Limit: transferStep}.And("id", app.Ge, next), &rows); err != nil {
			return nil, err
		}
		for _, p := range rows {
			if p.Transfer != id {
				return all, nil
			}
			all = append(all, p)
		}
		if len(rows) < transferStep {
			return all, nil
		}
		next = all[len(all)-1].ID + 1
	}
}

// visiblePostings returns the accounts of postings, and of the postings those
// that touch one which the caller may see.
func (s *Server) visiblePostings(ctx context.Context, postings []ledger.Posting) (map[ledger.AccountID]ledger.Account, []ledger.Posting, error) {
	may, err := s.seeAccounts(ctx)
	if err != nil || len(postings) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, 0, 2*len(postings))
	for _, p := range postings {
		ids = append(ids, int64(p.Debit), int64(p.Credit))
	}
	var rows []ledger.Account
	if err := s.rows.Find(ctx, app.Accounts.Name(), app.Query{}.And("id", app.In, ids), &rows); err != nil {
		return nil, nil, err
	}
	accounts := map[ledger.AccountID]ledger.Account{}
	for _, a := range rows {
		accounts[a.ID] = a
	}
	var seen []ledger.Posting
	for _, p := range postings {
		if may.has(accounts[p.Debit]) || may.has(accounts[p.Credit]) {
			seen = append(seen, p)
		}
	}
	return accounts, seen, nil
}

// proposedCommand is the command of a proposal.
func (s *Server) proposedCommand(ctx context.Context, id int64) (app.Command, error) {
	var proposals []approval.Proposal
	if err := s.rows.Find(ctx, app.Proposals.Name(), app.Where("id", id), &proposals); err != nil || len(proposals) == 0 {
		return nil, err
	}
	return app.DecodeCommand(proposals[0].Operation, []byte(proposals[0].Payload))
}

// correctionTexts reads the document and the note of a correcting transfer,
// which stand in its command; place is its place in a batch, from 1.
func (s *Server) correctionTexts(ctx context.Context, row app.JournalRow, place int64) (document, note string, err error) {
	var payloads []app.JournalPayload
	if err := s.rows.Find(ctx, app.Payloads.Name(), app.Where("number", row.Number), &payloads); err != nil || len(payloads) == 0 {
		return "", "", err // archived
	}
	command, err := app.DecodeCommand(row.Kind, payloads[0].Payload)
	if approve, is := command.(app.ProposalApprove); is {
		command, err = s.proposedCommand(ctx, approve.Proposal)
	}
	if err != nil {
		return "", "", err
	}
	switch c := command.(type) {
	case app.TransferPost:
		return c.Document, c.Note, nil
	case app.TransferBatch:
		if place >= 1 && place <= int64(len(c.Transfers)) {
			t := c.Transfers[place-1]
			return t.Document, t.Note, nil
		}
	}
	return "", "", nil
}
