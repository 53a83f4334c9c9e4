package market_test

import (
	"testing"

	"permitx/internal/market"
	"permitx/internal/quantity"
)

const fen quantity.Price = 100 // 0.01 CNY

func price(t *testing.T, s string) quantity.Price {
	t.Helper()
	p, err := quantity.ParsePrice("price", s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Facts 39 and 40: the bands of the national market and of Hubei, half up to
// the tick of 0.01 CNY.
func TestBandOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		close     string
		ratio     quantity.Ratio
		low, high string
	}{
		{"79.00", market.ListedBand, "71.10", "86.90"},
		{"79.00", market.BlockBand, "55.30", "102.70"},
		{"77.77", market.ListedBand, "69.99", "85.55"},
		{"22.37", market.ListedBand, "20.13", "24.61"},
	} {
		b, err := market.BandOf(price(t, c.close), c.ratio, fen)
		if err != nil || b.Low != price(t, c.low) || b.High != price(t, c.high) {
			t.Errorf("%s ± %s: %+v (%v), want %s to %s", c.close, c.ratio, b, err, c.low, c.high)
		}
		if !b.Holds(b.Low) || !b.Holds(b.High) || b.Holds(b.Low-fen) || b.Holds(b.High+fen) {
			t.Errorf("%s: the limits of %+v are in it, and nothing beyond", c.close, b)
		}
	}
	for _, none := range [][2]int64{{0, 100_000}, {790_000, 0}} {
		if b, err := market.BandOf(quantity.Price(none[0]), quantity.Ratio(none[1]), fen); b != nil || err != nil || !b.Holds(1) {
			t.Errorf("a band without a close or a ratio: %+v %v", b, err)
		}
	}
}

// Fact 40: a bid of 25 and an ask of 24 trade at 24.60 after a trade at 24.60,
// and at 25 after one at 26.
func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"24.60", "24.60"}, {"26", "25"}, {"23", "24"}, {"25", "25"}} {
		if got := market.Median(price(t, "25"), price(t, "24"), price(t, c[0])); got != price(t, c[1]) {
			t.Errorf("after %s: %s, want %s", c[0], got, c[1])
		}
	}
}

// A close is the mean of the day's last five trades by volume, of all where
// there are fewer, and the close before where there is none.
func TestQuote_CloseOn(t *testing.T) {
	t.Parallel()
	var q market.Quote
	if _, has := q.CloseOn(20260701, fen); has {
		t.Error("a close without a trade or a close before")
	}
	add := func(p string, volume int64) {
		q = q.Add(market.Trade{ID: q.LastTrade + 1, Price: price(t, p), Quantity: quantity.Quantity(volume) * quantity.OneQuantity}, 20260701)
	}
	add("24.00", 1)
	add("25.00", 2)
	if c, has := q.CloseOn(20260701, fen); !has || c.Price != price(t, "24.67") || c.Trades != 2 { // 74 ÷ 3 = 24.666…
		t.Errorf("two trades: %+v", c)
	}
	for range 4 {
		add("30.00", 1)
	}
	c, _ := q.CloseOn(20260701, fen)
	if c.Price != price(t, "28.33") || c.Trades != 5 || c.LastTrade != 6 || c.Volume != 6*quantity.OneQuantity { // (2×25 + 4×30) ÷ 6; the first is the sixth
		t.Errorf("six trades: %+v", c)
	}
	q = q.Closed(c)
	if again, has := q.CloseOn(20260702, fen); !has || again.Price != c.Price || again.Trades != 0 || again.Previous != c.Price {
		t.Errorf("a day without trades: %+v", again)
	}
}

// A timetable is read as it is written, says what every minute is, and is
// refused where its slots meet or are none.
func TestTimetable(t *testing.T) {
	t.Parallel()
	const text = "call 09:15-09:25, continuous 09:30-11:30, continuous 13:00-15:00"
	day, err := market.ParseTimetable("timetable", text)
	if err != nil || day.String() != text || day.End() != 15*60 {
		t.Fatalf("%v (%v)", day, err)
	}
	for _, c := range []struct {
		at    string
		want  market.Phase
		until string
	}{
		{"00:00", market.PhaseClosed, "09:15"},
		{"09:15", market.PhaseCall, "09:25"},
		{"09:24", market.PhaseCall, "09:25"},
		{"09:25", market.PhaseClosed, "09:30"},
		{"09:30", market.PhaseContinuous, "11:30"},
		{"11:30", market.PhaseClosed, "13:00"},
		{"15:00", market.PhaseClosed, "24:00"},
	} {
		m, _ := market.ParseMinute("at", c.at)
		if phase, until := day.At(m); phase != c.want || until.String() != c.until {
			t.Errorf("%s: %s until %s, want %s until %s", c.at, phase, until, c.want, c.until)
		}
	}
	for _, bad := range []string{
		"call 9:15-09:25", "call 09:15-09:15", "call 09:25-09:15", "open 09:15-09:25", "call 09:15-24:01", "call",
		"call 09:15-09:25, continuous 09:20-10:00", "call 09:15-09:25,continuous 09:30-10:00", "closed 00:00-09:00",
	} {
		if _, err := market.ParseTimetable("timetable", bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
