package store

import "testing"

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
