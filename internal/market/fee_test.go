package market

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Facts 15 and 16 of the field: what Chengdu and Guangdong publish, and what
// half of it is for a single bidder at the list price.
func TestTariff_Facts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheme        FeeScheme
		amount        int64 // CNY
		single        bool
		buyer, seller string
	}{
		{NoFee, 12_000_000, false, "0.00", "0.00"},
		{Chengdu, 2_000_000, false, "20000.00", "10000.00"},
		{Chengdu, 12_000_000, false, "64000.00", "32000.00"},
		{Chengdu, 12_000_000, true, "32000.00", "16000.00"},
		{Chengdu, 100_000_000, false, "180000.00", "95000.00"},
		{Chengdu, 200_000_000, false, "210000.00", "115000.00"},
		{Guangdong, 6_000_000, false, "87500.00", "87500.00"}, // 175,000 together
		{Guangdong, 12_000_000, false, "157500.00", "157500.00"},
		{Guangdong, 1_000, false, "1000.00", "1000.00"}, // the minimum of 2,000 together
	} {
		tariff := TariffOf(c.scheme)
		amount := quantity.Money(c.amount) * yuan
		if buyer, seller := tariff.Fee(Buy, amount, c.single), tariff.Fee(Sell, amount, c.single); buyer.String() != c.buyer || seller.String() != c.seller {
			t.Errorf("%s, %d CNY, single %t: %s and %s, want %s and %s", c.scheme, c.amount, c.single, buyer, seller, c.buyer, c.seller)
		}
	}
}

func TestTariff_Validate(t *testing.T) {
	t.Parallel()
	for _, s := range FeeSchemes {
		if err := TariffOf(s).Validate(); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for name, c := range map[string]struct {
		change func(*Tariff)
		want   *fault.Error
	}{
		"no last tier":   {func(t *Tariff) { t.Tiers = t.Tiers[:2] }, ErrFeeTiers},
		"not rising":     {func(t *Tariff) { t.Tiers[1].Through = t.Tiers[0].Through }, ErrFeeTiers},
		"end in between": {func(t *Tariff) { t.Tiers[1].Through = 0 }, ErrFeeTiers},
		"too many":       {func(t *Tariff) { t.Tiers = make([]FeeTier, FeesTiersMax+1) }, ErrFeeTiers},
		"rate of 1":      {func(t *Tariff) { t.Tiers[0].Seller = quantity.OneRatio }, ErrFeeRate},
		"rate below 0":   {func(t *Tariff) { t.Tiers[0].Buyer = -1 }, ErrFeeRate},
		"minimum":        {func(t *Tariff) { t.Minimum = -1 }, fault.Invalidf("", "")},
		"waiver":         {func(t *Tariff) { t.WaivedBelow = feeMost + 1 }, fault.Invalidf("", "")},
		"single bidder":  {func(t *Tariff) { t.SingleBidder = 0 }, fault.Invalidf("", "")},
	} {
		tariff := TariffOf(Chengdu)
		c.change(&tariff)
		if err := tariff.Validate(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func tariffs() *rapid.Generator[Tariff] {
	return rapid.Custom(func(t *rapid.T) Tariff {
		tariff := TariffOf(OwnFee)
		tariff.Progressive = rapid.Bool().Draw(t, "progressive")
		tariff.Minimum = quantity.Money(rapid.Int64Range(0, 300).Draw(t, "minimum"))
		tariff.WaivedBelow = quantity.Money(rapid.Int64Range(0, 500).Draw(t, "waived below"))
		rate := rapid.Map(rapid.Int64Range(0, 999_999), func(n int64) quantity.Ratio { return quantity.Ratio(n) })
		through := quantity.Money(0)
		for n := rapid.IntRange(1, 4).Draw(t, "tiers"); n > 0; n-- {
			if through += quantity.Money(rapid.Int64Range(1, 2_000).Draw(t, "width")); n == 1 {
				through = 0
			}
			tariff.Tiers = append(tariff.Tiers, FeeTier{Through: through, Buyer: rate.Draw(t, "buyer"), Seller: rate.Draw(t, "seller")})
		}
		return tariff
	})
}

// A fee is that of an obvious sum of fractions, for amounts as large as there are.
func TestTariff_EqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tariff := tariffs().Draw(rt, "tariff")
		amount := quantity.Money(rapid.OneOf(rapid.Int64Range(0, 10_000), rapid.Int64Range(math.MaxInt64-9, math.MaxInt64)).Draw(rt, "amount"))
		single := rapid.Bool().Draw(rt, "single")
		tariff.SingleBidder = quantity.Ratio(rapid.Int64Range(1, 1_000_000).Draw(rt, "share"))
		for _, side := range []Side{Buy, Sell} {
			if got, want := tariff.Fee(side, amount, single), naiveFee(tariff, side, amount, single); got != want {
				rt.Fatalf("%v of %s is %s, want %s", side, amount, got, want)
			}
		}
	})
}

func naiveFee(t Tariff, side Side, amount quantity.Money, single bool) quantity.Money {
	if amount < t.WaivedBelow || amount == 0 {
		return 0
	}
	sum, best, below := new(big.Rat), t.Minimum, quantity.Money(0)
	for _, tier := range t.Tiers {
		end := tier.Through
		if end == 0 || end > amount {
			end = amount
		}
		base := end
		if t.Progressive {
			base -= below
		} else {
			sum.SetInt64(0)
		}
		rate := tier.Buyer
		if side == Sell {
			rate = tier.Seller
		}
		part := new(big.Rat).Mul(big.NewRat(int64(base), 1), big.NewRat(int64(rate), 1_000_000))
		if sum.Add(sum, part); end == amount || !t.Progressive {
			share := int64(1_000_000)
			if single {
				share = int64(t.SingleBidder)
			}
			half := new(big.Rat).Add(new(big.Rat).Mul(sum, big.NewRat(share, 1_000_000)), big.NewRat(1, 2))
			best = max(best, quantity.Money(new(big.Int).Quo(half.Num(), half.Denom()).Int64()))
		}
		if below = end; end == amount {
			break
		}
	}
	return best
}

// However an order is filled, its fees sum to that of the whole, its hold
// covers them at every moment, and no fill of a sale takes more than it brings.
func TestTariff_PartsSumToTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tariff := tariffs().Draw(rt, "tariff")
		limit := quantity.Price(rapid.Int64Range(1, 200_000).Draw(rt, "limit"))
		left := quantity.Quantity(rapid.Int64Range(1, 50_000_000).Draw(rt, "quantity"))
		months := rapid.IntRange(1, 60).Draw(rt, "months")
		cost := func(p quantity.Price, q quantity.Quantity) quantity.Money {
			c, err := Cost(p, q, months)
			if err != nil {
				rt.Fatal(err)
			}
			return c
		}
		hold, err := tariff.HoldWithFee(cost(limit, left), 0, 0)
		if err != nil {
			rt.Fatal(err)
		}
		var amount, bought, sold quantity.Money // and the fees of a buy and of a sell
		for left > 0 {
			q := quantity.Quantity(rapid.Int64Range(1, int64(left)).Draw(rt, "fill"))
			price := quantity.Price(rapid.Int64Range(1, int64(limit)).Draw(rt, "price"))
			left -= q
			c := cost(price, q)
			amount += c
			fee := tariff.Charge(Buy, amount, bought, c)
			bought += fee
			keep, err := tariff.HoldWithFee(cost(limit, left), amount, bought)
			if err != nil || hold-c-fee < keep {
				rt.Fatalf("%s are held, the fill takes %s and %s, %s are to be kept (%v)", hold, c, fee, keep, err)
			}
			hold = keep
			taken := tariff.Charge(Sell, amount, sold, c)
			if sold += taken; taken > c {
				rt.Fatalf("a fill of %s takes a fee of %s", c, taken)
			}
		}
		if want := tariff.Fee(Buy, amount, false); bought != want {
			rt.Fatalf("the buy was charged %s, want %s", bought, want)
		}
		if due := tariff.Fee(Sell, amount, false); sold > min(due, amount) {
			rt.Fatalf("the sell was charged %s of %s, it brought %s", sold, due, amount)
		}
	})
}

