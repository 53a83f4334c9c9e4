package app

import (
	"slices"

	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkRenewals)

// checkRenewals holds each renewal against its steps, its holds and what it
// has moved (I-28): the steps lead by the table to its state; it holds
// something only while it is decided and open; and what has joined is what was
// posted out of the old holding into the new, and no more than it was granted.
func (c *checker) checkRenewals() error {
	steps := map[int64][]permit.RenewalStep{}
	err := eachOf(c.ctx, c.r, RenewalSteps, Query{}, func(s permit.RenewalStep) { steps[s.Renewal] = append(steps[s.Renewal], s) })
	if err != nil {
		return err
	}
	active := map[int64]int{}
	ofRenewals := Where("state", string(ledger.HoldActive)).And("purpose", Eq, string(ledger.ForRenewal))
	if err := eachOf(c.ctx, c.r, Holds, ofRenewals, func(h ledger.Hold) { active[h.Reference]++ }); err != nil {
		return err
	}
	moved := map[int64][]ledger.Posting{}
	err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Renewal)), func(p ledger.Posting) {
		if c.ledger.accounts[p.Debit].Kind == ledger.Holding { // not an allocation
			moved[p.Reference] = append(moved[p.Reference], p)
		}
	})
	if err != nil {
		return err
	}
	returned := map[ledger.Key]quantity.Quantity{}
	err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.TermEnd)), func(p ledger.Posting) {
		account := c.ledger.accounts[p.Debit]
		returned[account.Key()] += quantity.Quantity(p.Amount)
	})
	if err != nil {
		return err
	}
	notices, err := c.renewalNotices()
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Renewals, Query{}, func(r permit.Renewal) {
		c.checkRenewalPublished(r, steps[r.ID], notices)
		c.checkRenewalNotice(r, notices)
		c.checkRenewalSteps(r, steps[r.ID])
		c.checkJoined(r, moved[r.ID])
		if r.Returned > returned[r.OldKey()] {
			c.report("I-28", Renewals.name, r.ID, "has given back %s, %s are posted", r.Returned, returned[r.OldKey()])
		}
		if waits := r.State == permit.RenewalReady && r.Renewing || r.State == permit.RenewalRejected; r.Refusal != "" && (!waits || r.Joined > 0) {
			c.report("I-126", Renewals.name, r.ID, "is %s, has joined %s and was refused: %s", r.State, r.Joined, r.Refusal)
		}
		if n := active[r.ID]; n > 0 && r.State != permit.RenewalNoticed && r.State != permit.RenewalReady {
			c.report("I-28", Renewals.name, r.ID, "is %s and has %d active holds", r.State, n)
		}
		delete(active, r.ID)
		delete(moved, r.ID)
	})
	for id := range active {
		c.report("I-28", Renewals.name, id, "holds something and does not exist")
	}
	for id := range moved {
		c.report("I-28", Renewals.name, id, "has moved a holding and does not exist")
	}
	return err
}

// renewalNotices are the payment notices of renewals, and what finance has
// confirmed of them.
type renewalNotices struct {
	since     int64 // the last journal row before renewals had notices
	byRenewal map[int64]reserve.PaymentNotice
	confirmed map[int64]bool // by notice
}

func (c *checker) renewalNotices() (n renewalNotices, err error) {
	n = renewalNotices{byRenewal: map[int64]reserve.PaymentNotice{}, confirmed: map[int64]bool{}}
	if n.since, err = c.start("I-63"); err != nil {
		return n, err
	}
	if err := eachOf(c.ctx, c.r, Notices, Query{}.And("renewal", Gt, int64(0)), func(p reserve.PaymentNotice) {
		if _, twice := n.byRenewal[p.Renewal]; twice {
			c.report("I-63", Notices.name, p.ID, "is the second notice of renewal %d", p.Renewal)
		}
		n.byRenewal[p.Renewal] = p
	}); err != nil {
		return n, err
	}
	return n, eachOf(c.ctx, c.r, Sales, Where("kind", string(reserve.ForRenewal)), func(s reserve.Sale) { n.confirmed[s.Notice] = s.Confirmation != "" })
}

