package settlement_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// crossDeal is a deal between two regions with terms that are in order.
func crossDeal() settlement.Deal {
	return settlement.Deal{
		ID: 7, Kind: settlement.CrossRegion, State: settlement.DealProposed, Proposer: settlement.BuyerSide,
		SellerParty: 1, SellerLicence: 11, SellerRegion: "310118", BuyerParty: 2, BuyerLicence: 12, BuyerRegion: "330421",
		Instrument: 3, Pollutant: "VOCs", Quantity: 5_120_000, Price: 2397 * quantity.OnePrice, Months: 60,
		Payment: settlement.EscrowPayment, Coefficient: quantity.OneRatio, OffsetRatio: quantity.OneRatio, LotSize: settlement.DealLotSize,
		Project: 5, ProjectName: "涂布线", CapEffect: settlement.CapPermanent, CapDocument: "made-up No. 1",
		NeedsSellerBureau: true, NeedsBuyerBureau: true, NeedsUpper: true,
	}
}

func localDeal() settlement.Deal {
	d := crossDeal()
	d.Kind, d.BuyerRegion, d.CapEffect, d.CapDocument, d.Project = settlement.Local, d.SellerRegion, settlement.NoCapEffect, "", 0
	d.NeedsSellerBureau, d.NeedsBuyerBureau, d.NeedsUpper = false, false, false
	return d
}

// The first cross-province batch (fact 17): 13.257 t for CNY 158,900.00 in
// all; the split by deal is made up.
func TestDeal_Reckon_FirstBatch(t *testing.T) {
	t.Parallel()
	var quantitySum quantity.Quantity
	var amountSum quantity.Money
	for _, c := range []struct {
		quantity quantity.Quantity
		price    quantity.Price
		amount   string
	}{
		{5_120_000, 2397, "61363.20"},
		{5_000_000, 2397, "59925.00"},
		{166_000, 2397, "1989.51"},
		{2_971_000, 2398, "35622.29"},
	} {
		d := crossDeal()
		d.Quantity, d.Price = c.quantity, c.price*quantity.OnePrice
		d, err := d.Reckon()
		if err != nil || d.Amount.String() != c.amount {
			t.Errorf("%s t/a at CNY %s: got CNY %s, %v; want %s", d.Quantity, d.Price, d.Amount, err, c.amount)
		}
		if d.Arriving != d.Quantity || d.Delivered != d.Quantity || d.Retired != 0 {
			t.Errorf("%s t/a: got %+v", d.Quantity, d.Outcome())
		}
		quantitySum += d.Quantity
		amountSum += d.Amount
	}
	average, err := quantity.MeanPrice(amountSum, quantitySum, 2, quantity.HalfUp)
	if quantitySum.String() != "13.257" || amountSum.String() != "158900.00" || average.String() != "11986.12" || err != nil {
		t.Errorf("got %s t for CNY %s, CNY %s/t, %v", quantitySum, amountSum, average, err)
	}
}

