package app

import (
	"strings"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/quantity"
)

// The tables of opening packages.
var (
	OpeningPackages = resident[opening.Package]("opening_package")
	OpeningParts    = cold[opening.Part]("opening_part")
	OpeningTotals   = cold[opening.Total]("opening_total")
)

// The faults of taking a package, in the order in which they are checked.
var (
	// ErrOpening is returned to whoever would change anything while a package is
	// being taken. Try again in a few seconds.
	ErrOpening = fault.New(fault.Conflict, "opening.running", "an opening package is being taken and nothing else changes meanwhile: try again in a few seconds")
	// ErrRegionNotEmpty is returned when a region that a package opens has anything already.
	ErrRegionNotEmpty = fault.New(fault.Refused, "opening.region_not_empty", "a region that the package opens is not empty").
				Under("opening.empty_region", sourceDefault)
)

// OpeningSubmit keeps a file that was read and checked by CheckOpening: its
// lines and control totals, or its faults.
type OpeningSubmit struct {
	Package opening.Package // as far as the file tells
	Lines   []string        // parts, in order
	Faults  []string        // parts, in order
	Totals  []opening.Total
}

// OpeningTake signs the control totals off and begins to take the package.
type OpeningTake struct{ Package int64 }

// OpeningResult is a package with its control totals.
type OpeningResult struct {
	Package opening.Package
	Totals  []opening.Total
}

var _ = declare(OpeningSubmit{}, OpeningTake{})

// Operation is OpeningSubmit.
func (OpeningSubmit) Operation() identity.Operation { return identity.OpeningSubmit }

// Decide checks the officer's right to each region, what the package says of
// itself, and that the regions are empty. The result is an OpeningResult.
func (c OpeningSubmit) Decide(v *View) (Apply, error) {
	p := c.Package
	if err := v.authoriseOpening("region", identity.OpeningSubmit, p, c.Totals); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("cut_off", p.CutOff); err != nil {
		return nil, err
	}
	if err := v.checkEmpty(c.Totals); err != nil {
		return nil, err
	}
	p.State, p.SubmittedBy, p.SubmittedAt = opening.Faulty, v.Actor.Person, v.Now
	if len(c.Lines) > 0 {
		p.State, p.Parts = opening.Checked, int32(len(c.Lines)) //nolint:gosec // RowsMax bounds them
	}
	return func(tx *Tx) any {
		p := Put(tx, OpeningPackages, p)
		tx.keepParts(p.ID, opening.LinePart, c.Lines)
		tx.keepParts(p.ID, opening.FaultPart, c.Faults)
		totals := make([]opening.Total, len(c.Totals))
		for i, t := range c.Totals {
			t.Package = p.ID
			totals[i] = Put(tx, OpeningTotals, t)
		}
		return OpeningResult{p, totals}
	}, nil
}

func (tx *Tx) keepParts(id int64, kind opening.PartKind, texts []string) {
	for i, text := range texts {
		Put(tx, OpeningParts, opening.Part{Package: id, Kind: kind, Number: int32(i + 1), Text: text})
	}
}

// authoriseOpening checks the actor's right to the region that a package opens
// and to each region in it.
func (v *View) authoriseOpening(field string, op identity.Operation, p opening.Package, totals []opening.Total) error {
	if err := v.AuthoriseAt(field, op, identity.OfRegion(p.Region)); err != nil {
		return err
	}
	for _, region := range opening.Regions(totals) {
		if err := v.AuthoriseAt(field, op, identity.OfRegion(region)); err != nil {
			return err
		}
	}
	return nil
}

