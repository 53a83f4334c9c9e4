package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/identity"
)

// exceptions are what an auditor is shown of a kind in July, as its details and
// the records that each is about.
func (w *world) exceptions(kind string) (found []string) {
	w.t.Helper()
	page := decode[api.ExceptionPage](w.t, w.get("/v1/exceptions?month=2026-07-01&kind="+kind, w.auditor))
	for _, x := range page.Items {
		about := ""
		for _, o := range x.Objects {
			about += fmt.Sprintf(" %s %d", o.Table, o.ID)
		}
		found = append(found, about[1:])
	}
	return found
}

// bankLine brings a payment of a firm from an account by a bank statement.
func (w *world) bankLine(f firm, name, account string) {
	w.t.Helper()
	reference := w.next("line")
	w.ok("/v1/deposits", w.finance, fmt.Sprintf(`{"party":%d,"amount":"100","bank_reference":%q,"received_on":"2026-07-01","payer":%q}`, f.party, reference, name))
	w.ok("/v1/bank-statements", w.finance, fmt.Sprintf(
		`{"account":"3304001","from":"2026-07-01","to":"2026-07-01","lines":[{"reference":%q,"amount":"100","on":"2026-07-01","payer":%q,"payer_account":%q}]}`,
		reference, name, account))
}

