package opening

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A Registry is what a package is held against.
type Registry struct {
	Today     calendar.Date
	Scope     string                   // the region that is opened, with all below it
	Region    func(code string) bool   // in use
	Pollutant func(code string) bool   // traded
	Party     func(uscc string) bool   // registered, and not closed
	Closed    func(uscc string) bool   // registered and closed for good
	Licence   func(number string) bool // registered
	Licensed  func(uscc string) bool   // has a registered licence
	Bank      func(uscc string) bool   // a registered party that a bank officer acts, or has acted, for
	Home      func(uscc string) string // region in which a registered party is registered
	// Validate notes what the rules of the records themselves refuse. Rows with
	// a fault are left out.
	Validate func(c Contents, note func(sheet string, row int, err error))
}

// A Result is what became of a file.
type Result struct {
	Lines    []Line
	Contents Contents
	Totals   []Total // none of a faulty file
	Faults   []Fault // by sheet, row and column; those that are not warnings keep it from being taken
}

// IsFaulty reports whether the file cannot be taken.
func (r Result) IsFaulty() bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool { return !f.Warning })
}

// Note adds a fault that was found outside the file.
func (r *Result) Note(sheet string, row int, err error) {
	r.Faults = append(r.Faults, FaultOf(sheet, row, err))
	slices.SortStableFunc(r.Faults, byPlace)
}

// Check reads a file and holds it against the registry.
func Check(grids []Grid, cutOff calendar.Date, r Registry) Result {
	k := checker{
		registry: r, cutOff: cutOff, caps: map[ledger.Asset]*capRow{},
		regions: map[string]bool{}, licences: map[string]Licence{}, parties: map[string]int{}, homes: map[string]string{},
	}
	var out Result
	out.Lines, out.Contents = read(grids, &k.faults)
	k.contents = &out.Contents
	bad := k.badRows()
	k.readCaps()
	k.checkParties()
	k.checkLicences()
	k.checkCaps()
	k.checkLots()
	k.checkHoldings()
	k.checkDeposits()
	k.checkPledges()
	k.checkLeases()
	k.checkSales()
	k.checkCommitted()
	k.checkFreezes()
	k.checkFundFreezes()
	k.checkBudgets()
	r.Validate(out.Contents, func(sheet string, row int, err error) {
		if !bad[rowKey{sheet, row}] {
			k.note(sheet, row, err)
		}
	})
	if len(k.badRows()) == 0 {
		out.Totals = k.total()
		_, err := out.Contents.Money()
		k.note("deposits", 0, err)
		_, err = out.Contents.BudgetMoney()
		k.note("budgets", 0, err)
		_, err = out.Contents.Loans()
		k.note("pledges", 0, err)
		_, err = out.Contents.Unpaid()
		k.note("instalments", 0, err)
	}
	slices.SortStableFunc(k.all, byPlace)
	if out.Faults = k.all; out.IsFaulty() {
		out.Totals = nil
	}
	return out
}

func byPlace(a, b Fault) int {
	sheetOf := func(f Fault) int { return slices.IndexFunc(Sheets, func(s Sheet) bool { return s.Name == f.Sheet }) }
	columnOf := func(f Fault) int {
		if s := sheet(f.Sheet); s != nil {
			return s.column(f.Column)
		}
		return -1
	}
	return cmp.Or(cmp.Compare(sheetOf(a), sheetOf(b)), cmp.Compare(a.Row, b.Row), cmp.Compare(columnOf(a), columnOf(b)))
}

// capRow is the control total of a row of the sheet caps.
type capRow struct {
	Total

	row int
}

// checker holds the rows of a package against each other and the registry.
type checker struct {
	faults

	contents *Contents
	registry Registry
	cutOff   calendar.Date
	caps     map[ledger.Asset]*capRow
	regions  map[string]bool // that have a cap
	licences map[string]Licence
	parties  map[string]int    // row, by code
	homes    map[string]string // region, by code
}

// readCaps finds the regions and pollutants that the package opens.
func (k *checker) readCaps() {
	if len(k.contents.Caps) == 0 {
		k.note("caps", 0, ErrNothing)
	}
	if len(k.contents.Caps) > CapsMax {
		k.note("caps", 0, ErrTooMany.With("a package has at most %d rows of caps: open fewer regions at a time", CapsMax))
	}
	for _, c := range k.contents.Caps {
		a := ledger.Asset{Region: c.Region, Pollutant: c.Pollutant}
		if first := k.caps[a]; first != nil {
			k.note("caps", c.Row, ErrTwice.With("row %d has the cap of %s for %s", first.row, c.Region, c.Pollutant).At("pollutant"))
			continue
		}
		k.caps[a] = &capRow{Total{Region: c.Region, Pollutant: c.Pollutant, Cap: c.Cap, Unallocated: c.Unallocated, Reserve: c.Reserve}, c.Row}
		k.regions[c.Region] = true
	}
}

