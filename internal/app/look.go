package app

import (
	"permitx/internal/carbon"
	"permitx/internal/identity"
)

// Looks say who has fetched the sample of which issuance.
var Looks = cold[carbon.Look]("sample_look")

// SampleLook records that the actor is shown the sample of an issuance that
// waits to be verified. The second time brings nothing new.
type SampleLook struct{ Issuance int64 }

var _ = declare(SampleLook{})

// Operation is SampleRead: to read a sample is to be recorded.
func (SampleLook) Operation() identity.Operation { return identity.SampleRead }

// Decide checks that the sample is the actor's to see. The result is a carbon.Look.
func (c SampleLook) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.SampleRead, identity.Target{}); err != nil {
		return nil, err
	}
	i, err := Get(v, Issuances, "id", c.Issuance)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.SampleRead, v.ofScheme(i)); err != nil {
		return nil, err
	}
	if i.State != carbon.Checked {
		return nil, carbon.ErrIssuanceStep.With("an issuance that is %s has no sample to be verified from", i.State).At("id")
	}
	l, looked, err := v.lookOf(i.ID, v.Actor.Person)
	switch {
	case err != nil:
		return nil, err
	case looked:
		return func(*Tx) any { return l }, nil
	}
	l = carbon.Look{Issuance: i.ID, Person: v.Actor.Person, LookedAt: v.Now}
	return func(tx *Tx) any { return Put(tx, Looks, l) }, nil
}

// lookOf is when a person has looked at the sample of an issuance.
func (v *View) lookOf(issuance, person int64) (l carbon.Look, looked bool, err error) {
	rows, err := Find(v, Looks, Where("issuance", issuance).And("person", Eq, person))
	if len(rows) > 0 {
		l, looked = rows[0], true
	}
	return l, looked, err
}