// The amount is rounded half-up, the quantities down, and what is left of the
// offset share is retired, so that nothing is lost.
func TestDeal_Reckon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                         string
		q                            quantity.Quantity
		price                        quantity.Price
		months                       int32
		k, r                         quantity.Ratio
		arriving, delivered, retired string
		amount                       string
	}{
		{"offset 2", 2_469_000, 10_000, 12, 1_000_000, 2_000_000, "2.469", "1.2345", "1.2345", "2.47"},
		{"offset 1.2 rounds down (fact 9)", 3_875_000, 10_000, 12, 1_000_000, 1_200_000, "3.875", "3.2291", "0.6459", "3.88"},
		{"offset 1.5 (fact 8)", 1_500_000, 40_000_000, 60, 1_000_000, 1_500_000, "1.5", "1", "0.5", "30000.00"},
		{"coefficient 0.8", 1_000_000, 10_000, 12, 800_000, 1_000_000, "0.8", "0.8", "0", "1.00"},
		{"coefficient and offset", 1_000_000, 10_000, 12, 333_333, 2_000_000, "0.333333", "0.1666", "0.166733", "1.00"},
		{"below half a fen", 100, 25_000, 24, 1_000_000, 1_000_000, "0.0001", "0.0001", "0", "0.00"},
		{"half a fen rounds up", 10_000, 5_000, 12, 1_000_000, 1_000_000, "0.01", "0.01", "0", "0.01"},
	} {
		d := crossDeal()
		d.Quantity, d.Price, d.Months, d.Coefficient, d.OffsetRatio = c.q, c.price, c.months, c.k, c.r
		d, err := d.Reckon()
		if c.amount == "0.00" {
			if !errors.Is(err, settlement.ErrAmountZero) {
				t.Errorf("%s: got %v", c.name, err)
			}
			continue
		}
		got := []string{d.Arriving.String(), d.Delivered.String(), d.Retired.String(), d.Amount.String()}
		if diff := cmp.Diff([]string{c.arriving, c.delivered, c.retired, c.amount}, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
	d := crossDeal()
	d.Quantity, d.Coefficient = settlement.DealLotSize, 500_000
	if _, err := d.Reckon(); !errors.Is(err, settlement.ErrNothingDelivered) {
		t.Errorf("half a lot: got %v", err)
	}
	d = crossDeal()
	d.Quantity, d.Price = 1<<61/100*100, 1<<61
	if _, err := d.Reckon(); !errors.Is(err, quantity.ErrOverflow) {
		t.Errorf("too much: got %v", err)
	}
}

// Terms that do not hold together are refused with the field that is wrong, in
// the documented order.
func TestDeal_CheckTerms(t *testing.T) {
	t.Parallel()
	local := func(change func(*settlement.Deal)) settlement.Deal { d := localDeal(); change(&d); return d }
	cross := func(change func(*settlement.Deal)) settlement.Deal { d := crossDeal(); change(&d); return d }
	invalid := fault.Invalidf("", "")
	for _, c := range []struct {
		name  string
		deal  settlement.Deal
		want  error
		field string
	}{
		{"local", local(func(*settlement.Deal) {}), nil, ""},
		{"local with a project and an offset", local(func(d *settlement.Deal) { d.Project, d.OffsetRatio = 5, 1_500_000 }), nil, ""},
		{"cross", cross(func(*settlement.Deal) {}), nil, ""},
		{"returns", cross(func(d *settlement.Deal) { d.CapEffect = settlement.CapReturnsAtTerm }), nil, ""},
		{"kind", cross(func(d *settlement.Deal) { d.Kind = "x" }), invalid, "kind"},
		{"proposer", cross(func(d *settlement.Deal) { d.Proposer = "" }), invalid, "proposer"},
		{"payment", cross(func(d *settlement.Deal) { d.Payment = "cash" }), invalid, "payment"},
		{"control character", cross(func(d *settlement.Deal) { d.Note = "a\x00b" }), invalid, "note"},
		{"itself", cross(func(d *settlement.Deal) { d.BuyerParty = d.SellerParty }), settlement.ErrOwnDeal, "buyer_party"},
		{"no quantity", cross(func(d *settlement.Deal) { d.Quantity = 0 }), invalid, "quantity"},
		{"negative", cross(func(d *settlement.Deal) { d.Quantity = -100 }), invalid, "quantity"},
		{"no price", cross(func(d *settlement.Deal) { d.Price = 0 }), invalid, "price"},
		{"no months", cross(func(d *settlement.Deal) { d.Months = 0 }), invalid, "months"},
		{"off lot", cross(func(d *settlement.Deal) { d.Quantity = 99 }), settlement.ErrDealLot, "quantity"},
		{"three decimals are a multiple of four", cross(func(d *settlement.Deal) { d.Quantity = 13_257_000 }), nil, ""},
		{"offset below one", cross(func(d *settlement.Deal) { d.OffsetRatio = 999_999 }), invalid, "offset_ratio"},
		{"offset without project", local(func(d *settlement.Deal) { d.OffsetRatio, d.Project, d.ProjectName = 2_000_000, 0, "" }), settlement.ErrOffsetWithoutProject, "offset_ratio"},
		{"local across", local(func(d *settlement.Deal) { d.BuyerRegion = "330421" }), settlement.ErrDealKind, "kind"},
		{"local with a cap", local(func(d *settlement.Deal) { d.CapEffect = settlement.CapPermanent }), settlement.ErrNoCapMoves, "cap_effect"},
		{"cross within", cross(func(d *settlement.Deal) { d.BuyerRegion = d.SellerRegion }), settlement.ErrDealKind, "kind"},
		{"no project", cross(func(d *settlement.Deal) { d.Project, d.ProjectName = 0, "" }), settlement.ErrProjectMissing, "project"},
		{"no cap effect", cross(func(d *settlement.Deal) { d.CapEffect = "" }), settlement.ErrCapEffectMissing, "cap_effect"},
		{"no cap document", cross(func(d *settlement.Deal) { d.CapDocument = "" }), settlement.ErrCapDocumentMissing, "cap_document"},
		{"cap effect", cross(func(d *settlement.Deal) { d.CapEffect = "maybe" }), invalid, "cap_effect"},
	} {
		err := c.deal.CheckTerms()
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		f, _ := fault.As(err)
		if !errors.Is(err, c.want) || f.Field != c.field || f.Kind != fault.Invalid {
			t.Errorf("%s: got %v; want %v at %s", c.name, err, c.want, c.field)
		}
	}
}

// Only a settled cross-region deal that was neither reversed nor returned
// moves a cap.
func TestDeal_CapChange(t *testing.T) {
	t.Parallel()
	d := crossDeal()
	d.Coefficient = 800_000
	d, err := d.Reckon()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name                        string
		transfer, reversal, returns int64
		seller, buyer               string
	}{
		{"open", 0, 0, 0, "0", "0"},
		{"settled", 1, 0, 0, "-5.12", "4.096"},
		{"reversed", 1, 2, 0, "0", "0"},
		{"returned", 1, 0, 2, "0", "0"},
	} {
		d.Transfer, d.Reversal, d.CapReturn = c.transfer, c.reversal, c.returns
		if s, b, o := d.CapChange("310118"), d.CapChange("330421"), d.CapChange("330400"); s.String() != c.seller || b.String() != c.buyer || o != 0 {
			t.Errorf("%s: got %s, %s, %s", c.name, s, b, o)
		}
	}
	l := localDeal()
	l.Transfer = 1
	if l.CapChange("310118") != 0 {
		t.Error("a local deal moves a cap")
	}
}

