package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"permitx/api"
)

// Bad input never gets a 5xx: each is a problem with a stable code, the name
// of the field and a sentence.
func TestBadInput(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, other := w.firms[0], w.firms[2]
	good := order(f, "sell", "2400", "1")
	with := func(old, fresh string) string { return strings.Replace(good, old, fresh, 1) }
	market := func(state string) string { return `{"state":"` + state + `","reason":"r"}` }
	mine := decode[api.Order](t, w.post("/v1/orders", other.key, order(other, "sell", "9000", "1")))
	for _, c := range []struct {
		name, method, path, key, body string
		status                        int
		code, field                   string
	}{
		{"a JSON number for a decimal", "POST", "/v1/orders", f.key, with(`"2400"`, `2400`), 400, "request.invalid", "/price"},
		{"unknown field", "POST", "/v1/orders", f.key, with(`{`, `{"colour":"red",`), 400, "request.invalid", "/colour"},
		{"field twice", "POST", "/v1/orders", f.key, with(`{`, `{"price":"1",`), 400, "request.invalid", "/price"},
		{"missing field", "POST", "/v1/orders", f.key, with(`"side":"sell",`, ``), 400, "request.invalid", "/side"},
		{"null", "POST", "/v1/orders", f.key, with(`"sell"`, `null`), 400, "request.invalid", "/side"},
		{"enum", "POST", "/v1/orders", f.key, with(`"sell"`, `"short"`), 400, "request.invalid", "/side"},
		{"too many decimals", "POST", "/v1/orders", f.key, with(`"2400"`, `"2400.12345"`), 400, "quantity.too_many_decimals", "/price"},
		{"exponent", "POST", "/v1/orders", f.key, with(`"2400"`, `"1e5"`), 400, "quantity.malformed", "/price"},
		{"no digit before the point", "POST", "/v1/orders", f.key, with(`"2400"`, `".5"`), 400, "quantity.malformed", "/price"},
		{"plus", "POST", "/v1/orders", f.key, with(`"2400"`, `"+1"`), 400, "quantity.malformed", "/price"},
		{"underscore", "POST", "/v1/orders", f.key, with(`"2400"`, `"1_000"`), 400, "quantity.malformed", "/price"},
		{"full-width digit", "POST", "/v1/orders", f.key, with(`"2400"`, `"１"`), 400, "quantity.malformed", "/price"},
		{"30 digits", "POST", "/v1/orders", f.key, with(`"2400"`, `"`+strings.Repeat("9", 30)+`"`), 400, "quantity.out_of_range", "/price"},
		{"negative quantity", "POST", "/v1/orders", f.key, with(`"1"`, `"-1"`), 400, "quantity.not_positive", "/quantity"},
		{"zero quantity", "POST", "/v1/orders", f.key, with(`"1"`, `"0"`), 400, "quantity.not_positive", "/quantity"},
		{"off tick", "POST", "/v1/orders", f.key, with(`"2400"`, `"2400.5"`), 400, "order.price_off_tick", "/price"},
		{"off lot", "POST", "/v1/orders", f.key, with(`"1"`, `"1.00001"`), 400, "order.quantity_off_lot", "/quantity"},
		{"unknown market", "POST", "/v1/orders", f.key, with(marketCode, "NO-SUCH"), 404, "record.not_found", "/market"},
		{"malformed market", "POST", "/v1/orders", f.key, with(marketCode, "a b"), 400, "request.invalid", "/market"},
		{"unknown instrument", "POST", "/v1/orders", f.key, with(instrumentCode, "VOCs-20990630"), 404, "record.not_found", "/instrument"},
		{"unknown licence", "POST", "/v1/orders", f.key, with(`"licence":`, `"licence":99`), 404, "record.not_found", "/licence"},
		{"foreign licence", "POST", "/v1/orders", f.key, order(other, "sell", "2400", "1"), 404, "record.not_found", "/licence"},
		{"too much", "POST", "/v1/orders", f.key, with(`"1"`, `"1000"`), 422, "ledger.insufficient_balance", "/quantity"},
		{"money that is not there", "POST", "/v1/orders", f.key, order(f, "buy", "900000", "900"), 422, "ledger.insufficient_balance", "/quantity"},
		{"body of another kind", "POST", "/v1/orders", f.key, `[]`, 400, "request.invalid", ""},
		{"no JSON", "POST", "/v1/orders", f.key, `{"market":`, 400, "request.invalid", ""},
		{"two values", "POST", "/v1/orders", f.key, good + good, 400, "request.invalid", ""},
		{"large body", "POST", "/v1/orders", f.key, with(`{`, `{`+strings.Repeat(" ", 1<<20)), 413, "request.too_large", ""},
		{"no key", "POST", "/v1/orders", "", good, 401, "identity.key_missing", ""},
		{"malformed key", "POST", "/v1/orders", "secret", good, 401, "identity.key_not_valid", ""},
		{"unknown key", "POST", "/v1/orders", "px_unknown_unknown_unk", good, 401, "identity.key_not_valid", ""},
		{"malformed key where none is needed", "GET", "/v1/markets", "secret", "", 401, "identity.key_not_valid", ""},
		{"role that may not", "POST", "/v1/orders", w.finance, good, 403, "identity.forbidden", ""},
		{"cancel of another's order", "POST", "/v1/orders/" + itoa(mine.ID) + "/cancel", f.key, "", 404, "", "id"},
		{"cancel of no order", "POST", "/v1/orders/999/cancel", f.key, "", 404, "record.not_found", "id"},
		{"id that is no number", "POST", "/v1/orders/abc/cancel", f.key, "", 400, "request.invalid", "id"},
		{"id 0", "POST", "/v1/orders/0/cancel", f.key, "", 400, "request.invalid", "id"},
		{"body where none belongs", "POST", "/v1/orders/1/cancel", f.key, `{"why":1}`, 400, "request.invalid", ""},
		{"empty batch", "POST", "/v1/order-batches", f.key, `{"orders":[]}`, 400, "request.invalid", "/orders"},
		{"wrong order in a batch", "POST", "/v1/order-batches", f.key, `{"orders":[{"cancel":1},{"place":` + with(`"2400"`, `2400`) + `}]}`, 400, "request.invalid", "/orders/1/place/price"},

		{"page of a million", "GET", "/v1/markets?limit=1000000", "", "", 400, "request.invalid", "limit"},
		{"page of nothing", "GET", "/v1/markets?limit=0", "", "", 400, "request.invalid", "limit"},
		{"page of words", "GET", "/v1/markets?limit=many", "", "", 400, "request.invalid", "limit"},
		{"negative cursor", "GET", "/v1/markets?after=-1", "", "", 400, "request.invalid", "after"},
		{"unknown parameter", "GET", "/v1/markets?colour=red", "", "", 400, "request.invalid", "colour"},
		{"parameter twice", "GET", "/v1/markets?limit=1&limit=2", "", "", 400, "request.invalid", "limit"},
		{"enum of a filter", "GET", "/v1/markets?state=shut", "", "", 400, "request.invalid", "state"},
		{"missing parameter", "GET", "/v1/markets/" + marketCode + "/book", "", "", 400, "request.invalid", "instrument"},
		{"day that does not exist", "GET", "/v1/markets/" + marketCode + "/trades?from=2026-02-30", "", "", 400, "request.invalid", "from"},
		{"period that ends before it begins", "GET", "/v1/markets/" + marketCode + "/trades?from=2026-02-03&to=2026-02-02", "", "", 400, "request.invalid", "to"},
		{"unknown region", "GET", "/v1/regions/990000", "", "", 400, "request.invalid", "code"},
		{"region that is not there", "GET", "/v1/regions/330499", "", "", 404, "record.not_found", "code"},
		{"parameter not UTF-8", "GET", "/v1/carbon/exclusions?identifier=%ff", w.leader, "", 400, "request.invalid", "identifier"},
		{"parameter that cannot be read", "GET", "/v1/markets?state=%zz", "", "", 400, "request.invalid", ""},
		{"parameter with NUL", "GET", "/v1/offers?programme=a%00", "", "", 400, "request.invalid", "programme"},
		{"event id", "GET", "/v1/markets/" + marketCode + "/events", "", "", 400, "request.invalid", "Last-Event-ID"},

		{"long text", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":"` + strings.Repeat("x", 501) + `"}`, 400, "request.invalid", "/reason"},
		{"empty text", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":""}`, 400, "request.invalid", "/reason"},
		{"NUL", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":"a\u0000b"}`, 400, "request.invalid", "/reason"},
		{"not UTF-8", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":"` + "\xb5\xd8\xcc\xfa" + `"}`, 400, "request.invalid", "/reason"},
		{"half of a pair", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":"\ud800"}`, 400, "request.invalid", "/reason"},
		{"field not UTF-8", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":"r","` + "\xff" + `":1}`, 400, "request.invalid", "/\uFFFD"},
		{"wrong type", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":1,"reason":"r"}`, 400, "request.invalid", "/state"},
		{"state that it has", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, market("open"), 409, "record.state_unchanged", "/state"},
		{"unknown fields of another operation", "POST", "/v1/markets/" + marketCode + "/state", w.adminKey, `{"state":"halted","reason":"r","a/b":1}`, 400, "request.invalid", "/a~1b"},
		{"number that does not fit", "POST", "/v1/attainments", w.leader, `{"region":"330421","pollutant":"VOCs","year":2025.0,"attained":true,"document":"d"}`, 400, "request.invalid", "/year"},
		{"term end off the grid", "POST", "/v1/instruments", w.adminKey, `{"pollutant":"VOCs","term_end":"2031-06-29"}`, 422, "catalog.term_end_off_grid", "/term_end"},
		{"day of no calendar", "POST", "/v1/instruments", w.adminKey, `{"pollutant":"VOCs","term_end":"2031-06-31"}`, 400, "request.invalid", "/term_end"},
		{
			"cap of nothing, which would be none", "POST", "/v1/carbon/scenarios", w.leader,
			`{"scheme":1,"code":"BUS","name":"n","methodology":"BUS","daily_cap":"0.0","claim_from":2,"claim_to":7,"valid_from":"2026-01-01","source":"s"}`, 400, "request.invalid", "/daily_cap",
		},
		{"path that is not there", "GET", "/v2/orders", "", "", 404, "request.path_not_found", ""},
		{"method that is not taken", "DELETE", "/v1/orders", f.key, "", 405, "request.method_not_allowed", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, server: w.server} // for errors of this case
			a := w.send(c.method, c.path, c.key, c.body, func(r *http.Request) {
				r.Header.Set("Idempotency-Key", "bad-"+strings.Map(word, c.name))
				if c.field == "Last-Event-ID" {
					r.Header.Set("Last-Event-ID", "yesterday")
				}
			})
			p := decode[api.Problem](t, a)
			if a.status != c.status || c.code != "" && p.Code != c.code || fieldOf(p) != c.field || p.Detail == "" || p.RequestID == nil && a.status != 422 {
				t.Errorf("%d %s, want %d %s at %q", a.status, a.body, c.status, c.code, c.field)
			}
			if p.Status != a.status || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("not a problem of its status: %s", a.body)
			}
		})
	}
}

func word(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

func fieldOf(p api.Problem) string {
	if p.Field == nil {
		return ""
	}
	return *p.Field
}

// A command needs an idempotency key of the right form, and a key that comes
// again with another command is refused.
func TestBadInput_IdempotencyKey(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	for name, set := range map[string][]string{"missing": nil, "empty": {""}, "long": {strings.Repeat("a", 65)}, "odd": {"a b"}, "twice": {"a", "b"}} {
		for _, path := range []string{"/v1/orders", "/v1/instruments"} {
			a := w.send("POST", path, f.key, "{}", func(r *http.Request) {
				r.Header.Del("Idempotency-Key")
				for _, v := range set {
					r.Header.Add("Idempotency-Key", v)
				}
			})
			if p := decode[api.Problem](t, a); a.status != 400 || p.Code != "command.idempotency_key_missing" || fieldOf(p) != "Idempotency-Key" {
				t.Errorf("%s %s: %d %s", name, path, a.status, a.body)
			}
		}
	}
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "one") }
	w.send("POST", "/v1/orders", f.key, order(f, "sell", "2400", "1"), key)
	if a := w.send("POST", "/v1/orders", f.key, order(f, "sell", "2401", "1"), key); a.status != 409 {
		t.Errorf("another command with the same key: %d %s", a.status, a.body)
	}
}

// All that is wrong is listed.
func TestBadInput_Several(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post("/v1/markets", w.adminKey, `{"code":"x y","regions":[],"tick":1,"lot_size":"0","extra":1,"price_basis":"free","valid_from":"soon"}`)
	p := decode[api.Problem](t, a)
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.Field)
		if e.Detail == "" || strings.Contains(e.Detail, "chema") {
			t.Errorf("%s: %q", e.Field, e.Detail)
		}
	}
	got := strings.Join(fields, " ")
	for _, want := range []string{"/code", "/regions", "/tick", "/extra", "/price_basis", "/valid_from", "/name"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not among %s", want, got)
		}
	}
}
