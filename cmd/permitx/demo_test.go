package main

import (
	"context"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/quantity"
)

// The demo tells the same story on both databases, with the figures of the
// real events, and the check finds nothing.
func TestDemo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		database string
		args     func(t *testing.T) []string
	}{
		{"sqlite", func(*testing.T) []string { return nil }},
		{"postgres", func(t *testing.T) []string {
			t.Helper()
			keys := t.TempDir()
			return []string{"--database-url", dbtest.Database(t).OwnerURL, "--seal-keys", keys + "/seals", "--certificate-keys", keys + "/certificates", "--salts", keys + "/salts"}
		}},
	} {
		t.Run(c.database, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := do(t, append([]string{"demo", "--json", "--exit"}, c.args(t)...)...)
			if code != exitOK {
				t.Fatalf("exit code %d:\n%s%s", code, stdout, stderr)
			}
			checkDemo(t, readDemo(t, stdout), c.database)
			for _, want := range []string{
				"made up", "no verified surplus", "浙江省大气污染防治条例 第十六条", "not enough money", "permits of unknown price", "permits of unknown origin",
				"19 bidders, 13 winners", "an eleventh quote: refused", "a quote after the close: refused", "no order has met another yet", "with its code, of 嘉兴竞买企业01",
				"250 planted duplicates found", "paid and delivered in one transfer", "as anybody sees it: 5000 kgCO2e", "cancels its order", "in_reserve   booked", "the handler prepares it and the signer approves", "debits equal credits in each region and pollutant, and in money: true",
				"permitx check: 0 violations",
			} {
				if !strings.Contains(stderr, want) {
					t.Errorf("%q is not told:\n%s", want, stderr)
				}
			}
		})
	}
}

// A demo whose process is killed leaves a registry that is served again as soon
// as any: its role is not held until the demo's time has come.
func TestDemo_LeavesNoLaterBeat(t *testing.T) {
	t.Parallel()
	where, clock := databaseConfig{Data: t.TempDir()}, &demoClock{}
	s, err := (&demoCommand{databaseConfig: where, Listen: anyPort}).start(&globals{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard}, where, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop(context.WithoutCancel(t.Context()))
	clock.moveTo(clock.now().Add(365 * 24 * time.Hour))
	if err := await(t.Context(), "the server", func() (bool, error) { return s.app.Ready() == nil, nil }); err != nil {
		t.Fatal(err)
	}
	r, err := s.store.Registry(t.Context())
	if now := app.SystemClock(); err != nil || r.BeatAt == 0 || r.BeatAt > now {
		t.Errorf("the writer showed itself at %s, it is %s, %v", r.BeatAt, now, err)
	}
}

// readDemo reads the one object that --json prints; any other byte is an error.
func readDemo(t *testing.T, stdout string) demoResult {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	var r demoResult
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v:\n%s", err, stdout)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("something comes after the object:\n%s", stdout)
	}
	return r
}

func checkDemo(t *testing.T, r demoResult, database string) {
	t.Helper()
	x := r.CrossRegion
	if x.Deals != 4 || x.Enterprises != 8 || x.Quantity != "13.257" || x.Amount != "158900.00" || x.AveragePrice != "11986.12" {
		t.Errorf("cross_region: %+v", x)
	}
	amounts := map[string]bool{"61363.20": true, "59925.00": true, "1989.51": true, "35622.29": true}
	for _, d := range x.Split {
		if !amounts[d.Amount] || d.Months != 60 || d.State != "closed" {
			t.Errorf("deal: %+v", d)
		}
		delete(amounts, d.Amount)
	}
	if c := r.Carbon; c.Accepted != 9750 || c.Duplicates != 250 || c.Refused != 0 || c.Reduced != "37664.25" || c.Issued != 37664 || c.Carried != "0.25" ||
		c.Sold != "20" || c.ClearingPrice != "48" || c.Retired != 5000 {
		t.Errorf("carbon: %+v", c)
	}
	if x := r.Carbon.Traded; x.Price != "50" || x.Quantity != "3" || x.Amount != "150.00" || x.Units != 3000 || len(x.Serials) == 0 {
		t.Errorf("the trade of credits: %+v", x)
	}
	if r.Violations != 0 || r.Database != database {
		t.Errorf("violations: %d, database: %q", r.Violations, r.Database)
	}
	if g := r.Guarantee; g.Taken != "1.5" || g.Held != "1" || g.Retired != "0.5" {
		t.Errorf("the guarantee is %+v", g)
	}
	if s := r.ReserveStatement; s.Closing != s.Ledger || s.Closing != "1.125" || s.Cost == "" || s.MeanCost == "" || s.Sold != "1.5" || s.Turnover == "" || s.MeanPrice == "" {
		t.Errorf("the reserve statement is %+v", s)
	}
	if b := r.BuyBack; b.Quantity != "0.5" || b.BasePrice != "3600" || b.PricePaid != "4000" || b.State != "in_reserve" || b.Lot == 0 ||
		b.Months < 60 || b.Amount != money(t, 150*b.Months) || b.BudgetLeft != money(t, 200_000-150*b.Months) || !strings.HasPrefix(b.PriceRule, "project default") {
		t.Errorf("buy_back: %+v", b) // 0.5 t/a × CNY 3,600 / 12 = CNY 150 a month
	}
	if s := r.Sale; s.Base != "4000" || s.Bidders != 19 || s.Winners != 13 || s.Delivered != 13 || s.Sold != "0.734" || s.Average != "20020.5722" || s.Checked != "valid" {
		t.Errorf("the sale is %+v", s)
	}
	if c := r.Call; c.Price != "2390" || c.Volume != "1" || c.Trades != 3 {
		t.Errorf("the call is %+v", c)
	}
	if r.Trades != 4 {
		t.Errorf("%d trades", r.Trades)
	}
	if r.Journal.Length < 100 || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(r.Journal.Head) {
		t.Errorf("journal: %+v", r.Journal)
	}
	checkDemoRegions(t, r.Regions)
}