// One person cannot stand for both sides, nor hold two offices in one deal.
func TestDeal_MayAct(t *testing.T) {
	t.Parallel()
	d := crossDeal()
	d.ProposedBy = 5
	h := settlement.History{{Event: settlement.SellerSign, Person: 6, Role: settlement.AsSeller}, {Event: settlement.Lapse, Role: settlement.AsSystem}}
	for _, c := range []struct {
		person int64
		role   settlement.DealRole
		ok     bool
	}{
		{5, settlement.AsBuyer, true},
		{5, settlement.AsSeller, false},
		{5, settlement.AsUpper, false},
		{6, settlement.AsSeller, true},
		{6, settlement.AsBuyerBureau, false},
		{7, settlement.AsBuyer, true},
		{0, settlement.AsSystem, true},
	} {
		if err := d.MayAct(h, c.person, c.role); (err == nil) != c.ok || err != nil && !errors.Is(err, settlement.ErrOneSide) {
			t.Errorf("person %d as %s: got %v", c.person, c.role, err)
		}
	}
}

// book is a ledger with the accounts of one deal.
type book struct {
	*ledger.Ledger
	next int64
}

func newBook(d settlement.Deal) *book {
	b := &book{Ledger: ledger.New(), next: 1}
	legs := append(d.FundTransfer().Legs, d.SettleTransfer().Legs...)
	legs = append(legs, d.CapReturnTransfer().Legs...)
	for _, leg := range legs {
		for _, k := range []ledger.Key{leg.Debit, leg.Credit, ledger.PermitKey(ledger.Retired, d.BuyerRegion, d.Pollutant)} {
			if _, open := b.Find(k); !open {
				b.Open(ledger.Account{
					ID: ledger.AccountID(b.Len() + 1), Kind: k.Kind, Origin: k.Origin, Region: k.Region,
					Pollutant: k.Pollutant, Party: k.Party, Licence: k.Licence, Instrument: k.Instrument,
				})
			}
		}
	}
	return b
}

// post makes a transfer that Check allows.
func (b *book) post(t *rapid.T, tr ledger.Transfer) {
	t.Helper()
	if err := b.Check(tr); err != nil {
		t.Fatalf("%s: %v", tr.Reason, err)
	}
	b.next += int64(len(b.Post(tr, 1, b.next, nil)))
}

func (b *book) amount(k ledger.Key) int64 { return b.Balance(k).Balance }

