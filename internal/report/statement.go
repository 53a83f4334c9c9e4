package report

import (
	"cmp"
	"slices"
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// Part names a part of a region's basic account, or one of the platform's
// money accounts, which have no region.
type Part struct {
	Pollutant string // "": money
	Kind      ledger.Kind
}

// Movement is a part and why something moved in it.
type Movement struct {
	Part
	Reason ledger.Reason
}

// Books are what a region's month came to: where its parts stood at the end,
// and what had moved in them.
type Books struct {
	Region   string
	Month    calendar.Date
	Closing  map[Part]int64     // atoms, at the end of the month
	Movement map[Movement]int64 // atoms, in the month
}

// Opening is where a part stood before the month.
func (b Books) Opening(p Part) int64 {
	at := b.Closing[p]
	for m, change := range b.Movement {
		if m.Part == p {
			at -= change
		}
	}
	return at
}

// parts are the parts in the order of pollutant and kind, money last. One that
// had nothing in the month is left out: it may have been opened later.
func (b Books) parts() []Part {
	var parts []Part
	for p, closing := range b.Closing {
		if closing != 0 || b.Opening(p) != 0 || len(b.movements(p)) > 0 {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(a, c Part) int {
		if a.Kind.IsPermit() != c.Kind.IsPermit() { // kinds of permits have the lower numbers
			return cmp.Compare(a.Kind, c.Kind)
		}
		return cmp.Or(cmp.Compare(a.Pollutant, c.Pollutant), cmp.Compare(a.Kind, c.Kind))
	})
	return parts
}

// Statement is the sheet of the region's basic accounts: opening, what moved for
// each reason, closing.
func (b Books) Statement() Sheet {
	s := Sheet{Name: "basic_accounts", Columns: []string{"region", "month", "pollutant", "part", "entry", "quantity"}}
	add := func(p Part, entry string, atoms int64) {
		s.Rows = append(s.Rows, []string{b.Region, monthText(b.Month), p.Pollutant, p.Kind.String(), entry, p.text(atoms)})
	}
	for _, p := range b.parts() {
		if !p.Kind.IsPermit() {
			continue
		}
		add(p, "opening", b.Opening(p))
		for _, m := range b.movements(p) {
			add(p, m.Reason.String(), b.Movement[m])
		}
		add(p, "closing", b.Closing[p])
	}
	return s
}

func (b Books) movements(p Part) []Movement {
	var all []Movement
	for m, change := range b.Movement {
		if m.Part == p && change != 0 {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, c Movement) int { return cmp.Compare(a.Reason, c.Reason) })
	return all
}

// TrialBalance is the sheet of debits and credits at the end of the month: those
// of the region's basic accounts, and those of the platform's money, which
// belongs to no region and stands in the sheet of every one.
func (b Books) TrialBalance() Sheet {
	s := Sheet{Name: "trial_balance", Columns: []string{"region", "month", "pollutant", "kind", "debit", "credit"}}
	for _, p := range b.parts() {
		region := b.Region
		if p.Kind.IsMoney() {
			region = ""
		}
		debit, credit := p.text(0), p.text(b.Closing[p])
		if p.Kind.IsContra() {
			debit, credit = credit, debit
		}
		s.Rows = append(s.Rows, []string{region, monthText(b.Month), p.Pollutant, p.Kind.String(), debit, credit})
	}
	return s
}

func (p Part) text(atoms int64) string {
	if !p.Kind.IsMoney() { // permits and credits have one scale
		return quantity.Quantity(atoms).String()
	}
	return quantity.Money(atoms).String()
}

// StatisticsSheet is the sheet of a region's statistics of a month.
func StatisticsSheet(region string, month calendar.Date, lines []Statistic) Sheet {
	s := Sheet{Name: "statistics", Columns: []string{"region", "month", "pollutant", "kind", "trades", "quantity", "amount", "mean_price", "secured"}}
	for _, l := range lines {
		price, secured := "", ""
		if p, known := l.MeanPrice(); known {
			price = p.String()
		}
		if l.Kind == Pledge {
			secured = l.Secured.String()
		}
		s.Rows = append(s.Rows, []string{
			region, monthText(month), l.Pollutant, string(l.Kind), strconv.FormatInt(l.Trades, 10), l.Quantity.String(), l.Amount.String(), price, secured,
		})
	}
	return s
}

// monthText writes a month as 2026-07.
func monthText(d calendar.Date) string { return d.String()[:len("2026-07")] }
