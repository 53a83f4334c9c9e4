package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// Outbox is the intake's end of a delivery.
type Outbox interface {
	// Outgoing are the messages after a number that the trading registry has not yet, by number.
	Outgoing(ctx context.Context, after int64, limit int) ([]intake.Outgoing, error)
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

// deliveryPage is how many messages are read at once.
const deliveryPage = 1000

// Deliver hands the messages of an outbox to the trading registry, where each
// waits as an issuance to be verified. A message is noted as sent when its
// issuance is durable; the registry takes each number once, and says again what
// it has brought. So each is issued exactly once, wherever a delivery stops.
//
// key makes idempotency keys, a new one each time: a refusal would be answered
// again otherwise when its cause is gone. A message that is refused waits, and
// the others go on; the error names all that was refused.
//
// A message that is refused again is tried after twice the time, and said again
// only when the refusal is another; where again is nil, each time.
func Deliver(ctx context.Context, from Outbox, to Issuer, key func() string, again *Refusals) error {
	var failed []error
	for after, more := int64(0), true; more; {
		waiting, err := from.Outgoing(ctx, after, deliveryPage)
		if err != nil {
			return errors.Join(append(failed, fmt.Errorf("read the outbox: %w", err))...)
		}
		for _, o := range waiting {
			after = o.Number
			if !again.due(o.Number) {
				continue
			}
			refusal, err := deliver(ctx, from, to, key, o)
			if err == nil && again.isNew(o, refusal) {
				err = refusal
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("deliver message %d: %w", o.Number, err))
			}
			if ctx.Err() != nil { // of the others there is nothing to say
				return errors.Join(failed...)
			}
		}
		more = len(waiting) == deliveryPage
	}
	return errors.Join(failed...)
}

// deliver hands one message on. A refusal stays one until somebody has done
// something about it; an error may pass by itself.
func deliver(ctx context.Context, from Outbox, to Issuer, key func() string, o intake.Outgoing) (refusal, err error) {
	c, refusal := creditIssueOf(to.Reference(), o)
	if refusal != nil {
		return refusal, nil
	}
	answer, err := to.DoSystem(ctx, key(), c)
	switch {
	case err != nil:
		return nil, err
	case answer.Status >= 500: //nolint:mnd // not the message's fault
		return nil, errors.New(string(answer.Body))
	case answer.Status >= 300: //nolint:mnd // no success
		return refusalOf(answer.Body), nil
	}
	return nil, from.Sent(ctx, o.Number)
}

// refusalOf is what a refusal says, for a person.
func refusalOf(body []byte) error {
	var problem struct{ Code, Detail string }
	if err := json.Unmarshal(body, &problem); err != nil || problem.Code == "" {
		return errors.New(string(body))
	}
	return fmt.Errorf("%s: %s", problem.Code, problem.Detail)
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
	var failed []error // one that cannot come back stops no other
	for _, i := range ReadTable(from.Reference(), Issuances).All() {
		if !i.FromIntake() || i.State != carbon.Rejected || back[i.Outbox] {
			continue
		}
		if err := to.Return(ctx, i.Outbox); err != nil {
			failed = append(failed, fmt.Errorf("take message %d back: %w", i.Outbox, err))
		}
	}
	return errors.Join(failed...)
}

// creditIssueOf is a message of the intake in the words of the trading registry.
func creditIssueOf(r *Reference, o intake.Outgoing) (CreditIssue, error) {
	m, known := ReadTable(r, Methodologies).Get(o.Methodology)
	if !known {
		return CreditIssue{}, fmt.Errorf("there is no methodology %d", o.Methodology)
	}
	return CreditIssue{
		Scheme: o.Scheme, Methodology: m.Code, Month: o.Month.First(), Units: o.Units, EvidenceDigest: fmt.Sprintf("%x", o.Evidence),
		Items: int32(min(o.Items, carbon.ItemsMost)), Outbox: o.Number, //nolint:gosec // within bounds; of more, the sample is of the first ones
	}, nil
}
