package reserve_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

func yuan(n int64) quantity.Price { return quantity.Price(n) * quantity.OnePrice }

func row(id int64, paid quantity.Price, left quantity.Quantity) *ledger.Acquisition {
	return &ledger.Acquisition{ID: id, Price: paid, PriceKnown: paid > 0, Quantity: left, Remaining: left}
}

// Each row is priced at the lower of what was paid and the base price, first in
// first out, half up to the fen; the rows add up to the quantity and the amount.
func TestPriceRows(t *testing.T) {
	t.Parallel()
	rows := []*ledger.Acquisition{row(1, yuan(1000), one), row(2, 0, 5*one), row(3, yuan(6000), 2*one)}
	priced, amount, err := reserve.PriceFormula("").PriceRows(rows, 2*one, yuan(4000), 37)
	if err != nil {
		t.Fatal(err)
	}
	want := []reserve.BuyBackPrice{
		{Acquisition: 1, Quantity: one, PricePaid: yuan(1000), Price: yuan(1000), Amount: 308333},  // 1000 × 37 / 12 = 3083.333…
		{Acquisition: 3, Quantity: one, PricePaid: yuan(6000), Price: yuan(4000), Amount: 1233333}, // fact 13's 12,333.33
	}
	if len(priced) != 2 || priced[0] != want[0] || priced[1] != want[1] || amount != 308333+1233333 {
		t.Errorf("got %+v, %s", priced, amount)
	}
	for _, c := range []struct {
		q      quantity.Quantity
		months int
		want   error
	}{{3*one + 1, 37, reserve.ErrPriceUnknown}, {2 * one, 0, reserve.ErrBuyBackAmount}} {
		if _, _, err := reserve.PriceFormula(rulebook.LowerOfPaidAndBase).PriceRows(rows, c.q, yuan(4000), c.months); !errors.Is(err, c.want) {
			t.Errorf("%s for %d months: %v, want %v", c.q, c.months, err, c.want)
		}
	}
	many := make([]*ledger.Acquisition, reserve.PricedRowsMax+1)
	for i := range many {
		many[i] = row(int64(i+1), yuan(1), 1)
	}
	if _, _, err := reserve.PriceFormula("").PriceRows(many, quantity.Quantity(len(many)), yuan(1), 12); !errors.Is(err, reserve.ErrTooManyRows) {
		t.Errorf("401 rows: %v", err)
	}
}

// Each formula makes its own price of what was paid and of the base price, and says so.
func TestPriceFormula(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		formula     reserve.PriceFormula
		above, less quantity.Price // of what was bought at 6,000 and at 1,000
		says        string
	}{
		{rulebook.LowerOfPaidAndBase, yuan(4000), yuan(1000), "notice: min(price paid, base price) × quantity × months left / 12"},
		{rulebook.AsPaid, yuan(6000), yuan(1000), "notice: price paid × quantity × months left / 12"},
		{rulebook.AtBase, yuan(4000), yuan(4000), "notice: base price × quantity × months left / 12"},
		{"0.8", yuan(3200), yuan(3200), "notice: base price × 0.8 × quantity × months left / 12"},
	} {
		above, err1 := c.formula.Of(yuan(6000), yuan(4000))
		less, err2 := c.formula.Of(yuan(1000), yuan(4000))
		says := reserve.BuyBack{Formula: c.formula, FormulaDocument: "notice"}.PriceRule()
		if err1 != nil || err2 != nil || above != c.above || less != c.less || says != c.says || c.formula.AsksBase() != (c.formula != rulebook.AsPaid) {
			t.Errorf("%s: %s, %s, %q (%v, %v)", c.formula, above, less, says, err1, err2)
		}
	}
	if says := (reserve.BuyBack{Offer: 1}).PriceRule(); says != "project default: price of the standing offer × quantity × months left / 12" {
		t.Errorf("of a standing offer: %q", says)
	}
}

