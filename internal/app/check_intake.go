package app

import (
	"context"
	"encoding/hex"
	"fmt"

	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// CheckIntake reads an intake whole, and compares its outbox with what the
// trading registry has issued of it. Both may be written meanwhile.
func CheckIntake(ctx context.Context, in intake.Source, trading Reader) ([]Violation, error) {
	found, err := intake.Check(ctx, in, func(ctx context.Context) (intake.Rules, error) { return intakeRules(ctx, trading) })
	if err != nil {
		return nil, err
	}
	all := make([]Violation, 0, len(found))
	for _, v := range found {
		all = append(all, Violation{Invariant: v.Invariant, Table: "intake", Detail: v.Detail})
	}
	ends, err := checkEnds(ctx, in, trading)
	return append(all, ends...), err
}

// checkEnds holds that each message that was sent has brought one issuance,
// which says the same, and each issuance of the intake was brought by a message (I-76).
// What came back was rejected (I-86), and what is issued counts nothing that lists had (I-132). The outbox is read before the issuances and after: what is sent before has an
// issuance, and what is issued has a message after.
func checkEnds(ctx context.Context, in intake.Reader, trading Reader) (found []Violation, err error) {
	before, err := messages(ctx, in)
	if err != nil {
		return nil, err
	}
	returns, err := in.Returns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what came back: %w", err)
	}
	methodologies := map[int64]string{}
	if err := eachOf(ctx, trading, Methodologies, Query{}, func(m carbon.Methodology) { methodologies[m.ID] = m.Code }); err != nil {
		return nil, fmt.Errorf("read the methodologies: %w", err)
	}
	issued := map[int64]carbon.Issuance{}
	if err := eachOf(ctx, trading, Issuances, Query{}, func(i carbon.Issuance) {
		if i.FromIntake() {
			issued[i.Outbox] = i
		}
	}); err != nil {
		return nil, fmt.Errorf("read the issuances: %w", err)
	}
	after, err := messages(ctx, in)
	if err != nil {
		return nil, err
	}
	wrong := func(id int64, format string, args ...any) {
		found = append(found, Violation{Invariant: "I-76", Table: Issuances.name, ID: id, Detail: fmt.Sprintf(format, args...)})
	}
	for _, r := range returns {
		if i, known := issued[r.Message]; !known || i.State != carbon.Rejected {
			found = append(found, Violation{Invariant: "I-86", Table: Issuances.name, ID: i.ID, Detail: fmt.Sprintf("message %d came back, and was not rejected", r.Message)})
		}
	}
	for number, o := range before {
		if _, known := issued[number]; o.Sent && !known {
			wrong(0, "message %d was sent and has brought no issuance", number)
		}
	}
	for number, i := range issued {
		o, known := after[number]
		switch {
		case !known:
			wrong(i.ID, "the intake has no message %d", number)
		case i.Scheme != o.Scheme || i.Methodology != methodologies[o.Methodology] || i.PeriodFrom != o.Month.First() ||
			i.Units != o.Units || i.Reduced != quantity.Reduction(o.Units)*o.Unit || i.EvidenceDigest != hex.EncodeToString(o.Evidence):
			wrong(i.ID, "is of %d units of %s of %s, and message %d of %d of methodology %d, or of other evidence",
				i.Units, i.Methodology, i.Source, number, o.Units, o.Methodology)
		}
	}
	listed, err := checkListed(ctx, in, trading, issued, after)
	return append(found, listed...), err
}

// messages are those of an outbox, by number.
func messages(ctx context.Context, in intake.Reader) (map[int64]intake.Outgoing, error) {
	all := map[int64]intake.Outgoing{}
	err := in.Messages(ctx, 0, func(o intake.Outgoing) error {
		all[o.Number] = o
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return all, nil
}
