package app

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

const timerOpening = "opening.step"

var _ = declareTimer(timerOpening, stepOpening)

// stepOpening does the next part of a package: first each part is held against
// the registry once more, and when all of them fit, each is taken. Persons
// change nothing meanwhile (ErrOpening), so that what fits still fits when its
// turn comes.
func stepOpening(v *View, id int64) (Apply, error) {
	p, err := Get(v, OpeningPackages, "package", id)
	if err != nil || !p.State.IsRunning() {
		return nil, err
	}
	p.Done++
	c, err := v.openingPart(p)
	if err != nil {
		return nil, err
	}
	if p.State == opening.Verifying {
		return v.verifyOpening(p, c)
	}
	return v.takeOpening(p, c)
}

// openingPart is the part of a package that is in hand.
func (v *View) openingPart(p opening.Package) (opening.Contents, error) {
	q := Where("package", p.ID).And("kind", Eq, string(opening.LinePart)).And("number", Eq, int64(p.Done))
	parts, err := Find(v, OpeningParts, q)
	if err != nil {
		return opening.Contents{}, err
	}
	if len(parts) != 1 {
		panic(fmt.Sprintf("app: opening package %d has %d parts with the number %d", p.ID, len(parts), p.Done))
	}
	c, err := opening.ParseLines(parts[0].Text)
	if err != nil {
		panic("app: a kept part cannot be read: " + err.Error())
	}
	return c, nil
}

// verifyOpening holds a part against the registry. One that does not fit ends
// the package, of which nothing was taken.
func (v *View) verifyOpening(p opening.Package, c opening.Contents) (Apply, error) {
	err := v.verifyRows(p, c)
	refusal, isFault := fault.As(err)
	switch {
	case err != nil && (!isFault || refusal.Kind == fault.Unavailable):
		return nil, err
	case err != nil:
		p = must(p.Step(opening.Refuse, opening.System))
		p.Reason, p.EndedAt = refusal.Detail, v.Now
		return func(tx *Tx) any { return Put(tx, OpeningPackages, p) }, nil //nolint:nilerr // the refusal is kept with the package
	case p.Done == p.Parts:
		p = must(p.Step(opening.Verify, opening.System))
	}
	return func(tx *Tx) any {
		tx.Arm(tx.Now, timerOpening, p.ID)
		return Put(tx, OpeningPackages, p)
	}, nil
}

// verifyRows returns why the registry, which may have changed since the file
// was checked, cannot take some rows.
func (v *View) verifyRows(p opening.Package, c opening.Contents) error {
	for _, row := range c.Parties {
		if _, taken := v.byCode.parties[row.USCC]; taken {
			return opening.ErrRegistered.With("parties row %d: the registry has the party %s by now", row.Row, row.USCC)
		}
	}
	for _, row := range c.Licences {
		if _, taken := v.byCode.licences[row.Number]; taken {
			return opening.ErrRegistered.With("licences row %d: the registry has the licence %s by now", row.Row, row.Number)
		}
		holder, known := rowsOf(v.state, Parties).rows[v.byCode.parties[row.Holder]]
		switch {
		case holder.State == catalog.PartyClosed:
			return opening.ErrOver.With("licences row %d: the party %s is closed by now", row.Row, row.Holder)
		case known && v.isBank(holder.ID):
			return opening.ErrCell.With("licences row %d: %s is a bank by now, which has no licences: it never holds permits", row.Row, row.Holder)
		case row.ValidTo < v.Today:
			return opening.ErrOver.With("licences row %d: the licence ended on %s", row.Row, row.ValidTo)
		}
	}
	for _, row := range c.Caps {
		if err := v.basicAccount("region", row.Region, row.Pollutant); err != nil {
			return err
		}
	}
	for _, row := range c.Holdings {
		if row.TermEnd < v.Today {
			return opening.ErrOver.With("holdings row %d: the term ended on %s", row.Row, row.TermEnd)
		}
	}
	if err := v.verifyEncumbered(p, c); err != nil || len(c.Deposits) == 0 {
		return err
	}
	known, err := Find(v, BankEntries, Query{}.And("reference", In, references(c)))
	if err == nil && len(known) > 0 {
		err = opening.ErrRegistered.With("deposits: the payment %s is entry %d by now", known[0].Reference, known[0].ID)
	}
	return err
}

// verifyEncumbered is verifyRows of what is pledged, leased, not paid in full
// or frozen. A party that the registry does not have is in the sheet parties.
func (v *View) verifyEncumbered(p opening.Package, c opening.Contents) error {
	party := func(uscc string) (catalog.Party, bool) {
		found, known := rowsOf(v.state, Parties).rows[v.byCode.parties[uscc]]
		return found, known
	}
	for _, row := range c.Pledges {
		switch bank, known := party(row.Bank); {
		case known && bank.State == catalog.PartyClosed:
			return opening.ErrElsewhere.With("pledges row %d: the party %s is closed by now", row.Row, row.Bank)
		case known && licencesOf.has(v, bank.ID):
			return opening.ErrCell.With("pledges row %d: %s has licences by now: a pledgee is a bank, which has none", row.Row, row.Bank)
		}
	}
	for _, row := range c.Leases {
		if row.LastDay() < v.Today {
			return opening.ErrOver.With("leases row %d: the lease ended on %s", row.Row, row.LastDay())
		}
	}
	for _, row := range c.Sales {
		if row.TermEnd < v.Today {
			return opening.ErrOver.With("instalment_sales row %d: the term ended on %s", row.Row, row.TermEnd)
		}
	}
	for _, row := range c.Freezes {
		if row.EndsOn != 0 && row.EndsOn < v.Today {
			return opening.ErrOver.With("freezes row %d: the freeze ended on %s", row.Row, row.EndsOn)
		}
	}
	for _, row := range c.Deposits {
		if holder, _ := party(row.Holder); holder.State == catalog.PartyClosed {
			return opening.ErrOver.With("deposits row %d: the party %s is closed by now", row.Row, row.Holder)
		}
	}
	for _, row := range c.FundFreezes {
		switch holder, known := party(row.Holder); {
		case known && holder.State == catalog.PartyClosed:
			return opening.ErrElsewhere.With("fund_freezes row %d: the party %s is closed by now", row.Row, row.Holder)
		case known && !catalog.IsWithin(holder.Region, p.Region, true):
			return opening.ErrElsewhere.With("fund_freezes row %d: %s is registered in %s, which does not lie in %s", row.Row, row.Holder, holder.Region, p.Region)
		case row.EndsOn != 0 && row.EndsOn < v.Today:
			return opening.ErrOver.With("fund_freezes row %d: the freeze ended on %s", row.Row, row.EndsOn)
		}
	}
	return nil
}

