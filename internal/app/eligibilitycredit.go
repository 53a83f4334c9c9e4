package app

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/rulebook"
)

// A question about credits is about an order of a party, which has no licence: the
// two sides of the inquiry have only their parties set, as in ordergoods.go.

// ErrQuestionOfCredits is returned when a question about credits says what is of permits alone.
var ErrQuestionOfCredits = fault.New(fault.Invalid, "eligibility.of_credits", "of credits it is asked whether a party may sell or buy them by an order: leave out what is of permits")

// lookParty finds the party that would trade credits.
func (in *inquiry) lookParty(actor identity.Actor) error {
	switch {
	case in.Action != rulebook.Sell && in.Action != rulebook.Buy:
		return ErrQuestionOfCredits.At("action")
	case in.Seller != 0:
		return ErrTrader.At(dealSideFields[0])
	case in.Buyer != 0:
		return ErrTrader.At(dealSideFields[1])
	case in.Project != 0, in.ExistingUnit:
		return ErrProjectOfCredits
	case in.Need != 0:
		return ErrQuestionOfCredits.At("need")
	case in.Listing != 0:
		return ErrListingOfSale
	}
	if err := in.checkTerms(); err != nil {
		return err
	}
	p, known := ReadTable(in.ref, Parties).Get(in.Party)
	if !known || identity.Authorise(actor, identity.Eligibility, identity.OfParty(p.ID, p.Region)) != nil {
		return ErrNoRecord.At("party")
	}
	in.party = p
	if in.Action == rulebook.Sell {
		in.seller.Party = p.ID
	} else {
		in.buyer.Party = p.ID
	}
	return nil
}

// checkTrader holds that credits are asked about for a party, and permits for licences.
func (in *inquiry) checkTrader(actor identity.Actor) error {
	switch of := in.inst.OfCredits(); {
	case !of && in.Party != 0:
		return ErrTraderOfPermits.At("party")
	case !of:
		return nil
	case in.Party != 0:
		in.scheme, _ = ReadTable(in.ref, CarbonSchemes).Get(in.inst.Scheme)
		in.seesSeller = identity.Authorise(actor, identity.CreditRead, identity.OfParty(in.party.ID, in.scheme.Region)) == nil
		return nil
	case in.Action == rulebook.Sell:
		return ErrTraderOfCredits.At(dealSideFields[0])
	case in.Action == rulebook.Buy:
		return ErrTraderOfCredits.At(dealSideFields[1])
	}
	return ErrInstrumentOfCredits
}

// ofCredits answers a question about credits. What a sale needs is looked at last, as
// the command does.
func (in *inquiry) ofCredits() (Eligibility, error) {
	f, e := in.creditFacts(), Eligibility{On: in.on, FeeExemptBy: in.exemptBy(in.ref.known())}
	add := func(stands bool, f *fault.Error) {
		if stands {
			e.Obstacles = append(e.Obstacles, f)
		}
	}
	if f, stands := fault.As(checkUsable(in.ref, in.inst, in.on)); stands {
		add(true, f)
	}
	in.marketObstacles(add)
	refused, err := in.refusedGoods()
	if f, stands := fault.As(refused); stands {
		add(true, f)
	}
	e.explain(&f)
	return e, err
}

// checkUsable returns carbon.ErrExpired unless the credits that an instrument is can be
// used on a day. Permits are none.
func checkUsable(r *Reference, i catalog.Instrument, on calendar.Date) error {
	series, _ := ReadTable(r, CreditSeries).Get(i.Series)
	return atField(series.CheckUsable(on), "instrument")
}

// creditFacts are those that an order of credits would be judged by.
func (in *inquiry) creditFacts() rulebook.Facts {
	known := in.ref.known()
	f := rulebook.Facts{Action: in.Action, On: in.on, Pollutant: in.inst.Pollutant, Quantity: in.Quantity, Parameters: known, Credits: true}
	side := &f.Seller
	if in.Action == rulebook.Buy {
		side = &f.Buyer
	}
	*side = known.creditSide("party", in.party, in.on)
	return f
}

// refusedGoods is what a sale of credits would be refused for by what the party has
// of them: View.checkCreditsOfSale by the committed rows.
func (in *inquiry) refusedGoods() (refused, err error) {
	if in.Party == 0 || in.Action != rulebook.Sell || in.Quantity == 0 || !in.seesSeller {
		return nil, nil
	}
	unit, more := int64(in.scheme.SerialUnit), goodsHeld(true, in.Quantity)
	key := ledger.CreditKey(ledger.Credits, in.scheme.Region, in.inst.Pollutant, in.party.ID)
	available, err := in.availableCredits(key)
	if err != nil {
		return nil, err
	}
	free, err := in.rows.FreeUnits(in.ctx, in.inst.Series, in.party.ID, sellRanges)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", CreditRanges.name, err)
	}
	var frozen int64
	var by encumbrance.Freeze
	for _, f := range ReadTable(in.ref, Freezes).All() {
		if f.Party == in.party.ID && f.Series == in.inst.Series && f.Frozen > 0 {
			frozen += f.Frozen / unit
			by = f
		}
	}
	if err := checkUnitsFrozen(more/unit, free.Units, frozen, by); err != nil {
		return atField(err, "quantity"), nil
	}
	if available < more {
		return ledger.ErrInsufficient.With("%s has %s available, %s is needed", key, key.Format(available), key.Format(more)).At("quantity"), nil
	}
	if in.market.ResaleNextDay {
		if err := checkBoughtBefore(more, available-in.boughtToday()*unit); err != nil {
			return err, nil
		}
	}
	return checkLongest(more/unit, free.Units-available/unit-frozen, free.Longest), nil
}

// availableCredits is what of an account is not held aside.
func (in *inquiry) availableCredits(k ledger.Key) (sum int64, err error) {
	_, balances, err := in.accounts(Where("party", k.Party).And("kind", Eq, int64(k.Kind)).And("pollutant", Eq, k.Pollutant))
	for _, b := range balances {
		sum += b.Available()
	}
	return sum, err
}

// boughtToday is how many units of the series the party has bought today in markets where these wait.
func (in *inquiry) boughtToday() int64 {
	p, _ := find(in.ref, CreditPurchases, func(p carbon.Purchase) bool { return p.Series == in.inst.Series && p.Party == in.party.ID })
	return p.On(in.on)
}