// checkEmpty returns ErrRegionNotEmpty when a region has a basic account, a
// licence, a party or a budget. Whatever else a region can have rests on one of
// these.
func (v *View) checkEmpty(totals []opening.Total) error {
	for _, region := range opening.Regions(totals) {
		for p := range All(v, Pollutants) {
			if _, has := v.ledger.Find(ledger.PermitKey(ledger.Cap, region, p.Code)); has {
				return ErrRegionNotEmpty.With("%s has a basic account for %s already", region, p.Code)
			}
		}
		if l, found := licencesIn.first(v, region); found {
			return ErrRegionNotEmpty.With("%s has the licence %s already", region, l.Number)
		}
		if p, found := partiesIn.first(v, region); found {
			return ErrRegionNotEmpty.With("%s has the party %s already", region, p.USCC)
		}
		if b, found := budgetsBy.first(v, budgetKey{region: region}); found {
			return ErrRegionNotEmpty.With("%s has a budget of %d already", region, b.FiscalYear)
		}
	}
	return nil
}

// Operation is OpeningTake.
func (OpeningTake) Operation() identity.Operation { return identity.OpeningTake }

// Decide checks that the package waits for its sign-off and that the regions
// are still empty. What a second person approves is the digest of the lines and
// every control total. The result is an OpeningResult.
func (c OpeningTake) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OpeningTake, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, OpeningPackages, "id", c.Package)
	if err != nil {
		return nil, err
	}
	totals, err := Find(v, OpeningTotals, Where("package", p.ID))
	if err != nil {
		return nil, err
	}
	if err := v.authoriseOpening("id", identity.OpeningTake, p, totals); err != nil {
		return nil, err
	}
	if p, err = p.Step(opening.SignOff, opening.Officer); err != nil {
		return nil, err
	}
	if err := v.checkEmpty(totals); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		p.SignedAt = tx.Now
		p := Put(tx, OpeningPackages, p)
		tx.showOpening(p)
		signed := make([]opening.Total, len(totals))
		for i, t := range totals {
			tx.showTotal(t)
			t.Signed = true
			signed[i] = Put(tx, OpeningTotals, t)
		}
		tx.Arm(tx.Now, timerOpening, p.ID)
		return OpeningResult{p, signed}
	}, nil
}

// showOpening adds to the effects of a proposal what is signed off.
func (tx *Tx) showOpening(p opening.Package) {
	if tx.dry == nil {
		return
	}
	tx.dry.add("opening package", p.ID, "digest", "", p.Digest)
	tx.dry.add("opening package", p.ID, "cut_off", "", p.CutOff.String())
	tx.dry.add("opening package", p.ID, "money", "", p.Money.String()+" CNY")
	tx.dry.add("opening package", p.ID, "budget_money", "", p.BudgetMoney.String()+" CNY")
	tx.dry.add("opening package", p.ID, "loans", "", p.Loans.String()+" CNY")
	tx.dry.add("opening package", p.ID, "unpaid", "", p.Unpaid.String()+" CNY")
	for _, count := range p.Counts() {
		tx.dry.add("opening package", p.ID, count.Sheet, "", count.Text())
	}
}

// showTotal adds a control total to the effects of a proposal.
func (tx *Tx) showTotal(t opening.Total) {
	if tx.dry == nil {
		return
	}
	subject := strings.Join([]string{"total of", t.Region, t.Pollutant}, " ")
	for _, f := range []struct {
		name  string
		value quantity.Quantity
	}{
		{"cap", t.Cap},
		{"unallocated", t.Unallocated},
		{"reserve", t.Reserve},
		{"held_paid", t.Paid},
		{"held_free", t.Free},
		{"held_unknown", t.UnknownOrigin},
	} {
		tx.dry.add(subject, t.ID, f.name, "", formatQuantity(int64(f.value)))
	}
}

// indexOpening keeps which package is being taken.
func (s *state) indexOpening(p opening.Package) {
	switch {
	case p.State.IsRunning():
		s.opening = p.ID
	case s.opening == p.ID:
		s.opening = 0
	}
}

func (s *state) loadOpenings() {
	for _, p := range rowsOf(s, OpeningPackages).rows {
		s.indexOpening(p)
	}
}

// partyOf finds a party by its code; the package was checked.
func (v *View) partyOf(uscc string) catalog.Party {
	return rowsOf(v.state, Parties).rows[v.byCode.parties[uscc]]
}

func (v *View) licenceByNumber(number string) catalog.Licence {
	return rowsOf(v.state, Licences).rows[v.byCode.licences[number]]
}