// noteTwice notes that an earlier row has the same key.
func noteTwice[K comparable](k *checker, sheet, column string, seen map[K]int, key K, row int) {
	if first, twice := seen[key]; twice {
		k.note(sheet, row, ErrTwice.With("row %d has this already", first).At(column))
		return
	}
	seen[key] = row
}

// checkPast notes a day after the cut-off day.
func (k *checker) checkPast(sheet string, row int, column string, d calendar.Date) {
	if d > k.cutOff {
		k.note(sheet, row, ErrDay.With("%s lies after the cut-off day, %s", d, k.cutOff).At(column))
	}
}

func (k *checker) checkParties() {
	for _, p := range k.contents.Parties {
		noteTwice(k, "parties", "uscc", k.parties, p.USCC, p.Row)
		k.homes[p.USCC] = p.Region
		if p.Region != "" && !k.registry.Region(p.Region) {
			k.note("parties", p.Row, ErrElsewhere.With("the registry has no region %q", shorten(p.Region)).At("region"))
		}
		switch {
		case k.registry.Closed(p.USCC):
			k.note("parties", p.Row, ErrOver.With("the registry has this party, which is closed for good: name who has its permits now").At("uscc"))
		case k.registry.Party(p.USCC):
			k.note("parties", p.Row, ErrRegistered.With("the registry has a party with this code: leave the row out").At("uscc"))
		}
	}
}

// checkParty notes that neither the package nor the registry has a party, or
// that it is closed; it reports whether it can be named.
func (k *checker) checkParty(sheet string, row int, column, uscc string) bool {
	_, here := k.parties[uscc]
	switch {
	case uscc == "":
		return false
	case k.registry.Closed(uscc):
		k.note(sheet, row, ErrOver.With("the party %s is closed for good", shorten(uscc)).At(column))
		return false
	case !here && !k.registry.Party(uscc):
		k.note(sheet, row, ErrElsewhere.With("neither the sheet parties nor the registry has the party %q", shorten(uscc)).At(column))
		return false
	}
	return true
}

func (k *checker) checkLicences() {
	seen := map[string]int{}
	for _, l := range k.contents.Licences {
		noteTwice(k, "licences", "number", seen, l.Number, l.Row)
		k.licences[l.Number] = l
		if k.checkParty("licences", l.Row, "number", l.Holder) && k.registry.Bank(l.Holder) {
			k.note("licences", l.Row, ErrCell.With("%s is a bank, which has no licences: it never holds permits", l.Holder).At("number"))
		}
		if k.registry.Licence(l.Number) {
			k.note("licences", l.Row, ErrRegistered.With("the registry has a licence with this number").At("number"))
		}
		if l.Region != "" && !k.regions[l.Region] {
			k.note("licences", l.Row, ErrElsewhere.With("the sheet caps has no row for the region %q", shorten(l.Region)).At("region"))
		}
		if l.ValidTo != 0 && l.ValidTo < k.registry.Today {
			k.note("licences", l.Row, ErrOver.With("the licence ended on %s: take it over with its renewal", l.ValidTo).At("valid_to"))
		}
	}
}

func (k *checker) checkCaps() {
	for _, c := range k.contents.Caps {
		if c.Region != "" && !k.registry.Region(c.Region) {
			k.note("caps", c.Row, ErrElsewhere.With("the registry has no region %q", shorten(c.Region)).At("region"))
		} else if c.Region != "" && !catalog.IsWithin(c.Region, k.registry.Scope, true) {
			k.note("caps", c.Row, ErrElsewhere.With("%s does not lie in %s, which the package opens", c.Region, k.registry.Scope).At("region"))
		}
		if c.Pollutant != "" && !k.registry.Pollutant(c.Pollutant) {
			k.note("caps", c.Row, ErrElsewhere.With("the registry has no pollutant %q", shorten(c.Pollutant)).At("pollutant"))
		}
		if c.Cap <= 0 {
			k.note("caps", c.Row, ErrCell.With("must be more than zero: leave out what has no cap").At("cap"))
		}
		if c.Unallocated < 0 {
			k.note("caps", c.Row, ErrCell.With("must not be negative").At("unallocated"))
		}
		if c.Reserve < 0 {
			k.note("caps", c.Row, ErrCell.With("must not be negative").At("reserve"))
		}
		k.checkPast("caps", c.Row, "decided_on", c.DecidedOn)
	}
}