// Whatever was acquired, the rows add up, none costs more than was paid or than
// the base price, and the whole is what its rows come to.
func TestPriceRows_AddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []*ledger.Acquisition
		var all quantity.Quantity
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			a := row(int64(i+1), quantity.Price(rapid.Int64Range(1, 1e9).Draw(t, "paid")), quantity.Quantity(rapid.Int64Range(1, 1e8).Draw(t, "left")))
			rows, all = append(rows, a), all+a.Remaining
		}
		q := quantity.Quantity(rapid.Int64Range(1, int64(all)).Draw(t, "quantity"))
		base, months := quantity.Price(rapid.Int64Range(1, 1e9).Draw(t, "base")), rapid.IntRange(1, 60).Draw(t, "months")
		priced, amount, err := reserve.PriceFormula("").PriceRows(rows, q, base, months)
		if errors.Is(err, reserve.ErrBuyBackAmount) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var sum quantity.Quantity
		var money quantity.Money
		for _, r := range priced {
			sum, money = sum+r.Quantity, money+r.Amount
			if r.Price > r.PricePaid || r.Price > base || r.Price != min(r.PricePaid, base) {
				t.Fatalf("%+v with the base price %s", r, base)
			}
		}
		if sum != q || money != amount {
			t.Fatalf("rows come to %s and %s, want %s and %s", sum, money, q, amount)
		}
	})
}

// Permits are taken back without payment where they were obtained free, or their
// unit is closed or its licence cancelled, or they lay idle or were abandoned; paid
// ones otherwise not.
func TestBuyBack_Reclaim(t *testing.T) {
	t.Parallel()
	for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
		for _, cause := range reserve.BuyBackCauses {
			b := reserve.BuyBack{Origin: origin, Cause: cause, Amount: 5}
			may := origin == ledger.Free || cause == reserve.UnitClosed || cause == reserve.LicenceCancelled || cause == reserve.Idle || cause == reserve.Abandoned
			after, err := b.Reclaim(20260701)
			if may != (err == nil) || !may && !errors.Is(err, reserve.ErrNoReclaim) || may && (!after.Reclaimed || after.Amount != 0 || after.PricedOn != 20260701) {
				t.Errorf("%s, %s: %+v, %v", origin, cause, after, err)
			}
		}
	}
}

// A finding of less than the quantity refuses it; a field that is wrong is named.
func TestBuyBack_Verify(t *testing.T) {
	t.Parallel()
	b := reserve.BuyBack{Origin: ledger.Free, Cause: reserve.Reduction, Quantity: 2 * one}
	good := reserve.Finding{Quantity: 2 * one, Rung: reserve.EmissionFactor, VerifiedOn: 20260701, Document: "d"}
	for want, change := range map[string]func(*reserve.Finding){
		"":                                       func(*reserve.Finding) {},
		"buy_back.verified_less quantity":        func(f *reserve.Finding) { f.Quantity-- },
		"reserve.quantity_not_positive quantity": func(f *reserve.Finding) { f.Quantity = 0 },
		"request.invalid rung":                   func(f *reserve.Finding) { f.Rung = "guess" },
		"request.invalid verified_on":            func(f *reserve.Finding) { f.VerifiedOn = 0 },
		"request.invalid document":               func(f *reserve.Finding) { f.Document = "" },
	} {
		f := good
		change(&f)
		after, err := b.Verify(f)
		if code(err) != want {
			t.Errorf("%+v: %v, want %q", f, err, want)
		}
		if err == nil && (after.Rung != f.Rung || after.Verified != f.Quantity || after.VerifiedDocument != "d") {
			t.Errorf("the finding is not recorded: %+v", after)
		}
	}
}

// Causes belong to who begins the buy-back.
func TestBuyBack_Validate(t *testing.T) {
	t.Parallel()
	b := reserve.BuyBack{Kind: reserve.Application, Cause: reserve.Abandoned, Quantity: one, Origin: ledger.Paid, Document: "d"}
	for want, change := range map[string]func(*reserve.BuyBack){
		"":                                       func(*reserve.BuyBack) {},
		"request.invalid cause":                  func(b *reserve.BuyBack) { b.Cause = reserve.Idle },
		"reserve.quantity_not_positive quantity": func(b *reserve.BuyBack) { b.Quantity = 0 },
		"request.invalid origin":                 func(b *reserve.BuyBack) { b.Origin = ledger.NoOrigin },
		"request.invalid document":               func(b *reserve.BuyBack) { b.Document = "" },
	} {
		c := b
		change(&c)
		if got := code(c.Validate()); got != want {
			t.Errorf("%+v: got %q, want %q", c, got, want)
		}
	}
	b.Kind, b.Cause = reserve.Compulsory, reserve.Idle
	if err := b.Validate(); err != nil {
		t.Errorf("compulsory for idleness: %v", err)
	}
}