// takeOpening takes a part. After the last one the accounts must come to the
// control totals.
func (v *View) takeOpening(p opening.Package, c opening.Contents) (Apply, error) {
	var totals []opening.Total
	var err error
	if p.Done == p.Parts {
		if totals, err = Find(v, OpeningTotals, Where("package", p.ID)); err != nil {
			return nil, err
		}
		p = must(p.Step(opening.Finish, opening.System))
		p.EndedAt = v.Now
	}
	plans, err := v.openedPlans(openingRows{p, v.Now}, c)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.takeRows(openingRows{p, tx.Now}, c, plans)
		if p.State == opening.Taken {
			tx.mustTotal(totals)
		} else {
			tx.Arm(tx.Now, timerOpening, p.ID)
		}
		return Put(tx, OpeningPackages, p)
	}, nil
}

// takeRows takes the rows of a part, in the order of the sheets.
func (tx *Tx) takeRows(r openingRows, c opening.Contents, plans openedPlans) {
	for _, row := range c.Parties {
		tx.recordContact(Put(tx, Parties, row.Party).ID, row.Contact)
	}
	for _, row := range c.Licences {
		row.Party = tx.partyOf(row.Holder).ID
		Put(tx, Licences, row.Licence)
	}
	for _, row := range c.Caps {
		tx.decideCap(r.cap(row))
	}
	for _, row := range c.Lots {
		tx.takeLot(r.lot(row))
	}
	for _, row := range c.Holdings {
		a, l := r.allocation(row), tx.licenceByNumber(row.Licence)
		a.Party, a.Region, a.Licence, a.Instrument = l.Party, l.Region, l.ID, tx.instrumentOf(row.Pollutant, row.TermEnd).ID
		tx.allocate(a, nil)
	}
	for _, row := range c.Deposits {
		d, holder := r.deposit(row), tx.partyOf(row.Holder)
		d.Party = holder.ID
		tx.receive(d, holder.Name)
	}
	tx.takeEncumbered(r, c, plans)
	for _, row := range c.Budgets {
		b := must(r.budget(row).Apply(reserve.BudgetApproved, row.Amount))
		tx.putBudget(b, reserve.BudgetApproved, row.Amount, 0, r.document("budgets", row.Row, row.Document))
	}
}

// takeLot moves a lot out of the unallocated part, which the cap has filled.
func (tx *Tx) takeLot(m reserve.Movement, l reserve.Lot) {
	m = Put(tx, ReserveMovements, m)
	l.Source = m.ID
	tx.addLot(l)
	m.Transfer = tx.Post(reserve.MovementTransfer(m))[0].Transfer
	Put(tx, ReserveMovements, m)
}

// mustTotal panics unless the accounts of the regions come to what was signed
// off: nobody else could move them (I-36).
func (tx *Tx) mustTotal(totals []opening.Total) {
	held := map[ledger.Asset]map[ledger.Origin]quantity.Quantity{}
	tx.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		if a.Kind != ledger.Holding {
			return
		}
		asset := a.Key().Asset()
		if held[asset] == nil {
			held[asset] = map[ledger.Origin]quantity.Quantity{}
		}
		held[asset][a.Origin] += quantity.Quantity(b.Balance)
	})
	for _, t := range totals {
		of := func(k ledger.Kind) quantity.Quantity {
			return quantity.Quantity(tx.ledger.Balance(ledger.PermitKey(k, t.Region, t.Pollutant)).Balance)
		}
		h := held[ledger.Asset{Region: t.Region, Pollutant: t.Pollutant}]
		got := opening.Total{
			ID: t.ID, Package: t.Package, Region: t.Region, Pollutant: t.Pollutant, Cap: of(ledger.Cap), Unallocated: of(ledger.Unallocated),
			Reserve: of(ledger.Reserve), Paid: h[ledger.Paid], Free: h[ledger.Free], UnknownOrigin: h[ledger.UnknownOrigin],
			Lots: t.Lots, Holdings: t.Holdings, Signed: true, Command: t.Command,
		}
		if got != t {
			panic(fmt.Sprintf("app: opening package %d was signed off with %+v and came to %+v", t.Package, t, got))
		}
	}
}

// instrumentOf finds an instrument, and adds it where no package or officer
// has needed it before.
func (tx *Tx) instrumentOf(pollutant string, termEnd calendar.Date) catalog.Instrument {
	i := must(catalog.NewInstrument(pollutant, termEnd))
	if id, known := tx.byCode.instruments[i.Code]; known {
		return rowsOf(tx.state, Instruments).rows[id]
	}
	return tx.addInstrument(i)
}
