package quantity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// parsers read a text and print what they read.
var parsers = map[string]func(field, s string) (string, error){
	"quantity":          printed(quantity.ParseQuantity),
	"price":             printed(quantity.ParsePrice),
	"money":             printed(quantity.ParseMoney),
	"ratio":             printed(quantity.ParseRatio),
	"positive quantity": printed(quantity.ParsePositiveQuantity),
	"positive price":    printed(quantity.ParsePositivePrice),
	"positive money":    printed(quantity.ParsePositiveMoney),
}

func printed[T fmt.Stringer](parse func(field, s string) (T, error)) func(field, s string) (string, error) {
	return func(field, s string) (string, error) {
		v, err := parse(field, s)
		return v.String(), err
	}
}

// A plain decimal within the scale must be read exactly, and printed in the
// one form of its type.
func TestParse_Accepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ parser, in, want string }{
		{"quantity", "0", "0"},
		{"quantity", "0.000001", "0.000001"},
		{"quantity", "13.257", "13.257"},
		{"quantity", "0.50", "0.5"},
		{"quantity", "1.000000", "1"},
		{"quantity", "-3.2291", "-3.2291"},
		{"quantity", "9223372036854.775807", "9223372036854.775807"},
		{"quantity", "-9223372036854.775808", "-9223372036854.775808"},
		{"price", "2397", "2397"},
		{"price", "2400", "2400"},
		{"price", "0.0001", "0.0001"},
		{"price", "922337203685477.5807", "922337203685477.5807"},
		{"money", "158900", "158900.00"},
		{"money", "158900.5", "158900.50"},
		{"money", "0", "0.00"},
		{"money", "-0.01", "-0.01"},
		{"money", "-92233720368547758.08", "-92233720368547758.08"},
		{"ratio", "1.2", "1.2"},
		{"ratio", "0.7", "0.7"},
		{"positive quantity", "0.000001", "0.000001"},
		{"positive price", "0.0001", "0.0001"},
		{"positive money", "0.01", "0.01"},
	} {
		got, err := parsers[c.parser]("field", c.in)
		if err != nil || got != c.want {
			t.Errorf("%s %q: got %s, %v; want %s", c.parser, c.in, got, err, c.want)
		}
	}
}

// Anything but a plain decimal that fits must be refused with the first code
// that applies, and must read as nothing.
func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ parser, in, want string }{
		{"quantity", "", "quantity.malformed"},
		{"quantity", "-", "quantity.malformed"},
		{"quantity", ".", "quantity.malformed"},
		{"quantity", "1e5", "quantity.malformed"},
		{"quantity", "1E5", "quantity.malformed"},
		{"quantity", ".5", "quantity.malformed"},
		{"quantity", "-.5", "quantity.malformed"},
		{"quantity", "5.", "quantity.malformed"},
		{"quantity", "1.2.3", "quantity.malformed"},
		{"quantity", "1.-2", "quantity.malformed"},
		{"quantity", "+1", "quantity.malformed"},
		{"quantity", "--1", "quantity.malformed"},
		{"quantity", "1-", "quantity.malformed"},
		{"quantity", "-0", "quantity.malformed"},
		{"quantity", "-0.000000", "quantity.malformed"},
		{"quantity", "007", "quantity.malformed"},
		{"quantity", "00", "quantity.malformed"},
		{"quantity", "00.5", "quantity.malformed"},
		{"quantity", "-01", "quantity.malformed"},
		{"quantity", "1_000", "quantity.malformed"},
		{"quantity", "1,000", "quantity.malformed"},
		{"quantity", "1,5", "quantity.malformed"},
		{"quantity", "１", "quantity.malformed"},
		{"quantity", "٣", "quantity.malformed"},
		{"quantity", "1。5", "quantity.malformed"},
		{"quantity", "−1", "quantity.malformed"},
		{"quantity", " 1", "quantity.malformed"},
		{"quantity", "1 ", "quantity.malformed"},
		{"quantity", "1\n", "quantity.malformed"},
		{"quantity", "1\x00", "quantity.malformed"},
		{"quantity", "0x1", "quantity.malformed"},
		{"quantity", "NaN", "quantity.malformed"},
		{"quantity", "Inf", "quantity.malformed"},
		{"quantity", "-Inf", "quantity.malformed"},
		{"quantity", "1/2", "quantity.malformed"},
		{"quantity", "null", "quantity.malformed"},
		{"quantity", "1.23456x8", "quantity.malformed"},
		{"quantity", "0.1234567", "quantity.too_many_decimals"},
		{"quantity", "0.0000000", "quantity.too_many_decimals"},
		{"quantity", "999999999999999999999999999999.0000000", "quantity.too_many_decimals"},
		{"price", "1.00001", "quantity.too_many_decimals"},
		{"money", "1.001", "quantity.too_many_decimals"},
		{"ratio", "1.0000001", "quantity.too_many_decimals"},
		{"quantity", "123456789012345678901234567890", "quantity.out_of_range"},
		{"quantity", "9223372036854.775808", "quantity.out_of_range"},
		{"quantity", "-9223372036854.775809", "quantity.out_of_range"},
		{"quantity", "9999999999999", "quantity.out_of_range"},
		{"quantity", "18446744073709.551616", "quantity.out_of_range"},
		{"quantity", "18446744073710", "quantity.out_of_range"},
		{"price", "922337203685477.5808", "quantity.out_of_range"},
		{"money", "92233720368547758.08", "quantity.out_of_range"},
		{"ratio", "9223372036854.775808", "quantity.out_of_range"},
		{"positive quantity", "1e5", "quantity.malformed"},
		{"positive quantity", "-1.0000000", "quantity.too_many_decimals"},
		{"positive quantity", "-9999999999999", "quantity.out_of_range"},
		{"positive quantity", "0", "quantity.not_positive"},
		{"positive quantity", "-0.000001", "quantity.not_positive"},
		{"positive price", "0.0000", "quantity.not_positive"},
		{"positive price", "-1", "quantity.not_positive"},
		{"positive money", "0.00", "quantity.not_positive"},
		{"positive money", "-0.01", "quantity.not_positive"},
	} {
		got, err := parsers[c.parser]("field", c.in)
		if code(err) != c.want {
			t.Errorf("%s %q: got %s; want %s", c.parser, c.in, code(err), c.want)
		}
		if strings.Trim(got, "0.") != "" {
			t.Errorf("%s %q: got %s beside an error", c.parser, c.in, got)
		}
	}
}