// The bureau does not go on against the holder while an objection is open or
// may still be made; an application needs no such wait.
func TestBuyBack_Objection(t *testing.T) {
	t.Parallel()
	b := reserve.BuyBack{Kind: reserve.Compulsory, ObjectUntil: 20260708}
	if err := b.CheckImposed(20260708); !errors.Is(err, reserve.ErrObjectionTime) {
		t.Errorf("on the last day: %v", err)
	}
	if err := b.CheckImposed(20260709); err != nil {
		t.Errorf("after it: %v", err)
	}
	objected, err := b.Object(20260708, 20260715)
	if err != nil {
		t.Fatal(err)
	}
	if err := objected.CheckImposed(20260801); !errors.Is(err, reserve.ErrObjectionOpen) {
		t.Errorf("objected: %v", err)
	}
	if objected.IsOverdue(20260715) || !objected.IsOverdue(20260716) || b.IsOverdue(20260801) {
		t.Error("an answer is overdue after its last day")
	}
	if _, err := b.Object(20260709, 20260716); !errors.Is(err, reserve.ErrObjectionLate) {
		t.Errorf("after the last day: %v", err)
	}
	b.Kind = reserve.Application
	if err := b.CheckImposed(20260701); err != nil {
		t.Errorf("application: %v", err)
	}
}

// Fact 21: idle for 36 months exactly is not yet, one day more is.
func TestIdle_SweepableFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ since, from calendar.Date }{{20230701, 20260702}, {20240229, 20270301}, {20230831, 20260901}} {
		d := reserve.IdleDeclaration{State: reserve.IdleOpen, Since: c.since}
		if got := d.SweepableFrom(36); got != c.from {
			t.Errorf("idle since %s: sweepable from %s, want %s", c.since, got, c.from)
		}
	}
	d := reserve.IdleDeclaration{State: reserve.IdleOpen, Since: 20230701}
	for on, months := range map[calendar.Date]int32{20230730: 0, 20230801: 1, 20260630: 35, 20260701: 36, 20270701: 48} {
		if got := d.MonthsIdle(on); got != months {
			t.Errorf("on %s: %d months idle, want %d", on, got, months)
		}
	}
	if err := d.CheckSweep(); err != nil {
		t.Errorf("open: %v", err)
	}
	d.BuyBack = 7
	if err := d.CheckSweep(); !errors.Is(err, reserve.ErrIdleSwept) {
		t.Errorf("swept: %v", err)
	}
	if err := d.End(20260702, "d").CheckSweep(); !errors.Is(err, reserve.ErrIdleEnded) {
		t.Errorf("ended: %v", err)
	}
}

// Where nothing is paid, what has no price goes first.
func TestReclaimedRows(t *testing.T) {
	t.Parallel()
	rows := []*ledger.Acquisition{row(1, yuan(1000), one), row(2, 0, one), row(3, yuan(6000), 2*one)}
	used := reserve.ReclaimedRows(rows, 3*one)
	if len(used) != 3 || used[0].ID != 2 || used[1].ID != 1 || used[2].ID != 3 || used[2].Quantity != one {
		t.Errorf("%+v", used)
	}
}

