package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// An offer from its announcement to the end, as everybody meets it: who wins signs, pays and gets
// his permits; an objection to his award stops him until it is answered, and not the other winner; who
// wins and does not pay loses his deposit and is barred, and his share is a lot of the reserve again;
// who loses has his deposit back.
func TestOffer_LifecycleOverHTTP(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	payer, defaulter, loser := w.firms[0], w.firms[1], w.newFirm(50, apptest.Jiashan)
	bidders := []firm{payer, defaulter, loser}
	before := w.fundsOf(loser)
	offer := decode[api.AuctionOffer](t, w.approved("/v1/offers", w.leader, sealedOffer))
	if offer.State != api.AuctionStateAnnounced && offer.State != api.AuctionStateRegistering {
		t.Errorf("announced: %s", offer.State)
	}
	at := fmt.Sprintf("/v1/offers/%d", offer.ID)
	w.offerState(offer.ID, "registering")
	for _, f := range bidders {
		w.want(http.StatusCreated, w.post(at+"/registrations", f.key, registration(f)))
	}
	if held := w.fundsOf(loser); held.Balance == before.Balance && held.Held == before.Held {
		t.Errorf("no deposit was put up: %+v", held)
	}
	w.clock.Set(windowOpens)
	w.offerState(offer.ID, "bidding")
	for n, quote := range []string{`{"price":"5000","quantity":"1"}`, `{"price":"4500","quantity":"89"}`, `{"price":"4000","quantity":"5"}`} {
		w.want(http.StatusCreated, w.post(at+"/quotes", bidders[n].key, `{"steps":[`+quote+`]}`))
	}
	w.clock.Set(windowCloses)
	ranked := w.offerState(offer.ID, "ranked")
	w.approved(at+"/certify", w.leader, fmt.Sprintf(`{"result_digest":%q,"document":"d"}`, *ranked.ResultDigest))
	if certified := w.offerState(offer.ID, "certified"); *certified.ClearingPrice != "4500" || *certified.Unsold != "0" {
		t.Errorf("certified: %+v", certified)
	}
	w.paidAward(w.awardOf(offer.ID, payer), payer, func() { w.unpaidAward(w.awardOf(offer.ID, defaulter), defaulter) })
	waitFor(t, "who lost to have his deposit back", func() bool { return w.fundsOf(loser) == before })
	w.wantRefusal(w.nextRegistration(defaulter), "award.bidder_barred")
	w.want(http.StatusCreated, w.nextRegistration(loser))
}

type fundsNow struct{ Balance, Held string }

func (w *world) fundsOf(f firm) fundsNow {
	w.t.Helper()
	b := decode[api.FundsPage](w.t, w.get("/v1/funds", f.key)).Items[0]
	return fundsNow{b.Balance, b.Held}
}

func (w *world) awardOf(offer int64, f firm) api.Award {
	w.t.Helper()
	awards := decode[api.AwardPage](w.t, w.get(fmt.Sprintf("/v1/awards?offer=%d", offer), f.key)).Items
	if len(awards) != 1 {
		w.t.Fatalf("his awards: %+v", awards)
	}
	return awards[0]
}

// paidAward takes an award to its delivery; meanwhile is done while an objection
// suspends it.
func (w *world) paidAward(a api.Award, f firm, meanwhile func()) {
	w.t.Helper()
	at := fmt.Sprintf("/v1/awards/%d", a.ID)
	objection := decode[api.Objection](w.t, w.ok(fmt.Sprintf("/v1/public-notices/%d/objections", a.PublicNotice), w.leader, fmt.Sprintf(`{"objector":"邻居","text":"not qualified","received_on":%q,"document":"来信 1"}`, w.clock.Now().Date())))
	w.isProblem(w.post(at+"/sign", f.key, ""), http.StatusConflict, "award.suspended", "")
	meanwhile()
	w.ok(fmt.Sprintf("/v1/objections/%d/answer", objection.ID), w.leader, `{"answer":"he is","upheld":false}`)
	w.want(http.StatusOK, w.post(at+"/sign", f.key, ""))
	w.ok(at+"/contract", w.leader, `{"contract":"合同 1"}`)
	a = decode[api.Award](w.t, w.get(at, f.key))
	notice := fmt.Sprintf("/v1/payment-notices/%d", *a.PaymentNotice)
	w.want(http.StatusOK, w.post(notice+"/proof", w.finance, fmt.Sprintf(`{"amount":%q,"proof":"缴款 1","paid_on":%q}`, a.Amount, w.clock.Now().Date())))
	w.ok(notice+"/confirm", w.finance, `{"reason":"seen"}`)
	w.want(http.StatusOK, w.post(notice+"/deliver", w.leader, ""))
	if a = decode[api.Award](w.t, w.get(at, f.key)); a.State != api.AwardStateDelivered || a.Transfer == nil || a.CertifyBy == nil {
		w.t.Errorf("paid: %+v", a)
	}
}

// unpaidAward lets an award be signed and its payment fall due: it is forfeited, no day
// earlier, and what was won is a lot of the reserve again.
func (w *world) unpaidAward(a api.Award, f firm) {
	w.t.Helper()
	at := fmt.Sprintf("/v1/awards/%d", a.ID)
	w.want(http.StatusOK, w.post(at+"/sign", f.key, ""))
	a = decode[api.Award](w.t, w.ok(at+"/contract", w.leader, `{"contract":"合同 2"}`))
	last := calendar.Date(20260722) // pay_by
	if deref(a.PayBy) != last.String() {
		w.t.Fatalf("contracted: %+v", a)
	}
	free := w.freeInLots()
	w.wantRefusal(w.post(at+"/default", w.leader, `{"reason":"未缴款"}`), "award.not_overdue")
	w.clock.Set(last.AddDays(1).Start())
	a = decode[api.Award](w.t, w.ok(at+"/default", w.leader, `{"reason":"未缴款"}`))
	if a.State != api.AwardStateDefaulted || deref(a.Forfeited) != "10.00" || a.BarredUntil == nil {
		w.t.Errorf("unpaid: %+v", a)
	}
	if back := w.freeInLots(); back != free+89 {
		w.t.Errorf("%d t/a are free in lots, before the default %d", back, free)
	}
}

// freeInLots is what may be offered of the reserve, in whole t/a.
func (w *world) freeInLots() (free int64) {
	w.t.Helper()
	for _, l := range decode[api.LotPage](w.t, w.get("/v1/lots?region=330421", w.leader)).Items {
		q, err := quantity.ParseQuantity("available", l.Available)
		if err != nil {
			w.t.Fatal(err)
		}
		free += int64(q / quantity.OneQuantity)
	}
	return free
}

// nextRegistration announces another offer and registers a firm for it.
func (w *world) nextRegistration(f firm) answer {
	w.t.Helper()
	next := decode[api.AuctionOffer](w.t, w.ok("/v1/offers", w.leader, `{"region":"330421","pollutant":"VOCs","instrument":"VOCs-20310630","format":"uniform","quantity":"4",
		"reserve_price":"4000","lot_size":"0.0001","tick":"0.0001","collateral":"deposit","deposit":"10","tie":"drawn","undersubscribed":"clear","interruption_seconds":60,
		"interruption_rule":"extend","register_until":"2026-08-10T00:00:00+08:00","opens_at":"2026-08-10T10:00:00+08:00","closes_at":"2026-08-10T11:00:00+08:00","title":"VOCs","document":"d"}`))
	w.offerState(next.ID, "registering")
	return w.post(fmt.Sprintf("/v1/offers/%d/registrations", next.ID), f.key, registration(f))
}
