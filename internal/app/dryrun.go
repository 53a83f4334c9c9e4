package app

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// dryRun is where a Tx writes when a command is only shown: nothing of it
// reaches the state or the batch. New records have ids above dryFirst.
type dryRun struct {
	audience
	draft    *ledger.Draft
	accounts map[ledger.Key]ledger.AccountID // new ones
	used     map[int64]quantity.Quantity     // of acquisitions
	surplus  map[surplusKey]*market.Surplus
	rows     map[string]map[int64]any // pointers to records
	written  []dryRow
	beside   map[ledger.Key]ledger.Balance // what open orders and bidders that were taken out have moved
	orders   int                           // so many
	further  bool                          // more orders may leave in further steps
	blocks   int                           // block trades that were ended
	excluded int                           // bidders
	limited  int                           // bidders
	others   []approval.Effect             // in the order in which they happen
	last     int64
}

// dryRow is a record that a dry run has written.
type dryRow struct {
	table  string
	id     int64
	before any // a pointer; nil for a new record
}

// unshown are the tables whose rows say nothing that the others do not.
var unshown = []string{"timer", "hold", "reserve_day"}

// The units of credits that a command takes are picked when it is done, out of what
// their holder has then. So which ranges they are, how many of them he still had and
// what he owes instead stands beside what is approved, which says whose units and how
// many they are: else he could make a proposal stale by moving his ranges.
// What a licence permits afterwards stands beside it, too: by how much that changes is approved.
var besideTables = []string{CreditRanges.name, CreditDebts.name, LicenceAmounts.name}

// besideField is a need's: bidders for auctions come and go, and with them what is
// kept for them of it.
const besideField = "bidding"

// amountFields are those of a change of what a licence permits that say what it comes to and not how much it is:
// every trade of the licence moves them, and would make stale what is approved.
var amountFields = []string{"quantity", "unrecorded"}

// isBeside reports whether what a row's effect says stands beside what is approved.
func isBeside(table string, e approval.Effect) bool {
	switch table {
	case ProjectNeeds.name:
		return e.Field == besideField
	case AmountChanges.name:
		return slices.Contains(amountFields, e.Field)
	default:
		return slices.Contains(besideTables, table)
	}
}

// show runs a decided command dry and returns what it would do, as officers see it, or
// the signer of a party.
func (v *View) show(apply Apply, party int64) []approval.Effect {
	dry := *v
	dry.dry = &dryRun{
		audience: audience{v.state, party},
		draft:    v.ledger.Draft(), accounts: map[ledger.Key]ledger.AccountID{}, used: map[int64]quantity.Quantity{},
		surplus: map[surplusKey]*market.Surplus{}, rows: map[string]map[int64]any{}, beside: map[ledger.Key]ledger.Balance{},
	}
	tx := &Tx{View: &dry}
	apply(tx)
	tx.coverTouched()
	return dry.dry.effects(v)
}

// accountName names an account for a person, with its instrument.
func (s *state) accountName(k ledger.Key) string {
	if k.Instrument == 0 {
		return k.String()
	}
	return k.String() + " of " + rowsOf(s, Instruments).rows[k.Instrument].Code
}

// dryFirst is less than the id of every new record of a dry run: it comes
// behind those that there are.
const dryFirst = 1 << 62

func (d *dryRun) nextID() int64 {
	d.last++
	return dryFirst + d.last
}

// balance is the balance of an account as the command has left it so far.
func (tx *Tx) balance(k ledger.Key) ledger.Balance {
	if tx.dry != nil {
		return tx.dry.draft.Balance(k)
	}
	return tx.ledger.Balance(k)
}

func (d *dryRun) open(l *ledger.Ledger, k ledger.Key) ledger.AccountID {
	if id, ok := l.Find(k); ok {
		return id
	}
	if d.accounts[k] == 0 {
		d.accounts[k] = ledger.AccountID(d.nextID())
	}
	return d.accounts[k]
}

