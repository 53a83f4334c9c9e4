package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"permitx/api"
)

// A bearer client sends its key, and hands out the answer or the problem.
func TestNewBearerClient(t *testing.T) {
	t.Parallel()
	const problem = `{"type":"about:blank","title":"Not valid","status":401,"code":"identity.key_not_valid","detail":"The key is not valid."}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/orders/7" {
			t.Errorf("path %s, want /v1/orders/7", r.URL.Path)
		}
		if r.Header.Get("Authorization") != "Bearer px_right" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(problem))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id":7,"quantity":"1.5"}`))
	}))
	t.Cleanup(server.Close)

	get := func(key string) *api.GetOrderResponse {
		t.Helper()
		client, err := api.NewBearerClient(server.URL, key)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.GetOrderWithResponse(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if a := get("px_right"); a.JSON200 == nil || a.JSON200.Quantity != "1.5" {
		t.Errorf("answer %s, want order 7", a.Body)
	}
	if a := get("px_wrong"); a.ApplicationProblemJSONDefault == nil || a.ApplicationProblemJSONDefault.Code != "identity.key_not_valid" {
		t.Errorf("answer %s, want a problem", a.Body)
	}
	if _, err := api.NewBearerClient(server.URL, ""); err == nil {
		t.Error("no error for an empty key")
	}
}
