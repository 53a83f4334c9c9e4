package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// Contacts are the persons who speak, and have spoken, for parties.
var Contacts = cold[catalog.Contact]("party_contact")

// ContactInput is who is to speak for a party, and his telephone as he writes it.
type ContactInput struct {
	Name      string
	Telephone string
}

// PartyContact says who speaks for a party from now on.
type PartyContact struct {
	Party   int64
	Contact ContactInput
}

var (
	_ = declare(PartyContact{})
	_ = declareCheck((*checker).checkContacts)
)

// Operation is PartyContact.
func (PartyContact) Operation() identity.Operation { return identity.PartyContact }

// Decide checks the contact, and that a signer of the party or an officer of its
// region records it. The result is a catalog.Contact.
func (c PartyContact) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PartyContact, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, Parties, "party", c.Party)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("party", identity.PartyContact, identity.OfParty(p.ID, p.Region)); err != nil {
		return nil, err
	}
	if !v.Actor.MaySign(p.ID) && v.Authorise(identity.PartyContact, identity.OfRegion(p.Region)) != nil {
		return nil, identity.ErrForbidden.With("a party's contact is recorded by a signer of the party, or an officer of its region")
	}
	next, err := c.Contact.of(p)
	if err != nil {
		return nil, err
	}
	now, err := Find(v, Contacts, Where("party", p.ID).And("ended_at", Eq, int64(0)))
	switch {
	case err != nil:
		return nil, err
	case p.State == catalog.PartyClosed:
		return nil, ErrPartyClosed
	case len(now) > 0 && now[0].Name == next.Name && now[0].Telephone == next.Telephone:
		return nil, ErrStateUnchanged.With("this is the party's contact already")
	}
	return func(tx *Tx) any {
		for _, last := range now {
			last.EndedAt = tx.Now
			Put(tx, Contacts, last)
		}
		return tx.recordContact(p.ID, next)
	}, nil
}

// of checks who is to speak for a party.
func (c ContactInput) of(p catalog.Party) (catalog.Contact, error) {
	contact, err := catalog.NewContact(c.Name, c.Telephone)
	if f, ok := fault.As(err); ok {
		err = f.At("contact/" + f.Field)
	}
	contact.Region = p.Region
	return contact, err
}

// recordContact records who speaks for a party, unless nobody does.
func (tx *Tx) recordContact(party int64, c catalog.Contact) catalog.Contact {
	if c.Name == "" {
		return c
	}
	c.Party, c.RecordedAt = party, tx.Now
	return Put(tx, Contacts, c)
}

// checkContacts holds that a party has one contact at a time, each from the end of
// the one before, with a telephone in the form in which telephones are compared, and is
// read where the party is registered (I-147).
func (c *checker) checkContacts() error {
	regions := map[int64]string{} // by party
	if err := eachOf(c.ctx, c.r, Parties, Query{}, func(p catalog.Party) { regions[p.ID] = p.Region }); err != nil {
		return err
	}
	last := map[int64]catalog.Contact{} // by party
	err := eachOf(c.ctx, c.r, Contacts, Query{}, func(x catalog.Contact) {
		if x.Region != regions[x.Party] {
			c.report("I-147", Contacts.name, x.ID, "is of %s, and party %d of %q", x.Region, x.Party, regions[x.Party])
		}
		if before, is := last[x.Party]; is && before.EndedAt != x.RecordedAt {
			c.report("I-147", Contacts.name, x.ID, "is of party %d from %s, and %d before it until %s", x.Party, x.RecordedAt, before.ID, before.EndedAt)
		}
		if written, err := catalog.ParseTelephone("telephone", x.Telephone); err != nil || written != x.Telephone {
			c.report("I-147", Contacts.name, x.ID, "has the telephone %q", x.Telephone)
		}
		last[x.Party] = x
	})
	for _, x := range last {
		if x.EndedAt != 0 {
			c.report("I-147", Contacts.name, x.ID, "is over at %s, and nobody has taken its place", x.EndedAt)
		}
	}
	return err
}
