package app

import (
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// ErrQuestionTerms is returned when a question names terms that its action has not.
var ErrQuestionTerms = fault.New(fault.Invalid, "eligibility.terms", "only a lease has months, and only a pledge a value and a loan")

// checkTerms holds that the terms are those of the action.
func (in *inquiry) checkTerms() error {
	switch {
	case in.Months != 0 && in.Action != rulebook.Lease:
		return ErrQuestionTerms.At("months")
	case in.Value != 0 && in.Action != rulebook.Pledge:
		return ErrQuestionTerms.At("value")
	case in.Loan != 0 && in.Action != rulebook.Pledge:
		return ErrQuestionTerms.At("loan")
	}
	return nil
}

// termEnded is what a command is refused with whose instrument's term has ended;
// nil: it may go on, or a rule refuses it.
func (in *inquiry) termEnded() *fault.Error {
	switch in.Action { //nolint:exhaustive // the others have one answer
	case rulebook.Deal:
		return ErrDealTermEnded
	case rulebook.BuyBack, rulebook.Compulsory, rulebook.Reclamation:
		return ErrBuyBackTermEnded
	case rulebook.RenewLicence:
		return nil
	}
	return ErrInstrumentExpired
}

// lookIdle finds what a compulsory buy-back would sweep: of the declarations of
// the licence's permits the oldest of which the quantity still lies idle and that is
// not being swept.
func (in *inquiry) lookIdle() error {
	if in.Action != rulebook.Compulsory {
		return nil
	}
	var open []reserve.IdleDeclaration
	for _, d := range ReadTable(in.ref, IdleDeclarations).All() {
		if d.Licence == in.seller.ID && d.Instrument == in.inst.ID && d.State == reserve.IdleOpen {
			open = append(open, d)
		}
	}
	idle, err := StillIdle(in.ctx, in.rows, in.ref, []int64{in.seller.ID})
	best := -1
	for _, d := range reserve.LongestFirst(open) {
		fits := 0
		if d.BuyBack == 0 {
			fits++
			if in.Quantity <= idle[d.ID] {
				fits++
			}
		}
		if fits > best {
			in.idle, in.stillIdle, best = d, idle[d.ID], fits
		}
	}
	return err
}

// givenBack are what a command by which permits go back to the government, or are
// renewed, would be refused for that is no rule.
func (in *inquiry) givenBack(e *Eligibility, q quantity.Quantity) error {
	var refused error
	var err error
	switch in.Action { //nolint:exhaustive // the others keep their permits, or have rules for it
	case rulebook.BuyBack:
		refused = in.refusedPrice()
	case rulebook.Compulsory:
		refused, err = in.refusedSweep(q)
	case rulebook.Reclamation:
		refused, err = in.refusedAvailable(q)
	case rulebook.RenewLicence:
		refused, err = in.refusedRenewal()
	}
	if f, stands := fault.As(refused); stands {
		e.Obstacles = append(e.Obstacles, f)
	}
	return err
}

// refusedPrice is what pricing an application would be refused for. The acceptance of a
// standing offer has its price, and asks for no base price.
func (in *inquiry) refusedPrice() error {
	_, err := in.ref.known().priceBasis(in.seller.Region, in.inst.Pollutant, in.on)
	return err
}

// refusedSweep is what IdleSweep would be refused for; that nothing is declared
// idle a rule says.
func (in *inquiry) refusedSweep(q quantity.Quantity) (refused, err error) {
	d := in.idle
	if d.ID == 0 {
		return nil, nil
	}
	if refused := d.CheckSweep(); refused != nil {
		return refused, nil
	}
	if q > in.stillIdle || in.stillIdle == 0 {
		return ErrIdleBeyond.With("of what is declared idle since %s, %s t/a still lie idle", d.Since, in.stillIdle), nil
	}
	return in.refusedAvailable(q, d.Origin)
}

// refusedAvailable is what a hold would be refused for, where no holding of the
// instrument, of the origins where they are named, has so much available.
func (in *inquiry) refusedAvailable(q quantity.Quantity, origins ...ledger.Origin) (refused, err error) {
	if !in.seesSeller {
		return nil, nil
	}
	accounts, balances, err := in.held()
	var most quantity.Quantity
	for i, a := range accounts {
		if len(origins) == 0 || a.Origin == origins[0] {
			most = max(most, quantity.Quantity(balances[i].Available()))
		}
	}
	if err != nil || q <= most {
		return nil, err
	}
	return ledger.ErrInsufficient.With("licence %s has %s t/a available of one origin, %s t/a would go back", in.seller.Number, most, q).At("quantity"), nil
}

// held are the holdings of the instrument that the seller has, each with its balance.
func (in *inquiry) held() ([]ledger.Account, []ledger.Balance, error) {
	return in.accounts(Where("licence", in.seller.ID).And("instrument", Eq, in.inst.ID))
}

// refusedRenewal is what RenewalApply would be refused for.
func (in *inquiry) refusedRenewal() (refused, err error) {
	if !in.seesSeller {
		return nil, nil
	}
	accounts, balances, err := in.held()
	if err != nil {
		return nil, err
	}
	var rows []permit.Renewal
	if err := in.find(Renewals.name, Where("licence", in.seller.ID).And("old_instrument", Eq, in.inst.ID), &rows); err != nil {
		return nil, err
	}
	open := map[ledger.Origin]permit.Renewal{}
	for _, r := range rows {
		if r.State.IsOpen() {
			open[r.Origin] = r
		}
	}
	refused = ErrNothingToRenew
	for i, a := range accounts {
		if balances[i].Balance == 0 {
			continue
		}
		r, is := open[a.Origin]
		if !is {
			return nil, nil
		}
		refused = ErrRenewalOpen.With("renewal %d of this holding is %s", r.ID, r.State)
	}
	return refused, nil
}

// leaseObstacles are what LeaseOffer would be refused for that is no rule, of a
// lease that begins today.
func (in *inquiry) leaseObstacles(add func(stands bool, f *fault.Error)) {
	if in.Action != rulebook.Lease {
		return
	}
	add(in.seller.Region != in.buyer.Region, encumbrance.ErrLeaseRegion)
	if last := (encumbrance.Lease{Months: in.Months}).LastDay(in.on); in.Months > 0 {
		add(last > in.inst.TermEnd, encumbrance.ErrLeaseBeyondTerm.With("the lease would end on %s, the term of %s on %s", last, in.inst.Code, in.inst.TermEnd))
	}
}

// asRenewed is the side of a renewal: it is judged by the term that ends.
func asRenewed(s rulebook.Side, i catalog.Instrument) rulebook.Side {
	s.Licence.ValidTo = i.TermEnd
	return s
}
