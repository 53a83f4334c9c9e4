package app

import (
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// nextIssuanceEvents are the steps that an actor may take now, of an issuance of a
// scheme with an operator. They may still be refused for what they would do.
func nextIssuanceEvents(a identity.Actor, i carbon.Issuance, operator int64) (events []carbon.IssuanceEvent) {
	roles := rolesFor(a, identity.IssuanceStep, identity.OfScheme(i.Region, operator))
	for _, e := range carbon.IssuanceEvents {
		if _, err := i.Next(e, a.Person, roles); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// MayIssue reports whether an actor may have the units of an issuance issued now.
func MayIssue(a identity.Actor, i carbon.Issuance) bool {
	return slices.Contains(nextIssuanceEvents(a, i, 0), carbon.Issue)
}

// MayVerify reports whether an actor may verify an issuance now.
func MayVerify(a identity.Actor, i carbon.Issuance) bool {
	return slices.Contains(nextIssuanceEvents(a, i, 0), carbon.Verify)
}

// Operation is IssuanceStep.
func (IssuanceStep) Operation() identity.Operation { return identity.IssuanceStep }

// asked is the step without what its handler has read.
func (c IssuanceStep) asked() any { c.ListsAsked = 0; return c }

// Decide checks the step by the table; that no list of another register has got
// the plant, when it is checked and again when units are issued; that no list has
// changed since it was asked for what the registry's own intake counts; that who
// verifies it has looked at the sample; and before units are issued that the
// party takes part and that nothing of the same debtor is owed. The result is an IssuanceResult.
func (c IssuanceStep) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.IssuanceStep, identity.Target{}); err != nil {
		return nil, err
	}
	i, err := Get(v, Issuances, "id", c.Issuance)
	if err != nil {
		return nil, err
	}
	target := v.ofScheme(i)
	if err := v.AuthoriseAt("id", identity.IssuanceStep, target); err != nil {
		return nil, err
	}
	was := i
	if i.State, err = i.Next(c.Event, v.Actor.Person, rolesFor(v.Actor, identity.IssuanceStep, target)); err != nil {
		return nil, err
	}
	if err := v.checkOther(was, c.Event, target); err != nil {
		return nil, err
	}
	switch c.Event {
	case carbon.Check:
		if err := v.checkExcluded("id", i); err != nil {
			return nil, err
		}
		i.Sample = carbon.SampleOf(i.EvidenceDigest, v.Number, i.Items)
	case carbon.Verify:
		if c.Failed != 0 {
			return nil, carbon.ErrEvidenceFailed
		}
		switch _, looked, err := v.lookOf(i.ID, v.Actor.Person); {
		case err != nil:
			return nil, err
		case !looked:
			return nil, carbon.ErrNotLooked
		}
		i.VerifiedBy = v.Actor.Person
		fallthrough
	case carbon.Reject:
		i.Document = c.Document
		if err := catalog.CheckDocument("document", c.Document); err != nil {
			return nil, err
		}
		if c.Event == carbon.Reject {
			unlock := v.unlockUnits(i)
			return func(tx *Tx) any {
				unlock(tx)
				return tx.issuanceResult(Put(tx, Issuances, i))
			}, nil
		}
	case carbon.Issue:
		i.ListsAsked = c.ListsAsked
		if err := fault.First(v.checkExcluded("id", i), v.checkListsAsked(i)); err != nil {
			return nil, err
		}
		return v.issueUnits(i)
	}
	return func(tx *Tx) any { return tx.issuanceResult(Put(tx, Issuances, i)) }, nil
}

// checkListsAsked returns ErrListsChanged when a list has changed since it was
// asked for what an issuance of the registry's own intake counts.
func (v *View) checkListsAsked(i carbon.Issuance) error {
	if !i.FromIntake() {
		return nil
	}
	changed, err := Find(v, Exclusions, Query{}.And("command", Gt, i.ListsAsked).Page(0, 1))
	if err == nil && len(changed) > 0 {
		err = ErrListsChanged.With("entry %d of the list %s has changed since: issue it with a new key", changed[0].ID, changed[0].List)
	}
	return err
}

// checkOther returns carbon.ErrSamePerson when an actor would take a step that is
// another's than who declared or verified an issuance, in the stead of one of them.
func (v *View) checkOther(i carbon.Issuance, e carbon.IssuanceEvent, t identity.Target) error {
	if !carbon.IsOthers(e) {
		return nil
	}
	for _, than := range []int64{i.DeclaredBy, i.VerifiedBy} {
		own := v.Actor.Without(v.standInGrants(v.Actor.Person, than)...)
		if _, err := i.Next(e, own.Person, rolesFor(own, identity.IssuanceStep, t)); err != nil {
			return carbon.ErrSamePerson
		}
	}
	return nil
}

// rolesFor are the roles in which an actor may do an operation to a target.
func rolesFor(a identity.Actor, op identity.Operation, t identity.Target) []string {
	var roles []string
	for _, g := range a.Grants {
		if identity.Authorise(identity.Actor{Person: a.Person, Grants: []identity.Grant{g}}, op, t) == nil {
			roles = append(roles, string(g.Role))
		}
	}
	return roles
}
