package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// IdleDeclarations say what of a holding is not used, since when.
var IdleDeclarations = resident[reserve.IdleDeclaration]("idle_declaration")

var openIdle = indexed(IdleDeclarations, func(d reserve.IdleDeclaration) []permits {
	return when(d.State == reserve.IdleOpen, permits{licence: d.Licence}, permits{instrument: d.Instrument})
})

// The faults of idle permits, in the order in which they are checked; the
// others are in reserve.
var (
	// ErrIdleBeyond is returned when more would be idle than the licence holds since that day.
	ErrIdleBeyond = fault.New(fault.Refused, "idle_declaration.beyond_holding", "the licence does not hold so many of these permits since that day").At("quantity")
	// ErrIdleDeclared is returned when the holding is declared idle already.
	ErrIdleDeclared = fault.New(fault.Conflict, "idle_declaration.open_already", "the holding is declared idle already: end that declaration first").At("instrument")
	// ErrIdleOfBureau is returned when an enterprise would end what the bureau has recorded.
	ErrIdleOfBureau = fault.New(fault.Refused, "idle_declaration.of_bureau", "the bureau has recorded this: the bureau ends it").
			Under("idle_declaration.end", sourceDefault)
	// ErrUsedBefore is returned when permits would be used again before they lay idle.
	ErrUsedBefore = fault.New(fault.Invalid, "idle_declaration.used_before", "the permits lay idle later than that").At("used_on")
)

// IdleDeclare says that a part of a holding is not used since a day: the
// enterprise must declare it, the bureau may record it (浙政办发〔2010〕132号).
type IdleDeclare struct {
	Licence    int64
	Instrument string
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Since      calendar.Date
	Document   string
}

// IdleEnd says that the permits are used again.
type IdleEnd struct {
	Declaration int64
	UsedOn      calendar.Date
	Document    string
}

// IdleSweep opens a compulsory buy-back of permits that lay idle for more than
// 36 months.
type IdleSweep struct {
	Declaration int64
	Quantity    quantity.Quantity // 0: all that is declared, as far as it is available
	Document    string
}

// IdleResult is a declaration with the code of its instrument.
type IdleResult struct {
	Declaration reserve.IdleDeclaration
	Instrument  string
}

var _ = declare(IdleDeclare{}, IdleEnd{}, IdleSweep{})

// Operation is IdleDeclare.
func (IdleDeclare) Operation() identity.Operation { return identity.IdleDeclare }

// Decide checks that the licence holds the permits. The result is an IdleResult.
func (c IdleDeclare) Decide(v *View) (Apply, error) {
	l, err := v.ownLicence(identity.IdleDeclare, c.Licence)
	if err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	d := reserve.IdleDeclaration{
		Party: l.Party, Region: l.Region, Licence: l.ID, Instrument: i.ID, Pollutant: i.Pollutant, Origin: c.Origin, Quantity: c.Quantity,
		Since: c.Since, DeclaredBy: reserve.ByBureau, Document: c.Document, State: reserve.IdleOpen, RecordedAt: v.Now,
	}
	if hasRole(v.Actor, identity.IdleDeclare, identity.Enterprise, identity.OfParty(l.Party, "")) {
		d.DeclaredBy = reserve.ByEnterprise
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("since", c.Since); err != nil {
		return nil, err
	}
	var most quantity.Quantity
	if d.HeldOn, most, err = v.heldBy(d.Holding(), c.Since); err != nil {
		return nil, err
	}
	idle, err := v.stillIdle(d.Holding(), d)
	if err != nil {
		return nil, err
	}
	if has := min(idle[d.ID], most); c.Quantity > has {
		return nil, ErrIdleBeyond.With("of %s (%s) the licence holds %s t/a that were acquired by %s and are not being bought back, %s t/a would be idle",
			i.Code, c.Origin, has, c.Since, c.Quantity)
	}
	if open := v.idleOn(d.Holding()); len(open) > 0 {
		return nil, ErrIdleDeclared.With("declaration %d says so since %s: end it first", open[0].ID, open[0].Since)
	}
	return func(tx *Tx) any { return tx.idleResult(Put(tx, IdleDeclarations, d)) }, nil
}

func (tx *Tx) idleResult(d reserve.IdleDeclaration) IdleResult {
	return IdleResult{d, mustGet(tx, Instruments, d.Instrument).Code}
}

// idle returns a declaration after the actor's right to do this was checked.
func (v *View) idle(op identity.Operation, id int64) (d reserve.IdleDeclaration, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return d, err
	}
	if d, err = Get(v, IdleDeclarations, "id", id); err != nil {
		return d, err
	}
	d = v.heldSince(d)
	return d, v.AuthoriseAt("id", op, identity.OfParty(d.Party, d.Region))
}

