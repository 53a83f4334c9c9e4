package catalog

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// A Level is the rank of a region.
type Level string

// The levels. The own account of a province or city (省本级, 市本级) is no level and no
// region of its own: see Region.
const (
	Province Level = "province" // also a municipality (直辖市)
	City     Level = "city"     // prefecture-level
	County   Level = "county"   // county, district or county-level city
)

// Levels are all levels, from the top.
var Levels = []Level{Province, City, County}

// A Region is an administrative division that keeps a basic account of its own
// (浙环发〔2013〕45号: province, city and county each keep one).
//
// One code names one account. 330400 is the account of Jiaxing itself (嘉兴市本级) and
// holds nothing of its districts and counties, whose codes are 330402 to 330483: the
// total of the city is the sum over the codes within 330400. An officer of the city
// level only has the scope 330400 without children. So a city needs no second,
// invented code, and each code is one of GB/T 2260.
//
// A code is never used again for something else. When a division is renamed or
// raised its old row gets a ValidTo and a new row the new code.
type Region struct {
	ID        int64
	Code      string // GB/T 2260, 6 digits
	Name      string // Chinese, for example 嘉善县
	Parent    string // code of the next region above; empty for a province
	Level     Level
	ValidFrom calendar.Date // zero: since before records begin
	ValidTo   calendar.Date // last day; zero: still in use
	Source    string
	Command   int64
}

// Validate returns a fault that names the first field that is wrong.
func (r Region) Validate() error {
	if err := fault.First(
		CheckRegionCode("code", r.Code),
		checkText("name", r.Name, textMax),
		checkOneOf("level", r.Level, Levels),
		checkPeriod(r.ValidFrom, r.ValidTo),
		checkText("source", r.Source, sourceMax),
	); err != nil {
		return err
	}
	if want := levelOf(r.Code); r.Level != want {
		return ErrRegionLevel.With("%s is the code of a %s: write %s", r.Code, want, want).At("level")
	}
	if r.Level == Province {
		if r.Parent != "" {
			return ErrRegionParent.With("a province has no parent: leave it empty").At("parent")
		}
		return nil
	}
	if r.Parent == r.Code || !IsWithin(r.Code, r.Parent, true) {
		return ErrRegionParent.With("%s does not lie in %.40q: its parent begins with %s", r.Code, r.Parent, r.Code[:2]).At("parent")
	}
	return nil
}

// ValidOn reports whether the region was in use on that day.
func (r Region) ValidOn(on calendar.Date) bool { return inPeriod(on, r.ValidFrom, r.ValidTo) }

// AccountName names the region's own basic account, so that nobody takes a
// city's for the total of the city: 嘉兴市本级, 浙江省本级, but 嘉善县.
func (r Region) AccountName() string {
	if r.Level == County {
		return r.Name
	}
	return r.Name + "本级"
}

// IsWithin reports whether the region code belongs to scope: it is the same code
// or, when withChildren, lies below it. By GB/T 2260 a code that ends with 0000 has
// below it all codes with the same two first digits, and one that ends with 00 all
// with the same four. A code or scope of another form is within nothing.
func IsWithin(code, scope string, withChildren bool) bool {
	if !isRegionCode(code) || !isRegionCode(scope) {
		return false
	}
	if code == scope {
		return true
	}
	if !withChildren {
		return false
	}
	switch levelOf(scope) {
	case Province:
		return code[:2] == scope[:2]
	case City:
		return code[:4] == scope[:4]
	case County:
	}
	return false
}

// CheckRegionCode returns ErrRegionCode unless code has the form of GB/T 2260.
// Whether it is in use is for the caller to see.
func CheckRegionCode(field, code string) error {
	if !isRegionCode(code) {
		return ErrRegionCode.With("%.40q is not a region code of GB/T 2260: it has six digits, for example 330421", code).At(field)
	}
	return nil
}

// isRegionCode reports whether code is six digits of which the first two, and the
// last two where the middle ones are zero, make sense.
func isRegionCode(code string) bool {
	return len(code) == 6 && allDigits(code) && code[0] >= '1' && code[0] <= '8' &&
		(code[2:4] != "00" || code[4:] == "00")
}

func levelOf(code string) Level {
	switch {
	case strings.HasSuffix(code, "0000"):
		return Province
	case strings.HasSuffix(code, "00"):
		return City
	default:
		return County
	}
}
