package app

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// Recognitions are what schemes take of each other; Mirrors the units that were.
var (
	Recognitions = resident[carbon.Recognition]("recognition")
	Mirrors      = resident[carbon.Mirror]("credit_mirror")
)

// RecognitionSet says from which day on a scheme recognises another's credits of
// a methodology, and how many of them. It ends the row before.
type RecognitionSet struct {
	Scheme      int64
	Origin      string
	Methodology string
	Unit        quantity.Reduction
	Factor      quantity.Ratio
	ValidFrom   calendar.Date
	ValidTo     calendar.Date
	Document    string
}

// CreditMirror asks a scheme to recognise units of another. Those of a scheme
// of this registry are locked at once; of others the document is named by which
// their registry has locked them. The issuance that they become is verified and
// issued as every other.
type CreditMirror struct {
	Scheme int64 // that recognises
	Party  int64 // that has them, and gets the credits
	Serial string
	Lock   string
}

// CreditMirrorResult is a mirror with the issuance that its units become.
type CreditMirrorResult struct {
	Mirror   carbon.Mirror
	Issuance carbon.Issuance
}

var _ = declare(RecognitionSet{}, CreditMirror{})

// ErrLock is returned when it is not said by which document another registry has
// locked the units, or it is said of units of this one.
var ErrLock = fault.New(fault.Invalid, "carbon.lock_document", "units of another registry name the document by which it has locked them; those of this one are locked here").At("lock")

// Operation is RecognitionSet.
func (RecognitionSet) Operation() identity.Operation { return identity.RecognitionSet }

// Decide checks the row, and that it follows the one before. The result is a
// carbon.Recognition.
func (c RecognitionSet) Decide(v *View) (Apply, error) {
	scheme, err := v.scheme(identity.RecognitionSet, c.Scheme)
	if err != nil {
		return nil, err
	}
	r := carbon.Recognition{
		Scheme: scheme.ID, Origin: c.Origin, Methodology: c.Methodology, Unit: c.Unit, Factor: c.Factor, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Document: c.Document,
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	home := v.schemeOf(c.Origin)
	switch {
	case c.Origin == scheme.Code:
		return nil, fault.Invalidf("origin", "a scheme does not recognise its own credits")
	case home.ID != 0 && home.SerialUnit != c.Unit:
		return nil, fault.Invalidf("unit", "the serial unit of %s is %s kgCO2e", home.Code, home.SerialUnit)
	}
	var before carbon.Recognition
	for other := range All(v, Recognitions) {
		if other.Scheme == r.Scheme && other.Origin == r.Origin && other.Methodology == r.Methodology && other.ValidFrom > before.ValidFrom {
			before = other
		}
	}
	if before.ID != 0 && c.ValidFrom <= before.ValidFrom {
		return nil, ErrNewVersion.With("the row before holds from %v on: it can change on a later day", before.ValidFrom).At("valid_from")
	}
	return func(tx *Tx) any {
		if before.ID != 0 && (before.ValidTo.IsZero() || before.ValidTo >= c.ValidFrom) {
			before.ValidTo = c.ValidFrom.AddDays(-1)
			Put(tx, Recognitions, before)
		}
		return Put(tx, Recognitions, r)
	}, nil
}

// schemeOf is the scheme of this registry with a code, or none.
func (v *View) schemeOf(code string) carbon.Scheme {
	for s := range All(v, CarbonSchemes) {
		if s.Code == code {
			return s
		}
	}
	return carbon.Scheme{}
}

// Operation is CreditMirror.
func (CreditMirror) Operation() identity.Operation { return identity.CreditMirror }

// Decide checks that the credits are recognised today, that none of them is
// mirrored, and that those of this registry are the party's and free. The
// result is a CreditMirrorResult.
func (c CreditMirror) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("party", identity.CreditMirror, identity.Target{Parties: []int64{c.Party}}); err != nil {
		return nil, err
	}
	if err := v.judgeCreditParty(v.known, "party", c.Party); err != nil {
		return nil, err
	}
	scheme, err := Get(v, CarbonSchemes, "scheme", c.Scheme)
	if err != nil {
		return nil, err
	}
	serial, err := carbon.ParseSerial(c.Serial)
	if err != nil {
		return nil, err
	}
	if int(serial.Vintage) > v.Today.Year() {
		return nil, ErrDayToCome.With("the vintage %d has not begun", serial.Vintage).At("serial")
	}
	r, err := v.recognises(scheme, serial)
	if err != nil {
		return nil, err
	}
	if err := atField(v.seriesOf(scheme, serial.Vintage).CheckUsable(v.Today), "serial"); err != nil {
		return nil, err
	}
	m := v.newMirror(c, r, scheme, serial)
	if err := v.checkMirror(m); err != nil {
		return nil, err
	}
	i, err := v.mirrored(m, r, scheme, serial)
	if err != nil {
		return nil, err
	}
	if err := v.checkEvidence("serial", i); err != nil {
		return nil, err
	}
	lock, err := v.lockUnits(m)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		i := Put(tx, Issuances, i)
		m.Issuance = i.ID
		m := Put(tx, Mirrors, m)
		lock(tx, m.ID)
		return CreditMirrorResult{m, i}
	}, nil
}

