package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// freezingUnits is a court's order against a firm's credits of the first series.
func freezingUnits(f firm, order string, units int64) FreezeTerms {
	return FreezeTerms{
		Party: f.party, Series: 1, Units: units, Issuer: encumbrance.Court, IssuerName: "海盐县人民法院", OrderNumber: order, Reason: "诉前保全",
	}
}

func (f *creditFloor) wantFrozen(when string, id int64, state encumbrance.State, frozen, amount int64) {
	f.t.Helper()
	got := rowsOf(f.app.st, Freezes).rows[id]
	if got.State != state || got.Frozen != frozen*int64(quantity.OneTonne) || got.Amount != amount*int64(quantity.OneTonne) {
		f.t.Errorf("%s: freeze %d is %s with %d of %d frozen; want %s with %d of %d t", when, id, got.State, got.Frozen, got.Amount, state, frozen, amount)
	}
}

// A freeze of credits withdraws the newest orders that stand in its way, and takes the
// rest as it comes; a later one waits. What is frozen is nobody's to use, and who
// would use it is told of the freeze.
func TestCreditFreeze_Waits(t *testing.T) {
	t.Parallel()
	f := openBlockFloor(t, 2, MarketTerms{})
	s := f.seller
	old, young := f.places(s, market.Sell, 300, 40).Order, f.places(s, market.Sell, 200, 41).Order
	r := done[FreezeResult](f.office, f.leader, FreezePlace{FreezeTerms: freezingUnits(s, "a", 600)})
	if !slices.Equal(r.Cancelled, []int64{young.ID}) || r.Freeze.Region != "330421" || r.Freeze.Pollutant != "JXCP-2026" || r.Instrument != "" {
		t.Errorf("placed: %+v", r)
	}
	a := r.Freeze.ID
	f.wantFrozen("placed", a, encumbrance.Active, 600, 600)
	f.wantCredits("placed", s, 1000, 900)
	retire := CreditRetire{Party: s.party, Series: 1, Units: 401, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}
	for _, c := range []Command{
		retire,
		CreditTransfer{Party: s.party, Series: 1, To: f.firms[0].party, Units: 401, Document: "d"},
		f.order(s, market.Sell, 401, 40), f.block(f.firms[0], 401),
		f.offerOf(auction.Uniform, func(c *CreditOffer) { c.Quantity = 401 * one }), f.offerOf(auction.Uniform, func(c *CreditOffer) { c.Quantity, c.Issuance = 401*one, 1 }),
	} {
		f.refuses(s.user, c, ErrUnitsFrozen)
	}
	retire.Units = 101
	f.refuses(s.user, retire, ErrInBook)
	b := f.freeze(freezingUnits(s, "b", 500)).ID
	f.wantFrozen("behind", b, encumbrance.Active, 400, 500)
	if f.app.st.orders[old.ID] != nil {
		t.Error("the other order is open")
	}
	f.refuses(f.leader, FreezePlace{FreezeTerms: freezingUnits(s, "a", 1)}, ErrFreezeTwice)
	f.restart()
	f.check()
	f.carbon.issue(3, 50)
	f.wantFrozen("of what comes", b, encumbrance.Active, 450, 500)
	done[FreezeResult](f.office, f.leader, FreezeRelease{a, "lifted"})
	f.wantFrozen("of what is given back", b, encumbrance.Active, 500, 500)
	f.wantCredits("released", s, 1050, 500)
	retire.Units = 550
	f.does(s.user, retire)
	f.refuses(s.user, CreditTransfer{Party: s.party, Series: 1, To: f.firms[0].party, Units: 1, Document: "d"}, ErrUnitsFrozen)
	f.check()
}