// checkAsset notes that the package has no cap of a region for a pollutant.
func (k *checker) checkAsset(sheet string, row int, region, pollutant string) {
	if region != "" && pollutant != "" && k.caps[ledger.Asset{Region: region, Pollutant: pollutant}] == nil {
		k.note(sheet, row, ErrElsewhere.With("the sheet caps has no row for %q in %q", shorten(pollutant), shorten(region)).At("pollutant"))
	}
}

func (k *checker) checkLots() {
	for _, l := range k.contents.Lots {
		if l.Region != "" && !k.regions[l.Region] {
			k.note("lots", l.Row, ErrElsewhere.With("the sheet caps has no row for the region %q", shorten(l.Region)).At("region"))
		} else {
			k.checkAsset("lots", l.Row, l.Region, l.Pollutant)
		}
		k.checkPast("lots", l.Row, "acquired_on", l.AcquiredOn)
	}
}

// checkHolder checks the licence and the instrument that a row names.
func (k *checker) checkHolder(sheet string, row int, number, pollutant string, termEnd calendar.Date) {
	l, known := k.licences[number]
	if number != "" && !known {
		k.note(sheet, row, ErrElsewhere.With("the sheet licences has no licence %q", shorten(number)).At("licence"))
	}
	k.checkAsset(sheet, row, l.Region, pollutant)
	if termEnd == 0 {
		return
	}
	if _, err := catalog.NewInstrument(pollutant, termEnd); err != nil && pollutant != "" {
		k.note(sheet, row, err)
	}
	if termEnd < k.registry.Today {
		k.note(sheet, row, ErrOver.With("the term ended on %s: what was held is unallocated", termEnd).At("term_end"))
	}
}

func (k *checker) checkHoldings() {
	for _, h := range k.contents.Holdings {
		k.checkHolder("holdings", h.Row, h.Licence, h.Pollutant, h.TermEnd)
		k.checkPast("holdings", h.Row, "acquired_on", h.AcquiredOn)
	}
}

func (k *checker) checkDeposits() {
	seen := map[string]int{}
	for _, d := range k.contents.Deposits {
		noteTwice(k, "deposits", "bank_reference", seen, d.BankReference, d.Row)
		k.checkParty("deposits", d.Row, "uscc", d.Holder)
		k.checkPast("deposits", d.Row, "received_on", d.ReceivedOn)
	}
}

// heldKey names a holding.
type heldKey struct {
	licence, pollutant string
	termEnd            calendar.Date
	origin             ledger.Origin
}

func (k *checker) checkFreezes() {
	held := map[heldKey]bool{}
	for _, h := range k.contents.Holdings {
		held[heldKey{h.Licence, h.Pollutant, h.TermEnd, h.Origin}] = true
	}
	for _, s := range k.contents.Sales {
		held[heldKey{s.Licence, s.Pollutant, s.TermEnd, ledger.Paid}] = true
	}
	type orderKey struct {
		heldKey
		issuer, number string
	}
	seen := map[orderKey]int{}
	for _, f := range k.contents.Freezes {
		key := heldKey{f.Licence, f.Pollutant, f.TermEnd, f.Origin}
		noteTwice(k, "freezes", "order_number", seen, orderKey{key, f.IssuerName, f.OrderNumber}, f.Row)
		k.checkHolder("freezes", f.Row, f.Licence, f.Pollutant, f.TermEnd)
		if f.Licence != "" && f.Pollutant != "" && !held[key] {
			k.note("freezes", f.Row, ErrElsewhere.With("the sheet holdings has no %s permits of this licence, pollutant and term", f.Origin).At("licence"))
		}
		k.checkOrder("freezes", f.Row, f.Order)
	}
}

// checkOrder checks that an order is in force.
func (k *checker) checkOrder(sheet string, row int, o Order) {
	k.checkPast(sheet, row, "starts_on", o.StartsOn)
	if o.EndsOn != 0 && o.EndsOn < k.registry.Today {
		k.note(sheet, row, ErrOver.With("the freeze ended on %s: leave it out", o.EndsOn).At("ends_on"))
	}
}

