package encumbrance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// What a certificate is worth follows from what is left of its acquisition, why
// the rest left, its term, and what lies on its holding.
func TestStanding_Status(t *testing.T) {
	t.Parallel()
	const (
		today = calendar.Date(20260701)
		last  = calendar.Date(20310630)
		one   = quantity.OneQuantity
	)
	pledged := []encumbrance.Burden{encumbrance.BurdenPledge}
	for _, tt := range []struct {
		name string
		s    encumbrance.Standing
		on   calendar.Date
		want encumbrance.CertificateStatus
	}{
		{"all of it is there", encumbrance.Standing{Remaining: one, TermEnd: last}, today, encumbrance.CertificateValid},
		{"on its last day", encumbrance.Standing{Remaining: one, TermEnd: last}, last, encumbrance.CertificateValid},
		{"pledged", encumbrance.Standing{Remaining: one, TermEnd: last, Burdens: pledged}, today, encumbrance.CertificateEncumbered},
		{"on the day after its last", encumbrance.Standing{Remaining: one, TermEnd: last}, last.AddDays(1), encumbrance.CertificateExpired},
		{"pledged, after its term", encumbrance.Standing{Remaining: one, TermEnd: last, Burdens: pledged}, last.AddDays(1), encumbrance.CertificateExpired},
		{"given back at the end of its term", encumbrance.Standing{LastUse: ledger.TermEnd, TermEnd: last}, last, encumbrance.CertificateExpired},
		{"sold in the market", encumbrance.Standing{LastUse: ledger.Fill, TermEnd: last}, today, encumbrance.CertificateReplaced},
		{"sold by agreement", encumbrance.Standing{LastUse: ledger.Settlement, TermEnd: last}, today, encumbrance.CertificateReplaced},
		{"renewed", encumbrance.Standing{LastUse: ledger.Renewal, TermEnd: last}, today, encumbrance.CertificateReplaced},
		{"gone to a successor", encumbrance.Standing{LastUse: ledger.Succession, TermEnd: last}, today, encumbrance.CertificateReplaced},
		{"sold, long ago", encumbrance.Standing{LastUse: ledger.Fill, TermEnd: last}, last.AddDays(1), encumbrance.CertificateReplaced},
		{"bought back", encumbrance.Standing{LastUse: ledger.BuyBack, TermEnd: last}, today, encumbrance.CertificateReplaced},
		{"sold by a court", encumbrance.Standing{LastUse: ledger.JudicialSale, TermEnd: last}, today, encumbrance.CertificateReplaced},
		{"a wrong allocation", encumbrance.Standing{LastUse: ledger.Revocation, TermEnd: last}, today, encumbrance.CertificateRevoked},
		{"a reversed deal", encumbrance.Standing{LastUse: ledger.Reversal, TermEnd: last}, today, encumbrance.CertificateRevoked},
		{"instalments not paid", encumbrance.Standing{LastUse: ledger.SaleRevocation, TermEnd: last, Burdens: pledged}, today, encumbrance.CertificateRevoked},
		{"reclaimed without payment", encumbrance.Standing{LastUse: ledger.Reclamation, TermEnd: last}, today, encumbrance.CertificateRevoked},
		{"corrected by a document", encumbrance.Standing{LastUse: ledger.Correction, TermEnd: last}, last.AddDays(1), encumbrance.CertificateRevoked},
	} {
		if got := tt.s.Status(tt.on); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Only what secures or gives away permits burdens them, not a dealing under way.
func TestBurdenOf(t *testing.T) {
	t.Parallel()
	for purpose, want := range map[ledger.HoldPurpose]encumbrance.Burden{
		ledger.ForPledge: encumbrance.BurdenPledge, ledger.ForLease: encumbrance.BurdenLease, ledger.ForSale: encumbrance.BurdenInstalments,
		ledger.ForFreeze: "", ledger.ForDeal: "", ledger.ForBuyBack: "", ledger.ForAuction: "", ledger.ForBlockTrade: "", ledger.ForRenewal: "",
	} {
		if got := encumbrance.BurdenOf(purpose); got != want {
			t.Errorf("%s: %q, want %q", purpose, got, want)
		}
	}
}

// A number leads back to its acquisition, no other text does, and a slip of one
// digit is found.
func TestCertificateNumber(t *testing.T) {
	t.Parallel()
	if got := encumbrance.CertificateNumber("330421", 12); got != "330421-0000000012-"+got[len(got)-1:] {
		t.Fatal(got)
	}
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom([]string{"330421", "330400", "310118", "341882"}).Draw(t, "region")
		id := rapid.Int64Range(1, 1<<62).Draw(t, "id")
		number := encumbrance.CertificateNumber(region, id)
		r, back, err := encumbrance.ParseCertificateNumber(number)
		if err != nil || r != region || back != id {
			t.Fatalf("%s: %s %d %v", number, r, back, err)
		}
		at := rapid.IntRange(0, len(number)-1).Draw(t, "at")
		slip := []byte(number)
		slip[at] = rapid.SampledFrom([]byte("0123456789-x ")).Draw(t, "slip")
		if _, _, err := encumbrance.ParseCertificateNumber(string(slip)); string(slip) != number && !errors.Is(err, encumbrance.ErrCertificateNumber) {
			t.Fatalf("%s for %s: %v", slip, number, err)
		}
	})
	for _, bad := range []string{"", "330421", "330421-12-1", "330421-0000000000-0", "330421-0000000012", "330421-9999999999999999999-1", "330421-00000000012-1", "33042１-0000000012-1"} {
		if _, _, err := encumbrance.ParseCertificateNumber(bad); !errors.Is(err, encumbrance.ErrCertificateNumber) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Of the numbers with two neighbours in the wrong order two in a hundred pass at most.
func TestCertificateNumber_Swaps(t *testing.T) {
	t.Parallel()
	swaps, passed := 0, 0
	for id := int64(1); id < 2_000_000; id += 997 {
		number := encumbrance.CertificateNumber("330421", id)
		for at := range len(number) - 1 {
			swap := []byte(number)
			if swap[at], swap[at+1] = swap[at+1], swap[at]; string(swap) == number {
				continue
			}
			swaps++
			if _, _, err := encumbrance.ParseCertificateNumber(string(swap)); err == nil {
				passed++
			}
		}
	}
	if passed*50 > swaps {
		t.Errorf("%d of %d pass", passed, swaps)
	}
}

// A code is right for its number and key only, however it is typed; of a key
// that is gone nothing is said.
func TestCheckCode(t *testing.T) {
	t.Parallel()
	const number, other = "330421-0000000012-1", "330421-0000000013-1"
	newer, older, lost := encumbrance.CodeKey{1}, encumbrance.CodeKey{2}, encumbrance.CodeKey{3}
	keys := []encumbrance.CodeKey{newer, older}
	code := older.Code(number)
	if len(code) != 24 || strings.Contains(code, number) || code == newer.Code(number) || code == older.Code(other) {
		t.Fatal(code)
	}
	for typed, want := range map[string]encumbrance.CodeOutcome{
		"": encumbrance.CodeNotGiven, " - ": encumbrance.CodeNotGiven,
		code: encumbrance.CodeRight, strings.ToLower(code): encumbrance.CodeRight, strings.ReplaceAll(code, "-", " "): encumbrance.CodeRight,
		strings.NewReplacer("1", "l", "0", "O").Replace(code): encumbrance.CodeRight,
		newer.Code(number): encumbrance.CodeRight, older.Code(other): encumbrance.CodeWrong,
		code[:len(code)-1]: encumbrance.CodeWrong, code + "0": encumbrance.CodeWrong, "0": encumbrance.CodeWrong,
		lost.Code(number): encumbrance.CodeKeyMissing,
	} {
		if got := encumbrance.CheckCode(keys, number, typed); got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
	if got := encumbrance.CheckCode(nil, number, code); got != encumbrance.CodeKeyMissing {
		t.Errorf("without keys: %s", got)
	}
	for i := range code {
		if code[i] == '-' {
			continue
		}
		typed := code[:i] + map[bool]string{true: "A", false: "B"}[code[i] != 'A'] + code[i+1:]
		if got := encumbrance.CheckCode(keys, number, typed); !slices.Contains([]encumbrance.CodeOutcome{encumbrance.CodeWrong, encumbrance.CodeKeyMissing}, got) {
			t.Errorf("%s for %s: %s", typed, code, got)
		}
	}
}