// A freeze of credits begins and ends on its days, is moved back, and is of a party's
// units of a series and of nothing else.
func TestCreditFreeze_Days(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 1)
	today := f.now.get().Date()
	terms := freezingUnits(f.seller, "a", 400)
	for want, change := range map[*fault.Error]func(*FreezeTerms){
		encumbrance.ErrTarget.At("amount"): func(c *FreezeTerms) { c.Amount = 1 },
		ErrNoRecord:                        func(c *FreezeTerms) { c.Series = 77 },
		fault.Invalidf("units", "zero"):    func(c *FreezeTerms) { c.Units = 0 },
	} {
		wrong := terms
		change(&wrong)
		f.refuses(f.leader, FreezePlace{FreezeTerms: wrong}, want)
	}
	for _, units := range []int64{0, -1, 400 - 1<<55} { // the last would come to 400 t, past the end of int64
		wrong := terms
		wrong.Units = units
		if refused, _ := f.send(f.leader, FreezePlace{FreezeTerms: wrong}); refused == nil || refused.Kind != fault.Invalid || refused.Field != "units" {
			t.Errorf("%d units: %v", units, refused)
		}
	}
	terms.EndsOn = today.AddDays(2)
	a := done[FreezeResult](f.office, f.leader, FreezePlace{FreezeTerms: terms, StartsOn: today.AddDays(1)}).Freeze.ID
	f.wantFrozen("placed", a, encumbrance.Pending, 0, 400)
	f.places(f.seller, market.Sell, 700, 40)
	tick := func(day calendar.Date) {
		f.now.set(day.Start())
		f.does(f.admin, PersonAdd{Name: "the timers come before it"})
	}
	tick(today.AddDays(1))
	f.wantFrozen("begun", a, encumbrance.Active, 400, 400)
	f.wantCredits("its order was withdrawn", f.seller, 1000, 400)
	done[FreezeResult](f.office, f.leader, FreezeExtend{Freeze: a, EndsOn: today.AddDays(4), Document: "d"})
	tick(today.AddDays(4))
	f.wantFrozen("extended", a, encumbrance.Active, 400, 400)
	tick(today.AddDays(5))
	f.wantFrozen("over", a, encumbrance.Expired, 0, 400)
	e := done[FreezeResult](f.office, f.leader, FreezeEmergency{freezingUnits(f.seller, "e", 10)}).Freeze
	f.wantFrozen("at once", e.ID, encumbrance.Emergency, 10, 10)
	tick(e.ConfirmBy.AddDays(1))
	f.wantFrozen("unconfirmed", e.ID, encumbrance.Lapsed, 0, 10)
	f.check()
}

// A court's buyer gets units that open orders do not sell, by their serial numbers;
// what nothing is left of is enforced. What a bureau has frozen is not sold.
func TestCreditFreeze_Sold(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 3)
	s, buyer, listed := f.seller, f.firms[0], f.firms[1]
	f.places(s, market.Sell, 700, 40)
	a := f.freeze(freezingUnits(s, "a", 250)).ID
	bureaus := freezingUnits(s, "b", 10)
	bureaus.Issuer = encumbrance.Bureau
	b := f.freeze(bureaus).ID
	f.does(f.leader, FactRecord{Kind: rulebook.Blacklisted, Party: listed.party, Value: rulebook.Listed, ValidFrom: f.now.get().Date(), Document: "d"})
	sell := FreezeSell{Freeze: a, BuyerParty: buyer.party, Units: 100, Amount: 3_000_00, Document: "裁定 1"}
	for want, change := range map[*fault.Error]func(*FreezeSell){
		ErrNotOfCourt:                      func(c *FreezeSell) { c.Freeze = b },
		ErrBuyerIsHolder.At("buyer_party"): func(c *FreezeSell) { c.BuyerParty = s.party },
		rulebook.ErrBlacklisted:            func(c *FreezeSell) { c.BuyerParty = listed.party },
		encumbrance.ErrNotFrozen:           func(c *FreezeSell) { c.Units = 251 },
		fault.Invalidf("units", "zero"):    func(c *FreezeSell) { c.BuyerLicence = buyer.licence.ID },
	} {
		wrong := sell
		change(&wrong)
		f.refuses(f.leader, wrong, want)
	}
	for _, units := range []int64{0, -1, 100 - 1<<55} {
		wrong := sell
		wrong.Units = units
		if refused, _ := f.send(f.leader, wrong); refused == nil || refused.Kind != fault.Invalid || refused.Field != "units" {
			t.Errorf("%d units: %v", units, refused)
		}
	}
	got := done[JudicialSaleResult](f.office, f.leader, sell)
	if got.Series != "JXCP-2026" || got.Sale.Quantity != 100*one || got.Sale.Transfer == 0 || got.Sale.Licence != 0 || got.Sale.BuyerParty != buyer.party {
		t.Errorf("the sale: %+v", got)
	}
	if serials := f.serials(buyer); !slices.Equal(serials, []string{"JXCP-PV-P202605-2026-601-700"}) {
		t.Errorf("the buyer has %v", serials)
	}
	f.wantFrozen("sold in part", a, encumbrance.Active, 150, 250)
	f.wantCredits("sold in part", s, 900, 860)
	f.restart()
	f.check()
	sell.Units = 150
	done[JudicialSaleResult](f.office, f.leader, sell)
	f.wantFrozen("sold", a, encumbrance.Enforced, 0, 250)
	f.places(f.firms[2], market.Buy, 700, 40) // the orders deliver what they sell
	f.wantCredits("delivered", s, 50, 10)
	f.check()
	table := f.store.table(Freezes.name)
	was := table.rows[b].(encumbrance.Freeze)
	for what, change := range map[string]func(*encumbrance.Freeze){
		"I-130": func(x *encumbrance.Freeze) { x.Frozen = 51 * int64(quantity.OneTonne) },
		"I-29":  func(x *encumbrance.Freeze) { x.Party = buyer.party },
	} {
		wrong := was
		change(&wrong)
		table.put(b, wrong)
		found, err := Check(t.Context(), f.store, f.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == what && v.Table == Freezes.name }) {
			t.Errorf("%s: %v, %v", what, found, err)
		}
		table.put(b, was)
	}
}