// Each fee comes with its formula, whose figures are those by hand.
func TestTariff_Formula(t *testing.T) {
	t.Parallel()
	whole := TariffOf(OwnFee)
	whole.Progressive, whole.WaivedBelow = false, 2_000*yuan
	whole.Tiers = []FeeTier{{Through: 1_000_000 * yuan, Buyer: 20_000}, {Buyer: 10_000}}
	for _, c := range []struct {
		tariff         Tariff
		amount         int64
		single, exempt bool
		want           string
	}{
		{TariffOf(NoFee), 1, false, false, "no fee"},
		{TariffOf(Guangdong), 6_000_000, false, false, "CNY 5000000.00 × 0.015 + CNY 1000000.00 × 0.0125, at least CNY 1000.00 = CNY 87500.00, rounded half-up to the fen"},
		{TariffOf(Guangdong), 1_000, false, false, "CNY 1000.00 × 0.015, at least CNY 1000.00 = CNY 1000.00, rounded half-up to the fen"},
		{TariffOf(Guangdong), 6_000_000, false, true, "no fee: the state funds the party wholly"},
		{TariffOf(Chengdu), 2_000_000, true, false, "(CNY 2000000.00 × 0.01) × 0.5 for a single bidder = CNY 10000.00, rounded half-up to the fen"},
		{whole, 1_999, false, false, "no fee: less than CNY 2000.00"},
		{whole, 1_500_000, false, false, "CNY 1000000.00 × 0.02 = CNY 20000.00, rounded half-up to the fen"}, // no less than at the end of the lower tier
		{whole, 3_000_000, false, false, "CNY 3000000.00 × 0.01 = CNY 30000.00, rounded half-up to the fen"},
	} {
		if got := c.tariff.Formula(Buy, quantity.Money(c.amount)*yuan, c.single, c.exempt); got != c.want {
			t.Errorf("%s of %d: %s, want %s", c.tariff.Scheme, c.amount, got, c.want)
		}
	}
	if TariffOf(Guangdong).Exempt != StateFundedExempt || TariffOf(Chengdu).Exempt != NobodyExempt {
		t.Error("Guangdong exempts institutions that the state funds wholly, Chengdu nobody")
	}
}