// checkRenewalPublished holds each publication against I-63: it was a public notice.
func (c *checker) checkRenewalPublished(r permit.Renewal, steps []permit.RenewalStep, n renewalNotices) {
	published := false
	for _, s := range steps {
		published = published && s.Event != permit.VerifyRenewal || s.Event == permit.PublishRenewal && s.Command > n.since
	}
	if published != (r.PublicNotice > 0) {
		c.report("I-63", Renewals.name, r.ID, "is published: %t, its public notice is %d", published, r.PublicNotice)
	}
}

// checkRenewalNotice holds a renewal against the notice of its payment (I-63):
// it asks for what was decided, waits while the renewal does, and is paid for
// certain when that is ready. Who was ready before there were notices has none.
func (c *checker) checkRenewalNotice(r permit.Renewal, all renewalNotices) {
	n, has := all.byRenewal[r.ID]
	if n.ID != r.Notice || r.Notice == 0 && r.State == permit.RenewalNoticed && r.Command > all.since {
		c.report("I-63", Renewals.name, r.ID, "is %s and has notice %d, the notice about it is %d", r.State, r.Notice, n.ID)
	}
	if !has {
		return
	}
	if n.Amount != r.Amount || n.Quantity != r.Quantity || n.Licence != r.Licence || n.Instrument != r.NewInstrument || n.DueOn != r.DueOn || n.Hold != 0 {
		c.report("I-63", Notices.name, n.ID, "does not ask for what renewal %d was decided at", r.ID)
	}
	want := []reserve.NoticeState{reserve.NoticeCancelled}
	switch r.State { //nolint:exhaustive // the others have ended
	case permit.RenewalNoticed:
		want = []reserve.NoticeState{reserve.NoticeIssued, reserve.NoticeProved}
	case permit.RenewalReady:
		want = []reserve.NoticeState{reserve.NoticeProved}
	case permit.RenewalJoined:
		want = []reserve.NoticeState{reserve.NoticeDelivered}
		if r.Joined == 0 {
			want = []reserve.NoticeState{reserve.NoticeCancelled}
		}
	}
	certain := n.Paid == n.Amount && (n.Matched || all.confirmed[n.ID])
	if isPaid := r.State == permit.RenewalReady || r.State == permit.RenewalJoined && r.Joined > 0; !slices.Contains(want, n.State) || isPaid && (!certain || r.Proof != n.Proof) {
		c.report("I-63", Notices.name, n.ID, "is %s, paid for certain: %t, and its renewal %s", n.State, certain, r.State)
	}
}

func (c *checker) checkRenewalSteps(r permit.Renewal, steps []permit.RenewalStep) {
	at := r
	at.State = permit.RenewalApplied
	for _, s := range steps {
		to, _, err := at.Next(s.Event, s.ToState == permit.RenewalNoticed, s.Body)
		if err != nil || s.FromState != at.State || s.ToState != to {
			c.report("I-28", RenewalSteps.name, s.ID, "leads from %s to %s by %s of the %s, which the table does not allow", s.FromState, s.ToState, s.Event, s.Body)
		}
		at.State = s.ToState
	}
	if at.State != r.State {
		c.report("I-28", Renewals.name, r.ID, "is %s, its steps lead to %s", r.State, at.State)
	}
}

func (c *checker) checkJoined(r permit.Renewal, postings []ledger.Posting) {
	var sum quantity.Quantity
	for _, p := range postings {
		sum += quantity.Quantity(p.Amount)
		if c.ledger.accounts[p.Debit].Key() != r.OldKey() || c.ledger.accounts[p.Credit].Key() != r.NewKey() {
			c.report("I-28", Postings.name, p.ID, "is no move of renewal %d from its old term to its new", r.ID)
		}
	}
	if sum > r.Joined || r.Joined-sum > r.Increase || r.Joined > r.Quantity || !slices.Contains(permit.RenewalStates, r.State) {
		c.report("I-28", Renewals.name, r.ID, "has joined %s of %s, %s of it out of the old holding", r.Joined, r.Quantity, sum)
	}
}
