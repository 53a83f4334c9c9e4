package catalog

import (
	"errors"
	"testing"

	"permitx/internal/calendar"
)

// A scope with children has what lies below it by code, and nothing else; without
// children, or for a county, it is one account.
func TestIsWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, scope   string
		own, children bool
	}{
		{"330400", "330400", true, true},
		{"330421", "330400", false, true},
		{"330421", "330000", false, true},
		{"330400", "330000", false, true},
		{"330421", "330421", true, true},
		{"330424", "330421", false, false},
		{"330000", "330400", false, false},
		{"330400", "330421", false, false},
		{"330521", "330400", false, false},
		{"320509", "330000", false, false},
		{"310118", "310000", false, true},
		{"511181", "500000", false, false}, // 重庆 ends in more zeros than its level has
		{"331000", "331000", true, true},
		{"331100", "331000", false, false},
		{"331003", "331000", false, true},
		{"469001", "460000", false, true}, // 省直辖县级
		{"130110", "130110", true, true},
		{"130111", "130110", false, false}, // a county whose code ends in zero has no children
		{"", "330400", false, false},
		{"330421", "", false, false},
		{"", "", false, false},
		{"3304", "3304", false, false},
		{"330421", "3304", false, false},
	} {
		if got := IsWithin(c.code, c.scope, false); got != c.own {
			t.Errorf("%q is %q: %v", c.code, c.scope, got)
		}
		if got := IsWithin(c.code, c.scope, true); got != c.children {
			t.Errorf("%q is within %q: %v", c.code, c.scope, got)
		}
	}
}

// A wrong region names its field.
func TestRegion_Validate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Region)
		field  string
		want   error
	}{
		{"as it is", func(*Region) {}, "", nil},
		{"five digits", func(r *Region) { r.Code = "33042" }, "code", ErrRegionCode},
		{"a letter", func(r *Region) { r.Code = "33042A" }, "code", ErrRegionCode},
		{"a county of no city", func(r *Region) { r.Code = "330021" }, "code", ErrRegionCode},
		{"no name", func(r *Region) { r.Name = "" }, "name", nil},
		{"two lines", func(r *Region) { r.Name = "嘉善\n县" }, "name", nil},
		{"no level", func(r *Region) { r.Level = "own" }, "level", nil},
		{"no source", func(r *Region) { r.Source = "" }, "source", nil},
		{"another level", func(r *Region) { r.Level = City }, "level", ErrRegionLevel},
		{"no parent", func(r *Region) { r.Parent = "" }, "parent", ErrRegionParent},
		{"its own parent", func(r *Region) { r.Parent = r.Code }, "parent", ErrRegionParent},
		{"the province as parent", func(r *Region) { r.Parent = "330000" }, "", nil},
		{"another city's", func(r *Region) { r.Parent = "330500" }, "parent", ErrRegionParent},
		{"a province", func(r *Region) { r.Code, r.Level, r.Parent = "330000", Province, "" }, "", nil},
		{"a province with a parent", func(r *Region) { r.Code, r.Level = "330000", Province }, "parent", ErrRegionParent},
		{"no such day", func(r *Region) { r.ValidTo = 20260231 }, "valid_to", nil},
		{"turned about", func(r *Region) { r.ValidFrom, r.ValidTo = 20260102, 20260101 }, "valid_to", ErrValidity},
	} {
		r := Region{ID: 1, Code: "330421", Name: "嘉善县", Parent: "330400", Level: County, Source: "GB/T 2260"}
		c.change(&r)
		wantFault(t, c.name, r.Validate(), c.field, c.want)
	}
}

// Seeded regions are valid, numbered from one and in use once; their parents are
// seeded and one level up in the code.
func TestSeedRegions(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"": true}
	for i, r := range SeedRegions() {
		if err := r.Validate(); err != nil || r.ID != int64(i)+1 || seen[r.Code] || !seen[r.Parent] {
			t.Errorf("%+v: %v", r, err)
		}
		seen[r.Code] = true
	}
	if len(seen) != 19 {
		t.Errorf("%d regions", len(seen)-1)
	}
}

// On every day Guangde has one code: the county's until it became a city in 2019.
func TestSeedRegions_Guangde(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		on   calendar.Date
		want string
	}{{20100101, "341822"}, {20190805, "341822"}, {20190806, "341882"}, {20260701, "341882"}} {
		var got []string
		for _, r := range SeedRegions() {
			if (r.Code == "341822" || r.Code == "341882") && r.ValidOn(c.on) {
				got = append(got, r.Code)
			}
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%v: %v, want %s", c.on, got, c.want)
		}
	}
}

// The account of a city is never shown under the name of the whole city.
func TestRegion_AccountName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r    Region
		want string
	}{
		{Region{Name: "嘉兴市", Level: City}, "嘉兴市本级"},
		{Region{Name: "浙江省", Level: Province}, "浙江省本级"},
		{Region{Name: "海宁市", Level: County}, "海宁市"},
	} {
		if got := c.r.AccountName(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if err := CheckRegionCode("scope", "33"); !errors.Is(err, ErrRegionCode) {
		t.Errorf("33: %v", err)
	}
}
