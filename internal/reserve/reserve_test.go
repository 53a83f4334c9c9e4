package reserve_test

import (
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

const one = quantity.OneQuantity

func code(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Code + " " + f.Field
	}
	return ""
}

// A record that is not right names its first wrong field.
func TestValidate(t *testing.T) {
	t.Parallel()
	decision := reserve.CapDecision{Change: one, Document: "d", DecidedOn: 20260701}
	movement := reserve.Movement{Direction: reserve.ToReserve, Quantity: one, Document: "d"}
	level := reserve.LevelTransfer{FromRegion: "330421", ToRegion: "330400", Quantity: one, Part: reserve.Reserve, Document: "d"}
	allocation := reserve.Allocation{
		Kind: reserve.Initial, Part: reserve.Reserve, Origin: ledger.Paid, Quantity: one, Price: 1, PriceKnown: true,
		AcquiredOn: 20260701, Document: "d",
	}
	surplus := reserve.SurplusVerification{Quantity: one, Rung: reserve.LicenceAmount, VerifiedOn: 20260701, Document: "d"}
	notice := reserve.PaymentNotice{Quantity: one, Price: 1, DueOn: 20260701}
	type validator interface{ Validate() error }
	for _, tt := range []struct {
		name string
		row  func() validator
		want string
	}{
		{"decision", func() validator { return decision }, ""},
		{"decision of nothing", func() validator { d := decision; d.Change = 0; return d }, "reserve.no_change change"},
		{"decision without document", func() validator { d := decision; d.Document = ""; return d }, "request.invalid document"},
		{"decision on no day", func() validator { d := decision; d.DecidedOn = 20260230; return d }, "request.invalid decided_on"},
		{"movement", func() validator { return movement }, ""},
		{"movement nowhere", func() validator { m := movement; m.Direction = ""; return m }, "request.invalid direction"},
		{"movement of nothing", func() validator { m := movement; m.Quantity = 0; return m }, "reserve.quantity_not_positive quantity"},
		{"level", func() validator { return level }, ""},
		{"level down", func() validator {
			l := level
			l.FromRegion, l.ToRegion = "330000", "330421"
			return l
		}, ""},
		{"level to a sister", func() validator { l := level; l.ToRegion = "330402"; return l }, "reserve.not_two_levels to_region"},
		{"level to itself", func() validator { l := level; l.ToRegion = "330421"; return l }, "reserve.not_two_levels to_region"},
		{"level to another province", func() validator { l := level; l.ToRegion = "310000"; return l }, "reserve.not_two_levels to_region"},
		{"level of another part", func() validator { l := level; l.Part = "retired"; return l }, "request.invalid part"},
		{"allocation", func() validator { return allocation }, ""},
		{"allocation of no kind", func() validator { a := allocation; a.Kind = ""; return a }, "request.invalid kind"},
		{"allocation from no part", func() validator { a := allocation; a.Part = ""; return a }, "request.invalid from"},
		{"paid without price", func() validator {
			a := allocation
			a.Price, a.PriceKnown = 0, false
			return a
		}, "reserve.price_needed price"},
		{"paid, an opening without price", func() validator {
			a := allocation
			a.Kind, a.Price, a.PriceKnown = reserve.Opening, 0, false
			return a
		}, ""},
		{"free with a price", func() validator { a := allocation; a.Origin = ledger.Free; return a }, "reserve.price_of_free_permits price"},
		{"a price that is not known", func() validator {
			a := allocation
			a.Kind, a.PriceKnown = reserve.Opening, false
			return a
		}, "request.invalid price"},
		{"unknown origin", func() validator { a := allocation; a.Origin = ledger.UnknownOrigin; return a }, "reserve.origin_unknown origin"},
		{"no origin", func() validator { a := allocation; a.Origin = ledger.NoOrigin; return a }, "request.invalid origin"},
		{"surplus", func() validator { return surplus }, ""},
		{"surplus of no rung", func() validator { s := surplus; s.Rung = ""; return s }, "request.invalid rung"},
		{"notice", func() validator { return notice }, ""},
		{"notice without price", func() validator { n := notice; n.Price = 0; return n }, "request.invalid price"},
		{"notice due never", func() validator { n := notice; n.DueOn = 0; return n }, "request.invalid due_on"},
	} {
		if got := code(tt.row().Validate()); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Each record posts within the basic account of its region, and all of them
// keep cap = the sum of its parts.
func TestTransfers_KeepTheBasicAccount(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	next, command := ledger.AccountID(0), int64(0)
	post := func(transfers ...ledger.Transfer) {
		t.Helper()
		if err := l.Check(transfers...); err != nil {
			t.Fatal(err)
		}
		command++
		for _, tr := range transfers {
			for _, leg := range tr.Legs {
				for _, k := range []ledger.Key{leg.Debit, leg.Credit} {
					if _, open := l.Find(k); !open {
						next++
						l.Open(ledger.Account{
							ID: next, Kind: k.Kind, Origin: k.Origin, Region: k.Region, Pollutant: k.Pollutant,
							Party: k.Party, Licence: k.Licence, Instrument: k.Instrument,
						})
					}
				}
			}
			l.Post(tr, command, command*10, nil)
		}
		sums := map[ledger.Asset]int64{}
		l.Each(func(a ledger.Account, b ledger.Balance) {
			if a.Kind == ledger.Cap {
				sums[a.Key().Asset()] -= b.Balance
			} else {
				sums[a.Key().Asset()] += b.Balance
			}
		})
		for asset, sum := range sums {
			if sum != 0 {
				t.Fatalf("%v: the parts exceed the cap by %d", asset, sum)
			}
		}
	}
	balance := func(kind ledger.Kind, region string) quantity.Quantity {
		return quantity.Quantity(l.Balance(ledger.PermitKey(kind, region, "VOCs")).Balance)
	}
	post(reserve.CapTransfer(reserve.CapDecision{Region: "330421", Pollutant: "VOCs", Change: 10 * one}))
	post(reserve.CapTransfer(reserve.CapDecision{Region: "330421", Pollutant: "VOCs", Change: -one}))
	post(reserve.MovementTransfer(reserve.Movement{Region: "330421", Pollutant: "VOCs", Direction: reserve.ToReserve, Quantity: 5 * one}))
	post(reserve.MovementTransfer(reserve.Movement{Region: "330421", Pollutant: "VOCs", Direction: reserve.ToUnallocated, Quantity: one}))
	from, to := reserve.LevelTransfers(reserve.LevelTransfer{FromRegion: "330421", ToRegion: "330400", Pollutant: "VOCs", Quantity: 2 * one, Part: reserve.Reserve})
	post(from, to)
	a := reserve.Allocation{
		Party: 1, Region: "330421", Licence: 2, Instrument: 3, Pollutant: "VOCs", Kind: reserve.Renewal, Part: reserve.Unallocated,
		Origin: ledger.Free, Quantity: one,
	}
	post(reserve.AllocationTransfer(a))
	n := reserve.PaymentNotice{Party: 1, Region: "330421", Licence: 2, Instrument: 3, Pollutant: "VOCs", Quantity: one}
	id, _ := l.Find(n.ReserveKey())
	l.Hold(id, int64(one), command)
	post(reserve.SaleTransfer(n))
	got := [...]quantity.Quantity{
		balance(ledger.Cap, "330421"), balance(ledger.Unallocated, "330421"), balance(ledger.Reserve, "330421"),
		balance(ledger.Cap, "330400"), balance(ledger.Reserve, "330400"),
		quantity.Quantity(l.Balance(a.Holding()).Balance), quantity.Quantity(l.Balance(n.Holding()).Balance),
	}
	if want := [...]quantity.Quantity{7 * one, 4 * one, one, 2 * one, 2 * one, one, one}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The state counts a part month up when it sells, and rounds half up; the
// amounts are those of acceptance facts 5, 11 and 12; of 6 the reserve price is the
// bureau's reckoning (3000 × 1.5), what it comes to for five years in one sum is here.
func TestPaymentNotice_Priced(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		q      quantity.Quantity
		price  quantity.Price
		months int
		want   string
	}{
		{27_600, 4000 * quantity.OnePrice, 60, "552.00"},
		{2_800, 4000 * quantity.OnePrice, 60, "56.00"},
		{4_400_000, 4000 * quantity.OnePrice, 60, "88000.00"},
		{44_000_000, 1000 * quantity.OnePrice, 60, "220000.00"},
		{1_000_000, 4500 * quantity.OnePrice, 60, "22500.00"},
		{1, 60 * quantity.OnePrice * 100, 10, "0.01"}, // half a fen
		{1_000_000, 4000 * quantity.OnePrice, 37, "12333.33"},
	} {
		n, err := reserve.PaymentNotice{Quantity: tt.q, Price: tt.price}.Priced(tt.months)
		if err != nil || n.Amount.String() != tt.want {
			t.Errorf("%s × %s × %d: %s %v, want %s", tt.q, tt.price, tt.months, n.Amount, err, tt.want)
		}
	}
	if _, err := (reserve.PaymentNotice{Quantity: 1, Price: 1}).Priced(1); code(err) != "reserve.amount_zero quantity" {
		t.Errorf("nothing to pay: %v", err)
	}
	if _, err := (reserve.PaymentNotice{Quantity: 1 << 62, Price: 1 << 62}).Priced(60); code(err) != "quantity.overflow " {
		t.Errorf("too much to pay: %v", err)
	}
}

// A payment is the amount of its notice, to the fen, once; the refusal names
// what is missing or too much.
func TestPaymentNotice_Prove(t *testing.T) {
	t.Parallel()
	n := reserve.PaymentNotice{State: reserve.NoticeIssued, Amount: 552_00, DueOn: 20260718}
	for _, tt := range []struct {
		paid   quantity.Money
		detail string
	}{
		{500_00, "CNY 552.00 was asked for and CNY 500.00 paid: CNY 52.00 is missing"},
		{552_01, "CNY 552.00 was asked for and CNY 552.01 paid: CNY 0.01 is too much"},
	} {
		_, err := n.Prove(tt.paid, "r", 20260701)
		if f, ok := fault.As(err); !ok || f.Detail != tt.detail || f.Citation != "project default" {
			t.Errorf("%v", err)
		}
	}
	p, err := n.Prove(552_00, "r", 20260701)
	if err != nil || p.State != reserve.NoticeProved || p.Paid != 552_00 {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := p.Prove(552_00, "r", 20260701); code(err) != "payment_notice.state " {
		t.Errorf("twice: %v", err)
	}
	if n.IsOverdue(20260718) || !n.IsOverdue(20260719) || p.IsOverdue(20260719) {
		t.Error("overdue is an issued notice after its day")
	}
}

// 浙江省大气污染防治条例 art. 16 (acceptance fact 20).
func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		monitored, done bool
		want            reserve.SurplusOutcome
	}{
		{true, true, reserve.MayBeSold},
		{false, true, reserve.BuyBackOnly},
		{true, false, reserve.NotTradable},
		{false, false, reserve.NotTradable},
	} {
		if got := reserve.OutcomeOf(tt.monitored, tt.done); got != tt.want {
			t.Errorf("monitored %v, done %v: %s, want %s", tt.monitored, tt.done, got, tt.want)
		}
	}
}

// What an earlier version has listed for an auction is sold by no notice.
func TestListing_OfAnAuction(t *testing.T) {
	t.Parallel()
	l := reserve.Listing{Kind: reserve.ForAuction, State: reserve.ListingOpen}
	if got := code(l.CheckSale(catalog.Licence{}, reserve.PaymentNotice{Quantity: 1}, 0)); got != "listing.kind listing" {
		t.Error(got)
	}
}
