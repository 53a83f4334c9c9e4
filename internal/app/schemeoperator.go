package app

import (
	"cmp"
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// OperatorChanges are the changes of schemes' operators.
var OperatorChanges = resident[carbon.OperatorChange]("operator_change")

const timerOperator = "carbon_scheme.operator"

var _ = declareTimer(timerOperator, retrying(timerOperator, changeOperator))

// operatorRanges is how many ranges of units pass in one command.
const operatorRanges = 100

// SchemeOperatorSet gives a scheme another operator from a day on. The present one
// withdraws what is planned.
type SchemeOperatorSet struct {
	Scheme    int64
	Operator  int64
	ValidFrom calendar.Date
	WithUnits bool
	Document  string
}

var _ = declare(SchemeOperatorSet{})

// Operation is SchemeOperatorSet.
func (SchemeOperatorSet) Operation() identity.Operation { return identity.SchemeOperatorSet }

// Decide checks that the operator takes part, and that the day is to come. The
// result is a carbon.OperatorChange.
func (c SchemeOperatorSet) Decide(v *View) (Apply, error) {
	scheme, err := v.scheme(identity.SchemeOperatorSet, c.Scheme)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	planned := v.plannedOperator(scheme.ID)
	switch {
	case c.Operator == scheme.Operator && planned.ID == 0:
		return nil, carbon.ErrSameOperator
	case c.Operator == scheme.Operator:
		planned.State, planned.Document = carbon.ChangeWithdrawn, c.Document
		return func(tx *Tx) any { return Put(tx, OperatorChanges, planned) }, nil
	case planned.ID != 0:
		return nil, carbon.ErrChangePlanned.With("party %d is to run the scheme from %v on: name the present operator to withdraw that first", planned.Operator, planned.ValidFrom)
	case !c.ValidFrom.Valid() || c.ValidFrom <= v.Today:
		return nil, fault.Invalidf("valid_from", "must be a day after today")
	}
	if err := v.checkActive("operator", c.Operator); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		change := Put(tx, OperatorChanges, carbon.OperatorChange{
			Scheme: scheme.ID, Former: scheme.Operator, Operator: c.Operator, ValidFrom: c.ValidFrom, WithUnits: c.WithUnits, Document: c.Document, State: carbon.ChangePlanned,
		})
		tx.Arm(c.ValidFrom.Start(), timerOperator, change.ID)
		return change
	}, nil
}

// plannedOperator is the change of a scheme that waits for its day, or none.
func (v *View) plannedOperator(scheme int64) carbon.OperatorChange {
	for c := range All(v, OperatorChanges) {
		if c.Scheme == scheme && c.State == carbon.ChangePlanned {
			return c
		}
	}
	return carbon.OperatorChange{}
}

// changeOperator changes the operator on its day, and lets units pass, some a
// command. A party that does not take part on the day is asked for again the next.
func changeOperator(v *View, id int64) (Apply, error) {
	change, err := Get(v, OperatorChanges, "operator_change", id)
	if err != nil || change.State == carbon.ChangeDone || change.State == carbon.ChangeWithdrawn {
		return nil, err
	}
	if waits := v.checkActive("operator", change.Operator) != nil; waits && change.State == carbon.ChangePlanned {
		return func(tx *Tx) any { return tx.Arm(tx.Today.AddDays(1).Start(), timerOperator, change.ID) }, nil
	}
	moves, more, err := v.passingUnits(change)
	if err != nil {
		return nil, err
	}
	var waiting []carbon.Issuance
	for i := range openPooled.of(v, change.Scheme) {
		if i.Party != change.Operator {
			waiting = append(waiting, i)
		}
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[change.Scheme]
	return func(tx *Tx) any {
		if change.State == carbon.ChangePlanned {
			scheme.Operator = change.Operator
			Put(tx, CarbonSchemes, scheme)
		}
		for _, i := range waiting {
			i.Party = change.Operator
			Put(tx, Issuances, i)
		}
		for _, series := range slices.Sorted(maps.Keys(moves)) {
			tx.moveUnits(moves[series], series, func(r *carbon.Range) { r.Party = change.Operator })
		}
		change.State = carbon.ChangeDone
		if more {
			change.State = carbon.ChangePassing
			tx.Arm(tx.Now, timerOperator, change.ID)
		}
		return Put(tx, OperatorChanges, change)
	}, nil
}

// passingUnits are what passes to a new operator next, by series: what the former one
// has of the scheme's pools, and neither sells nor has locked. What has expired does not.
func (v *View) passingUnits(change carbon.OperatorChange) (moves map[int64]creditMove, more bool, err error) {
	moves = map[int64]creditMove{}
	if !change.WithUnits {
		return moves, false, nil
	}
	scheme, left := rowsOf(v.state, CarbonSchemes).rows[change.Scheme], operatorRanges
	for _, series := range v.seriesOfScheme(change.Scheme) {
		if series.Expired(v.Today) {
			continue
		}
		var m creditMove
		units := int64(0)
		for r := range v.spareRanges(creditHolder{series.ID, change.Former}) {
			if !rowsOf(v.state, Issuances).rows[r.Issuance].FromPool() {
				continue
			}
			if left == 0 {
				more = true
				break
			}
			left--
			m.taken = append(m.taken, r)
			units += r.Units()
		}
		if units == 0 {
			continue
		}
		m.transfer = transferOf(ledger.CreditTransfer, creditKey(ledger.Credits, scheme, series, change.Former), creditKey(ledger.Credits, scheme, series, change.Operator), units*int64(scheme.SerialUnit))
		if err := v.ledger.Check(m.transfer); err != nil {
			return nil, false, err
		}
		moves[series.ID] = m
	}
	return moves, more, nil
}

// seriesOfScheme are the series of a scheme, by their ids.
func (v *View) seriesOfScheme(scheme int64) (all []carbon.Series) {
	for s := range All(v, CreditSeries) {
		if s.Scheme == scheme {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b carbon.Series) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