func (d *dryRun) post(l *ledger.Ledger, t ledger.Transfer, command int64) []ledger.Posting {
	var made []ledger.Posting
	transfer := d.nextID()
	for _, leg := range t.Legs {
		if err := d.draft.Add(t.Reason, leg); err != nil {
			panic(fmt.Sprintf("app: %s transfer: %v", t.Reason, err))
		}
		made = append(made, ledger.Posting{
			ID: transfer, Transfer: transfer, Reason: t.Reason, Reference: t.Reference, Amount: leg.Amount, Command: command,
			Debit: d.open(l, leg.Debit), Credit: d.open(l, leg.Credit),
			DebitAfter: d.draft.Balance(leg.Debit).Balance, CreditAfter: d.draft.Balance(leg.Credit).Balance,
		})
	}
	return made
}

func (d *dryRun) hold(l *ledger.Ledger, k ledger.Key, amount int64) ledger.AccountID {
	d.draft.Hold(k, amount)
	return d.open(l, k)
}

func (d *dryRun) acquire(l *ledger.Ledger, k ledger.Key, a ledger.Acquisition, today calendar.Date) ledger.Acquisition {
	a.ID, a.Account, a.Remaining = d.nextID(), d.open(l, k), a.Quantity
	if !d.mayKnow(k.Party) {
		return a
	}
	d.add("acquisition of "+k.String(), 0, "quantity", "", a.Quantity.String())
	d.add("acquisition of "+k.String(), 0, "price", "", a.Price.String())
	d.others = append(d.others, approval.OfField("acquisition of "+k.String(), 0, "acquired_on", "", a.AcquiredOn.String(), a.AcquiredOn == today))
	d.add("acquisition of "+k.String(), 0, "document", "", a.Document)
	return a
}

// consume is Tx.Consume; it knows only acquisitions that were there before.
func (d *dryRun) consume(l *ledger.Ledger, k ledger.Key, q quantity.Quantity, priced bool) []ledger.Acquisition {
	id := d.open(l, k)
	var used []ledger.Acquisition
	for _, a := range l.Acquisitions(id) {
		left := a.Remaining - d.used[a.ID]
		if part := min(q, left); part > 0 && (!priced || a.PriceKnown) {
			d.used[a.ID] += part
			d.addRemaining(k, a.ID, left, left-part)
			taken := *a
			taken.Quantity = part
			used = append(used, taken)
			q -= part
		}
	}
	return used
}

// use is consume for named parts.
func (d *dryRun) use(k ledger.Key, parts []ledger.Acquisition) {
	for _, a := range parts {
		left := a.Remaining - d.used[a.ID]
		d.used[a.ID] += a.Quantity
		d.addRemaining(k, a.ID, left, left-a.Quantity)
	}
}

func (d *dryRun) addRemaining(k ledger.Key, acquisition int64, before, after quantity.Quantity) {
	if d.mayKnow(k.Party) {
		d.add("acquisition", acquisition, "remaining", before.String(), after.String())
	}
}

// surplusOf is a surplus as the command has left it so far; s is as it was.
func (d *dryRun) surplusOf(key surplusKey, s market.Surplus) *market.Surplus {
	if d.surplus[key] == nil {
		d.surplus[key] = &s
	}
	return d.surplus[key]
}

func (d *dryRun) changeSurplus(key surplusKey, s market.Surplus, change func(*market.Surplus)) {
	now := d.surplusOf(key, s)
	before := *now
	change(now)
	after := *now
	subject := fmt.Sprintf("surplus of licence %d for %s", key.licence, key.pollutant)
	for _, f := range []struct {
		name          string
		before, after quantity.Quantity
	}{{"verified", before.Verified, after.Verified}, {"used", before.Used, after.Used}, {"held", before.Held, after.Held}} {
		if f.before != f.after && d.mayKnowOf(key.licence) {
			d.others = append(d.others, approval.OfBalance(subject, f.name, int64(f.before), int64(f.after), formatQuantity))
		}
	}
}

func formatQuantity(atoms int64) string { return quantity.Quantity(atoms).String() + " t/a" }

func (d *dryRun) add(subject string, id int64, field, before, after string) {
	if before != after {
		d.others = append(d.others, approval.OfField(subject, id, field, before, after, false))
	}
}

