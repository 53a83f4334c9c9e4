package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/rulebook"
)

// notAsOf are the lists of a period that show each row, or what stands beside them, as
// it is now (ADR 78).
var notAsOf = map[string]string{
	"getAccountStatement":   "the account's balance of now stands beside what moved",
	"listDeposits":          "what has become of a deposit",
	"getReductions":         "activities that were taken back are taken out of the days on which they happened",
	"listMonthlyReductions": "the same",
	"getParticipantHistory": "the same",
}

// reportsAsOf are all reports of the contract as of a day, or of a period up to it.
func (w *walked) reportsAsOf(day calendar.Date) []string {
	w.t.Helper()
	var paths []string
	contractOperations(func(method, _ string, o *openapi3.Operation) {
		if method != http.MethodGet {
			return
		}
		column := ""
		for _, p := range o.Parameters {
			if name := p.Value.Name; name == "as_of" || name == "to" && column == "" {
				column = name
			}
		}
		if _, said := notAsOf[o.OperationID]; column == "" || said {
			return
		}
		at, err := url.Parse(w.query(o.OperationID))
		if err != nil {
			w.t.Fatal(err)
		}
		q := at.Query()
		q.Set(column, day.String())
		at.RawQuery = q.Encode()
		paths = append(paths, at.String())
	})
	for _, more := range []string{
		"/v1/exceptions?month=2026-06-01&", "/v1/exceptions?region=330421&", "/v1/idle-report?sweepable=true&", "/v1/idle-report?sweepable=false&",
		"/v1/statistics?cycle=year&from=2026-01-01&group=pollutant&", "/v1/statistics?cycle=quarter&from=2026-07-01&region=330000&",
		fmt.Sprintf("/v1/surplus-estimates?pollutant=NOx&year=2025&licence=%d&", w.firms[0].licence),
		fmt.Sprintf("/v1/surplus-estimates?pollutant=VOCs&year=2025&licence=%d&", w.spare.licence),
	} {
		paths = append(paths, more+"as_of="+day.String())
	}
	slices.Sort(paths)
	return paths
}

// printing is a report in a form.
type printing struct{ path, form string }

const asJSON = "application/json"

// printed are reports in some forms as the auditor has them.
func (w *walked) printed(paths []string, forms ...string) map[printing]string {
	w.t.Helper()
	out := map[printing]string{}
	for _, path := range paths {
		for _, form := range forms {
			out[printing{path, form}] = w.print(printing{path, form})
		}
	}
	return out
}

func (w *walked) print(p printing) string {
	w.t.Helper()
	status, _, body := w.exportedTo(w.auditor, p.path, p.form)
	if status != http.StatusOK {
		w.t.Errorf("%s as %s: %d %s", p.path, p.form, status, body)
	}
	return string(body)
}

// printsAgain compares reports with what they were.
func (w *walked) printsAgain(then map[printing]string, after string) {
	w.t.Helper()
	for p, was := range then {
		if again := w.print(p); again != was {
			w.t.Errorf("%s as %s was\n%.2000q\nand after %s it is printed again as\n%.2000q", p.path, p.form, was, after, again)
		}
	}
}

// filesOf are the files of the close of a month.
func (w *walked) filesOf(closed int64) []string {
	w.t.Helper()
	list := fmt.Sprintf("/v1/period-closes/%d/files", closed)
	paths := []string{list}
	for _, f := range decode[api.CloseFilePage](w.t, w.get(list, w.auditor)).Items {
		paths = append(paths, list+"/"+f.Name)
	}
	return paths
}

// doesAll sends every command of the contract, by one after the other until it is done,
// and returns how many were.
func (w *walked) doesAll(actors []actor) (done int) {
	w.t.Helper()
	var ids []string
	contractOperations(func(method, _ string, o *openapi3.Operation) {
		if method == http.MethodPost && !slices.Contains(ofAwards, o.OperationID) {
			ids = append(ids, o.OperationID)
		}
	})
	slices.Sort(ids)
	for _, id := range ids {
		for _, by := range actors {
			path, body := w.request(id, by.role)
			if a := w.approved(path, by.key, body); a.status < http.StatusMultipleChoices {
				done++
				break
			}
		}
	}
	return done
}

// Every report as of a day that is over prints the same again, byte by byte: after every
// command of the contract, after what is recorded later and begins before the day, after
// weeks of timers, and after a restart.
func TestAsOf_Walk(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	leader, f, other := w.personOf(w.leader), w.firms[0], w.firms[1]
	w.must(leader, app.ParameterSet{Key: rulebook.IdleMonths, Industry: "26", Value: "120", ValidFrom: 20260701, Document: "months"})
	w.ok("/v1/orders", f.key, order(f, "sell", "2300", "1"))
	w.ok("/v1/orders", other.key, order(other, "buy", "2300", "1"))
	w.ok("/v1/official-figures", w.leader, `{"region":"330421","cycle":"month","period":"2026-05-01","measure":"quantity","unit":"t","total":"1",
		"document":"d","published_on":"2026-07-01","parts":[]}`)

	w.clock.Set(calendar.Date(20260702).Start())
	// What the timers had begun on the day before is done when a command of today is.
	w.ok("/v1/parties", w.leader, fmt.Sprintf(`{"name":"today","uscc":%q,"region":"330421","industry":"2319"}`, apptest.USCC(apptest.Jiashan, 97)))
	reports := append(w.reportsAsOf(20260701), w.filesOf(w.toSign)...)
	first, exported := w.printed(reports, asJSON), w.printed(reports, asCSV, asXLSX)
	w.printsAgain(first, "nothing")
	for _, licence := range []int64{f.licence, other.licence, w.spare.licence} {
		w.ok("/v1/facts", w.leader, fmt.Sprintf(`{"kind":"industry","licence":%d,"value":"2611","valid_from":"2020-01-01","document":"d"}`, licence))
	}
	w.printsAgain(first, "an industry that was recorded with an earlier first day")
	actors := w.actors()
	if done := w.doesAll(actors); done < 120 {
		t.Errorf("%d commands were done", done)
	}
	w.printsAgain(first, "every command")

	w.clock.Set(calendar.Date(20260716).Start())
	w.ok("/v1/parties", w.leader, fmt.Sprintf(`{"name":"fortnight","uscc":%q,"region":"330421","industry":"2319"}`, apptest.USCC(apptest.Jiashan, 96)))
	second := w.printed(w.reportsAsOf(20260715), asJSON)
	w.downUntil(calendar.Date(20260905).Start())
	w.ok("/v1/parties", w.leader, fmt.Sprintf(`{"name":"later","uscc":%q,"region":"330421","industry":"2319"}`, apptest.USCC(apptest.Jiashan, 98)))
	w.doesAll(actors)
	w.printsAgain(first, "two months")
	w.printsAgain(second, "seven weeks")
	w.printsAgain(exported, "two months")
	if items := decode[api.IdlePermitsPage](t, w.get("/v1/idle-report?as_of=2026-07-01", w.auditor)).Items; len(items) == 0 {
		t.Error("nothing lay idle")
	}
}
