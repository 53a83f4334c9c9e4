package httpapi_test

import (
	"net/http"
	"testing"

	"permitx/api"
)

// Terms say which bands they have: the usual ones where none was named, and "0" where
// there is none.
func TestMarketTerms_Bands(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, c := range []struct{ said, band, block string }{
		{`{"valid_from":"2026-07-02"}`, "0.1", ""},
		{`{"valid_from":"2026-07-03","block_least":"1"}`, "0.1", "0.3"},
		{`{"valid_from":"2026-07-04","block_least":"1","band":"0","block_band":"0"}`, "0", "0"},
		{`{"valid_from":"2026-07-05","block_least":"1","band":"0.05","block_band":"0.2"}`, "0.05", "0.2"},
	} {
		w.want(http.StatusCreated, w.approved(marketPath+"/terms", w.leader, c.said))
		all := decode[api.MarketTermsPage](t, w.get(marketPath+"/terms", "")).Items
		if got := all[len(all)-1]; deref(got.Band) != c.band || deref(got.BlockBand) != c.block || got.Source != "project default" {
			t.Errorf("%s: %+v", c.said, got)
		}
	}
	w.want(http.StatusBadRequest, w.post(marketPath+"/terms", w.leader, `{"valid_from":"2026-07-06","block_band":"0.3"}`))
}