// Whatever moves are made, a budget that takes them has buckets of at least
// zero that add up, and one that refuses them is unchanged.
func TestBudget_Apply(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := reserve.Budget{ID: 1, Region: "330421", FiscalYear: 2026, Source: "本级财政"}
		naive := map[string]quantity.Money{}
		for range 40 {
			move := rapid.SampledFrom(reserve.BudgetMoves).Draw(t, "move")
			amount := quantity.Money(rapid.Int64Range(-50, 200).Draw(t, "amount"))
			after, err := b.Apply(move, amount)
			if err == nil {
				naiveMove(naive, move, amount)
			} else if after != b {
				t.Fatalf("%s of %s was refused with %v and changed something", move, amount, err)
			}
			b = after
			for bucket, m := range map[string]quantity.Money{
				"approved": b.Approved, "committed": b.Committed, "paid": b.Paid, "lapsed": b.Lapsed, "carried": b.Carried, "left": b.Left(),
			} {
				if m < 0 || bucket != "left" && m != naive[bucket] {
					t.Fatalf("%s is %s, want %s (after %s of %s)", bucket, m, naive[bucket], move, amount)
				}
			}
		}
	})
}

func naiveMove(b map[string]quantity.Money, move reserve.BudgetMove, amount quantity.Money) {
	for bucket, sign := range map[reserve.BudgetMove]map[string]quantity.Money{
		reserve.BudgetApproved: {"approved": 1}, reserve.BudgetCarryIn: {"approved": 1}, reserve.BudgetCommit: {"committed": 1},
		reserve.BudgetRelease: {"committed": -1}, reserve.BudgetPay: {"committed": -1, "paid": 1}, reserve.BudgetFail: {"committed": 1, "paid": -1},
		reserve.BudgetRefund: {"paid": -1}, reserve.BudgetLapse: {"lapsed": 1}, reserve.BudgetCarryOut: {"carried": 1},
	}[move] {
		b[bucket] += sign * amount
	}
}

// A budget stops when it is used up and says what is left; it is spent in its
// own region and year, and lapses or is carried over when that is over.
func TestBudget_Refusals(t *testing.T) {
	t.Parallel()
	b := reserve.Budget{ID: 3, Region: "330421", FiscalYear: 2026, Source: "本级财政", Approved: 100_00, Committed: 30_00, Paid: 20_00}
	_, err := b.Apply(reserve.BudgetCommit, 50_01)
	const want = "budget.used_up: budget 3 (330421 2026, 本级财政) has CNY 50.00 left, committed are CNY 30.00 and paid CNY 20.00; CNY 50.01 is needed"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if after, err := b.Apply(reserve.BudgetCommit, 50_00); err != nil || after.Left() != 0 {
		t.Errorf("the rest: %+v, %v", after, err)
	}
	for _, c := range []struct {
		got  error
		want error
	}{
		{b.CheckSpend("330421", 20261231), nil},
		{b.CheckSpend("330402", 20261231), reserve.ErrBudgetRegion},
		{b.CheckSpend("330421", 20270101), reserve.ErrBudgetYear},
		{b.CheckYearEnd(20261231), reserve.ErrBudgetRunning},
		{b.CheckYearEnd(20270101), nil},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

// A standing offer takes what it is for, as long as it lasts.
func TestStandingOffer_Take(t *testing.T) {
	t.Parallel()
	o := reserve.StandingOffer{Region: "330421", Pollutant: "VOCs", Remaining: one, Until: 20261231, State: reserve.OfferOpen}
	for _, c := range []struct {
		region, pollutant string
		q                 quantity.Quantity
		today             calendar.Date
		want              error
	}{
		{"330421", "VOCs", one, 20261231, nil},
		{"330421", "VOCs", one + 1, 20261231, reserve.ErrOfferUsedUp},
		{"330421", "VOCs", one, 20270101, reserve.ErrOfferClosed},
		{"330402", "VOCs", one, 20260701, reserve.ErrOtherOffer},
		{"330421", "COD", one, 20260701, reserve.ErrOtherOffer},
	} {
		after, err := o.Take(c.region, c.pollutant, c.q, c.today)
		if !errors.Is(err, c.want) || err == nil && after.Remaining != o.Remaining-c.q || err != nil && after != o {
			t.Errorf("%+v: %+v, %v", c, after, err)
		}
	}
	o.State = reserve.OfferClosed
	if _, err := o.Take("330421", "VOCs", 1, 20260701); !errors.Is(err, reserve.ErrOfferClosed) {
		t.Errorf("closed: %v", err)
	}
}
