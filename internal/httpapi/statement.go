package httpapi

import (
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/ledger"
)

// walkStep is how many postings of an account are read at once.
const walkStep = 500

// GetAccountStatement shows what moved on an account in a period. The ledger
// has no index by account: it is walked back from the newest posting, page by
// page, and opening + movements = closing on each page.
func (s *Server) GetAccountStatement(ctx context.Context, r gen.GetAccountStatementRequestObject) (gen.GetAccountStatementResponseObject, error) {
	start, end, err := s.periodOver(ctx, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	a, b, err := s.account(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	w := walk{s: s, account: a, balance: b, start: start, end: end, page: pageOf(r.Params.Limit, r.Params.After)}
	if err := w.run(ctx); err != nil {
		return nil, err
	}
	out := gen.GetAccountStatement200JSONResponse{
		Account: s.accountOf(a, b), From: r.Params.From, To: r.Params.To, Opening: amountOf(a.Kind, w.opening),
		Closing: amountOf(a.Kind, w.closing), Next: w.next, Movements: []api.Movement{},
	}
	visible, err := s.counterAccounts(ctx, w.taken, a.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Backward(w.taken) {
		out.Movements = append(out.Movements, m.shown(a, visible))
	}
	return out, nil
}

// movement is a posting as one account sees it.
type movement struct {
	ledger.Posting
	at calendar.Instant
}

// side is what a posting did to an account.
func (m movement) side(a ledger.Account) (change, after, previous int64, other ledger.AccountID) {
	change = -m.Amount
	if (m.Debit == a.ID) == a.Kind.IsContra() {
		change = m.Amount
	}
	if m.Debit == a.ID {
		return change, m.DebitAfter, m.DebitPrevious, m.Credit
	}
	return change, m.CreditAfter, m.CreditPrevious, m.Debit
}

func (m movement) shown(a ledger.Account, visible map[ledger.AccountID]bool) api.Movement {
	change, after, _, other := m.side(a)
	out := api.Movement{
		Posting: m.ID, Transfer: m.Transfer, At: m.at.String(), Reason: api.TransferReason(m.Reason.String()),
		Change: amountOf(a.Kind, change), Balance: amountOf(a.Kind, after),
	}
	if m.Reason != ledger.Correction { // whose reference is a place in its command
		out.Reference = optional(m.Reference)
	}
	if visible[other] {
		out.CounterAccount = new(int64(other))
	}
	return out
}

// walk reads an account's postings backwards.
type walk struct {
	s          *Server
	account    ledger.Account
	balance    ledger.Balance
	start, end calendar.Instant
	page       page

	taken            []movement // newest first
	opening, closing int64
	next             *api.ID // the oldest posting taken, when there are more
}

func (w *walk) run(ctx context.Context) error {
	w.closing = w.balance.Balance
	at := w.balance.LastPosting
	if w.page.after != 0 {
		var err error
		if at, err = w.before(ctx, w.page.after); err != nil {
			return err
		}
	}
	for at != 0 {
		rows, err := w.s.rows.Statement(ctx, w.account.ID, at, walkStep)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		times, err := w.s.timesOf(ctx, rows)
		if err != nil {
			return err
		}
		for _, p := range rows {
			m := movement{p, times[p.Command]}
			if !w.take(m) {
				return nil
			}
			_, _, at, _ = m.side(w.account)
		}
	}
	w.finish(0)
	return nil
}

// take looks at the next older posting and reports whether to go on.
func (w *walk) take(m movement) bool {
	change, after, _, _ := m.side(w.account)
	switch {
	case w.end != 0 && m.at >= w.end: // after the period
		w.closing = after - change
		return true
	case w.start != 0 && m.at < w.start: // before it
		w.finish(after)
		return false
	case len(w.taken) == w.page.limit:
		w.next = new(w.taken[len(w.taken)-1].ID)
		w.finish(after)
		return false
	}
	if len(w.taken) == 0 {
		w.closing = after
	}
	w.taken = append(w.taken, m)
	return true
}

// finish sets the opening balance: what there was before the oldest movement.
func (w *walk) finish(before int64) {
	w.opening = before
	if len(w.taken) == 0 {
		w.closing = before
	}
}

// before returns the posting of the account before one that it must have.
func (w *walk) before(ctx context.Context, posting int64) (int64, error) {
	p, known, err := get(ctx, w.s, app.Postings, posting)
	if err != nil {
		return 0, err
	}
	if !known || p.Debit != w.account.ID && p.Credit != w.account.ID {
		return 0, fault.Invalidf("after", "is not a cursor of this statement: send the next of the page before")
	}
	change, after, previous, _ := movement{Posting: p}.side(w.account)
	w.closing = after - change
	return previous, nil
}

// timesOf reads when the commands of postings were done.
func (s *Server) timesOf(ctx context.Context, postings []ledger.Posting) (map[int64]calendar.Instant, error) {
	numbers := make([]int64, 0, len(postings))
	for _, p := range postings {
		numbers = append(numbers, p.Command)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var rows []app.JournalRow
	if err := s.rows.Find(ctx, app.Journal.Name(), app.Query{}.And("number", app.In, numbers), &rows); err != nil {
		return nil, err
	}
	times := make(map[int64]calendar.Instant, len(rows))
	for i := range rows {
		times[rows[i].Number] = rows[i].At
	}
	return times, nil
}

// counterAccounts returns which of the accounts on the other side of movements
// the caller may see.
func (s *Server) counterAccounts(ctx context.Context, movements []movement, own ledger.AccountID) (map[ledger.AccountID]bool, error) {
	ids := make([]int64, 0, len(movements))
	for _, m := range movements {
		ids = append(ids, int64(m.Debit+m.Credit-own))
	}
	return s.visibleAccounts(ctx, ids)
}

// visibleAccounts returns which of some accounts the caller may see.
func (s *Server) visibleAccounts(ctx context.Context, ids []int64) (map[ledger.AccountID]bool, error) {
	may, err := s.seeAccounts(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var rows []ledger.Account
	if len(ids) > 0 {
		if err := s.rows.Find(ctx, app.Accounts.Name(), app.Query{}.And("id", app.In, ids), &rows); err != nil {
			return nil, err
		}
	}
	visible := map[ledger.AccountID]bool{}
	for _, a := range rows {
		visible[a.ID] = may.has(a)
	}
	return visible, nil
}