// A refusal must be the client's to correct, name the field, and say what
// would be right without repeating a long input in full.
func TestParse_ErrorSaysWhatIsRight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ parser, in, want string }{
		{"quantity", "1e5", `"1e5" is not a plain decimal such as 12.5`},
		{"quantity", "1\n", `"1\n" is not a plain decimal such as 12.5`},
		{"quantity", "0.1234567", `"0.1234567" has 7 decimals; at most 6 are allowed`},
		{"quantity", strings.Repeat("x", 1000), `"` + strings.Repeat("x", 40) + `…" is not a plain decimal such as 12.5`},
		{"price", "1000000000000000", `"1000000000000000" is not between -922337203685477.5808 and 922337203685477.5807`},
		{"positive price", "0", `"0" is not more than 0; the smallest that is allowed is 0.0001`},
	} {
		_, err := parsers[c.parser]("/orders/0/price", c.in)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || f.Field != "/orders/0/price" || f.Detail != c.want {
			t.Errorf("%s %.20q: got %#v; want detail %s", c.parser, c.in, f, c.want)
		}
	}
}

// Every value of every type must print as the plain decimal that it is, and
// be read back from its print; AppendTo must keep what is before it.
func TestPrint_RoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := atoms[int64]().Draw(t, "v")
		roundTrip(t, quantity.Quantity(v), quantity.QuantityScale, quantity.ParseQuantity)
		roundTrip(t, quantity.Price(v), quantity.PriceScale, quantity.ParsePrice)
		roundTrip(t, quantity.Money(v), quantity.MoneyScale, quantity.ParseMoney)
		roundTrip(t, quantity.Ratio(v), quantity.RatioScale, quantity.ParseRatio)
		if got, want := quantity.Money(v).String(), dec(v, 2).StringFixed(2); got != want {
			t.Fatalf("money: got %s; want %s", got, want)
		}
	})
}

func roundTrip[T interface {
	~int64
	fmt.Stringer
	AppendTo(b []byte) []byte
}](t *rapid.T, v T, scale int32, parse func(field, s string) (T, error),
) {
	t.Helper()
	s := v.String()
	back, err := parse("field", s)
	if err != nil || back != v {
		t.Fatalf("%d prints as %s and is read back as %d, %v", int64(v), s, int64(back), err)
	}
	if d := decimal.RequireFromString(s); !d.Equal(dec(v, scale)) {
		t.Fatalf("%d prints as %s", int64(v), s)
	}
	if got := string(v.AppendTo([]byte("x="))); got != "x="+s {
		t.Fatalf("AppendTo gives %s; want x=%s", got, s)
	}
}

// Parsing must never panic; what it accepts must be the same number for the
// decimal library, in at most 6 decimals, and survive being printed.
func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{
		"", "0", "-0", "13.257", "-9223372036854.775808", "9223372036854.775808",
		"1e5", ".5", "5.", "+1", "1_000", "１", " 1", "0.1234567", "--1", "0x1", "NaN", "007",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := quantity.ParseQuantity("quantity", s)
		if err != nil {
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || q != 0 {
				t.Fatalf("%q: got %v, %#v; want 0 and a fault of kind Invalid", s, q, err)
			}
			return
		}
		want, err := decimal.NewFromString(s)
		if err != nil || !want.Equal(decQuantity(q)) || want.Exponent() < -quantity.QuantityScale {
			t.Fatalf("%q: got %s; the library reads %s, %v", s, q, want, err)
		}
		again, err := quantity.ParseQuantity("quantity", q.String())
		if err != nil || again != q {
			t.Fatalf("%q: prints as %s, read back as %s, %v", s, q, again, err)
		}
	})
}
