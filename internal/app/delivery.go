package app

import (
	"context"
	"errors"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// Outbox is the intake's end of a delivery.
type Outbox interface {
	// Outgoing are the messages that the trading registry has not yet, by number.
	Outgoing(ctx context.Context, limit int) ([]intake.Outgoing, error)
	// Sent notes that it has one.
	Sent(ctx context.Context, number int64) error
	// Returns are those that came back, and Return takes one back.
	Returns(ctx context.Context) ([]intake.PoolReturn, error)
	Return(ctx context.Context, number int64) error
}

// Issuer is the trading registry's end of a delivery.
type Issuer interface {
	Reference() *Reference
	DoSystem(ctx context.Context, key string, c Command) (Answer, error)
}

// deliveryMost bounds how many messages one delivery looks at.
const deliveryMost = 1000

// Deliver hands the messages of an outbox to the trading registry, where each
// waits as an issuance to be verified. A message is noted as sent when its
// issuance is durable; the registry takes each number once, and says again what
// it has brought. So each is issued exactly once, wherever a delivery stops.
//
// key makes idempotency keys, a new one each time: a refusal would be answered
// again otherwise when its cause is gone. A message that is refused waits, and
// the others go on; the error names all that was refused.
func Deliver(ctx context.Context, from Outbox, to Issuer, key func() string) error {
	waiting, err := from.Outgoing(ctx, deliveryMost)
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	var refused error
	for _, o := range waiting {
		c, err := creditIssueOf(to.Reference(), o)
		if err != nil {
			refused = errors.Join(refused, err)
			continue
		}
		answer, err := to.DoSystem(ctx, key(), c)
		switch {
		case err != nil:
		case answer.Status >= 300: //nolint:mnd // no success
			err = errors.New(string(answer.Body))
		default:
			err = from.Sent(ctx, o.Number)
		}
		if err != nil {
			refused = errors.Join(refused, fmt.Errorf("deliver message %d: %w", o.Number, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return refused
}

// TakeBack returns to an outbox what it had sent and was rejected. A rejection
// is final and durable when it is seen here, and the intake takes each number
// back once: so what is rejected comes back exactly once, wherever this stops.
func TakeBack(ctx context.Context, to Outbox, from Issuer) error {
	returns, err := to.Returns(ctx)
	if err != nil {
		return fmt.Errorf("read what came back: %w", err)
	}
	back := map[int64]bool{}
	for _, r := range returns {
		back[r.Message] = true
	}
	for _, i := range ReadTable(from.Reference(), Issuances).All() {
		if !i.FromIntake() || i.State != carbon.Rejected || back[i.Outbox] {
			continue
		}
		if err := to.Return(ctx, i.Outbox); err != nil {
			return fmt.Errorf("take message %d back: %w", i.Outbox, err)
		}
	}
	return nil
}

// creditIssueOf is a message of the intake in the words of the trading registry.
func creditIssueOf(r *Reference, o intake.Outgoing) (CreditIssue, error) {
	m, known := ReadTable(r, Methodologies).Get(o.Methodology)
	if !known {
		return CreditIssue{}, fmt.Errorf("deliver message %d: there is no methodology %d", o.Number, o.Methodology)
	}
	return CreditIssue{
		Scheme: o.Scheme, Methodology: m.Code, Month: firstOf(o.Month), Units: o.Units, EvidenceDigest: fmt.Sprintf("%x", o.Evidence),
		Items: int32(min(o.Items, carbon.ItemsMost)), Outbox: o.Number, //nolint:gosec // within bounds; of more, the sample is of the first ones
	}, nil
}

// firstOf is the first day of a month.
func firstOf(m intake.Month) calendar.Date { return calendar.Date(m)*100 + 1 } //nolint:mnd // yyyymmdd
