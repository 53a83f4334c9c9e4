package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// ofAwards are the operations on what was won. They need an auction that is
// certified, which TestAward_OverHTTP has: it walks them.
var ofAwards = []string{"getAward", "signAward", "contractAward", "settleAward", "payAward", "bookAward", "defaultAward", "revokeAward", "getOfferResult", "getOfferCase", "makeTreasuryPayout"}

// What follows a certified auction, by everybody who takes part: contract, payment,
// delivery, the published result; and each role may do to an award what the table says.
func TestAward_OverHTTP(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	w.certify()
	at, bidder := fmt.Sprintf("/v1/offers/%d", w.offer), w.firms[0]
	awards := decode[api.AwardPage](t, w.get("/v1/awards?offer="+fmt.Sprint(w.offer), bidder.key)).Items
	if len(awards) != 1 || awards[0].Quantity != "1" || awards[0].Price != "4000" || awards[0].ContractBy != "2026-07-16" {
		t.Fatalf("the winner's awards: %+v", awards)
	}
	if f := awards[0].Formula; f == nil || !strings.HasPrefix(*f, "1 t/a × CNY 4000/(t·a) × ") {
		t.Errorf("before the winner signs he sees %+v", awards[0])
	}
	w.award = awards[0].ID
	w.walkAwards()
	award := decode[api.Award](t, w.get(fmt.Sprintf("/v1/awards/%d", w.award), bidder.key))
	if award.State != api.AwardStateContracted || award.PaymentNotice == nil {
		t.Fatalf("after the walk: %+v", award)
	}
	notice := fmt.Sprintf("/v1/payment-notices/%d", *award.PaymentNotice)
	w.want(http.StatusOK, w.post(notice+"/proof", w.finance, fmt.Sprintf(`{"amount":%q,"proof":"缴款 1","paid_on":"2026-07-13"}`, award.Amount)))
	w.ok(notice+"/confirm", w.finance, `{"reason":"seen"}`)
	w.want(http.StatusOK, w.post(notice+"/deliver", w.leader, ""))

	result := w.get(at+"/result", "")
	got := decode[api.AuctionResult](t, result)
	if got.Sold != "90" || got.Bidders != 2 || *got.ClearingPrice != "4000" || got.MaxPrice != nil || got.CoverRatio != nil || got.Wanted != nil || *got.AveragePrice != "4000" || len(got.Winners) != 2 ||
		got.Winners[0].State != api.AwardStateDelivered || got.Winners[1].State != api.AwardStateAwarded {
		t.Errorf("the result: %s", result.body)
	}
	first := decode[api.AuctionResult](t, w.get(at+"/result?limit=1", ""))
	if len(first.Winners) != 1 || first.Winners[0] != got.Winners[0] || first.Next == nil || got.Next != nil {
		t.Fatalf("the first winner: %+v", first)
	}
	if last := decode[api.AuctionResult](t, w.get(fmt.Sprintf("%s/result?after=%d", at, *first.Next), "")); len(last.Winners) != 1 || last.Winners[0] != got.Winners[1] || last.Next != nil || last.Sold != got.Sold {
		t.Errorf("the last winner: %+v", last)
	}
	w.forfeitedAndPaid(got.Winners[1].Name)
}

// certify lets an auction come to its published result, with two winners.
func (w *walked) certify() {
	w.t.Helper()
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	offer := decode[api.AuctionOffer](w.t, w.approved("/v1/offers", w.leader, sealedOffer))
	at := fmt.Sprintf("/v1/offers/%d", offer.ID)
	bidder, other := w.firms[0], w.firms[1]
	for _, f := range []firm{bidder, other} {
		w.want(http.StatusCreated, w.post(at+"/registrations", f.key, registration(f)))
	}
	w.clock.Set(windowOpens)
	w.offerState(offer.ID, "bidding")
	w.want(http.StatusCreated, w.post(at+"/quotes", bidder.key, `{"steps":[{"price":"5000","quantity":"1"}]}`))
	w.want(http.StatusCreated, w.post(at+"/quotes", other.key, `{"steps":[{"price":"4000","quantity":"90"}]}`))
	w.clock.Set(windowCloses)
	ranked := w.offerState(offer.ID, "ranked")
	w.want(http.StatusNotFound, w.get(at+"/result", ""))
	w.approved(at+"/certify", w.leader, fmt.Sprintf(`{"result_digest":%q,"document":"d"}`, *ranked.ResultDigest))
	w.offerState(offer.ID, "certified")
	w.offer = offer.ID
}

