package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
)

// A withdrawal holds its amount until it is paid or cancelled.
func TestWithdrawals(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	request := func(amount string) answer {
		return w.post("/v1/withdrawals", f.key, fmt.Sprintf(`{"party":%d,"amount":%q,"payee_account":"6222","note":"二季度"}`, f.party, amount))
	}
	a := request("250.25")
	paid := decode[api.Withdrawal](t, a)
	if a.status != http.StatusCreated || paid.State != api.WithdrawalStateRequested || paid.Amount != "250.25" || *paid.Note != "二季度" || paid.Entry != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	dropped := decode[api.Withdrawal](t, request("1"))
	if got := decode[api.FundsPage](t, w.get("/v1/funds", f.key)); got.Items[0].Held != "251.25" {
		t.Errorf("%+v", got)
	}
	path := fmt.Sprintf("/v1/withdrawals/%d", paid.ID)
	a = w.post(path+"/confirm", w.finance, `{"bank_reference":"out-1","on":"2026-07-01"}`)
	if got := decode[api.Withdrawal](t, a); a.status != http.StatusOK || got.State != api.WithdrawalStatePaid || *got.BankReference != "out-1" || got.Entry == nil || got.Transfer == nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post(path+"/cancel", f.key, ""), http.StatusConflict, "withdrawal.state", "")
	w.isProblem(w.post(path+"/confirm", w.finance, `{"bank_reference":"out-2","on":"2026-02-30"}`), http.StatusBadRequest, "request.invalid", "/on")
	a = w.post(fmt.Sprintf("/v1/withdrawals/%d/cancel", dropped.ID), f.key, "{}")
	if got := decode[api.Withdrawal](t, a); a.status != http.StatusOK || got.State != api.WithdrawalStateCancelled {
		t.Errorf("%d %s", a.status, a.body)
	}
	elsewhere := w.post("/v1/withdrawals", f.key, fmt.Sprintf(`{"party":%d,"amount":"1","payee_account":"6228"}`, f.party))
	w.isProblem(elsewhere, http.StatusUnprocessableEntity, "withdrawal.payee_unknown", "/payee_account")
	if !strings.Contains(string(elsewhere.body), "registered for it: 6222") {
		t.Errorf("does not say which account would be right: %s", elsewhere.body)
	}
	w.isProblem(request("99999999"), http.StatusUnprocessableEntity, "ledger.insufficient_balance", "/amount")
	w.isProblem(w.get(path, w.firms[1].key), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post("/v1/withdrawals", w.firms[1].key, fmt.Sprintf(`{"party":%d,"amount":"1","payee_account":"6222"}`, f.party)), http.StatusNotFound, "record.not_found", "/party")
	if got := decode[api.Withdrawal](t, w.get(path, f.key)); got.State != api.WithdrawalStatePaid || *got.PaidOn != "2026-07-01" {
		t.Errorf("%+v", got)
	}
	if got := decode[api.WithdrawalPage](t, w.get("/v1/withdrawals?state=cancelled", w.finance)); len(got.Items) != 1 || got.Items[0].ID != dropped.ID {
		t.Errorf("%+v", got)
	}
}

// An account is registered by two persons of finance; its party and finance see it.
func TestPayeeAccounts(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	body := fmt.Sprintf(`{"party":%d,"account":"6228","document":"开户许可证"}`, f.party)
	a := decode[api.PayeeAccount](t, w.approved("/v1/payee-accounts", w.finance, body))
	if a.Account != "6228" || a.Party != f.party || a.ClosedAt != nil {
		t.Errorf("%+v", a)
	}
	w.isProblem(w.post("/v1/payee-accounts", w.finance, body), http.StatusConflict, "payee_account.known", "/account")
	closed := decode[api.PayeeAccount](t, w.ok(fmt.Sprintf("/v1/payee-accounts/%d/close", a.ID), w.finance, ""))
	if closed.ClosedAt == nil {
		t.Errorf("%+v", closed)
	}
	for key, sees := range map[string]int{f.key: 2, w.finance: 2, w.firms[1].key: 0} {
		path := fmt.Sprintf("/v1/payee-accounts?party=%d", f.party)
		if got := decode[api.PayeeAccountPage](t, w.get(path, key)).Items; len(got) != sees {
			t.Errorf("%d are seen, want %d", len(got), sees)
		}
	}
}
