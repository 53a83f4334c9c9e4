package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/encumbrance"
	"permitx/internal/httpapi"
	"permitx/internal/quantity"
)

// firstCertificate is of what the first firm of a world began with.
var firstCertificate = encumbrance.CertificateNumber(apptest.Jiashan, 1)

func testCodeKeys() ([]encumbrance.CodeKey, error) { return []encumbrance.CodeKey{{1}, {2}}, nil }

// checkOf asks as the public what a certificate is worth.
func (w *world) checkOf(number, code string) api.CertificateCheck {
	w.t.Helper()
	body := fmt.Sprintf(`{"number":%q}`, number)
	if code != "" {
		body = fmt.Sprintf(`{"number":%q,"code":%q}`, number, code)
	}
	a := w.post("/v1/certificate-checks", "", body)
	if a.status != http.StatusOK {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	return decode[api.CertificateCheck](w.t, a)
}

// The holder gets a certificate with its code; the public learns what it is
// worth, and the holder only by the code; what is printed is what the digest says.
func TestCertificates(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, other := w.firms[0], w.firms[1]
	d := decode[api.CertificateDetail](t, w.get("/v1/certificates/"+firstCertificate, f.key))
	c := d.Certificate
	if c.Number != firstCertificate || c.Status != api.CertificateStatusValid || c.Quantity != "100" || c.Remaining != "100" || c.Party != f.party || d.Code == nil {
		t.Fatalf("%+v", d)
	}
	row := decode[api.JournalRow](t, w.get("/v1/journal/"+itoa(d.JournalNumber), w.auditor))
	sum := sha256.Sum256([]byte(d.Content))
	var content map[string]any
	if err := json.Unmarshal([]byte(d.Content), &content); err != nil || row.Hash != d.JournalHash || hex.EncodeToString(sum[:]) != d.Digest {
		t.Errorf("%v: %+v, the journal has %+v", err, d, row)
	}
	again, err := json.Marshal(content) // sorts the keys
	if err != nil || string(again) != d.Content || content["number"] != c.Number || content["quantity"] != "100" || content["holder_uscc"] != d.Holder.USCC {
		t.Errorf("the content is not canonical, or not of this certificate: %s", d.Content)
	}
	a := w.get("/v1/certificates/"+firstCertificate, other.key)
	w.isProblem(a, http.StatusNotFound, "record.not_found", "certificate")

	for code, want := range map[string]api.CodeOutcome{
		"": api.CodeOutcomeNotGiven, "0000-0000-0000-0000-0000": api.CodeOutcomeKeyMissing,
		(encumbrance.CodeKey{1}).Code(encumbrance.CertificateNumber(apptest.Jiashan, 2)): api.CodeOutcomeWrong,
		*d.Code: api.CodeOutcomeRight, strings.ToLower(*d.Code): api.CodeOutcomeRight,
		(encumbrance.CodeKey{2}).Code(firstCertificate): api.CodeOutcomeRight, // of the older key
	} {
		got := w.checkOf(firstCertificate, code)
		if got.Code != want || got.Status != api.CertificateStatusValid || got.Quantity != "100" || got.Pollutant != apptest.VOCs || got.TermEnd != "2031-06-30" {
			t.Errorf("%q: %+v", code, got)
		}
		if right := want == api.CodeOutcomeRight; right != (got.Holder != nil) || right != (got.Digest != nil) || right && (*got.Digest != d.Digest || got.Holder.USCC != d.Holder.USCC) {
			t.Errorf("%q: %+v", code, got)
		}
	}
	wrong := firstCertificate[:len(firstCertificate)-1] + string('0'+(firstCertificate[len(firstCertificate)-1]-'0'+1)%10)
	w.isProblem(w.post("/v1/certificate-checks", "", fmt.Sprintf(`{"number":%q}`, wrong)), http.StatusBadRequest, "certificate.number", "/number")
	w.isProblem(w.get("/v1/certificates/"+wrong, f.key), http.StatusBadRequest, "certificate.number", "certificate")
	none := encumbrance.CertificateNumber(apptest.Jiashan, 99_999)
	w.isProblem(w.post("/v1/certificate-checks", "", fmt.Sprintf(`{"number":%q}`, none)), http.StatusNotFound, "record.not_found", "/number")

	w.post("/v1/orders", f.key, order(f, "sell", "2400", "100"))
	for _, q := range []string{"60", "40"} {
		w.post("/v1/orders", other.key, order(other, "buy", "2400", q))
		if got := w.checkOf(firstCertificate, ""); (q == "60") != (got.Status == api.CertificateStatusValid && got.Remaining == "40") ||
			(q == "40") != (got.Status == api.CertificateStatusReplaced && got.Remaining == "0") {
			t.Errorf("after %s are sold: %+v", q, got)
		}
	}
	page := decode[api.CertificatePage](t, w.get("/v1/certificates", f.key))
	if len(page.Items) != 1 || page.Items[0].Number != firstCertificate || page.Items[0].Remaining != "0" {
		t.Errorf("%+v", page)
	}
	if page := decode[api.CertificatePage](t, w.get("/v1/certificates", other.key)); len(page.Items) != 3 {
		t.Errorf("what was bought has no certificate: %+v", page)
	}
}

// Without keys a certificate has no code, and says so; nothing fails.
func TestCertificates_KeysLost(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *httpapi.Config) {
		c.CodeKeys = func() ([]encumbrance.CodeKey, error) { return nil, errors.New("the disk is gone") }
	})
	if d := decode[api.CertificateDetail](t, w.get("/v1/certificates/"+firstCertificate, w.firms[0].key)); d.Code != nil || d.Digest == "" {
		t.Errorf("%+v", d)
	}
	if got := w.checkOf(firstCertificate, (encumbrance.CodeKey{1}).Code(firstCertificate)); got.Code != api.CodeOutcomeKeyMissing || got.Holder != nil {
		t.Errorf("%+v", got)
	}
}