func (b *book) hold(k ledger.Key, amount int64) {
	id, _ := b.Find(k)
	b.Hold(id, amount, 1)
}

// amounts are the balances that a deal can touch.
func (b *book) amounts() map[ledger.Key]int64 {
	out := map[ledger.Key]int64{}
	b.Each(func(a ledger.Account, bal ledger.Balance) {
		if bal.Balance != 0 {
			out[a.Key()] = bal.Balance
		}
	})
	return out
}

// draw makes a deal of one of the kinds with any terms: at least ten lots and
// CNY 100, so that something arrives and something is paid.
func draw(t *rapid.T, kinds ...settlement.DealKind) settlement.Deal {
	t.Helper()
	d := crossDeal()
	if rapid.SampledFrom(kinds).Draw(t, "kind") == settlement.Local {
		d = localDeal()
		d.Project = 5
	}
	d.Quantity = quantity.Quantity(rapid.Int64Range(10, 1_000_000).Draw(t, "lots")) * settlement.DealLotSize
	d.Price = quantity.Price(rapid.Int64Range(100, 100_000).Draw(t, "price"))*quantity.OnePrice + quantity.Price(rapid.Int64Range(0, 9999).Draw(t, "fraction"))
	d.Months = rapid.Int32Range(1, 120).Draw(t, "months")
	d.OffsetRatio = quantity.Ratio(rapid.SampledFrom([]int64{1_000_000, 1_200_000, 1_500_000, 2_000_000}).Draw(t, "r"))
	if d.Kind == settlement.CrossRegion {
		d.Coefficient = quantity.Ratio(rapid.SampledFrom([]int64{1_000_000, 800_000, 333_333, 1_250_000}).Draw(t, "k"))
	}
	if rapid.Bool().Draw(t, "direct") {
		d.Payment = settlement.DirectPayment
	}
	d, err := d.Reckon()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A settlement moves exactly what was agreed, keeps both basic accounts whole,
// and a reversal restores every balance (fact 50).
func TestDeal_SettleAndReverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, settlement.DealKinds...)
		b := newBook(d)
		permits(t, b, d)
		before := b.amounts()
		b.hold(d.SellerKey(), int64(d.Quantity))
		if d.Payment == settlement.EscrowPayment {
			b.post(t, d.FundTransfer())
			b.hold(ledger.MoneyKey(ledger.Escrow), int64(d.Amount))
		}
		b.post(t, d.SettleTransfer())
		settled(t, b, d, before)
		b.post(t, d.ReverseTransfer())
		if diff := cmp.Diff(before, b.amounts()); diff != "" {
			t.Fatalf("the reversal does not restore:\n%s", diff)
		}
		whole(t, b)
	})
}

// permits gives the seller permits and the buyer money, and each region an
// unallocated rest.
func permits(t *rapid.T, b *book, d settlement.Deal) {
	t.Helper()
	seller, buyer := ledger.PermitKey(ledger.Cap, d.SellerRegion, d.Pollutant), ledger.PermitKey(ledger.Cap, d.BuyerRegion, d.Pollutant)
	legs := []ledger.Leg{
		{Debit: seller, Credit: d.SellerKey(), Amount: int64(d.Quantity) + 500},
	}
	if d.Kind == settlement.CrossRegion {
		legs = append(legs, ledger.Leg{Debit: buyer, Credit: ledger.PermitKey(ledger.Unallocated, d.BuyerRegion, d.Pollutant), Amount: 2 * int64(d.Quantity)})
	}
	b.open(ledger.MoneyKey(ledger.Bank))
	legs = append(legs, ledger.Leg{Debit: ledger.MoneyKey(ledger.Bank), Credit: ledger.FundsKey(d.BuyerParty), Amount: int64(d.Amount) + 7})
	for _, leg := range legs {
		b.open(leg.Debit)
		b.open(leg.Credit)
	}
	b.post(t, ledger.Transfer{Reason: ledger.Opening, Legs: legs})
}

func (b *book) open(k ledger.Key) {
	if _, ok := b.Find(k); !ok {
		b.Open(ledger.Account{
			ID: ledger.AccountID(b.Len() + 1), Kind: k.Kind, Origin: k.Origin, Region: k.Region,
			Pollutant: k.Pollutant, Party: k.Party, Licence: k.Licence, Instrument: k.Instrument,
		})
	}
}

