package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// issuanceShape is what the table looks at of an issuance: its state, and who has
// declared and verified it.
type issuanceShape string

func issuanceShapeOf(i carbon.Issuance) issuanceShape {
	return issuanceShape(fmt.Sprintf("%s %d %d", i.State, i.DeclaredBy, i.VerifiedBy))
}

func (s issuanceShape) shaped() (i carbon.Issuance) {
	_, _ = fmt.Sscanf(string(s), "%s %d %d", &i.State, &i.DeclaredBy, &i.VerifiedBy)
	return i
}

// An issuance of a plant's credits in each of its states meets every step by
// everybody; what is issued can be revoked.
func TestIssuance_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	const revoke carbon.IssuanceEvent = "revoke"
	o := openCarbon(t)
	plant := o.firm("330421", 2)
	project := done[carbon.Project](o.office, o.clerk, CreditProjectRegister{
		Scheme: o.scheme.ID, Code: "PV1", Name: "roof", Methodology: "PV", Party: plant.party, Identifier: "GRID-1", Document: "d",
	})
	id := done[IssuanceResult](o.office, plant.user, CreditDeclare{
		Project: project.ID, PeriodFrom: 20260101, PeriodTo: 20260331, EvidenceDigest: digest(1), Items: 12,
		Values: []carbon.Value{{Name: "energy", Amount: o.measure("2000")}, {Name: "capacity", Unit: "MW", Amount: o.measure("5")}},
	}).Issuance.ID
	takers := func(e carbon.IssuanceEvent) (roles []string) {
		for _, s := range carbon.Steps {
			if s.Event == e {
				roles = append(roles, s.Roles...)
			}
		}
		return roles
	}
	m := machine[issuanceShape, carbon.IssuanceEvent]{
		office: o.office, players: o.cast(o.owner), events: append(slices.Clone(carbon.IssuanceEvents), revoke),
		takes: func(_ issuanceShape, e carbon.IssuanceEvent, p player) bool {
			if e == revoke {
				return p.isOf(identity.CreditRevoke)
			}
			return !p.isAway && slices.Contains(takers(e), string(p.role))
		},
		command: func(o *office, _ issuanceShape, e carbon.IssuanceEvent) Command {
			if e == revoke {
				return CreditRevoke{Issuance: id, Units: storedRow(o, Issuances, id).Units, Document: "d"}
			}
			return IssuanceStep{Issuance: id, Event: e, Document: "d"}
		},
		state:   func(o *office) issuanceShape { return issuanceShapeOf(storedRow(o, Issuances, id)) },
		because: []*fault.Error{carbon.ErrIssuanceStep, carbon.ErrSamePerson},
		denied:  []*fault.Error{carbon.ErrIssuanceStep},
	}
	m.next = func(at issuanceShape, e carbon.IssuanceEvent, p player) (issuanceShape, error) {
		i := at.shaped()
		if !m.takes(at, e, p) {
			return at, identity.ErrForbidden
		}
		if e == revoke {
			if i.State != carbon.Issued {
				return at, carbon.ErrIssuanceStep
			}
			i.State = carbon.Revoked
			return issuanceShapeOf(i), nil
		}
		to, err := i.Next(e, p.person, []string{string(p.role)})
		if i.State = to; e == carbon.Verify {
			i.VerifiedBy = p.person
		}
		return issuanceShapeOf(i), err
	}
	met := map[carbon.IssuanceState]bool{}
	for _, s := range m.drive(t) {
		met[s.shaped().State] = true
	}
	for _, s := range carbon.IssuanceStates {
		if !met[s] {
			t.Errorf("nothing leads to %s", strings.ToLower(string(s)))
		}
	}
}