// pageOf sends the form of the page, or opens it when there is none.
func (w *world) pageOf(query string, form url.Values) string {
	w.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, w.server.URL+"/certificates"+query, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") || a.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%v %d %v: %s", err, a.StatusCode, a.Header, text)
	}
	return string(text)
}

// The page tells anybody the status, and prints the certificate for who types
// its code; an address never takes a code, and what is typed is shown as text.
func TestCertificatesPage(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.must(w.personOf(w.leader), app.PartyRename{Party: w.firms[0].party, Name: "<b>新名</b>", EffectiveOn: 20260701, Document: "d"})
	d := decode[api.CertificateDetail](t, w.get("/v1/certificates/"+firstCertificate, w.firms[0].key))
	for name, c := range map[string]struct {
		query       string
		form        url.Values
		want, never []string
	}{
		"empty":        {"", nil, []string{"<form"}, []string{"Status on", "SHA-256"}},
		"number":       {"?number=" + firstCertificate, nil, []string{"valid", "100 t/a", "2031-06-30"}, []string{"新名", d.Holder.USCC, "SHA-256"}},
		"code in it":   {"?number=" + firstCertificate + "&code=" + *d.Code, nil, []string{"100 t/a"}, []string{"新名", d.Holder.USCC}},
		"form":         {"", url.Values{"number": {" " + firstCertificate + " "}}, []string{"100 t/a"}, []string{"新名"}},
		"wrong code":   {"", url.Values{"number": {firstCertificate}, "code": {"x"}}, []string{"not that of this"}, []string{"新名", d.Holder.USCC}},
		"right code":   {"", url.Values{"number": {firstCertificate}, "code": {*d.Code}}, []string{"&lt;b&gt;新名&lt;/b&gt;", d.Holder.USCC, d.Digest, d.JournalHash, *d.Code}, []string{"<b>"}},
		"a slip":       {"?number=330421-0000000001-x%3Cb%3E", nil, []string{"mistyped", "x&lt;b&gt;"}, []string{"<b>", "t/a"}},
		"not to exist": {"?number=" + encumbrance.CertificateNumber(apptest.Jiashan, 99_999), nil, []string{"there is no certificate"}, []string{"t/a"}},
	} {
		text := w.pageOf(c.query, c.form)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page lacks %q:\n%s", name, want, text)
			}
		}
		for _, never := range c.never {
			if strings.Contains(text, never) {
				t.Errorf("%s: the page has %q", name, never)
			}
		}
	}
	w.must(w.personOf(w.leader), app.FreezePlace{FreezeTerms: app.FreezeTerms{
		Licence: w.firms[0].licence, Instrument: instrumentCode, Origin: 1, Quantity: quantity.OneQuantity, Issuer: encumbrance.Court, IssuerName: "c", OrderNumber: "1", Reason: "r",
	}})
	if text := w.pageOf("?number="+firstCertificate, nil); !strings.Contains(text, "encumbered") || strings.Contains(text, "freeze") {
		t.Errorf("frozen:\n%s", text)
	}
}

// Who checks too much is slowed down, at the page as at the operation.
func TestCertificates_RateLimit(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *httpapi.Config) { c.RateLimit = 2 })
	body := fmt.Sprintf(`{"number":%q}`, firstCertificate)
	var status int
	for range 5 {
		status = w.post("/v1/certificate-checks", "", body).status
	}
	page, err := http.Get(w.server.URL + "/certificates")
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	if status != http.StatusTooManyRequests || page.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the sixth check: %d, and at the page: %d", status, page.StatusCode)
	}
}
