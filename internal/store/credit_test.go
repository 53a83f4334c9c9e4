package store

import (
	"fmt"
	"strings"
	"testing"

	"permitx/internal/app"
)

// No database takes two ranges that share a unit, however they are written.
func TestCreditRange_NoOverlap(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		insert := func(id, first, last int64) error {
			return s.write.Exec(`INSERT INTO credit_range (id, issuance, series, first_unit, last_unit, party, region, state, retirement, command)
				VALUES (?, 1, 1, ?, ?, 1, '330421', 'held', 0, 1)`, id, first, last).Error
		}
		if err := insert(1, 10, 20); err != nil {
			t.Fatal(err)
		}
		for _, r := range [][2]int64{{10, 20}, {1, 10}, {20, 30}, {12, 13}, {5, 40}} {
			if insert(2, r[0], r[1]) == nil {
				t.Errorf("units %d to %d are in two ranges", r[0], r[1])
			}
		}
		for id, r := range map[int64][2]int64{3: {1, 9}, 4: {21, 21}, 5: {30, 40}} {
			if err := insert(id, r[0], r[1]); err != nil {
				t.Errorf("units %d to %d: %v", r[0], r[1], err)
			}
		}
		update := func(id, first, last int64) error {
			return s.write.Exec("UPDATE credit_range SET first_unit = ?, last_unit = ? WHERE id = ?", first, last, id).Error
		}
		if update(5, 21, 40) == nil || update(3, 1, 10) == nil {
			t.Error("a range has grown over another")
		}
		if err := update(1, 10, 15); err != nil {
			t.Errorf("a range that gets shorter: %v", err)
		}
		if err := insert(6, 16, 20); err != nil {
			t.Errorf("what was left of it: %v", err)
		}
	})
}

// What a party may dispose of is added up by the database, and what its longest ranges have.
func TestFreeUnits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		next := int64(0)
		insert := func(party, series, units, offer, mirror int64, state string) {
			t.Helper()
			next += 1000
			err := s.write.Exec(`INSERT INTO credit_range (id, issuance, series, first_unit, last_unit, party, region, state, retirement, offer, mirror, command)
				VALUES (?, 1, ?, ?, ?, ?, '330421', ?, 0, ?, ?, 1)`, next, series, next, next+units-1, party, state, offer, mirror).Error
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, units := range []int64{5, 100, 1, 70, 100} {
			insert(1, 1, units, 0, 0, "held")
		}
		insert(1, 1, 200, 7, 0, "held")
		insert(1, 1, 300, 0, 7, "held")
		insert(1, 1, 400, 0, 0, "revoked")
		insert(1, 2, 500, 0, 0, "held")
		insert(2, 1, 600, 0, 0, "held")
		for ranges, want := range map[int]app.FreeUnits{0: {Units: 276}, 1: {Units: 276, Longest: 100}, 3: {Units: 276, Longest: 270}, 9: {Units: 276, Longest: 276}} {
			if got, err := s.FreeUnits(t.Context(), 1, 1, ranges); err != nil || got != want {
				t.Errorf("of %d ranges: %+v, %v, want %+v", ranges, got, err, want)
			}
		}
		if got, err := s.FreeUnits(t.Context(), 1, 3, 400); err != nil || got != (app.FreeUnits{}) {
			t.Errorf("of who has none: %+v, %v", got, err)
		}
	})
}

// No database takes a unit of another scheme that is mirrored already, unless it
// was released; the same number of another registry is another unit.
func TestCreditMirror_NoOverlap(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		insert := func(id, place, first, last int64, released bool) error {
			return s.write.Exec(`INSERT INTO credit_mirror (id, recognition, issuance, party, region, origin, home, place, serial, first_unit, last_unit, lock, released, command)
				VALUES (?, 1, ?, 1, '330421', 'SHCP', 0, ?, 's', ?, ?, 'd', ?, 1)`, id, id, place, first, last, released).Error
		}
		if err := insert(1, 1, 10, 20, false); err != nil {
			t.Fatal(err)
		}
		for _, r := range [][2]int64{{10, 20}, {1, 10}, {20, 30}, {12, 13}, {5, 40}} {
			if insert(2, 1, r[0], r[1], false) == nil {
				t.Errorf("units %d to %d are mirrored twice", r[0], r[1])
			}
		}
		for id, r := range map[int64]struct {
			place    int64
			released bool
		}{3: {2, false}, 4: {1, true}} {
			if err := insert(id, r.place, 10, 20, r.released); err != nil {
				t.Errorf("%+v: %v", r, err)
			}
		}
		if s.write.Exec("UPDATE credit_mirror SET released = false WHERE id = 4").Error == nil {
			t.Error("what was released is mirrored again, twice")
		}
	})
}