// What is frozen is neither taken back by a revocation, which makes it owed, nor
// locked for a mirror.
func TestCreditFreeze_RevokedAndMirrored(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 1)
	f.freeze(freezingUnits(f.seller, "a", 500))
	f.places(f.seller, market.Sell, 450, 40)
	r := done[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 1, Units: 600, Document: "d"})
	if r.Revoked != 500 || r.Debt.Units != 100 || len(r.Cancelled) != 1 {
		t.Errorf("revoked: %+v", r)
	}
	f.wantCredits("revoked", f.seller, 500, 500)
	f.check()

	n := openNeighbours(t)
	n.issue(1, 100)
	n.does(n.leader, FreezePlace{FreezeTerms: freezingUnits(n.owner, "a", 90)})
	n.refuses(n.owner.user, n.mirror("JXCP-PV-P202605-2026-11-30", ""), ErrUnitsFrozen)
	n.does(n.owner.user, n.mirror("JXCP-PV-P202605-2026-11-20", ""))
	n.wantHeld("locked", 100, 100)
	n.check()
}

// Whatever is frozen, released, sold by the court and traded beside it, what is frozen
// is there, and a short freeze leaves nothing (I-30, I-130).
func TestCreditFreeze_Random(t *testing.T) {
	t.Parallel()
	f := openBlockFloor(t, 2, MarketTerms{})
	firms := append([]firm{f.seller}, f.firms...)
	random := rand.New(rand.NewPCG(10, 130))
	did := map[identity.Operation]int{}
	freezes, blocks := []int64{1}, []int64{1}
	for n := range 400 {
		at := random.IntN(3)
		x, y := firms[at], firms[(at+1+random.IntN(2))%3]
		units := 1 + random.Int64N(200)
		person := x.user
		var command Command
		switch random.IntN(10) {
		case 0, 1:
			person, command = f.leader, FreezePlace{FreezeTerms: freezingUnits(x, fmt.Sprint(n), units)}
		case 2:
			person, command = f.leader, FreezeRelease{freezes[random.IntN(len(freezes))], "lifted"}
		case 3:
			person, command = f.leader, FreezeSell{Freeze: freezes[random.IntN(len(freezes))], BuyerParty: y.party, Units: 1 + units/4, Document: "d"}
		case 4:
			command = CreditTransfer{Party: x.party, Series: 1, To: y.party, Units: units, Document: "d"}
		case 5:
			c := f.block(y, quantity.Quantity(99+units))
			c.Party = x.party
			command = c
		case 6:
			command = BlockStep{Block: blocks[random.IntN(len(blocks))], Event: []market.BlockEvent{market.BlockConfirm, market.BlockWithdraw}[random.IntN(2)]}
		case 7:
			command = CreditRetire{Party: x.party, Series: 1, Units: 1 + units/20, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}
		default:
			command = f.order(x, []market.Side{market.Buy, market.Sell}[random.IntN(2)], quantity.Quantity(1+units/4), 38+random.Int64N(4))
		}
		if f.do(person, command) == nil {
			did[command.Operation()]++
			switch r := f.results[len(f.results)-1].(type) {
			case FreezeResult:
				freezes = append(freezes, r.Freeze.ID)
			case BlockResult:
				blocks = append(blocks, r.Block.ID)
			}
		}
		if n%40 == 0 {
			f.check()
			f.restart()
		}
	}
	f.check()
	walked(t, did, []identity.Operation{
		identity.FreezePlace, identity.FreezeRelease, identity.FreezeSell, identity.CreditTransfer,
		identity.BlockPropose, identity.BlockStep, identity.CreditRetire, identity.OrderPlace,
	})
}