func money(t *testing.T, yuan int) string {
	t.Helper()
	return (quantity.Money(yuan) * quantity.OneMoney).String()
}

// checkDemoRegions holds that every basic account adds up, and that caps moved
// as the four deals say and not otherwise.
func checkDemoRegions(t *testing.T, regions []regionChange) {
	t.Helper()
	moved := map[accountKey]string{
		{qingpu, vocs}: "-5.286", {wujiang, vocs}: "-5", {jiashan, vocs}: "13.091", {guangde, vocs}: "-2.805", {nanhu, vocs}: "0",
		{qingpu, nh3n}: "0", {wujiang, nh3n}: "0", {jiashan, nh3n}: "0", {guangde, nh3n}: "0", {nanhu, nh3n}: "0",
	}
	for _, c := range regions {
		before, after := sumOf(t, c.Before), sumOf(t, c.After)
		if got := (after - before).String(); got != moved[accountKey{c.Code, c.Pollutant}] {
			t.Errorf("%s %s: the cap moved by %s", c.Code, c.Pollutant, got)
		}
		if after == 0 {
			t.Errorf("%s %s: the account is empty", c.Code, c.Pollutant)
		}
		delete(moved, accountKey{c.Code, c.Pollutant})
	}
	if len(moved) > 0 {
		t.Errorf("these accounts are missing, or come twice: %v", moved)
	}
}

// sumOf returns the cap after comparing it with the sum of its parts.
func sumOf(t *testing.T, p parts) quantity.Quantity {
	t.Helper()
	var sum quantity.Quantity
	for _, part := range []string{p.Unallocated, p.Reserve, p.Holdings, p.InTransit, p.Retired} {
		q, err := quantity.ParseQuantity("part", part)
		if err != nil {
			t.Fatal(err)
		}
		sum += q
	}
	if sum.String() != p.Cap {
		t.Errorf("the parts add up to %s: %+v", sum, p)
	}
	return sum
}

// A registry that somebody uses is not touched.
func TestDemoRefusesUsedRegistry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, "serve", "--data", dir, "--listen", anyPort)
	server.address(t)
	server.stop()
	server.wait(t)
	_, before, _ := do(t, "check", "--data", dir)
	code, stdout, stderr := do(t, "demo", "--exit", "--json", "--data", dir)
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "not empty") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
	if _, after, _ := do(t, "check", "--data", dir); after != before {
		t.Errorf("it was changed:\n%s%s", before, after)
	}
}

// Without --exit the demo serves on, with the keys of its users printed, until
// it is stopped; its temporary file is gone then.
func TestDemoServesOn(t *testing.T) {
	t.Parallel()
	demo := start(t, "demo")
	address := addressPattern.FindString(demo.stdout.await(t, "Serving on"))
	for _, role := range []string{"admin", "auditor", "upper", "bureau_leader of 330421", "enterprise of party 1 (signer)"} {
		line := regexp.MustCompile(`(?m)^(px_\S+)  +` + regexp.QuoteMeta(role) + `  `).FindStringSubmatch(demo.stdout.String())
		if line == nil {
			t.Errorf("the key of %s is not printed", role)
			continue
		}
		if _, err := whoAmI(t, address, line[1]); err != nil {
			t.Errorf("the key of %s: %v", role, err)
		}
	}
	demo.stop()
	if code := demo.wait(t); code != exitOK {
		t.Errorf("exit code %d:\n%s", code, &demo.stderr)
	}
	place := regexp.MustCompile(`SQLite file (\S+),`).FindStringSubmatch(demo.stdout.String())
	if place == nil {
		t.Fatalf("the file is not named:\n%s", &demo.stdout)
	}
	if (databaseConfig{Data: strings.TrimSuffix(place[1], "/"+dataFile)}).exists() == nil {
		t.Errorf("%s is still there", place[1])
	}
}

// The firms' codes are valid, and so are the numbers of their licences.
func TestDemoCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range newCast().all() {
		if _, err := catalog.CheckUSCC("uscc", f.uscc); err != nil || seen[f.uscc] || f.uscc[2:8] != f.region {
			t.Errorf("%s: %s: %v", f.name, f.uscc, err)
		}
		if n, err := catalog.ParseLicenceNumber("number", f.uscc+"001P"); err != nil || n.USCC != f.uscc {
			t.Errorf("%s: %+v, %v", f.name, n, err)
		}
		seen[f.uscc] = true
	}
	for _, b := range newBidders() {
		if _, err := catalog.CheckUSCC("uscc", b.uscc); err != nil || seen[b.uscc] {
			t.Errorf("%s: %s: %v", b.name, b.uscc, err)
		}
		seen[b.uscc] = true
	}
	if len(seen) != 8+19 {
		t.Errorf("%d firms", len(seen))
	}
}

// Whatever the day, there is a term on the grid with the five years that the
// deals pay for, and the shortest one is taken.
func TestDemoTermEnd(t *testing.T) {
	t.Parallel()
	for day := calendar.NewDate(2026, 1, 1); day < calendar.NewDate(2029, 1, 1); day = day.AddDays(1) {
		end := termEndFor(day)
		left := calendar.RemainingMonths(day, end, true)
		if !calendar.OnQuarterEnd(end) || left < termMonths || left > termMonths+2 {
			t.Fatalf("%s: the term ends on %s, %d months are left", day, end, left)
		}
	}
}