// recognises is the row by which a scheme recognises credits today, or
// carbon.ErrNotRecognised.
func (v *View) recognises(scheme carbon.Scheme, n carbon.Serial) (carbon.Recognition, error) {
	for r := range All(v, Recognitions) {
		if r.Scheme != scheme.ID || r.Origin != n.Scheme || r.Methodology != n.Methodology || !r.ValidOn(v.Today) {
			continue
		}
		if home := v.schemeOf(r.Origin); home.ID != 0 && home.SerialUnit != r.Unit { // registered after the row
			return r, carbon.ErrNotRecognised.With("the serial unit of %s is %s kgCO2e, and is recognised as %s", home.Code, home.SerialUnit, r.Unit)
		}
		return r, nil
	}
	return carbon.Recognition{}, carbon.ErrNotRecognised.With("%s does not recognise %s of %s today", scheme.Code, n.Methodology, n.Scheme)
}

// newMirror fills in where the units are from. A registry's place is the first
// row that named one of its schemes.
func (v *View) newMirror(c CreditMirror, r carbon.Recognition, scheme carbon.Scheme, n carbon.Serial) carbon.Mirror {
	m := carbon.Mirror{
		Recognition: r.ID, Party: c.Party, Region: scheme.Region, Origin: n.Scheme, Home: v.schemeOf(n.Scheme).ID, Serial: c.Serial,
		FirstUnit: n.First, LastUnit: n.Last, Lock: c.Lock,
	}
	for other := range All(v, Recognitions) {
		if m.Home == 0 && other.Origin == m.Origin && (m.Place == 0 || other.ID < m.Place) {
			m.Place = other.ID
		}
	}
	return m
}

// checkMirror returns ErrLock or carbon.ErrMirrored.
func (v *View) checkMirror(m carbon.Mirror) error {
	if (m.Home == 0) != (m.Lock != "") {
		return ErrLock
	}
	if m.Lock != "" {
		if err := catalog.CheckDocument("lock", m.Lock); err != nil {
			return err
		}
	}
	if other, mirrored := v.mirrorOver(m); mirrored {
		return carbon.ErrMirrored.With("%s is mirrored by issuance %d", other.Serial, other.Issuance)
	}
	return nil
}

// mirrored is the issuance that the units become: of the scheme that recognises
// them, with the methodology, project and vintage of the origin.
func (v *View) mirrored(m carbon.Mirror, r carbon.Recognition, scheme carbon.Scheme, n carbon.Serial) (carbon.Issuance, error) {
	units, err := r.Recognised(m.Units(), scheme.SerialUnit)
	if err != nil || units == 0 || units > carbon.UnitsMost {
		return carbon.Issuance{}, fault.Invalidf("serial", "must come to 1 to %d serial units of %s here", carbon.UnitsMost, scheme.Code)
	}
	evidence := sha256.Sum256([]byte(m.Serial))
	first := calendar.NewDate(int(n.Vintage), 1, 1)
	i := carbon.Issuance{
		Scheme: scheme.ID, Methodology: n.Methodology, Source: n.Source, Vintage: n.Vintage, PeriodFrom: first, PeriodTo: first.AddMonths(12).AddDays(-1),
		Party: m.Party, Region: scheme.Region, Reduced: quantity.Reduction(units) * scheme.SerialUnit, Units: units,
		EvidenceDigest: hex.EncodeToString(evidence[:]), Items: 1, Sample: "1", Origin: m.Serial, State: carbon.Checked, DeclaredBy: v.Actor.Person, DeclaredAt: v.Now,
	}
	return i, atField(i.Validate(), "serial")
}

