package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
)

// A sale of credits over HTTP, by everybody who takes part: who sells is named,
// prices are outright, a bidder needs no licence, and the winner has his serial
// numbers when he has paid.
func TestCreditOffer_OverHTTP(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	seller, buyer := w.firms[0], w.firms[1]
	offer := decode[api.AuctionOffer](t, w.approved("/v1/carbon/offers", seller.key, creditOffer(seller.party, "5")))
	if offer.Instrument != "JXCP-2026" || offer.PriceBasis != api.PriceBasisOutright || offer.Seller == nil || offer.Months != 12 {
		t.Fatalf("announced: %+v", offer)
	}
	at := fmt.Sprintf("/v1/offers/%d", offer.ID)
	offered := int64(0)
	for _, r := range decode[api.CreditRangePage](t, w.get("/v1/carbon/credits", seller.key)).Items {
		if r.Offer != nil && *r.Offer == offer.ID {
			offered += r.Units
		}
	}
	if offered != 5000 {
		t.Errorf("%d kg of the seller are on sale", offered)
	}
	w.want(http.StatusBadRequest, w.post(at+"/registrations", buyer.key, fmt.Sprintf(`{"licence":%d}`, buyer.licence)))
	registered := decode[api.Registration](t, w.post(at+"/registrations", buyer.key, fmt.Sprintf(`{"party":%d}`, buyer.party)))
	if registered.Licence != nil || registered.Collateral != "10.00" {
		t.Errorf("registered: %+v", registered)
	}
	w.clock.Set(windowOpens)
	w.offerState(offer.ID, "bidding")
	w.want(http.StatusCreated, w.post(at+"/quotes", buyer.key, `{"steps":[{"price":"41.5","quantity":"3"}]}`))
	w.clock.Set(windowCloses)
	ranked := w.offerState(offer.ID, "ranked")
	w.approved(at+"/certify", w.leader, fmt.Sprintf(`{"result_digest":%q,"document":"d"}`, *ranked.ResultDigest))
	w.offerState(offer.ID, "certified")
	award := decode[api.AwardPage](t, w.get("/v1/awards?offer="+fmt.Sprint(offer.ID), buyer.key)).Items[0]
	path := fmt.Sprintf("/v1/awards/%d", award.ID)
	w.want(http.StatusOK, w.post(path+"/sign", buyer.key, ""))
	w.want(http.StatusConflict, w.post(path+"/settle", buyer.key, ""))
	w.want(http.StatusOK, w.post(path+"/contract", w.leader, `{"contract":"合同 1"}`))
	w.want(http.StatusNotFound, w.post(path+"/settle", seller.key, ""))
	award = decode[api.Award](t, w.post(path+"/settle", buyer.key, ""))
	if award.State != api.AwardStateDelivered || award.Amount != "124.50" {
		t.Errorf("settled: %+v", award)
	}
	got := decode[api.CreditRangePage](t, w.get("/v1/carbon/credits", buyer.key)).Items
	units := 0
	for _, r := range got {
		units += int(r.Units)
	}
	if units != 3000 {
		t.Errorf("the winner has %d kg in %+v", units, got)
	}
	result := decode[api.AuctionResult](t, w.get(at+"/result", ""))
	if result.Sold != "3" || result.Unsold != "2" || *result.ClearingPrice != "41.5" {
		t.Errorf("the result: %+v", result)
	}
}
