package httpapi_test

import (
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/market"
)

// A quote of a fee says how it comes about, and what an institution would pay that the
// state funds.
func TestFeeQuote(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.otherAdmin = w.personOf(w.person("other-admin", app.GrantAdd{Role: identity.Admin}))
	w.must(w.admin, app.FeeScheduleSet{Market: marketCode, Scheme: market.Guangdong, ValidFrom: 20260702, Document: "d"})
	w.clock.Set(calendar.Date(20260702).Start())
	for query, want := range map[string][2]string{
		"":                   {"87500.00", "CNY 5000000.00 × 0.015 + CNY 1000000.00 × 0.0125, at least CNY 1000.00 = CNY 87500.00, rounded half-up to the fen"},
		"&state_funded=true": {"0.00", "no fee: the state funds the party wholly"},
	} {
		q := decode[api.FeeQuote](t, w.send(http.MethodGet, "/v1/markets/"+marketCode+"/fee-quote?side=buy&amount=6000000"+query, w.firms[0].key, ""))
		if q.Fee != want[0] || q.Formula != want[1] {
			t.Errorf("%q: %+v", query, q)
		}
		p := decode[api.PriceQuote](t, w.send(http.MethodGet, "/v1/price-quote?kind=order&quantity=1&price=4000&instrument="+instrumentCode+"&market="+marketCode+query, w.firms[0].key, ""))
		of := decode[api.FeeQuote](t, w.send(http.MethodGet, "/v1/markets/"+marketCode+"/fee-quote?side=buy&amount="+p.Amount+query, w.firms[0].key, ""))
		if *p.Fee != of.Fee || p.FeeFormula != of.Formula || *p.Market != marketCode || (*p.Total == p.Amount) != (query != "") {
			t.Errorf("%q: %+v", query, p)
		}
	}
}
