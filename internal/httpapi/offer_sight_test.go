package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// What a bidder sees in the window by the option of the offer, with values: his
// own rank, of equal prices behind the earlier; the highest price, also before
// he has bid himself; nothing. Nobody else sees any of it, and none is shown
// before the first quote or after the close.
func TestOffer_SightOverHTTP(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	first, second, idle := w.firms[0], w.firms[1], w.newFirm(50, apptest.Jiashan)
	sights := []string{"own_rank", "highest_price", "nothing"}
	offers := map[string]int64{}
	for _, sight := range sights {
		body := strings.Replace(sealedOffer, `"quantity":"90"`, `"quantity":"20","sight":"`+sight+`"`, 1)
		offers[sight] = decode[api.AuctionOffer](t, w.approved("/v1/offers", w.leader, body)).ID
		for _, f := range []firm{first, second, idle} {
			w.want(http.StatusCreated, w.post(fmt.Sprintf("/v1/offers/%d/registrations", offers[sight]), f.key, fmt.Sprintf(`{"licence":%d}`, f.licence)))
		}
	}
	w.clock.Set(windowOpens)
	everybody := []string{first.key, second.key, idle.key, w.leader, w.auditor}
	sees := func(when, sight string, want ...string) {
		t.Helper()
		for n, key := range everybody {
			a := w.get(fmt.Sprintf("/v1/offers/%d/sight", offers[sight]), key)
			w.want(http.StatusOK, a)
			shown := ""
			if n < len(want) {
				shown = want[n]
			}
			if got, full := fmt.Sprint(decode[map[string]any](t, a)), "map["+shown+"sight:"+sight+"]"; got != full {
				t.Errorf("%s %d sees %s, want %s", when, n, got, full)
			}
		}
	}
	for _, sight := range sights {
		w.offerState(offers[sight], "bidding")
		sees("before a quote", sight)
		for _, quote := range []struct {
			who   firm
			price string
		}{{first, "5000"}, {second, "6000"}, {first, "6000"}} {
			body := fmt.Sprintf(`{"steps":[{"price":%q,"quantity":"1"}]}`, quote.price)
			w.want(http.StatusCreated, w.post(fmt.Sprintf("/v1/offers/%d/quotes", offers[sight]), quote.who.key, body))
			if quote.price == "5000" {
				sees("after one quote", sight, map[string][]string{
					"own_rank": {"own_rank:1 "}, "highest_price": {"highest_price:5000 ", "highest_price:5000 ", "highest_price:5000 "},
				}[sight]...)
			}
		}
		sees("after three", sight, map[string][]string{
			"own_rank": {"own_rank:2 ", "own_rank:1 "}, "highest_price": {"highest_price:6000 ", "highest_price:6000 ", "highest_price:6000 "},
		}[sight]...)
	}
	w.clock.Set(windowCloses)
	for _, sight := range sights {
		w.offerState(offers[sight], "ranked")
		sees("after the close", sight)
	}
}
