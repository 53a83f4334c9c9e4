package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

// inboxShown is how much of what waits is shown: what is due first.
const inboxShown = 500

// GetInbox shows what waits for the caller.
func (s *Server) GetInbox(ctx context.Context, _ gen.GetInboxRequestObject) (gen.GetInboxResponseObject, error) {
	actor := callOf(ctx).actor
	if err := identity.Authorise(actor, identity.SelfRead, identity.Target{}); err != nil {
		return nil, err
	}
	waiting, err := app.Inbox(ctx, s.rows, actor, s.config.Refused.WaitingFor(actor, s.app.Reference())...)
	if err != nil {
		return nil, err
	}
	return gen.GetInbox200JSONResponse{
		Items: convertAll(waiting[:min(inboxShown, len(waiting))], waitingOf), More: len(waiting) > inboxShown,
	}, nil
}

func waitingOf(w app.Waiting) api.InboxItem {
	return api.InboxItem{
		Kind: w.Kind, ID: w.ID, Action: w.Action, Region: optional(w.Region), Party: optional(w.Party), Since: w.Since.String(),
		Until: instantOf(w.Until), Reason: optional(w.Reason),
	}
}