// Operation is IdleEnd.
func (IdleEnd) Operation() identity.Operation { return identity.IdleEnd }

// Decide checks that the declaration is open and not being swept. The result
// is an IdleResult.
func (c IdleEnd) Decide(v *View) (Apply, error) {
	d, err := v.idle(identity.IdleEnd, c.Declaration)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	officer := hasRole(v.Actor, identity.IdleEnd, identity.BureauClerk, identity.OfRegion(d.Region)) ||
		hasRole(v.Actor, identity.IdleEnd, identity.BureauLeader, identity.OfRegion(d.Region))
	switch {
	case !c.UsedOn.Valid() || c.UsedOn < d.Since:
		return nil, ErrUsedBefore.With("the permits lie idle since %s", d.Since)
	case d.State != reserve.IdleOpen:
		return nil, reserve.ErrIdleEnded.With("they are not declared idle since %s", d.EndedOn)
	case d.BuyBack != 0:
		return nil, reserve.ErrIdleSwept.With("buy-back %d takes them back: object to it", d.BuyBack)
	case d.DeclaredBy == reserve.ByBureau && !officer:
		return nil, ErrIdleOfBureau
	}
	if err := v.checkPast("used_on", c.UsedOn); err != nil {
		return nil, err
	}
	d = d.End(c.UsedOn, c.Document)
	return func(tx *Tx) any { return tx.idleResult(Put(tx, IdleDeclarations, d)) }, nil
}

// Operation is IdleSweep.
func (IdleSweep) Operation() identity.Operation { return identity.IdleSweep }

// Decide checks that the permits lay idle for long enough and are available.
// The result is a BuyBackResult.
func (c IdleSweep) Decide(v *View) (Apply, error) {
	d, err := v.idle(identity.IdleSweep, c.Declaration)
	if err != nil {
		return nil, err
	}
	if err := d.CheckSweep(); err != nil {
		return nil, err
	}
	q, idle, err := c.sweeps(v, d)
	if err != nil {
		return nil, err
	}
	l, err := Get(v, Licences, "id", d.Licence)
	if err != nil {
		return nil, err
	}
	b, err := v.newBuyBack(l, must(Get(v, Instruments, "id", d.Instrument)).Code, reserve.BuyBack{
		Kind: reserve.Compulsory, State: reserve.BuyBackAccepted, Cause: reserve.Idle, Origin: d.Origin, Quantity: q, Document: c.Document, Idle: d.ID, HeldOn: d.HeldOn,
	})
	if err != nil {
		return nil, err
	}
	if err := v.judgeBuyBack(rulebook.Compulsory, b); err != nil {
		return nil, err
	}
	hold, err := v.decideHold(&b)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := tx.openBuyBack(b, hold)
		d.Quantity, d.BuyBack = idle, r.BuyBack.ID
		Put(tx, IdleDeclarations, d)
		return r
	}, nil
}

// sweeps is the quantity that is swept of a declaration, what was asked for or as much as is
// available, and what still lies idle of it.
func (c IdleSweep) sweeps(v *View, d reserve.IdleDeclaration) (q, idle quantity.Quantity, err error) {
	all, err := v.stillIdle(d.Holding())
	if err != nil {
		return 0, 0, err
	}
	idle = all[d.ID]
	if c.Quantity > idle || idle == 0 {
		return 0, 0, ErrIdleBeyond.With("of what is declared idle since %s, %s t/a that were acquired by %s are left", d.Since, idle, d.HeldOn)
	}
	if c.Quantity != 0 {
		return c.Quantity, idle, nil
	}
	return min(idle, quantity.Quantity(v.ledger.Balance(d.Holding()).Available())), idle, nil
}

// publishedParameters are the parameters that readers see.
type publishedParameters struct{ *Published[rulebook.Parameter] }

// Of is part of rulebook.Parameters.
func (p publishedParameters) Of(key rulebook.Key) (rows []rulebook.Parameter) {
	for _, r := range p.All() {
		if r.Key == key {
			rows = append(rows, r)
		}
	}
	return rows
}

// IdleMonths are the months after which the rules let permits that lie idle be
// swept, by the parameters of a day.
func IdleMonths(r *Reference, d reserve.IdleDeclaration, on calendar.Date) int {
	l, _ := ReadTable(r, Licences).Get(d.Licence)
	p, _ := ReadTable(r, Parties).Get(l.Party)
	known := r.known()
	return spanOf(known, rulebook.IdleMonths, known.placeOfLicence(p, l, d.Pollutant, on), on)
}
