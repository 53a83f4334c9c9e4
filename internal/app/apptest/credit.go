package apptest

import (
	"fmt"
	"testing"
	"time"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// creditMarket is a scheme with its market, and who holds 1,000 t of it.
type creditMarket struct {
	*World
	instrument catalog.Instrument
	seller     Firm
	buyers     []Firm
}

const creditCode = "JXCP"

// credits issues two months of a scheme of a firm, and opens a market of its credits
// with block trades from 100 t on.
func (w *World) credits() creditMarket {
	w.T.Helper()
	c := creditMarket{World: w, seller: w.NewFirm(40, Jiashan)}
	for n := range 2 {
		f := w.NewFirm(41+n, Jiashan)
		w.Fund(f, 1_000_000_00)
		c.buyers = append(c.buyers, f)
	}
	scheme := Result[carbon.Scheme](w, w.Leader, app.SchemeRegister{
		Code: creditCode, Name: "嘉兴碳普惠", Region: Jiashan, Operator: c.seller.Party, SerialUnit: quantity.OneTonne, Salt: "S1", ValidFrom: 20250101, Source: approval,
	})
	w.Must(w.Leader, app.MethodologyRegister{
		Code: "PV", Version: 1, Name: "distributed PV", Formula: "energy * grid", ResultUnit: "tCO2e", RoundTo: quantity.OneTonne, Rounding: carbon.RoundDown,
		Most: 100_000 * quantity.OneTonne, ValidFrom: 20250101, Source: approval,
		Inputs:  []carbon.Input{{Name: "energy", Unit: "MWh", Most: 1_000_000 * quantity.OneMeasure}},
		Factors: []carbon.Factor{{Name: "grid", Unit: "tCO2e/MWh", Value: "0.5", Source: approval}},
	})
	operator := w.Person("operator", app.GrantAdd{Role: identity.Operator, Region: Jiashan, Party: c.seller.Party})
	verifier := w.Person("verifier", app.GrantAdd{Role: identity.Verifier})
	for n, units := range []int64{600, 400} {
		i := Result[app.IssuanceResult](w, operator, app.CreditIssue{
			Scheme: scheme.ID, Methodology: "PV", Month: calendar.NewDate(2026, time.Month(4+n), 1), Units: units, EvidenceDigest: fmt.Sprintf("%064x", n+1), Items: 100, Outbox: int64(n + 1),
		}).Issuance.ID
		w.Must(verifier, app.SampleLook{Issuance: i})
		w.Must(verifier, app.IssuanceStep{Issuance: i, Event: carbon.Verify, Document: "report"})
		w.Must(w.Leader, app.IssuanceStep{Issuance: i, Event: carbon.Issue})
	}
	c.instrument = Result[catalog.Instrument](w, w.Admin, app.InstrumentAdd{Series: 1})
	w.Must(w.Admin, app.MarketOpen{
		Code: creditCode, Name: scheme.Name, Scheme: scheme.ID, Regions: []string{Jiashan}, LotSize: ton, Tick: yuan, PriceBasis: catalog.Outright, ValidFrom: 20260101,
	})
	w.Must(w.Leader, app.MarketTerms{Market: creditCode, ValidFrom: w.Clock.Now().Date(), BlockLeast: 100 * ton})
	return c
}

func (c creditMarket) order(f Firm, side market.Side, tonnes quantity.Quantity) app.PlaceOrder {
	return app.PlaceOrder{
		Market: creditCode, Instrument: c.instrument.Code, Party: f.Party, Side: side, Quantity: tonnes * ton, Price: 40 * yuan, TimeInForce: market.GTC,
	}
}

func (c creditMarket) block(to Firm, tonnes quantity.Quantity) int64 {
	c.T.Helper()
	return Result[app.BlockResult](c.World, c.seller.Person, app.BlockPropose{
		Market: creditCode, Instrument: c.instrument.Code, Side: market.Sell, Party: c.seller.Party, CounterpartyParty: to.Party, Quantity: tonnes * ton, Price: 40 * yuan,
	}).Block.ID
}

func (c creditMarket) freezing(order string, units int64) app.FreezeTerms {
	return app.FreezeTerms{
		Party: c.seller.Party, Series: 1, Units: units, Issuer: encumbrance.Court, IssuerName: "court", OrderNumber: order, Reason: "r",
	}
}

func (c creditMarket) freeze(order string, units int64) int64 {
	c.T.Helper()
	return Result[app.FreezeResult](c.World, c.Leader, app.FreezePlace{FreezeTerms: c.freezing(order, units)}).Freeze.ID
}

// creditsTradedAndFrozen has block trades of credits that settle, lapse and are
// rejected, and freezes of credits in each of their states, one of which a court sells.
func creditsTradedAndFrozen(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 0)
	c := w.credits()
	w.Must(c.buyers[0].Person, app.BlockStep{Block: c.block(c.buyers[0], 100), Event: market.BlockConfirm})
	w.Must(c.seller.Person, c.order(c.seller, market.Sell, 50))
	w.Must(c.buyers[1].Person, c.order(c.buyers[1], market.Buy, 20))
	rest := Result[app.OrderResult](w, c.seller.Person, c.order(c.seller, market.Sell, 10)).Order.ID
	lapses := c.block(c.buyers[1], 100)
	Check(t, f)

	today := w.Clock.Now().Date()
	sold := c.freeze("sold", 200)
	waits := c.freeze("waits", 800)
	released := c.freeze("released", 10)
	later := Result[app.FreezeResult](w, w.Leader, app.FreezePlace{FreezeTerms: c.freezing("later", 5), StartsOn: today.AddDays(1)}).Freeze.ID
	ends := c.freezing("ends", 5)
	ends.EndsOn = today
	over := Result[app.FreezeResult](w, w.Leader, app.FreezePlace{FreezeTerms: ends}).Freeze.ID
	emergency := Result[app.FreezeResult](w, w.Leader, app.FreezeEmergency{FreezeTerms: c.freezing("emergency", 5)}).Freeze
	Check(t, f)
	for _, units := range []int64{150, 50} {
		w.Must(w.Leader, app.FreezeSell{Freeze: sold, BuyerParty: c.buyers[0].Party, Units: units, Amount: 1, Document: "d"})
	}
	w.Must(w.Leader, app.FreezeRelease{Freeze: released, Document: "d"})
	w.Clock.Set(emergency.ConfirmBy.AddDays(1).Start())
	w.Must(w.Admin, app.PersonAdd{Name: "the timers come before it"})
	if code := w.Refused(c.seller.Person, app.CreditTransfer{Party: c.seller.Party, Series: 1, To: c.buyers[0].Party, Units: 1, Document: "d"}); code != app.ErrUnitsFrozen.Code {
		t.Errorf("what is frozen was transferred: %s", code)
	}
	Check(t, f)

	for id, want := range map[int64]encumbrance.State{
		sold: encumbrance.Enforced, waits: encumbrance.Active, released: encumbrance.Released, later: encumbrance.Active,
		over: encumbrance.Expired, emergency.ID: encumbrance.Lapsed,
	} {
		if got := read[encumbrance.Freeze](t, f, "freeze_order", app.Where("id", id)); got[0].State != want {
			t.Errorf("freeze %s is %s, want %s", got[0].OrderNumber, got[0].State, want)
		}
	}
	if got := read[market.Block](t, f, "block_trade", app.Where("id", lapses)); got[0].State != market.BlockLapsed {
		t.Errorf("the block trade that nobody took up is %s", got[0].State)
	}
	if got := read[market.Record](t, f, "market_order", app.Where("id", rest)); got[0].State == market.Open {
		t.Error("the order that stood in the way of a freeze is open")
	}
}
