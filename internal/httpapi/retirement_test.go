package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app/apptest"
	"permitx/internal/encumbrance"
)

// The certificate of a retirement has a number, a digest and, for who holds it,
// a code that anybody can have checked.
func TestRetirement_Certificate(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	path := fmt.Sprintf("/v1/carbon/retirements/%d", w.carbon.retirement)
	public := decode[api.RetirementCertificate](t, w.get(path, ""))
	mine := decode[api.RetirementCertificate](t, w.get(path, w.firms[0].key))
	if public.Code != nil || mine.Code == nil || public.Content == nil {
		t.Fatalf("anybody is shown %+v, the holder %+v", public, mine)
	}
	if sum := sha256.Sum256([]byte(*public.Content)); public.Digest == nil || *public.Digest != hex.EncodeToString(sum[:]) {
		t.Errorf("the digest %v is not of the content %s", public.Digest, *public.Content)
	}
	wrong := []byte(*mine.Code) // the key is named in front
	if wrong[len(wrong)-1]++; wrong[len(wrong)-1] > '9' {
		wrong[len(wrong)-1] = '7'
	}
	for code, want := range map[string]api.CodeOutcome{"": api.CodeOutcomeNotGiven, *mine.Code: api.CodeOutcomeRight, string(wrong): api.CodeOutcomeWrong} {
		body := fmt.Sprintf(`{"number":%q}`, mine.Number)
		if code != "" {
			body = fmt.Sprintf(`{"number":%q,"code":%q}`, mine.Number, code)
		}
		a := w.post("/v1/carbon/retirement-checks", "", body)
		if got := decode[api.RetirementCheck](t, a); a.status != http.StatusOK || got.Code != want || got.Certificate.Number != mine.Number || got.Certificate.Code != nil {
			t.Errorf("the code %q: %d %s", code, a.status, a.body)
		}
	}
	text := w.pageOf("?number="+mine.Number, nil)
	for _, want := range append([]string{*public.Digest, "嘉兴碳普惠", public.Retirement.Beneficiary, "voluntary", fmt.Sprint(public.JournalNumber)}, public.Serials...) {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	for want, form := range map[string]url.Values{
		*mine.Code:                {"number": {mine.Number}, "code": {*mine.Code}},
		"not that of this":        {"number": {mine.Number}, "code": {string(wrong)}},
		"mistyped":                {"number": {"C330421-0000000001-x"}},
		"there is no certificate": {"number": {"C" + encumbrance.CertificateNumber(apptest.Jiashan, 99_999)}},
	} {
		if text := w.pageOf("", form); !strings.Contains(text, want) || strings.Contains(text, *mine.Code) != (want == *mine.Code) {
			t.Errorf("the page lacks %q, or has the code:\n%s", want, text)
		}
	}
	for _, number := range []string{"C330421-0000000001-1", "330421-0000000001-7", "C330402-0000000001-9"} {
		if a := w.post("/v1/carbon/retirement-checks", "", fmt.Sprintf(`{"number":%q}`, number)); a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
			t.Errorf("the number %s: %d %s", number, a.status, a.body)
		}
	}
}