// lockUnits returns what locks the units of a mirror that are of this registry:
// they stay their holder's, and are nobody's to use.
func (v *View) lockUnits(m carbon.Mirror) (func(tx *Tx, mirror int64), error) {
	if m.Home == 0 {
		return func(*Tx, int64) {}, nil
	}
	n, _ := carbon.ParseSerial(m.Serial)
	series := v.seriesOf(rowsOf(v.state, CarbonSchemes).rows[m.Home], n.Vintage)
	if err := atField(series.CheckUsable(v.Today), "serial"); err != nil {
		return nil, err
	}
	taken, err := carbon.Cut(v.unitsNamed(series.ID, m.Party, n), m.FirstUnit, m.LastUnit)
	if err != nil {
		return nil, err
	}
	home, account := rowsOf(v.state, CarbonSchemes).rows[m.Home], v.homeAccount(m, series)
	if err := v.checkNotInBook(creditHolder{series.ID, m.Party}, taken); err != nil {
		return nil, atField(err, "serial")
	}
	return func(tx *Tx, mirror int64) {
		tx.Hold(account, m.Units()*int64(home.SerialUnit))
		tx.changeUnits(taken, func(r *carbon.Range) { r.Mirror = mirror })
	}, nil
}

// unitsNamed are the free ranges of a party that a serial number could name, by
// their numbers.
func (v *View) unitsNamed(series, party int64, n carbon.Serial) (ranges []carbon.Range) {
	for r := range v.freeRanges(creditHolder{series, party}) {
		if i := rowsOf(v.state, Issuances).rows[r.Issuance]; i.Methodology == n.Methodology && i.Source == n.Source && i.Origin == "" {
			ranges = append(ranges, r)
		}
	}
	slices.SortFunc(ranges, func(a, b carbon.Range) int { return int(a.FirstUnit - b.FirstUnit) })
	return ranges
}

func (v *View) homeAccount(m carbon.Mirror, series carbon.Series) ledger.Key {
	return creditKey(ledger.Credits, rowsOf(v.state, CarbonSchemes).rows[m.Home], series, m.Party)
}

// unlockRevoked is unlockUnits of an issuance that is revoked, of which nothing is
// left but what has expired, and of which nothing is owed any more: until then its
// credits are in the hands of others.
func (v *View) unlockRevoked(i carbon.Issuance, owed bool) func(tx *Tx) {
	if i.State != carbon.Revoked || owed {
		return func(*Tx) {}
	}
	return v.unlockUnits(i)
}

// unlockUnits returns what gives the units of a rejected or revoked issuance back
// to their holder; of an issuance that mirrors nothing it does nothing.
func (v *View) unlockUnits(i carbon.Issuance) func(tx *Tx) {
	m, known := v.mirrorOf(i)
	if !known {
		return func(*Tx) {}
	}
	m.Released = true
	var locked []carbon.Range
	for _, id := range slices.Sorted(slices.Values(v.credits.locked[m.ID])) {
		locked = append(locked, rowsOf(v.state, CreditRanges).rows[id])
	}
	return func(tx *Tx) {
		Put(tx, Mirrors, m)
		if len(locked) == 0 {
			return
		}
		series := rowsOf(v.state, CreditSeries).rows[locked[0].Series]
		tx.Release(v.homeAccount(m, series), m.Units()*int64(rowsOf(v.state, CarbonSchemes).rows[m.Home].SerialUnit))
		tx.changeUnits(locked, func(r *carbon.Range) { r.Mirror = 0 })
	}
}