// Who is a user of both sides while they trade is found, in the books and in
// block trades; who was one before is not. So is a bank account that both use.
func TestExceptions_BothSides(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[1]
	w.want(http.StatusCreated, w.approved(marketPath+"/terms", w.leader, `{"valid_from":"2026-07-02","block_band":"0.3","block_least":"5"}`))
	trades := int64(0) // trades are numbered one by one
	trade := func() int64 {
		w.ok("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))
		w.ok("/v1/orders", buyer.key, order(buyer, "buy", "2400", "1"))
		trades++
		return trades
	}
	person := w.personOf(buyer.key)
	alone := trade()
	w.clock.Set(tradingDay.Start().Add(10 * time.Hour))
	w.must(w.admin, app.GrantAdd{Person: person, Role: identity.Enterprise, Party: seller.party})
	grant := lastID(w, app.Grants)
	together := []int64{trade(), trade()}
	block := decode[api.Block](t, w.ok("/v1/block-trades", seller.key, fmt.Sprintf(
		`{"market":%q,"instrument":%q,"side":"sell","licence":%d,"counterparty_party":%d,"counterparty_licence":%d,"quantity":"5","price":"2400"}`,
		marketCode, instrumentCode, seller.licence, buyer.party, buyer.licence)))
	if seen := decode[api.Block](t, w.get(fmt.Sprintf("/v1/block-trades/%d", block.ID), buyer.key)); seen.Formula == nil || !strings.HasSuffix(*seen.Formula, "= CNY "+seen.Amount+", rounded down to the fen") {
		t.Errorf("before he confirms the buyer sees %+v", seen)
	}
	w.ok(fmt.Sprintf("/v1/block-trades/%d/steps", block.ID), buyer.key, `{"event":"confirm"}`)
	trades++
	w.clock.Set(tradingDay.Start().Add(11 * time.Hour))
	w.must(w.admin, app.GrantRevoke{Grant: grant})
	w.clock.Set(tradingDay.Start().Add(12 * time.Hour))
	after := trade()
	want := []string{
		fmt.Sprintf("block_trade %d person %d", block.ID, person),
		fmt.Sprintf("trade %d trade %d person %d", together[0], together[1], person),
	}
	if got := w.exceptions("same_contact"); !slices.Equal(got, want) {
		t.Errorf("one person: %q, want %q", got, want)
	}
	if got := w.exceptions("same_bank_account"); len(got) != 0 {
		t.Errorf("one account: %q", got)
	}
	w.bankLine(seller, "firm 0", "6222")
	w.bankLine(buyer, "firm 1", "6222")
	w.bankLine(w.firms[2], "firm 2", "6333")
	parties := fmt.Sprintf(" party %d party %d", seller.party, buyer.party)
	want = []string{
		fmt.Sprintf("trade %d trade %d trade %d trade %d", alone, together[0], together[1], after) + parties,
		fmt.Sprintf("block_trade %d", block.ID) + parties,
	}
	if got := w.exceptions("same_bank_account"); !slices.Equal(got, want) {
		t.Errorf("one account: %q, want %q", got, want)
	}
	if got := decode[api.ExceptionPage](t, w.get("/v1/exceptions?kind=same_bank_account&month=2026-06-01", w.auditor)); len(got.Items) != 0 {
		t.Errorf("in June: %+v", got)
	}
}

// What is sold soon after it was given, what an officer has set aside, and what
// is past its day: each is found where it is, and nothing else.
func TestExceptions_Others(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.want(http.StatusCreated, w.approved(marketPath+"/terms", w.leader, `{"valid_from":"2026-07-02","block_band":"0.3","block_least":"5"}`))
	verified := []string{"surplus_verification 1", "surplus_verification 2", "surplus_verification 3"} // of the firms, without a year
	if got := w.exceptions("rule_overridden"); !slices.Equal(got, verified) {
		t.Errorf("set aside at first: %q", got)
	}
	if got := w.exceptions("decided_alone"); len(got) == 0 || !strings.HasPrefix(got[0], "role_grant 2 journal ") { // the leader's, after the administrator's own
		t.Errorf("decided alone at first: %q", got)
	}
	for _, kind := range []string{"past_deadline", "soon_after_allocation", "price_outlier", "same_contact", "same_bank_account"} {
		if got := w.exceptions(kind); len(got) != 0 {
			t.Errorf("%s in an empty market: %q", kind, got)
		}
	}
	seller, buyer := w.firms[0], w.firms[1]
	sold := decode[api.Order](t, w.ok("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))).ID
	w.ok("/v1/orders", buyer.key, order(buyer, "buy", "2400", "1"))
	given := decode[api.AllocationPage](t, w.get(fmt.Sprintf("/v1/allocations?licence=%d", seller.licence), w.auditor)).Items[0].ID
	if got, want := w.exceptions("soon_after_allocation"), fmt.Sprintf("market_order %d allocation %d", sold, given); !slices.Equal(got, []string{want}) {
		t.Errorf("soon: %q, want %q", got, want)
	}
	w.clock.Set(tradingDay.Start().Add(10 * time.Hour))
	block := decode[api.Block](t, w.ok("/v1/block-trades", buyer.key, fmt.Sprintf(
		`{"market":%q,"instrument":%q,"side":"buy","licence":%d,"counterparty_party":%d,"counterparty_licence":%d,"quantity":"5","price":"2400"}`,
		marketCode, instrumentCode, buyer.licence, seller.party, seller.licence)))
	soon := []string{fmt.Sprintf("market_order %d allocation %d", sold, given)}
	if got := w.exceptions("soon_after_allocation"); !slices.Equal(got, soon) {
		t.Errorf("a block trade that is proposed is no sale: %q", got)
	}
	w.ok(fmt.Sprintf("/v1/block-trades/%d/steps", block.ID), seller.key, `{"event":"confirm"}`)
	soon = append(soon, fmt.Sprintf("block_trade %d allocation %d", block.ID, given))
	if got := w.exceptions("soon_after_allocation"); !slices.Equal(got, soon) {
		t.Errorf("soon, with a block trade: %q, want %q", got, soon)
	}
	early := decode[api.Party](t, w.ok("/v1/parties", w.leader, fmt.Sprintf(`{"name":"early","uscc":%q,"region":"330421","industry":"26"}`, badCheck(apptest.USCC("330421", 51)))))
	w.ok(fmt.Sprintf("/v1/parties/%d/confirm-uscc", early.ID), w.leader, `{"document":"business licence","note":"seen"}`)
	if got, want := w.exceptions("rule_overridden"), append([]string{fmt.Sprintf("party %d", early.ID)}, verified...); !slices.Equal(got, want) {
		t.Errorf("overridden: %q, want %q", got, want)
	}
	w.ok("/v1/reserve-movements", w.leader, `{"region":"330421","pollutant":"VOCs","direction":"to_reserve","quantity":"2","document":"d"}`)
	notice := decode[api.PaymentNotice](t, w.ok("/v1/payment-notices", w.leader, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"quantity":"1","price":"100","due_on":"2026-07-20"}`, buyer.licence, instrumentCode)))
	w.clock.Set(calendar.NewDate(2026, 7, 20).Start())
	if got := w.exceptions("past_deadline"); len(got) != 0 {
		t.Errorf("on the last day: %q", got)
	}
	w.clock.Set(calendar.NewDate(2026, 7, 21).Start())
	if got, want := w.exceptions("past_deadline"), fmt.Sprintf("payment_notice %d", notice.ID); !slices.Equal(got, []string{want}) {
		t.Errorf("a day later: %q, want %q", got, want)
	}
	path := fmt.Sprintf("/v1/payment-notices/%d", notice.ID)
	w.ok(path+"/proof", w.finance, `{"amount":"500","proof":"R1","paid_on":"2026-07-20"}`)
	w.ok(path+"/confirm", w.finance, `{"reason":"the bank's receipt was seen"}`)
	want := append(append([]string{fmt.Sprintf("party %d", early.ID)}, verified...), fmt.Sprintf("payment_notice %d", notice.ID))
	if got := w.exceptions("rule_overridden"); !slices.Equal(got, want) {
		t.Errorf("a payment that no list had: %q, want %q", got, want)
	}
}
