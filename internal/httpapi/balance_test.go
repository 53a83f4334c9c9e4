package httpapi_test

import (
	"fmt"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// holding is what a licence has of an origin: "balance held frozen".
func (w *world) holding(f firm, origin string) string {
	w.t.Helper()
	for _, h := range decode[api.HoldingPage](w.t, w.get(fmt.Sprintf("/v1/holdings?licence=%d", f.licence), w.auditor)).Items {
		if string(h.Origin) == origin {
			return h.Balance + " " + h.Held + " " + h.Frozen
		}
	}
	return "none"
}

func (w *world) wantHolding(f firm, origin, want string) {
	w.t.Helper()
	if got := w.holding(f, origin); got != want {
		w.t.Errorf("%s of licence %d: %s, want %s", origin, f.licence, got, want)
	}
}

// wantAccounts compares a region's basic account: "cap unallocated reserve
// holdings retired".
func (w *world) wantAccounts(region, want string) {
	w.t.Helper()
	got := "none"
	for _, a := range decode[api.BasicAccountPage](w.t, w.get("/v1/regions/"+region+"/accounts", "")).Items {
		if a.Pollutant == apptest.VOCs {
			got = fmt.Sprint(a.Cap, " ", a.Unallocated, " ", a.Reserve, " ", a.Holdings, " ", a.Retired)
		}
	}
	if got != want {
		w.t.Errorf("the account of %s: %s, want %s", region, got, want)
	}
}

// wantReserve compares the statement of Jiashan's reserve from July to the end
// of the year: "opening closing closing-cost sold turnover".
func (w *world) wantReserve(want string) api.ReserveStatement {
	w.t.Helper()
	s := decode[api.ReserveStatement](w.t, w.get("/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-12-31", w.auditor))
	if got := fmt.Sprint(s.Opening, " ", s.Closing, " ", s.ClosingCost, " ", s.Sold, " ", s.Turnover); got != want {
		w.t.Errorf("the statement: %s, want %s", got, want)
	}
	if s.Ledger == nil || *s.Ledger != s.Closing {
		w.t.Errorf("the statement closes with %s, the ledger has %v", s.Closing, s.Ledger)
	}
	return s
}

// wantBudget compares the first budget: "committed paid left".
func (w *world) wantBudget(want string) {
	w.t.Helper()
	b := decode[api.Budget](w.t, w.get("/v1/budgets/1", w.finance))
	if got := b.Committed + " " + b.Paid + " " + b.Left; got != want {
		w.t.Errorf("the budget: %s, want %s", got, want)
	}
}

// buysBack gives Jiashan a base price of CNY 1,500 and a budget.
func (w *world) buysBack(amount quantity.Money) {
	w.t.Helper()
	w.must(w.personOf(w.leader), app.ParameterSet{
		Key: rulebook.BasePrice, Region: apptest.Jiashan, Pollutant: apptest.VOCs, Value: "1500", ValidFrom: 20260701, Document: "price",
	})
	w.must(w.personOf(w.finance), app.BudgetApprove{Region: apptest.Jiashan, FiscalYear: 2026, Source: "本级财政", Amount: amount, Document: "d"})
}

// booked brings a buy-back that is agreed into the reserve.
func (w *world) booked(id int64, approval, amount string) api.BuyBack {
	w.t.Helper()
	path := fmt.Sprintf("/v1/buy-backs/%d", id)
	w.ok(path+"/approval", w.leader, approval)
	w.ok(path+"/steps", w.leader, `{"event":"contract","document":"合同"}`)
	w.ok(path+"/payment", w.finance, fmt.Sprintf(`{"amount":%q,"proof":%q,"paid_on":"2026-07-01"}`, amount, w.next("国库")))
	w.ok(path+"/booking", w.leader, `{"document":"变更"}`)
	return decode[api.BuyBack](w.t, w.get(path, w.auditor))
}

// checked runs permitx check on the committed rows.
func (w *world) checked(t *testing.T) {
	t.Helper()
	r, registry, end, err := w.app.Moment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	found, err := app.Check(t.Context(), r, registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}
