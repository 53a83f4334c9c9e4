package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/calendar"
)

// A package is downloaded file by file, each what its digest says; asked for
// again with its key it is answered as before, though the registry has changed.
func TestExportPackage(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.clock.Set(calendar.Date(20260803).Start())
	firm := w.firms[0]
	number := fmt.Sprintf(`{"system":"provincial","kind":"licence","object":%d,"number":"ZJ-L-1"}`, firm.licence)
	if a := w.post("/v1/outside-numbers", w.leader, number); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	body := `{"system":"provincial","region":"330421","from":"2026-07-01","to":"2026-07-31"}`
	exported := func() answer {
		return w.send(http.MethodPost, "/v1/export-packages", w.leader, body, func(r *http.Request) { r.Header.Set("Idempotency-Key", "package") })
	}
	first := exported()
	if first.status != http.StatusCreated {
		t.Fatalf("%d %s", first.status, first.body)
	}
	w.post(fmt.Sprintf("/v1/licences/%d/state", w.firms[1].licence), w.leader, `{"state":"suspended","reason":"r","document":"d"}`)
	if again := exported(); string(again.body) != string(first.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("asked for again: %d %s", again.status, again.body)
	}
	e := decode[api.ExportPackage](t, w.get(fmt.Sprintf("/v1/export-packages/%d", decode[api.ExportPackage](t, first).ID), w.auditor))
	var manifest strings.Builder
	for _, f := range e.Files {
		content := w.get(fmt.Sprintf("/v1/export-packages/%d/files/%s", e.ID, f.Name), w.auditor).body
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != f.Digest {
			t.Errorf("%s is not what its digest says", f.Name)
		}
		manifest.WriteString(f.Digest + "  " + f.Name + "\n")
		if f.Name == "licences.csv" && !strings.Contains(string(content), ",ZJ-L-1,") {
			t.Errorf("the number is not in %s", content)
		}
	}
	if sum := sha256.Sum256([]byte(manifest.String())); hex.EncodeToString(sum[:]) != e.Digest || len(e.Files) != 14 {
		t.Errorf("the digest of %d files is not that of the package", len(e.Files))
	}
	receipt := w.post(fmt.Sprintf("/v1/export-packages/%d/receipt", e.ID), w.leader, `{"receipt":"HZ-1","received_on":"2026-08-03"}`)
	if got := decode[api.ExportPackage](t, receipt); got.State != api.ExportStateReceived {
		t.Errorf("%d %s", receipt.status, receipt.body)
	}
	if a := w.post("/v1/export-packages", w.leader, strings.Replace(body, "07-31", "08-03", 1)); a.status != http.StatusUnprocessableEntity {
		t.Errorf("days that are not over: %d %s", a.status, a.body)
	}
}

// What a platform says is answered with a receipt; what differs is listed,
// explained and closed, and a wrong line is named by its place.
func TestImportPackage(t *testing.T) {
	t.Parallel()
	w := open(t)
	body := fmt.Sprintf(`{"system":"provincial","number":"P-1","region":"330421","as_of":"2026-06-30","lines":[
		{"kind":"licence","number":"ZJ-L-1","object":%d,"values":[{"field":"state","value":"revoked"}]}]}`, w.firms[0].licence)
	a := w.post("/v1/import-packages", w.leader, body)
	p := decode[api.ImportPackage](t, a)
	if a.status != http.StatusCreated || p.Differences != 2 || p.State != api.ImportStateOpen {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if again := w.post("/v1/import-packages", w.leader, body); string(again.body) != string(a.body) {
		t.Errorf("the same package: %d %s", again.status, again.body)
	}
	if other := w.post("/v1/import-packages", w.leader, strings.Replace(body, "revoked", "valid", 1)); other.status != http.StatusConflict {
		t.Errorf("other lines under its number: %d %s", other.status, other.body)
	}
	path := fmt.Sprintf("/v1/import-packages/%d", p.ID)
	if early := w.post(path+"/close", w.leader, ""); early.status != http.StatusConflict {
		t.Errorf("closed early: %d %s", early.status, early.body)
	}
	for _, d := range decode[api.ImportDifferencePage](t, w.get(path+"/differences", w.leader)).Items {
		w.post(path+"/explain", w.leader, fmt.Sprintf(`{"difference":%d,"explanation":"their list is old"}`, d.ID))
	}
	if closed := w.post(path+"/close", w.leader, ""); decode[api.ImportPackage](t, closed).State != api.ImportStateClosed {
		t.Errorf("%d %s", closed.status, closed.body)
	}
	bad := w.post("/v1/import-packages", w.leader, `{"system":"provincial","number":"P-2","region":"330421","as_of":"2026-06-30","lines":[
		{"kind":"party","number":"x"},{"kind":"party","number":"y","values":[{"field":"colour","value":"red"}]}]}`)
	if f := decode[api.Problem](t, bad).Field; bad.status != http.StatusBadRequest || f == nil || *f != "/lines/1/values/0/field" {
		t.Errorf("%d %s", bad.status, bad.body)
	}
}
