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

// Who acts for the person who declared or verified an issuance takes no step that is
// another's, unless by a role of his own; nor does it wait for him.
func TestIssuance_StandIn(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	o.does(o.admin, GrantAdd{Person: o.operator, Role: identity.Verifier})
	deputy := o.person("deputy of who declares", GrantAdd{Role: identity.Auditor})
	role := rowsIn(o.office, Grants, Where("person", o.operator).And("role", Eq, string(identity.Verifier)))[0].ID
	today := o.now.get().Date()
	o.does(o.admin, StandInOrder{Grant: role, Person: deputy, ValidFrom: today, ValidTo: today, Document: "order"})
	offered := func(person int64) bool {
		t.Helper()
		all, err := Inbox(t.Context(), o.store, o.app.st.actor(person))
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(all, func(w Waiting) bool { return w.Kind == Issuances.name })
	}

	i := done[IssuanceResult](o.office, o.operator, o.pool(1, 10)).Issuance
	verify, issue := IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "d"}, IssuanceStep{Issuance: i.ID, Event: carbon.Issue}
	o.refuses(deputy, verify, carbon.ErrSamePerson)
	if offered(deputy) || !offered(o.leader) {
		t.Error("the declaration waits for who acts for its declarer, or not for a leader")
	}
	o.does(o.leader, verify)
	o.refuses(o.deputyOf(o.leader), issue, carbon.ErrSamePerson)
	o.does(o.second, issue)

	own := done[IssuanceResult](o.office, o.operator, o.pool(2, 10)).Issuance
	o.does(o.admin, GrantAdd{Person: deputy, Role: identity.Verifier, Region: "330421"})
	if !offered(deputy) {
		t.Error("the declaration does not wait for a verifier of his own right")
	}
	o.does(deputy, IssuanceStep{Issuance: own.ID, Event: carbon.Verify, Document: "d"})
	o.check()
}