func (k *checker) checkFundFreezes() {
	type orderKey struct{ holder, issuer, number string }
	seen := map[orderKey]int{}
	for _, f := range k.contents.FundFreezes {
		noteTwice(k, "fund_freezes", "order_number", seen, orderKey{f.Holder, f.IssuerName, f.OrderNumber}, f.Row)
		if k.checkParty("fund_freezes", f.Row, "uscc", f.Holder) {
			if home := cmp.Or(k.homes[f.Holder], k.registry.Home(f.Holder)); !catalog.IsWithin(home, k.registry.Scope, true) {
				k.note("fund_freezes", f.Row, ErrElsewhere.With("%s is registered in %s, which does not lie in %s, which the package opens",
					f.Holder, home, k.registry.Scope).At("uscc"))
			}
		}
		k.checkOrder("fund_freezes", f.Row, f.Order)
	}
}

func (k *checker) checkBudgets() {
	type budgetKey struct {
		region, source string
		year           int32
	}
	seen := map[budgetKey]int{}
	for _, b := range k.contents.Budgets {
		noteTwice(k, "budgets", "source", seen, budgetKey{b.Region, b.Source, b.FiscalYear}, b.Row)
		if b.Region != "" && !k.regions[b.Region] {
			k.note("budgets", b.Row, ErrElsewhere.With("the sheet caps has no row for the region %q", shorten(b.Region)).At("region"))
		}
		if int(b.FiscalYear) > 0 && int(b.FiscalYear) < k.cutOff.Year() {
			k.note("budgets", b.Row, ErrOver.With("the year is over: what is left of it has lapsed or was carried over").At("fiscal_year"))
		}
		if b.Amount <= 0 {
			k.note("budgets", b.Row, ErrCell.With("must be more than zero: leave out what is used up").At("amount"))
		}
	}
}

// total adds up what the package opens and notes where that does not come to
// what the sheet caps says.
func (k *checker) total() []Total {
	lots := map[ledger.Asset]quantity.Quantity{}
	fits := true
	add := func(sum *quantity.Quantity, q quantity.Quantity, sheet string, row int) {
		next, err := quantity.Add(*sum, q)
		if err != nil {
			fits = false
			k.note(sheet, row, ErrSum.With("with this row the sum is beyond what a registry can hold").At("quantity"))
			return
		}
		*sum = next
	}
	for _, l := range k.contents.Lots {
		a := ledger.Asset{Region: l.Region, Pollutant: l.Pollutant}
		sum := lots[a]
		add(&sum, l.Quantity, "lots", l.Row)
		lots[a] = sum
		k.caps[a].Lots++
	}
	for _, h := range k.contents.Holdings {
		t := k.caps[ledger.Asset{Region: k.licences[h.Licence].Region, Pollutant: h.Pollutant}]
		add(t.of(h.Origin), h.Quantity, "holdings", h.Row)
		t.Holdings++
	}
	for _, s := range k.contents.Sales {
		t := k.caps[ledger.Asset{Region: k.licences[s.Licence].Region, Pollutant: s.Pollutant}]
		add(&t.Paid, s.Quantity, "instalment_sales", s.Row)
		t.Holdings++
	}
	totals := make([]Total, 0, len(k.caps))
	for _, c := range k.contents.Caps {
		a := ledger.Asset{Region: c.Region, Pollutant: c.Pollutant}
		if fits {
			k.compare(c, k.caps[a].Total, lots[a])
		}
		totals = append(totals, k.caps[a].Total)
	}
	return totals
}

func (k *checker) compare(c Cap, t Total, lots quantity.Quantity) {
	if lots != c.Reserve {
		k.note("caps", c.Row, ErrSum.With("the reserve is %s t/a, the lots come to %s", c.Reserve, lots).At("reserve"))
	}
	sum, held := c.Unallocated, quantity.Quantity(0)
	for _, part := range []quantity.Quantity{t.Paid, t.Free, t.UnknownOrigin} {
		var err error
		if held, err = quantity.Add(held, part); err != nil {
			k.note("caps", c.Row, err)
			return
		}
	}
	for _, part := range []quantity.Quantity{c.Reserve, held} {
		var err error
		if sum, err = quantity.Add(sum, part); err != nil {
			k.note("caps", c.Row, err)
			return
		}
	}
	if sum != c.Cap {
		k.note("caps", c.Row, ErrSum.With("the cap is %s t/a; unallocated %s, reserve %s and holdings %s come to %s",
			c.Cap, c.Unallocated, c.Reserve, held, sum).At("cap"))
	}
}
