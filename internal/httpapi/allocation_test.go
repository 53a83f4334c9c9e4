package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
)

// Permits are given with and without a price; an unknown one is absent, and so
// is that of free permits.
func TestAllocations(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	body := func(kind, origin, price string) string {
		if price != "" {
			price = fmt.Sprintf(`,"price":%q`, price)
		}
		return fmt.Sprintf(`{"licence":%d,"instrument":%q,"kind":%q,"from":"unallocated","origin":%q,"quantity":"1.5","acquired_on":"2020-01-01","document":"d"%s}`,
			f.licence, instrumentCode, kind, origin, price)
	}
	for _, c := range []struct{ kind, origin, price string }{{"initial", "paid", "2397.5"}, {"initial", "free", ""}, {"opening", "unknown", ""}, {"opening", "paid", ""}} {
		a := w.approved("/v1/allocations", w.leader, body(c.kind, c.origin, c.price))
		got := decode[api.Allocation](t, a)
		if a.status != http.StatusCreated || got.Instrument != instrumentCode || got.From != api.CapPartUnallocated || string(got.Origin) != c.origin ||
			got.Quantity != "1.5" || got.Party != f.party || (got.Price == nil) != (c.price == "") || got.Acquisition == 0 || got.Account == 0 {
			t.Errorf("%+v: %d %s", c, a.status, a.body)
		}
	}
	w.isProblem(w.post("/v1/allocations", w.leader, body("initial", "paid", "")), http.StatusBadRequest, "reserve.price_needed", "/price")
	w.isProblem(w.post("/v1/allocations", w.leader, body("initial", "free", "1")), http.StatusBadRequest, "reserve.price_of_free_permits", "/price")
	w.isProblem(w.post("/v1/allocations", w.west, body("initial", "free", "")), http.StatusNotFound, "record.not_found", "/licence")
	page := decode[api.AllocationPage](t, w.get(fmt.Sprintf("/v1/allocations?licence=%d&newest_first=true&limit=2", f.licence), w.auditor))
	if len(page.Items) != 2 || page.Next == nil || page.Items[0].Instrument != instrumentCode || page.Items[0].ID < page.Items[1].ID {
		t.Errorf("%+v", page)
	}
}
