package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/permit"
)

// Renames are the changes of parties' names and codes.
var Renames = cold[permit.Rename]("party_rename")

// The faults of a new name, in the order in which they are checked.
var (
	// ErrNameUnchanged is returned when neither name nor code would change.
	ErrNameUnchanged = fault.New(fault.Conflict, "party.name_unchanged", "the party has this name and code already").At("name")
	// ErrLicenceNumbers is returned when a party gets another code and a licence that is not revoked no number that begins with it.
	ErrLicenceNumbers = fault.New(fault.Refused, "party.licence_numbers", "with another code each licence has another number: name them all").At("licences").
				Under("licence.number", sourceDefault)
)

// PartyRename gives a party another name, or another code with the numbers of
// its licences that begin with it. Its number, permits and history stay.
type PartyRename struct {
	Party       int64
	Name        string
	USCC        string // empty: as it is
	EffectiveOn calendar.Date
	Document    string
	Licences    []LicenceRenumber
}

// LicenceRenumber is the new number of a licence.
type LicenceRenumber struct {
	Licence int64
	Number  string
}

// RenameResult is a change of a party's name or code.
type RenameResult struct {
	Rename permit.Rename
	Party  catalog.Party
}

var _ = declare(PartyRename{})

// Operation is PartyRename.
func (PartyRename) Operation() identity.Operation { return identity.PartyRename }

// Decide checks the name, that the code is right and new, and that every
// licence has its number. The result is a RenameResult.
func (c PartyRename) Decide(v *View) (Apply, error) {
	p, err := v.party("party", identity.PartyRename, c.Party)
	if err != nil {
		return nil, err
	}
	r := permit.Rename{
		Party: p.ID, Region: p.Region, OldName: p.Name, NewName: c.Name, OldUSCC: p.USCC, NewUSCC: c.USCC,
		Document: c.Document, EffectiveOn: c.EffectiveOn, RecordedAt: v.Now,
	}
	if r.NewUSCC == "" {
		r.NewUSCC = p.USCC
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if !c.EffectiveOn.Valid() {
		return nil, fault.Invalidf("effective_on", "must be the day from which it holds")
	}
	if err := v.checkPast("effective_on", c.EffectiveOn); err != nil {
		return nil, err
	}
	if p.Name, p.USCC = r.NewName, r.NewUSCC; r.NewUSCC != r.OldUSCC {
		p.USCCWarning = false
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	switch id, taken := v.byCode.parties[p.USCC]; {
	case p.State == catalog.PartyClosed:
		return nil, ErrPartyClosed
	case r.NewName == r.OldName && r.NewUSCC == r.OldUSCC:
		return nil, ErrNameUnchanged
	case taken && id != p.ID:
		return nil, ErrUSCCTaken.With("the code %s is that of party %d already", p.USCC, id)
	}
	licences, err := c.licences(v, p, r.NewUSCC != r.OldUSCC)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		p = Put(tx, Parties, p)
		for _, l := range licences {
			Put(tx, Licences, l)
		}
		return RenameResult{Put(tx, Renames, r), p}
	}, nil
}

// licences are the party's licences with their new numbers: all that are not
// revoked where the code changes, none otherwise.
func (c PartyRename) licences(v *View, p catalog.Party, newCode bool) ([]catalog.Licence, error) {
	at := map[int64]int{} // where they are named, by licence
	for n, l := range c.Licences {
		if _, twice := at[l.Licence]; twice || !newCode {
			return nil, within("licences", n, fault.Invalidf("licence", "each licence is named once, and only where the code changes"))
		}
		at[l.Licence] = n
	}
	var out []catalog.Licence
	for l := range licencesOf.of(v, p.ID) {
		if l.State == catalog.LicenceRevoked || !newCode {
			continue
		}
		n, named := at[l.ID]
		if !named {
			return nil, ErrLicenceNumbers.With("licence %d, %s, needs a number that begins with %s", l.ID, l.Number, p.USCC)
		}
		delete(at, l.ID)
		l.Number = c.Licences[n].Number
		if err := v.checkNumber(l, p); err != nil {
			return nil, within("licences", n, err)
		}
		out = append(out, l)
	}
	for n, l := range c.Licences {
		if _, left := at[l.Licence]; left {
			return nil, within("licences", n, ErrNoRecord.With("licence %d is none of the party's that is in use", l.Licence).At("licence"))
		}
	}
	return out, nil
}

// checkNumber checks the new number of a licence: its form, that it is its holder's and
// that no other has it.
func (v *View) checkNumber(l catalog.Licence, holder catalog.Party) error {
	if err := fault.First(l.CheckNumber(), l.CheckHolder(holder)); err != nil {
		return err
	}
	if id, taken := v.byCode.licences[l.Number]; taken {
		return ErrLicenceTaken.With("the number %s is that of licence %d already", l.Number, id)
	}
	return nil
}