// No database takes a unit that has expired without a day, or is on sale or locked as well,
// a series that ends within its vintage, nor a life without a document.
func TestCreditExpiry_Constraints(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		id := 0
		put := func(table, columns string, values ...any) error {
			id++
			marks := strings.Repeat(", ?", len(values))
			return s.write.Exec(fmt.Sprintf("INSERT INTO %s (id, command, %s) VALUES (?, 1%s)", table, columns, marks), append([]any{id}, values...)...).Error
		}
		units := func(state string, day, offer, mirror int64) error {
			return put("credit_range", "issuance, series, first_unit, last_unit, party, region, retirement, state, expired_on, offer, mirror", 1, 1, id+1, id+1, 1, "330421", 0, state, day, offer, mirror)
		}
		series := func(vintage, day int64) error {
			return put("credit_series", "code, scheme, vintage, valid_to", fmt.Sprint(id), 1, vintage, day)
		}
		life := func(from, months int64, document string) error {
			return put("credit_life", "scheme, vintage_from, months, document", 1, from, months, document)
		}
		expired := func(units int64) error {
			return s.write.Exec("UPDATE issuance SET expired_units = ? WHERE id = 1", units).Error
		}
		if err := s.write.Exec(`INSERT INTO issuance (id, scheme, methodology, project, source, vintage, period_from, period_to, party, region, reduced, units, revoked_units, first_unit, last_unit,
			evidence_digest, items, sample, outbox, state, document, declared_by, verified_by, declared_at, issued_at, command)
			VALUES (1, 1, 'PV', 0, 'P202605', 2026, 20260501, 20260531, 1, '330421', 10, 10, 0, 1, 10, 'd', 1, '1', 1, 'issued', 'd', 1, 2, 1, 1, 1)`).Error; err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			units("expired", 20260901, 0, 0), units("held", 0, 0, 0), series(2025, 0), series(2026, 20270131), life(2026, 0, "d"), life(2026, 600, "d"), expired(0), expired(10),
			put("account", "kind, origin, region, pollutant, party, licence, instrument", 17, 0, "330421", "JXCP-2026", 0, 0, 0),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		for n, err := range []error{
			units("expired", 0, 0, 0), units("held", 20260901, 0, 0), units("expired", 20260901, 1, 0), units("expired", 20260901, 0, 1), units("lost", 0, 0, 0),
			series(2027, 20271231), life(1999, 1, "d"), life(2026, -1, "d"), life(2026, 601, "d"), life(2026, 1, ""), expired(-1), expired(11),
			put("account", "kind, origin, region, pollutant, party, licence, instrument", 17, 0, "", "", 0, 0, 0), put("account", "kind, origin, region, pollutant, party, licence, instrument", 18, 0, "330421", "JXCP-2026", 0, 0, 0),
		} {
			if err == nil {
				t.Errorf("case %d was taken", n)
			}
		}
	})
}

// No database takes an order of credits that is not of whole tonnes for no project,
// or whose open sell holds aside something else than what it has left (I-84, I-85);
// nor a market or an instrument of permits and credits at once.
func TestCreditOrder_Constraints(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		id := 0
		order := func(licence, project, quantity, hold int64) error {
			id++
			return s.write.Exec(`INSERT INTO market_order (id, market, instrument, party, licence, project, side, time_in_force, state, price, quantity, remaining, hold, placed_at, command)
				VALUES (?, 1, 1, 1, ?, ?, 2, 1, 1, 10000, ?, ?, ?, 1, 1)`, id, licence, project, quantity, quantity, hold).Error
		}
		if err := order(0, 0, 3_000_000, 3_000_000_000); err != nil {
			t.Fatal(err)
		}
		if err := order(1, 0, 1, 1); err != nil {
			t.Errorf("an order of permits: %v", err)
		}
		if order(0, 1, 3_000_000, 3_000_000_000) == nil || order(0, 0, 3_000_001, 3_000_001_000) == nil {
			t.Error("an order of credits is for a project, or not of whole tonnes")
		}
		if order(0, 0, 3_000_000, 3_000_000) == nil {
			t.Error("a sell of credits holds aside what it does not sell")
		}
		instrument := func(code, pollutant string, end, scheme, series int64) error {
			id++
			return s.write.Exec("INSERT INTO instrument (id, code, pollutant, term_end, scheme, series, command) VALUES (?, ?, ?, ?, ?, ?, 1)", id, code, pollutant, end, scheme, series).Error
		}
		for _, err := range []error{instrument("JXCP-2026", "JXCP-2026", 0, 1, 1), instrument("JXCP-2027", "JXCP-2027", 0, 1, 2), instrument("COD-20301231", "COD", 20301231, 0, 0)} {
			if err != nil {
				t.Errorf("an instrument: %v", err)
			}
		}
		for _, err := range []error{
			instrument("JXCP-2028", "JXCP-2028", 20301231, 1, 3), instrument("COD-20300930", "COD", 0, 0, 0), instrument("JXCP-2028", "COD", 0, 1, 3), instrument("JXCP-2028", "JXCP-2028", 0, 1, 2),
		} {
			if err == nil {
				t.Error("an instrument is of permits and credits, of neither, or of a series twice")
			}
		}
		market := func(pollutant string, scheme, lot int64, basis string) error {
			id++
			return s.write.Exec(`INSERT INTO market (id, code, name, pollutant, scheme, lot_size, tick, price_basis, state, approval, valid_from, valid_to, source, command)
				VALUES (?, ?, 'n', ?, ?, ?, 1, ?, 'open', '', 20260101, 0, 's', 1)`, id, fmt.Sprint(id), pollutant, scheme, lot, basis).Error
		}
		if err := market("", 1, 1_000_000, "outright"); err != nil {
			t.Errorf("a market of credits: %v", err)
		}
		if market("COD", 1, 1_000_000, "outright") == nil || market("", 0, 1, "outright") == nil || market("", 1, 1, "outright") == nil || market("", 1, 1_000_000, "per_year") == nil {
			t.Error("a market is of permits and credits, of neither, of parts of tonnes, or of a term")
		}
	})
}

