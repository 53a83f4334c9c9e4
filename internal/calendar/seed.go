package calendar

// A notice is one year's arrangement of holidays as its text gives it.
type notice struct {
	year   int32
	source string
	spans  []span
}

// A span is one holiday: its first and last day off, and the days worked for it.
type span struct {
	name        string
	first, last Date
	worked      []Date
}

// notices are the arrangements that were read in full. A later year is entered
// by an officer when its notice comes out, usually in November before.
var notices = []notice{
	{2024, "国办发明电〔2023〕7号", []span{
		{"元旦", 20240101, 20240101, nil},
		{"春节", 20240210, 20240217, []Date{20240204, 20240218}},
		{"清明节", 20240404, 20240406, []Date{20240407}},
		{"劳动节", 20240501, 20240505, []Date{20240428, 20240511}},
		{"端午节", 20240610, 20240610, nil},
		{"中秋节", 20240915, 20240917, []Date{20240914}},
		{"国庆节", 20241001, 20241007, []Date{20240929, 20241012}},
	}},
	{2025, "国办发明电〔2024〕12号", []span{
		{"元旦", 20250101, 20250101, nil},
		{"春节", 20250128, 20250204, []Date{20250126, 20250208}},
		{"清明节", 20250404, 20250406, nil},
		{"劳动节", 20250501, 20250505, []Date{20250427}},
		{"端午节", 20250531, 20250602, nil},
		{"国庆节、中秋节", 20251001, 20251008, []Date{20250928, 20251011}},
	}},
	{2026, "国办发明电〔2025〕7号", []span{
		{"元旦", 20260101, 20260103, []Date{20260104}},
		{"春节", 20260215, 20260223, []Date{20260214, 20260228}},
		{"清明节", 20260404, 20260406, nil},
		{"劳动节", 20260501, 20260505, []Date{20260509}},
		{"端午节", 20260619, 20260621, nil},
		{"中秋节", 20260925, 20260927, nil},
		{"国庆节", 20261001, 20261007, []Date{20260920, 20261010}},
	}},
}

// Seed returns the years and days that a new registry starts with: 2024 to 2026.
func Seed() ([]Year, []Day) {
	var years []Year
	var days []Day
	add := func(on Date, working bool, note, source string) {
		days = append(days, Day{ID: int64(len(days)) + 1, On: on, Working: working, Note: note, Source: source})
	}
	for _, n := range notices {
		years = append(years, Year{ID: int64(len(years)) + 1, Year: n.year, Published: true, Source: n.source})
		for _, s := range n.spans {
			for d := s.first; d <= s.last; d = d.AddDays(1) {
				add(d, false, s.name, n.source)
			}
			for _, d := range s.worked {
				add(d, true, s.name+"调休", n.source)
			}
		}
	}
	return years, days
}