// dryPut is Put in a dry run.
func dryPut[R any](tx *Tx, t Table[R], row R) R {
	id := idOf(&row)
	var before any
	if id == 0 {
		id = tx.dry.nextID()
		stamp(&row, id, tx.Number)
	} else if _, again := tx.dry.rows[t.name][id]; !again {
		old := lastOf(tx, t, id)
		before = &old
	}
	if tx.dry.rows[t.name] == nil {
		tx.dry.rows[t.name] = map[int64]any{}
	}
	if _, again := tx.dry.rows[t.name][id]; !again {
		tx.dry.written = append(tx.dry.written, dryRow{t.name, id, before})
	}
	kept := row
	tx.dry.rows[t.name][id] = &kept
	return row
}

// lastOf is a record as it was last written, also one that is at its end and no longer resident.
func lastOf[R any](tx *Tx, t Table[R], id int64) R {
	if r, err := Get(tx.View, t, "id", id); err == nil {
		return r
	}
	if staged := tx.batch.Records[t.name]; staged != nil && staged.ByID[id] != nil {
		return *staged.ByID[id].(*R) //nolint:errcheck // a table has one type of record
	}
	var rows []R
	if err := tx.store.Find(tx.ctx, t.name, Where("id", id), &rows); err != nil || len(rows) == 0 {
		panic(fmt.Sprintf("app: %s %d is written and was not read: %v", t.name, id, err))
	}
	return rows[0]
}

// effects is everything that the run has written: balances, then records,
// then the rest.
func (d *dryRun) effects(v *View) []approval.Effect {
	var all []approval.Effect
	d.draft.Each(func(k ledger.Key, before, after ledger.Balance) {
		if !d.mayKnow(k.Party) {
			return
		}
		var of []approval.Effect
		if before.Balance != after.Balance {
			of = append(of, approval.OfMoved(v.accountName(k), "balance", before.Balance, after.Balance, d.beside[k].Balance, k.Format))
		}
		if before.Held != after.Held {
			of = append(of, approval.OfMoved(v.accountName(k), "held", before.Held, after.Held, d.beside[k].Held, k.Format))
		}
		all = append(all, beside(of, k.Kind.IsCredit())...)
	})
	for _, w := range d.written {
		if now := d.rows[w.table][w.id]; !slices.Contains(unshown, w.table) && d.mayKnowRow(now) {
			id := w.id
			if id > dryFirst {
				id = 0
			}
			for _, e := range fieldEffects(w.table, id, w.before, now, v.Today, v.effective) {
				if isBeside(w.table, e) {
					e = e.Beside()
				}
				all = append(all, e)
			}
		}
	}
	for _, b := range []struct {
		subject, field string
		count          int
		further        bool
	}{{"open orders", "withdrawn", d.orders, d.further}, {"block trades", "lapsed", d.blocks, false}, {"bidders", "excluded", d.excluded, false}, {"bidders", "limited", d.limited, false}} {
		if b.count == 0 && !b.further {
			continue
		}
		count := strconv.Itoa(b.count)
		if b.further {
			count += " or more"
		}
		all = append(all, approval.OfField(b.subject, 0, b.field, "", count, false).Beside())
	}
	return append(all, d.others...)
}

// beside puts effects beside what is approved, where they are of such things.
func beside(effects []approval.Effect, is bool) []approval.Effect {
	for i := range effects {
		if is {
			effects[i] = effects[i].Beside()
		}
	}
	return effects
}

// fieldEffects are the fields in which two versions of a record differ. Its
// number, and when it was written, are no effect; days are those that are today.
func fieldEffects(table string, id int64, before, after any, days ...calendar.Date) []approval.Effect {
	var all []approval.Effect
	now := reflect.ValueOf(after).Elem()
	was := reflect.Zero(now.Type())
	if before != nil {
		was = reflect.ValueOf(before).Elem()
	}
	p := planOf(now.Type())
	for i := range now.NumField() {
		f := now.Type().Field(i)
		if i == p.id || i == p.command || f.Type == reflect.TypeFor[calendar.Instant]() || f.Name == "Hash" || now.Field(i).Equal(was.Field(i)) {
			continue
		}
		text := textOf(after, f.Name)
		all = append(all, approval.OfField(table, id, snakeCase(f.Name), text(was.Field(i)), text(now.Field(i)), isDay(now.Field(i), days)))
	}
	return all
}