// No database counts a day of a plant twice, unless the other was rejected or
// revoked; a plant whose name begins like another's is another (I-100).
func TestIssuance_PlantOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		id := 0
		insert := func(plant, state string, from, to int64) error {
			id++
			return s.write.Exec(`INSERT INTO issuance (id, scheme, methodology, project, source, vintage, period_from, period_to, party, region, reduced, units, revoked_units,
				first_unit, last_unit, evidence_digest, items, sample, outbox, state, document, declared_by, verified_by, declared_at, issued_at, command, origin, plant)
				VALUES (?, 1, 'PV', ?, 'P', 2026, ?, ?, 1, '330421', 1, 1, 0, 0, 0, ?, 1, '', 0, ?, '', 1, 0, 1, 0, 1, '', ?)`, id, id, from, to, fmt.Sprint(id), state, plant).Error
		}
		for _, r := range []struct {
			plant, state string
			from, to     int64
		}{
			{"GRID-1", "computed", 20260301, 20260331},
			{"GRID-1", "computed", 20260401, 20260430},
			{"GRID-10", "computed", 20260301, 20260331},
			{"GRID", "computed", 20260101, 20261231},
			{"GRID-1", "rejected", 20260315, 20260401},
			{"", "computed", 20260301, 20260331},
			{"", "computed", 20260301, 20260331},
		} {
			if err := insert(r.plant, r.state, r.from, r.to); err != nil {
				t.Errorf("%+v: %v", r, err)
			}
		}
		for _, days := range [][2]int64{{20260331, 20260331}, {20260201, 20260301}, {20260310, 20260312}, {20260101, 20261231}} {
			if err := insert("GRID-1", "computed", days[0], days[1]); err == nil || !strings.Contains(err.Error(), "issuance_plant_once") {
				t.Errorf("days %v are counted twice: %v", days, err)
			}
		}
		if s.write.Exec("UPDATE issuance SET state = 'computed' WHERE id = 5").Error == nil {
			t.Error("what was rejected is counted after all, twice")
		}
	})
}

// No database takes an issuance as revoked of which something is left, or of which nothing
// was revoked, nor one as issued that is revoked wholly.
func TestIssuance_RevokedWholly(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		if err := s.write.Exec(`INSERT INTO issuance (id, scheme, methodology, project, source, vintage, period_from, period_to, party, region, reduced, units, revoked_units, first_unit, last_unit,
			evidence_digest, items, sample, outbox, state, document, declared_by, verified_by, declared_at, issued_at, command)
			VALUES (1, 1, 'PV', 0, 'P202605', 2026, 20260501, 20260531, 1, '330421', 10, 10, 0, 1, 10, 'd', 1, '1', 1, 'issued', 'd', 1, 2, 1, 1, 1)`).Error; err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			state            string
			revoked, expired int64
			good             bool
		}{
			{"issued", 9, 0, true},
			{"issued", 0, 10, true},
			{"issued", 3, 6, true},
			{"revoked", 10, 0, true},
			{"revoked", 3, 7, true},
			{"revoked", 10, 10, true},
			{"revoked", 6, 6, true}, // sold, owed, and expired in the hands of others
			{"issued", 10, 0, false},
			{"revoked", 9, 0, false},
			{"revoked", 0, 10, false},
			{"revoked", 3, 6, false},
		} {
			err := s.write.Exec("UPDATE issuance SET state = ?, revoked_units = ?, expired_units = ? WHERE id = 1", c.state, c.revoked, c.expired).Error
			if (err == nil) != c.good {
				t.Errorf("%s, %d revoked, %d expired: %v", c.state, c.revoked, c.expired, err)
			}
		}
	})
}