// forfeitedAndPaid lets the winner who has not signed lose what he put up, and
// pays it to the treasury.
func (w *walked) forfeitedAndPaid(winner string) {
	w.t.Helper()
	w.clock.Set(calendar.Date(20260720).Start())
	open := decode[api.AwardPage](w.t, w.get("/v1/awards?state=awarded", w.leader)).Items
	if len(open) != 1 {
		w.t.Fatalf("%s has %+v", winner, open)
	}
	lost := decode[api.Award](w.t, w.ok(fmt.Sprintf("/v1/awards/%d/default", open[0].ID), w.leader, `{"reason":"未签约"}`))
	pay := func(amount, reference string) answer {
		return w.approved("/v1/treasury-payouts", w.finance, fmt.Sprintf(
			`{"region":"330421","amount":%q,"document":"非税票据 7","bank_reference":%q,"paid_on":"2026-07-19"}`, amount, reference))
	}
	w.wantRefusal(pay("1000000", "o-1"), "treasury_payout.beyond")
	payout := decode[api.TreasuryPayout](w.t, pay(*lost.Forfeited, "o-1"))
	if payout.Amount != *lost.Forfeited || payout.Transfer == 0 || payout.BankEntry == 0 {
		w.t.Errorf("paid out: %+v of %+v", payout, lost)
	}
	for key, sees := range map[string]int{w.leader: 1, w.finance: 1, w.auditor: 1, w.west: 0} {
		if rows := decode[api.TreasuryPayoutPage](w.t, w.get("/v1/treasury-payouts", key)).Items; len(rows) != sees {
			w.t.Errorf("sees the payouts %+v, want %d", rows, sees)
		}
	}
	s := decode[api.ForfeitStatement](w.t, w.get("/v1/forfeit-statement?region=330421&from=2026-07-20&to=2026-07-20", w.finance))
	if s.Opening != "0.00" || s.Forfeited != *lost.Forfeited || s.PaidOut != s.Forfeited || s.Closing != "0.00" || len(s.Items) != 2 || s.Items[1].Amount != "-"+s.Forfeited {
		w.t.Errorf("the statement: %+v", s)
	}
	w.isProblem(w.get("/v1/forfeit-statement?region=330421&from=2026-07-20&to=2026-07-19", w.finance), http.StatusBadRequest, "request.invalid", "to")
	w.isProblem(w.get("/v1/forfeit-statement?region=330421&from=2026-07-20&to=2026-07-20", w.west), http.StatusNotFound, "record.not_found", "region")
	w.isProblem(w.get("/v1/forfeit-statement?region=330499&from=2026-07-20&to=2026-07-20", w.auditor), http.StatusNotFound, "record.not_found", "region")
}

// walkAwards takes each operation on an award as each role and relation. The award
// is signed and contracted by the first of them who may.
func (w *walked) walkAwards() {
	w.t.Helper()
	methods := map[string]string{}
	contractOperations(func(method, _ string, o *openapi3.Operation) { methods[o.OperationID] = method })
	actors := w.actors()
	for _, id := range ofAwards {
		op := ruleOf[id]
		for _, by := range actors {
			path, body := w.request(id, by.role)
			a := w.send(methods[id], path, by.key, body)
			if want := expectedAccess(op, by, false); !want.met(a) {
				w.t.Errorf("%s by %s (%s): %d %s, want %s", id, by.role, by.relation, a.status, a.body, want)
			}
		}
		path, body := w.request(id, "")
		a := w.send(methods[id], path, "", body)
		if isPublic := id == "getOfferResult"; isPublic && a.status != http.StatusOK || !isPublic && a.status != http.StatusUnauthorized {
			w.t.Errorf("%s without a key: %d %s", id, a.status, a.body)
		}
		if id == "getOfferResult" && strings.Contains(string(a.body), "party") {
			w.t.Errorf("the result names parties by number: %s", a.body)
		}
	}
}
