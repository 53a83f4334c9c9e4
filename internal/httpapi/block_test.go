package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"permitx/api"
)

// That a buyer has a project is his secret, from the seller of a block trade, too.
func TestBlock_ProjectOfBuyer(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[1]
	w.want(http.StatusCreated, w.approved(marketPath+"/terms", w.leader, `{"valid_from":"2026-07-02","block_band":"0.3","block_least":"1"}`))
	w.clock.Set(tradingDay.Start().Add(10 * time.Hour))
	project := w.projectOf(buyer)
	block := decode[api.Block](t, w.ok("/v1/block-trades", buyer.key, fmt.Sprintf(
		`{"market":%q,"instrument":%q,"side":"buy","licence":%d,"counterparty_party":%d,"counterparty_licence":%d,"quantity":"1","price":"2400","project":%d}`,
		marketCode, instrumentCode, buyer.licence, seller.party, seller.licence, project)))
	path, said := fmt.Sprintf("/v1/block-trades/%d", block.ID), fmt.Sprintf(`"project":%d`, project)
	steps := w.ok(path+"/steps", seller.key, `{"event":"confirm"}`)
	for name, c := range map[string]struct {
		body  []byte
		shown bool
	}{
		"to the seller":              {w.get(path, seller.key).body, false},
		"to the seller, of all":      {w.get("/v1/block-trades", seller.key).body, false},
		"to the seller who confirms": {steps.body, false},
		"to the buyer":               {w.get(path, buyer.key).body, true},
		"to his bureau":              {w.get("/v1/block-trades", w.leader).body, true},
	} {
		if got := string(c.body); strings.Contains(got, said) != c.shown || !strings.Contains(got, `"state":"settled"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
