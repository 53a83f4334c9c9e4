package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/identity"
)

// A participant sees what was counted, taken back, given after a complaint and
// exchanged; a region sees months by scenario and methodology; anybody the totals,
// which stay when he is forgotten.
func TestParticipant_History(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	on := func(sourceID, day string) string {
		return strings.ReplaceAll(rideOf(sourceID, walkedPerson), "06-25", day)
	}
	submit := func(lines string, accepted int32) {
		t.Helper()
		a := w.send(http.MethodPost, w.activityPath(), operator, lines)
		got := decode[api.ActivityBatch](t, a)
		if got.Accepted != accepted {
			t.Fatalf("%d %s; want %d accepted", a.status, a.body, accepted)
		}
	}
	submit(on("3", "06-26")+on("4", "06-27")+rideOf("5", fmt.Sprintf("%032x", 5)), 3)
	submit(`{"source_id":"back","scenario":"BUS","reverses":"3"}`+"\n", 1)
	filed := decode[api.Complaint](t, w.post("/v1/carbon/complaints", operator, fmt.Sprintf(`{"scheme":%d,"batch":2,"source_id":"late","text":"the bus had no network"}`, w.carbon.scheme)))
	answered := w.post(fmt.Sprintf("/v1/carbon/complaints/%d/answer", filed.ID), w.leader, `{"answer":"the operator has shown its log","upheld":true}`)
	if answered.status != http.StatusOK {
		t.Fatalf("%d %s", answered.status, answered.body)
	}
	submit(on("late", "05-25"), 1)
	person := fmt.Sprintf("?scheme=%d&participant=%s", w.carbon.scheme, walkedPerson)
	if a := w.post("/v1/carbon/points/burns", operator, fmt.Sprintf(`{"scheme":%d,"participant":%q,"points":"150","reward":"bus ticket"}`, w.carbon.scheme, walkedPerson)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}

	history := func(query string) (said []string, next *int64) {
		t.Helper()
		a := w.get("/v1/carbon/participants/activities"+person+"&from=2026-05-01&to=2026-07-31"+query, operator)
		page := decode[api.ParticipantActivityPage](t, a)
		for _, i := range page.Items {
			text := fmt.Sprint(deref(i.SourceID), " ", i.Day, " ", i.Scenario, " ", deref(i.Methodology), " v", deref(i.Version), " ", i.Amount, " ", deref(i.Points))
			if i.TakenBack != nil {
				text += " taken back"
			}
			if i.Reverses != nil {
				text += " reverses"
			}
			if i.Complaint != nil {
				text += fmt.Sprint(" complaint ", *i.Complaint)
			}
			said = append(said, text)
		}
		return said, page.Next
	}
	want := []string{
		"1 2026-06-25 BUS BUS v1 0.052 100", "3 2026-06-26 BUS BUS v1 0.052  taken back", "4 2026-06-27 BUS BUS v1 0.052 100",
		"back 2026-06-26 BUS BUS v1 -0.052  reverses", "late 2026-05-25 BUS BUS v1 0.052 100 complaint 2",
	}
	whole, next := history("")
	if strings.Join(whole, "\n") != strings.Join(want, "\n") || next != nil {
		t.Errorf("the history is\n%s", strings.Join(whole, "\n"))
	}
	for order, query := range map[string]string{"oldest": "", "newest": "&newest_first=true"} {
		var all []string
		for after := ""; ; {
			some, next := history("&limit=2" + query + after)
			all = append(all, some...)
			if next == nil {
				break
			}
			after = fmt.Sprint("&after=", *next)
		}
		if order == "newest" {
			for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
				all[i], all[j] = all[j], all[i]
			}
		}
		if strings.Join(all, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s first, by pages:\n%s", order, strings.Join(all, "\n"))
		}
	}
	if a := w.get("/v1/carbon/participants/activities"+person+"&from=2026-05-01&to=2027-07-31", operator); a.status != http.StatusBadRequest {
		t.Errorf("more than a year: %d %s", a.status, a.body)
	}
	burns := decode[api.PointsSpentPage](t, w.get("/v1/carbon/points/burns"+person+"&newest_first=true", operator))
	if len(burns.Items) != 1 || burns.Items[0].Points != "150" || burns.Items[0].Reward != "bus ticket" {
		t.Errorf("burns: %+v", burns.Items)
	}
	balance := decode[api.Participant](t, w.get("/v1/carbon/participants"+person, operator))
	if balance.Activities != 3 || balance.Amount != "0.156" || balance.Points != "150" {
		t.Errorf("the balance is %+v", balance)
	}
	if mine := decode[api.ComplaintPage](t, w.get("/v1/carbon/complaints?source_id=late", operator)); len(mine.Items) != 1 || deref(mine.Items[0].Upheld) != true {
		t.Errorf("complaints: %+v", mine.Items)
	}

	months := w.get("/v1/carbon/monthly-reductions?region=330421&from=2026-05&to=2026-06", "")
	report := decode[api.MonthlyReductionPage](t, months)
	if len(report.Items) != 2 || report.Items[0].Month != "2026-05" || report.Items[0].Amount != "0.052" || report.Items[1].Amount != "0.208" ||
		report.Items[1].Activities != 4 || report.Items[1].Scenario != "BUS" || report.Items[1].Scheme != "JXCP" || report.Items[1].Version != 1 {
		t.Errorf("%d %s", months.status, months.body)
	}
	second := decode[api.MonthlyReductionPage](t, w.get("/v1/carbon/monthly-reductions?from=2026-05&to=2026-06&limit=1&after=1", ""))
	if len(second.Items) != 1 || second.Items[0].Month != "2026-06" || second.Next != nil {
		t.Errorf("the second page: %+v", second)
	}
	for form, head := range map[string]string{asCSV: "\uFEFFactivities,amount,id,methodology,month", asXLSX: "PK"} {
		if status, _, sheet := w.exported("/v1/carbon/monthly-reductions?from=2026-05&to=2026-06", form); status != http.StatusOK || !strings.HasPrefix(string(sheet), head) {
			t.Errorf("as %s: %d %.80q", form, status, sheet)
		}
	}
	for _, query := range []string{"from=2026-05&to=2027-05", "from=2026-05&to=2026-04", "from=2026-13&to=2026-12", "from=2026-05&to=2026-06&region=990000"} {
		if a := w.get("/v1/carbon/monthly-reductions?"+query, ""); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	// Of 10,000 units that were issued 100 of 150 wrong ones were taken back, and one was used.
	totals := decode[api.CarbonTotalPage](t, w.get("/v1/carbon/totals?region=330421", ""))
	if len(totals.Items) != 1 || totals.Items[0].Reduced != "0.26" || totals.Items[0].Activities != 5 || totals.Items[0].Issued != "9900" || totals.Items[0].Retired != "1" {
		t.Errorf("totals: %+v", totals.Items)
	}
	before, months2 := w.get("/v1/carbon/totals", "").body, w.get("/v1/carbon/monthly-reductions?from=2026-05&to=2026-06", "").body
	if a := w.post("/v1/carbon/participants/erase", operator, fmt.Sprintf(`{"scheme":%d,"participant":%q}`, w.carbon.scheme, walkedPerson)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, path := range []string{"/v1/carbon/participants" + person, "/v1/carbon/participants/activities" + person + "&from=2026-05-01&to=2026-07-31", "/v1/carbon/points/burns" + person} {
		w.isProblem(w.get(path, operator), http.StatusNotFound, "participant.none", "participant")
	}
	if after := w.get("/v1/carbon/totals", "").body; string(after) != string(before) {
		t.Errorf("who is forgotten changes the totals: %s, before %s", after, before)
	}
	if after := w.get("/v1/carbon/monthly-reductions?from=2026-05&to=2026-06", "").body; string(after) != string(months2) {
		t.Errorf("who is forgotten changes the months: %s, before %s", after, months2)
	}
	found, err := app.CheckIntake(t.Context(), w.intake, w.app.Reader())
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// A month is not closed while its activities can still be declared, unless that is
// meant; what is declared afterwards counts in the month that is open.
func TestClosePool_ClaimWindow(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	closed := func(early string) answer {
		return w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06"%s}`, w.carbon.scheme, early))
	}
	last := calendar.NewDate(2026, 6, 30).AddDays(9)
	w.clock.Set(last.Start())
	if a := closed(""); a.status != http.StatusConflict || !strings.Contains(string(a.body), "pool.claims_open") || !strings.Contains(string(a.body), last.String()) {
		t.Errorf("before the last claim: %d %s", a.status, a.body)
	}
	if a := closed(`,"early":true`); a.status != http.StatusOK {
		t.Fatalf("early: %d %s", a.status, a.body)
	}
	w.send(http.MethodPost, w.activityPath(), operator, strings.ReplaceAll(rideOf("3", walkedPerson), "06-25", "06-30"))
	pools := decode[api.PoolList](t, w.get(fmt.Sprintf("/v1/carbon/pools?scheme=%d", w.carbon.scheme), "")).Pools
	if len(pools) != 2 || pools[0].Items != 2 || pools[1].Month != "2026-07" || pools[1].Items != 1 || pools[1].Credited != "0.052" {
		t.Errorf("pools: %+v", pools)
	}
	w.clock.Set(last.AddMonths(1).AddDays(2).Start())
	if a := w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-07"}`, w.carbon.scheme)); a.status != http.StatusOK {
		t.Errorf("after the last claim: %d %s", a.status, a.body)
	}
}

// What a list has got since its activities were declared is taken back when their
// month is closed, and the answer says what.
func TestClosePool_Excluded(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	lines := ""
	for i := range 40 {
		lines += strings.Replace(rideOf(fmt.Sprint("ride-", i), fmt.Sprintf("%032x", i)), `"evidence"`, `"identifier":"GRID-9","evidence"`, 1)
	}
	if a := w.send(http.MethodPost, w.activityPath(), operator, lines); decode[api.ActivityBatch](t, a).Accepted != 40 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.must(w.personOf(w.leader), app.ExclusionImport{Region: apptest.Jiashan, List: carbon.GreenCertificate, Source: "list 2", Entries: []app.ExclusionEntry{{Identifier: "GRID-9", ValidFrom: 20260101}}})
	a := w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme))
	got := decode[api.PoolClose](t, a)
	if a.status != http.StatusOK || got.Pools[0].Units != 0 || got.Pools[0].Left != "0.104" || len(got.Excluded) != 40 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if x := got.Excluded[39]; x.SourceID != "ride-39" || x.Identifier != "GRID-9" || x.CountedIn != "green_certificate" || x.Amount != "-0.052" || x.Reversal != x.Activity+40 {
		t.Errorf("%+v", x)
	}
	found, err := app.CheckIntake(t.Context(), w.intake, w.app.Reader())
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// A day of fewer than three participants has no line of its own: it is shown within
// its month, with another day where they are too few even so, and not in a part of one.
func TestReductions_FewParticipants(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader)) // two rode on the 25th
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	lines := ""
	for day, riders := range map[string]int{"06-26": 4, "06-27": 5} {
		for i := range riders {
			lines += strings.ReplaceAll(rideOf(fmt.Sprint(day, "-", i), fmt.Sprintf("%032x", i)), "06-25", day)
		}
	}
	if a := w.send(http.MethodPost, w.activityPath(), operator, lines); decode[api.ActivityBatch](t, a).Accepted != 9 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for period, want := range map[string]string{
		"from=2026-06-01&to=2026-06-30": " 2026-06 6 0.312; 2026-06-27  5 0.26; in all 11 0.572",
		"from=2026-06-25&to=2026-06-30": "2026-06-27  5 0.26; in all 5 0.26",
		"from=2026-06-25&to=2026-06-26": "in all 0 0",
	} {
		r := decode[api.ReductionReport](t, w.get(fmt.Sprintf("/v1/carbon/reductions?scheme=%d&%s", w.carbon.scheme, period), ""))
		said := ""
		for _, l := range r.Lines {
			said += fmt.Sprintf("%s %s %d %s; ", deref(l.Day), deref(l.Month), l.Activities, l.Amount)
		}
		if said += fmt.Sprintf("in all %d %s", r.Activities, r.Amount); said != want {
			t.Errorf("%s: %s; want %s", period, said, want)
		}
	}
}
