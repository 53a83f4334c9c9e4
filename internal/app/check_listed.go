package app

import (
	"context"
	"fmt"

	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// checkListed holds that an issuance of the intake counts nothing that a list of
// another register had when it was asked for it (I-132). Entries that were corrected
// since say no more what they were.
func checkListed(ctx context.Context, in intake.Reader, trading Reader, issued map[int64]carbon.Issuance, sent map[int64]intake.Outgoing) (found []Violation, err error) {
	var rules intake.Rules
	for number, i := range issued {
		o, known := sent[number]
		if i.ListsAsked == 0 || !known {
			continue
		}
		if rules.Versions == nil {
			if rules, err = intakeRules(ctx, trading); err != nil {
				return nil, err
			}
		}
		entries := func(ctx context.Context, identifiers []string) (all []carbon.Exclusion, err error) {
			err = exclusionsOf(ctx, trading, identifiers, func(e carbon.Exclusion) {
				if e.Command <= i.ListsAsked {
					all = append(all, e)
				}
			})
			return all, err
		}
		err = intake.StillListed(ctx, in, o, &rules, entries, func(row *intake.Row, e *carbon.Exclusion) error {
			found = append(found, Violation{Invariant: "I-132", Table: Issuances.name, ID: i.ID, Detail: fmt.Sprintf("counts activity %d of %q, which the list %s had when it was asked", row.ID, e.Identifier, e.List)})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
