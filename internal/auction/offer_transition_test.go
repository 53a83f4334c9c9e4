package auction

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/offer-states.md")

const offerStates = "../../docs/offer-states.md"

// Every state × event × role is either a row of the table, and leads where it
// says, or is refused with ErrOfferState and changes nothing. The table is
// written a second time here, as a plain list.
func TestOfferTransitions_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	want := map[string]OfferState{
		"announced begin_registration system": OfferRegistering, "registering end_registration system": OfferPrepared,
		"prepared open_window system": OfferBidding, "bidding bid bidder": OfferBidding, "bidding extend system": OfferBidding,
		"bidding interrupt system": OfferVoid, "bidding close system": OfferClosed, "closed open_bids system": OfferClosed,
		"closed opened system": OfferOpened, "opened compute system": OfferRanking, "ranking apply system": OfferRanking,
		"ranking rank system": OfferRanked, "ranking fail system": OfferFailed, "ranked certify officer": OfferCertifying,
		"certifying award system": OfferCertifying, "certifying finish system": OfferCertified,
		"announced cancel officer": OfferCancelled, "registering cancel officer": OfferCancelled, "prepared cancel officer": OfferCancelled,
		"bidding halt officer": OfferHalted, "halted resume officer": OfferBidding, "halted void officer": OfferVoid,
		"closed void officer": OfferVoid, "opened void officer": OfferVoid, "ranking void officer": OfferVoid, "ranked void officer": OfferVoid,
	}
	seen := 0
	for _, s := range OfferStates {
		for _, e := range OfferEvents {
			for _, by := range OfferRoles {
				key := fmt.Sprintf("%s %s %s", s, e, by)
				got, err := s.Next(e, by)
				to, allowed := want[key]
				switch {
				case allowed && (err != nil || got != to):
					t.Errorf("%s: %s, %v; want %s", key, got, err, to)
				case !allowed && (err == nil || got != s):
					t.Errorf("%s leads to %s", key, got)
				case allowed:
					seen++
				}
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d rows were met", seen, len(want))
	}
}

// docs/offer-states.md shows the table as it is.
func TestOfferTransitions_Documented(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- table -->\n", "<!-- /table -->\n"
	text, err := os.ReadFile(offerStates)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), begin)
	_, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("the page has no place for the table")
	}
	var b strings.Builder
	b.WriteString("| from | event | by | to |\n|---|---|---|---|\n")
	for _, row := range OfferTransitions {
		to := string(row.To)
		if to == "" {
			to = "–"
		}
		from := make([]string, len(row.From))
		for i, s := range row.From {
			from[i] = string(s)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(from, ", "), row.Event, row.By, to)
	}
	want := head + begin + b.String() + end + tail
	if *update {
		if err := os.WriteFile(offerStates, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not the table: run go test ./internal/auction -run Documented -update", offerStates)
	}
}

// A sealed quote opens to what was sealed, for its offer and sender only; every
// quote has the same length, and the same request the same ciphertext.
func TestSeal(t *testing.T) {
	t.Parallel()
	s, other := NewSeal([KeySize]byte{1}), NewSeal([KeySize]byte{2})
	terms := Terms{Steps: []Step{{4000_0000, 1_500_000}, {3900_0000, 2}}, Confirmed: true}
	sealed := s.Close(terms, 7, 3, "key")
	got, err := s.Open(sealed, 7, 3)
	if err != nil || !slices.Equal(got.Steps, terms.Steps) || !got.Confirmed {
		t.Fatalf("%+v, %v", got, err)
	}
	if s.Close(terms, 7, 3, "key") != sealed || s.Close(terms, 7, 3, "another key") == sealed {
		t.Error("a request sent again is the same ciphertext, another is another")
	}
	if len(s.Close(Terms{Steps: terms.Steps[:1]}, 7, 3, "key")) != len(sealed) {
		t.Error("the length tells the number of steps")
	}
	taker := Terms{Steps: []Step{{0, 5}}, Noncompetitive: true}
	if got, err := s.Open(s.Close(taker, 7, 3, "key"), 7, 3); err != nil || got.Confirmed || !got.Noncompetitive || !slices.Equal(got.Steps, taker.Steps) {
		t.Errorf("at any price: %+v, %v", got, err)
	}
	for name, open := range map[string]func() (Terms, error){
		"another offer":  func() (Terms, error) { return s.Open(sealed, 8, 3) },
		"another sender": func() (Terms, error) { return s.Open(sealed, 7, 4) },
		"another key":    func() (Terms, error) { return other.Open(sealed, 7, 3) },
		"a changed one":  func() (Terms, error) { return s.Open("AAAA"+sealed[4:], 7, 3) },
		"nothing":        func() (Terms, error) { return s.Open("", 7, 3) },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s is opened", name)
		}
	}
	if s.SeedDigest() == s.KeyDigest() || len(s.SeedDigest()) != 64 {
		t.Error("the seed is not the key")
	}
}

// The guarantee of one price is the greatest price × quantity at or above it, that
// of own prices the sum; both with the months of the term, rounded up.
func TestOffer_Need(t *testing.T) {
	t.Parallel()
	steps := Terms{Steps: []Step{{5000_0000, 2_000_000}, {4000_0000, 3_000_000}, {1_0000, 1_000_000}}}
	for _, c := range []struct {
		format Format
		months int32
		want   string
	}{
		{Uniform, 60, "100000.00"},  // 4000 × 5 × 5; 5000 × 2 × 5 and 1 × 6 × 5 are less
		{PayAsBid, 60, "110005.00"}, // 50,000 + 60,000 + 5
		{Uniform, 37, "61666.67"},   // 20,000 × 37/12
	} {
		need, err := Offer{Format: c.format, Months: c.months}.Need(steps)
		if err != nil || need.String() != c.want {
			t.Errorf("%s over %d months: %s, %v; want %s", c.format, c.months, need, err, c.want)
		}
	}
}