// atomFields are those of a freeze that count atoms of its account.
var atomFields = []string{"Amount", "Frozen", "Taken"}

// textOf is how a field of a record is written for a person.
func textOf(row any, field string) func(reflect.Value) string {
	f, is := row.(*encumbrance.Freeze)
	if !is || !slices.Contains(atomFields, field) {
		return fieldText
	}
	return func(v reflect.Value) string {
		if v.IsZero() {
			return ""
		}
		return f.Key().Format(v.Int())
	}
}

func isDay(v reflect.Value, days []calendar.Date) bool {
	d, ok := v.Interface().(calendar.Date)
	return ok && slices.Contains(days, d)
}

// fieldText writes a field for a person; the id of a record that is not there
// yet is "new", and zero is nothing.
func fieldText(v reflect.Value) string {
	switch s, named := v.Interface().(fmt.Stringer); {
	case v.IsZero():
		return ""
	case named:
		return s.String()
	case v.Kind() == reflect.Int64 && v.Int() > dryFirst:
		return "new"
	}
	return fmt.Sprint(v.Interface())
}

// snakeCase writes a field's name as its column is named.
func snakeCase(field string) string {
	var b []rune
	runes := []rune(field)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b = append(b, '_')
		}
		b = append(b, unicode.ToLower(r))
	}
	return string(b)
}

// beside does in a dry run what moves the balances of accounts and is no part of
// what is approved.
func (tx *Tx) beside(move func(), accounts ...ledger.Key) {
	was := make([]ledger.Balance, len(accounts))
	for n, k := range accounts {
		was[n] = tx.dry.draft.Balance(k)
	}
	move()
	for n, k := range accounts {
		now, moved := tx.dry.draft.Balance(k), tx.dry.beside[k]
		moved.Balance += now.Balance - was[n].Balance
		moved.Held += now.Held - was[n].Held
		tx.dry.beside[k] = moved
	}
}

// dryExclude is Tx.exclude in a dry run: it shows what goes back and how many
// they are. What is approved does not depend on who registers meanwhile.
func (tx *Tx) dryExclude(refused []exclusion) {
	for _, x := range refused {
		tx.beside(func() { tx.returnCollateral(x.bidder, x.hold) }, depositKey(x.bidder.Party), ledger.FundsKey(x.bidder.Party))
	}
	tx.dry.excluded += len(refused)
}

// dryCancel is Tx.cancel in a dry run: the order and its book stay as they are.
// What is approved does not depend on it: else whoever places orders could
// make a proposal stale, again and again.
func (tx *Tx) dryCancel(o market.Record, m catalog.Market, i catalog.Instrument) OrderResult {
	key := must(tx.holdKey(&o))
	tx.beside(func() { tx.Release(key, o.Hold) }, key)
	tx.dry.orders++
	if o.Side == market.Sell && o.Remaining > 0 && !o.OfCredits() {
		tx.dry.surplusOf(surplusKey{o.Licence, i.Pollutant}, tx.Surplus(o.Licence, i.Pollutant)).Held -= o.Remaining
	}
	tx.dryUnbid(o.Project, i.Pollutant, o.Remaining)
	o.Hold, o.State = 0, market.Cancelled
	return OrderResult{Order: o, Market: m.Code, Instrument: i.Code}
}

// dryPlace is Tx.place in a dry run: it shows the order and what it holds
// aside. What it would trade with changes with every order before it.
func (tx *Tx) dryPlace(e entry) OrderResult {
	o := e.order
	if o.Hold > 0 {
		tx.Hold(e.key, o.Hold)
	}
	if o.Side == market.Sell {
		tx.claim(&o, e.inst.Pollutant, o.Remaining)
	}
	shown := o
	shown.Queued = 0 // its place follows from when it is approved
	shown.Hold = 0   // as the account's balance shows
	tx.dry.others = append(tx.dry.others, fieldEffects("order", 0, nil, &shown, tx.Today)...)
	return OrderResult{Order: o, Market: e.market.Code, Instrument: e.inst.Code}
}
