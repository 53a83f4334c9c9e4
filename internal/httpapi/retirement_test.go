package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
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
	for _, number := range []string{"C330421-0000000001-1", "330421-0000000001-7", "C330402-0000000001-9"} {
		if a := w.post("/v1/carbon/retirement-checks", "", fmt.Sprintf(`{"number":%q}`, number)); a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
			t.Errorf("the number %s: %d %s", number, a.status, a.body)
		}
	}
}
