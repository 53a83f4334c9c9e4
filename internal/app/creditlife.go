package app

import (
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/rulebook"
)

// CreditLifeSet says how long a scheme's credits of a vintage and of later ones can be
// used. What is issued keeps its end.
type CreditLifeSet struct {
	Scheme      int64
	VintageFrom int32
	Months      int32 // after the end of the vintage; 0: without end
	Document    string
}

var _ = declare(CreditLifeSet{})

// Operation is CreditLifeSet.
func (CreditLifeSet) Operation() identity.Operation { return identity.CreditLifeSet }

// Decide checks that none of these credits are issued yet. The result is a carbon.Life.
func (c CreditLifeSet) Decide(v *View) (Apply, error) {
	scheme, err := v.scheme(identity.CreditLifeSet, c.Scheme)
	if err != nil {
		return nil, err
	}
	l := carbon.Life{Scheme: scheme.ID, VintageFrom: c.VintageFrom, Months: c.Months, Document: c.Document}
	if err := l.Validate(); err != nil {
		return nil, err
	}
	for s := range All(v, CreditSeries) {
		if l.Covers(s.Scheme, s.Vintage) {
			return nil, carbon.ErrLifeIssued.With("the series %s is issued", s.Code)
		}
	}
	return func(tx *Tx) any { return Put(tx, CreditLives, l) }, nil
}

// lifeOf is how long a scheme's credits of a vintage that are first issued now can be
// used.
func (v *View) lifeOf(scheme int64, vintage int32) carbon.Life {
	return carbon.LifeOf(All(v, CreditLives), scheme, vintage)
}

// addSeries adds a series, of whose end its holders will be told, and whose units
// will expire.
func (tx *Tx) addSeries(s carbon.Series) carbon.Series {
	s = Put(tx, CreditSeries, s)
	if !s.ValidTo.IsZero() {
		days := tx.span(rulebook.ExpiryNotice, rowsOf(tx.state, CarbonSchemes).rows[s.Scheme].Region, "")
		tx.Arm(max(s.ValidTo.AddDays(-days).Start(), tx.Now), timerExpiryNotice, s.ID)
		tx.Arm(s.ValidTo.AddDays(1).Start(), timerExpiry, s.ID)
	}
	return s
}
