package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// openCrumbFloor is a market of credits in lots of 2 t whose scheme numbers
// kilograms: the first firm has the lowest 10 t, the seller the other 20.
func openCrumbFloor(t *testing.T) *creditFloor {
	t.Helper()
	d := openAuctionDesk(t, 3)
	f := &creditFloor{creditDesk: &creditDesk{d, carbonOf(d.office, d.firms[2]), d.firms[2]}}
	f.firms = d.firms[:2]
	f.carbon.scheme = done[carbon.Scheme](f.office, f.leader, SchemeRegister{
		Code: "JXKG", Name: "嘉兴碳普惠", Region: "330421", Operator: f.seller.party, SerialUnit: quantity.OneTonne / 1000, Salt: "S2", ValidFrom: 20250101,
		Source: "project default",
	})
	f.carbon.issue(1, 30_000)
	f.inst = done[catalog.Instrument](f.office, f.admin, InstrumentAdd{Series: 1})
	done[MarketResult](f.office, f.admin, f.market(func(m *MarketOpen) { m.Scheme, m.LotSize = f.carbon.scheme.ID, 2*one }))
	f.gives(f.seller, f.firms[0], 10_000)
	return f
}

// quick sends a command without what the office checks behind each one, and
// returns what it was answered.
func (f *creditFloor) quick(person int64, c Command) string {
	f.t.Helper()
	f.keys++
	a, err := f.app.Do(f.t.Context(), identity.Actor{Person: person}, fmt.Sprintf("k-%d", f.keys), c)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(a.Status, string(a.Body))
}

func (f *creditFloor) gives(from, to firm, units int64) {
	f.t.Helper()
	if a := f.quick(from.user, CreditTransfer{Party: from.party, Series: 1, To: to.party, Units: units, Document: "d"}); !strings.HasPrefix(a, "200") {
		f.t.Fatal(a)
	}
}

// crumbs gives a firm so many ranges of one unit, no two of which touch.
func (f *creditFloor) crumbs(from, to firm, n int) {
	f.t.Helper()
	for range n {
		f.gives(from, to, 1)
		f.gives(from, f.firms[1], 1)
	}
}

// Who sells out of one range and is then given many small ones with lower numbers
// still sells, whatever is bought of him.
func TestCreditCrumbs_Gifts(t *testing.T) {
	t.Parallel()
	f := openCrumbFloor(t)
	f.places(f.seller, market.Sell, 20, 40)
	f.crumbs(f.firms[0], f.seller, 1200)
	f.check()
	f.places(f.firms[1], market.Buy, 2, 40)
	f.places(f.firms[1], market.Buy, 18, 40)
	f.check()
}

// Open orders sell no more than lies in so few ranges, all of a party's together;
// what they need nobody takes away, and a revocation that must cancels them.
func TestCreditCrumbs_Entry(t *testing.T) {
	t.Parallel()
	f := openCrumbFloor(t)
	a, b, s := f.firms[0], f.firms[1], f.seller
	f.crumbs(s, a, 2100) // a has 10 t in one range and 2.1 t in crumbs, b 2.1 t in crumbs, the seller 15.8 t in one
	f.refuses(b.user, f.order(b, market.Sell, 2, 40), carbon.ErrPieces.At("quantity"))
	f.gives(s, b, 2000)
	f.places(b, market.Sell, 2, 90)
	f.refuses(b.user, f.order(b, market.Sell, 2, 40), carbon.ErrPieces.At("quantity"))

	f.places(a, market.Sell, 10, 90)
	f.gives(a, b, 400)
	if longest := (&View{state: f.app.st}).credits.of[creditHolder{1, a.party}].runs[0][0]; longest.units != 10_000 {
		t.Errorf("of what open orders sell %d are left in one range", longest.units)
	}
	f.refuses(a.user, CreditTransfer{Party: a.party, Series: 1, To: b.party, Units: 1701, Document: "d"}, ErrInBook)
	offer := f.offerOf(auction.Uniform, func(c *CreditOffer) { c.Quantity, c.LotSize = one, one })
	offer.Seller = a.party
	f.refuses(a.user, offer, carbon.ErrPieces)
	offer.Issuance = 1
	f.refuses(a.user, offer, ErrInBook)

	for range 4 {
		f.gives(b, s, 500)
	}
	// The seller has 13.8 t in one range and 2 t in crumbs: of 3.8 t less he could not deliver 12 t.
	f.places(s, market.Sell, 8, 80)
	young := f.places(s, market.Sell, 4, 80).Order
	r := done[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 1, Units: 3800, Document: "audit"})
	if r.Revoked != 3800 || !slices.Equal(r.Cancelled, []int64{young.ID}) {
		t.Errorf("got %+v", r)
	}
	f.restart()
	f.places(a, market.Buy, 8, 80)
	f.check()
}

// Whatever is given, sold, cancelled, retired and revoked of crumbs: a lot at the
// best price is never refused for the ranges that it lies in.
func TestCreditCrumbs_Random(t *testing.T) {
	t.Parallel()
	f := openCrumbFloor(t)
	firms := []firm{f.firms[0], f.firms[1], f.seller}
	f.crumbs(f.seller, f.firms[0], 1200)
	random := rand.New(rand.NewPCG(53, 97))
	refused := 0
	for n := range 400 {
		x, y := firms[random.IntN(3)], firms[random.IntN(3)]
		switch random.IntN(9) {
		case 0, 1:
			f.quick(x.user, CreditTransfer{Party: x.party, Series: 1, To: y.party, Units: 1 + random.Int64N(500), Document: "d"})
		case 2:
			f.quick(x.user, CreditRetire{Party: x.party, Series: 1, Units: 1 + random.Int64N(30), Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
		case 3:
			if id := f.anyOrder(random, x.party); id != 0 {
				f.quick(x.user, CancelOrder{id})
			}
		case 4:
			if n%10 == 0 {
				f.do(f.leader, CreditRevoke{Issuance: 1, Units: 1 + random.Int64N(200), Document: "d"})
			}
		case 5, 6:
			a := f.quick(x.user, f.order(x, market.Buy, 2, 50))
			if strings.Contains(a, ErrTooManyRanges.Code) {
				t.Fatalf("a lot was refused: %s", a)
			}
		default:
			if strings.Contains(f.quick(x.user, f.order(x, market.Sell, 2*quantity.Quantity(1+random.Int64N(3)), 30+random.Int64N(20))), carbon.ErrPieces.Code) {
				refused++
			}
		}
		if n%100 == 99 {
			f.check()
			f.restart()
		}
	}
	if bought := len(rowsIn(f.office, Trades, Query{})); bought < 15 || refused == 0 {
		t.Errorf("%d lots were bought, %d sells lay in too many ranges", bought, refused)
	}
}
