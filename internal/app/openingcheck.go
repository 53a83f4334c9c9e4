package app

import (
	"context"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/opening"
	"permitx/internal/settlement"
)

// CheckOpening reads the sheets of a file and holds them against the committed
// registry: the dry run. It changes nothing and asks nothing of the writer; the
// command that it returns keeps what was found.
func CheckOpening(ctx context.Context, r Reader, ref *Reference, today calendar.Date, p opening.Package, grids []opening.Grid) (OpeningSubmit, error) {
	k := openingKnown(ref, today, p)
	rows := openingRows{p: p}
	k.Validate = rows.validate
	found := opening.Check(grids, p.CutOff, k)
	if err := usedReferences(ctx, r, &found); err != nil {
		return OpeningSubmit{}, err
	}
	return submission(p, found), nil
}

// openingKnown is what a package is held against.
func openingKnown(ref *Reference, today calendar.Date, p opening.Package) opening.Registry {
	regions, pollutants, parties, closed, licences := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	licensed, holders, homes := map[int64]bool{}, map[string]bool{}, map[string]string{}
	served, banks := map[int64]bool{}, map[string]bool{}
	for _, r := range ReadTable(ref, Regions).All() {
		regions[r.Code] = regions[r.Code] || r.ValidOn(today)
	}
	for _, p := range ReadTable(ref, Pollutants).All() {
		pollutants[p.Code] = p.ValidOn(today)
	}
	for _, l := range ReadTable(ref, Licences).All() {
		licences[l.Number], licensed[l.Party] = true, true
	}
	for _, g := range ReadTable(ref, Grants).All() {
		served[g.Party] = served[g.Party] || g.Role == identity.BankOfficer
	}
	for _, p := range ReadTable(ref, Parties).All() {
		parties[p.USCC], closed[p.USCC] = p.State != catalog.PartyClosed, p.State == catalog.PartyClosed
		holders[p.USCC], banks[p.USCC], homes[p.USCC] = licensed[p.ID], served[p.ID], p.Region
	}
	in := func(set map[string]bool) func(string) bool { return func(code string) bool { return set[code] } }
	return opening.Registry{
		Today: today, Scope: p.Region, Region: in(regions), Pollutant: in(pollutants), Party: in(parties), Closed: in(closed), Licence: in(licences), Licensed: in(holders),
		Bank: in(banks), Home: func(code string) string { return homes[code] },
	}
}

// usedReferences notes deposits whose payment the registry knows already.
func usedReferences(ctx context.Context, r Reader, found *opening.Result) error {
	rows := map[string]int{}
	for _, d := range found.Contents.Deposits {
		rows[d.BankReference] = d.Row
	}
	for some := range slices.Chunk(references(found.Contents), opening.PartRows) {
		var known []settlement.BankEntry
		if err := r.Find(ctx, BankEntries.name, Query{}.And("reference", In, some), &known); err != nil {
			return err
		}
		for _, e := range known {
			found.Note("deposits", rows[e.Reference], opening.ErrRegistered.With("the payment %s is entry %d of the registry", e.Reference, e.ID).At("bank_reference"))
		}
	}
	return nil
}

func references(c opening.Contents) []string {
	all := make([]string, len(c.Deposits))
	for i, d := range c.Deposits {
		all[i] = d.BankReference
	}
	return all
}

// submission is what is kept of a checked file.
func submission(p opening.Package, found opening.Result) OpeningSubmit {
	c := OpeningSubmit{Package: p, Faults: opening.KeepFaults(found.Faults)}
	for _, f := range found.Faults {
		if f.Warning {
			c.Package.Warnings++
		} else {
			c.Package.Faults++
		}
	}
	if !found.IsFaulty() {
		c.Totals = found.Totals
		c.Lines = opening.KeepLines(found.Lines)
		c.Package = c.Package.Holding(found.Contents)
		c.Package.Digest = opening.Digest(c.Lines)
	}
	return c
}