func settled(t *rapid.T, b *book, d settlement.Deal, before map[ledger.Key]int64) {
	t.Helper()
	q, arriving, delivered, retired := int64(d.Quantity), int64(d.Arriving), int64(d.Delivered), int64(d.Retired)
	if delivered+retired != arriving || d.Coefficient == quantity.OneRatio && arriving != q {
		t.Fatalf("%d are given, %d arrive, %d are delivered, %d retired", q, arriving, delivered, retired)
	}
	change := func(k ledger.Key) int64 { return b.amount(k) - before[k] }
	sellerCap, buyerCap := ledger.PermitKey(ledger.Cap, d.SellerRegion, d.Pollutant), ledger.PermitKey(ledger.Cap, d.BuyerRegion, d.Pollutant)
	wantSeller, wantBuyer := -q, arriving
	if d.Kind == settlement.Local {
		wantSeller, wantBuyer = 0, 0
	}
	d.Transfer = 1
	if change(sellerCap) != wantSeller || change(buyerCap) != wantBuyer ||
		d.Kind == settlement.CrossRegion && (int64(d.CapChange(d.SellerRegion)) != wantSeller || int64(d.CapChange(d.BuyerRegion)) != wantBuyer) {
		t.Fatalf("the caps change by %d and %d; want %d and %d", change(sellerCap), change(buyerCap), wantSeller, wantBuyer)
	}
	if change(d.SellerKey()) != -q || change(d.BuyerKey()) != delivered ||
		change(ledger.PermitKey(ledger.Retired, d.BuyerRegion, d.Pollutant)) != retired {
		t.Fatal("the permits do not move as agreed")
	}
	paid := int64(d.Amount)
	if d.Payment == settlement.DirectPayment {
		paid = 0
	}
	if change(ledger.FundsKey(d.BuyerParty)) != -paid || change(ledger.FundsKey(d.SellerParty)) != paid || change(ledger.MoneyKey(ledger.Escrow)) != 0 {
		t.Fatal("the money does not move as agreed")
	}
	whole(t, b)
}

// whole checks that each region's cap is the sum of its parts, and the bank of
// all money.
func whole(t *rapid.T, b *book) {
	t.Helper()
	sums := map[ledger.Asset]int64{}
	b.Each(func(a ledger.Account, bal ledger.Balance) {
		if a.Kind.IsContra() {
			sums[a.Key().Asset()] -= bal.Balance
		} else {
			sums[a.Key().Asset()] += bal.Balance
		}
	})
	for asset, sum := range sums {
		if sum != 0 {
			t.Fatalf("%v does not add up: %d", asset, sum)
		}
	}
}

// When the term ends the holding returns to unallocated, and then the cap to
// where it came from; the retired part stays.
func TestDeal_CapReturn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, settlement.CrossRegion)
		d.Payment = settlement.DirectPayment
		b := newBook(d)
		permits(t, b, d)
		before := b.amounts()
		b.hold(d.SellerKey(), int64(d.Quantity))
		b.post(t, d.SettleTransfer())
		unallocated := ledger.PermitKey(ledger.Unallocated, d.BuyerRegion, d.Pollutant)
		b.post(t, ledger.Transfer{Reason: ledger.TermEnd, Legs: []ledger.Leg{{Debit: d.BuyerKey(), Credit: unallocated, Amount: int64(d.Delivered)}}})
		b.post(t, d.CapReturnTransfer())
		for _, region := range []string{d.SellerRegion, d.BuyerRegion} {
			key := ledger.PermitKey(ledger.Cap, region, d.Pollutant)
			if b.amount(key) != before[key] {
				t.Fatalf("the cap of %s does not return", region)
			}
		}
		if b.amount(unallocated) != before[unallocated]-int64(d.Retired) {
			t.Fatal("the buyer region does not make the retired part good")
		}
		whole(t, b)
	})
}

// Money in escrow goes back whole when a deal comes to nothing.
func TestDeal_Refund(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, settlement.DealKinds...)
		b := newBook(d)
		permits(t, b, d)
		before := b.amounts()
		b.post(t, d.FundTransfer())
		b.post(t, d.RefundTransfer())
		if diff := cmp.Diff(before, b.amounts()); diff != "" {
			t.Fatal(diff)
		}
	})
}
