package approval

import (
	"errors"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// Every state × event × who: only a pending proposal takes a step, one that is
// approved for a later day, and one that is clearing its end; another than the
// proposer decides it, he alone withdraws it.
func TestProposal_Transitions(t *testing.T) {
	t.Parallel()
	type way struct {
		from  ProposalState
		event ProposalEvent
		by    By
	}
	allowed := map[way]ProposalState{
		{Pending, Approve, Approver}: Executed, {Pending, Schedule, Approver}: Approved, {Pending, Clear, Approver}: Clearing, {Pending, Reject, Approver}: Rejected,
		{Pending, Withdraw, Proposer}: Withdrawn, {Pending, Refresh, Proposer}: Pending, {Pending, Refresh, Approver}: Pending, {Pending, Lapse, Timer}: Lapsed,
		{Approved, Execute, Timer}: Executed, {Approved, Clear, Timer}: Clearing, {Approved, Reject, Approver}: Rejected, {Approved, Withdraw, Proposer}: Withdrawn,
		{Clearing, Execute, Timer}: Executed, {Clearing, Fail, Timer}: Failed,
	}
	for _, state := range ProposalStates {
		for _, event := range ProposalEvents {
			known := false
			for w := range allowed {
				known = known || w.from == state && w.event == event
			}
			for _, by := range []By{Proposer, Approver, Timer} {
				p, err := Proposal{State: state, DecidedBy: 3}.Step(event, by, 7, 9)
				want, ok := allowed[way{state, event, by}]
				switch {
				case !known:
					if !errors.Is(err, ErrNotPending) || p.State != state {
						t.Errorf("%s %s by %s: %v, %s", state, event, by, err, p.State)
					}
				case !ok:
					if !errors.Is(err, ErrOwnProposal) && !errors.Is(err, ErrNotProposer) {
						t.Errorf("%s %s by %s: %v", state, event, by, err)
					}
				case err != nil || p.State != want:
					t.Errorf("%s %s by %s: %s, %v; want %s", state, event, by, p.State, err, want)
				case state == Pending && want != Pending && (p.DecidedBy != 7 || p.DecidedAt != 9), state != Pending && p.DecidedBy != 3:
					t.Errorf("%s %s by %s: decided by %d at %d", state, event, by, p.DecidedBy, p.DecidedAt)
				}
			}
		}
	}
}

// What a proposal would do is the same when a balance has moved since by
// somebody else, when a day is today both times, or when more open orders leave, and not otherwise.
func TestDigest(t *testing.T) {
	t.Parallel()
	number := func(n int64) string { return calendar.Date(n).String() }
	of := func(before, after int64, day string, today bool) string {
		return Digest([]Effect{OfBalance("a", "balance", before, after, number), OfField("r", 1, "on", "", day, today)})
	}
	base := of(1, 3, "2026-07-01", true)
	if of(5, 7, "2026-07-02", true) != base {
		t.Error("another balance before, or another today, is no other effect")
	}
	ofOrders := Digest([]Effect{
		OfField("r", 1, "on", "", "2026-07-01", true), OfField("open orders", 0, "withdrawn", "", "7", false).Beside(), OfMoved("b", "held", 9, 2, -7, number), OfBalance("a", "balance", 1, 3, number),
	})
	if ofOrders != base || Digest([]Effect{OfMoved("b", "held", 9, 3, -7, number)}) != Digest([]Effect{OfMoved("b", "held", 1, 2, 0, number)}) {
		t.Error("what open orders give back is no effect, nor is the order of effects")
	}
	if of(5, 8, "2026-07-01", true) == base || of(1, 3, "2026-07-02", false) == base {
		t.Error("another difference, or another day, is another effect")
	}
}

// A notice stands for its least of days, and objections come while it stands; what is
// entered later counts as of the day on which it came.
func TestObject(t *testing.T) {
	t.Parallel()
	n := PublicNotice{Kind: "k", Title: "t", Body: "b", Document: "d", StartsOn: 20260921, EndsOn: 20260926, State: NoticePosted}
	if err := n.Validate(20260921, 7); !errors.Is(err, ErrNoticeShort) {
		t.Errorf("six days: %v", err)
	}
	n.EndsOn = 20260927
	if err := n.Validate(20260921, 7); err != nil {
		t.Errorf("seven days: %v", err)
	}
	if err := n.Validate(20260922, 7); !errors.Is(err, ErrNoticePast) {
		t.Errorf("yesterday: %v", err)
	}
	blank := n
	blank.Body = " \n　"
	if f, ok := fault.As(blank.Validate(20260921, 7)); !ok || f.Field != "body" {
		t.Errorf("a notice that says nothing: %v", f)
	}
	friday := calendar.Date(20260925).Start()
	filed := Objection{Objector: "o", Text: "t", FiledBy: 1, FiledAt: friday}
	o, err := n.Object(filed)
	if err != nil || o.Came() != 20260925 {
		t.Errorf("came on %s, %v", o.Came(), err)
	}
	late := filed
	late.FiledAt = calendar.Date(20260928).Start()
	if _, err := n.Object(late); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after the last day: %v", err)
	}
	late.ReceivedOn, late.Document = 20260925, "letter"
	if o, err := n.Object(late); err != nil || o.Came() != 20260925 {
		t.Errorf("came on %s, %v", o.Came(), err)
	}
	for _, received := range []calendar.Date{20260920, 20260928} {
		late.ReceivedOn = received
		if _, err := n.Object(late); !errors.Is(err, ErrNotRunning) {
			t.Errorf("received on %s: %v", received, err)
		}
	}
	for _, half := range []Objection{{ReceivedOn: 20260925}, {Document: "letter"}} {
		half.Objector, half.Text, half.FiledAt = "o", "t", friday
		if _, err := n.Object(half); err == nil {
			t.Errorf("%+v is taken", half)
		}
	}
	answered, err := o.Answered("no", false, 2, friday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answered.Answered("yes", true, 2, friday); !errors.Is(err, ErrAnswered) {
		t.Errorf("answered twice: %v", err)
	}
}
