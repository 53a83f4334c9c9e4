package app

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// idleGone is the document of a declaration whose permits have left their holding.
const idleGone = "the permits have left the holding"

// renewedOn is the first day of the term into which a renewal has carried a declaration
// before that was recorded; 0: none has, or it is recorded.
func renewedOn(d reserve.IdleDeclaration, renewals iter.Seq[permit.Renewal]) calendar.Date {
	if d.HeldOn != 0 || d.DeclaredOf == 0 {
		return 0
	}
	for r := range renewals {
		if r.State == permit.RenewalJoined && r.NewInstrument == d.Instrument && r.NewOrigin == d.Origin &&
			(r.Licence == d.DeclaredOf || r.Licence == d.Licence) && r.EndedAt > d.RecordedAt {
			return r.FirstDay()
		}
	}
	return 0
}

// idleOn are the open declarations about a holding: one that was made of it, and
// those that have followed their permits into it.
func (v *View) idleOn(holding ledger.Key) (open []reserve.IdleDeclaration) {
	for d := range openIdle.of(v, permits{licence: holding.Licence}) {
		if d.Holding() == holding {
			open = append(open, v.heldSince(d))
		}
	}
	return open
}

// idleOf are the open declarations about the holdings of a licence.
func (v *View) idleOf(l catalog.Licence) (open []reserve.IdleDeclaration) {
	for d := range openIdle.of(v, permits{licence: l.ID}) {
		open = append(open, v.heldSince(d))
	}
	return open
}

// heldSince is a declaration with the first day of the term into which a renewal has
// carried it: of the licence that it was made of, or of the one that has the permits now.
func (v *View) heldSince(d reserve.IdleDeclaration) reserve.IdleDeclaration {
	renewals := slices.AppendSeq(slices.Collect(renewalsOf.of(v, d.DeclaredOf)), renewalsOf.of(v, d.Licence))
	slices.SortStableFunc(renewals, func(a, b permit.Renewal) int { return cmp.Compare(a.ID, b.ID) })
	return d.Held(renewedOn(d, slices.Values(renewals)))
}

// stillIdle is how much of the open declarations about a holding, or of one that would
// be made of it, still lies idle, by declaration.
func (v *View) stillIdle(holding ledger.Key, made ...reserve.IdleDeclaration) (map[int64]quantity.Quantity, error) {
	open := made
	if len(made) == 0 {
		open = v.idleOn(holding)
	}
	if len(open) == 0 {
		return map[int64]quantity.Quantity{}, nil
	}
	held, err := Find(v, BuyBacks, heldBuyBacks(holding.Licence))
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(b reserve.BuyBack) bool { return b.Holding() != holding })
	id, _ := v.ledger.Find(holding)
	return reserve.StillIdle(open, v.ledger.Acquisitions(id), held), nil
}

// heldBuyBacks are the buy-backs that hold permits of some licences.
func heldBuyBacks(licences ...int64) Query {
	return Query{}.And("licence", In, licences).And("state", In, anyOf(reserve.HeldBuyBacks))
}

// StillIdle is how much of the open declarations about some licences still lies idle, by
// declaration: what a sweep may take of it, as far as nothing else holds it. It reads
// committed rows.
func StillIdle(ctx context.Context, r Reader, ref *Reference, licences []int64) (map[int64]quantity.Quantity, error) {
	idle := map[int64]quantity.Quantity{}
	open := map[ledger.Key][]reserve.IdleDeclaration{}
	of := Where("state", string(reserve.IdleOpen)).And("licence", In, licences)
	err := eachOf(ctx, r, IdleDeclarations, of, func(d reserve.IdleDeclaration) { open[d.Holding()] = append(open[d.Holding()], HeldIdle(ref, d)) })
	if err != nil || len(open) == 0 {
		return idle, err
	}
	rows, err := acquiredBy(ctx, r, licences)
	if err != nil {
		return nil, err
	}
	held := map[ledger.Key][]reserve.BuyBack{}
	err = eachOf(ctx, r, BuyBacks, heldBuyBacks(licences...), func(b reserve.BuyBack) { held[b.Holding()] = append(held[b.Holding()], b) })
	for k, of := range open {
		maps.Copy(idle, reserve.StillIdle(of, rows[k], held[k]))
	}
	return idle, err
}

// HeldIdle is a declaration with the day by which its permits were acquired.
func HeldIdle(ref *Reference, d reserve.IdleDeclaration) reserve.IdleDeclaration {
	return d.Held(renewedOn(d, func(yield func(permit.Renewal) bool) {
		for _, r := range ReadTable(ref, Renewals).All() {
			if !yield(r) {
				return
			}
		}
	}))
}

// acquiredBy are what is left of the acquisitions of some licences, by holding.
func acquiredBy(ctx context.Context, r Reader, licences []int64) (map[ledger.Key][]*ledger.Acquisition, error) {
	keys := map[ledger.AccountID]ledger.Key{}
	holdings := Where("kind", int64(ledger.Holding)).And("licence", In, licences)
	if err := eachOf(ctx, r, Accounts, holdings, func(a ledger.Account) { keys[a.ID] = a.Key() }); err != nil {
		return nil, err
	}
	rows := map[ledger.Key][]*ledger.Acquisition{}
	left := Query{}.And("account", In, slices.Collect(maps.Keys(keys))).And("remaining", Gt, int64(0))
	err := eachOf(ctx, r, Acquisitions, left, func(a ledger.Acquisition) { rows[keys[a.Account]] = append(rows[keys[a.Account]], &a) })
	return rows, err
}

// lessIdle are declarations of one holding as far as their permits still lie idle; what
// is left of none is over.
func (v *View) lessIdle(open []reserve.IdleDeclaration, idle map[int64]quantity.Quantity) []reserve.IdleDeclaration {
	less := make([]reserve.IdleDeclaration, len(open))
	for n, d := range open {
		less[n] = d
		if gone := d.Quantity - idle[d.ID]; gone > 0 {
			less[n] = d.Less(gone, v.Today, idleGone)
		}
	}
	return less
}

// idleBeforeArrival lowers what is declared idle of a holding to what is still there of it,
// before permits come to it that others have acquired on an earlier day.
func (tx *Tx) idleBeforeArrival(k ledger.Key, acquiredOn calendar.Date) {
	if k.Kind != ledger.Holding || acquiredOn >= tx.Today {
		return
	}
	open := tx.idleOn(k)
	if len(open) == 0 {
		return
	}
	id, _ := tx.ledger.Find(k)
	idle := reserve.StillIdle(open, tx.ledger.Acquisitions(id), nil)
	for n, d := range tx.lessIdle(open, idle) {
		if d.BuyBack == 0 && d != open[n] { // what a buy-back sweeps is held for it
			Put(tx, IdleDeclarations, d)
		}
	}
}

// carryIdle lets declarations go with their permits into the new term of a renewal:
// these lie idle for as long as before, and what is not renewed is not. Of a part those
// that lie idle for the longest go first.
func (tx *Tx) carryIdle(r permit.Renewal, open []reserve.IdleDeclaration) {
	left := r.Joined
	for _, d := range reserve.LongestFirst(open) {
		q := min(d.Quantity, left)
		if left -= q; q > 0 {
			d = d.Follows(r.NewKey(), q)
			d.HeldOn = r.FirstDay()
		} else {
			d = d.End(r.TermEnd, termEnded)
		}
		Put(tx, IdleDeclarations, d)
	}
}

// followIdle lets declarations go with their permits to the successor of a licence.
// Each stands beside what he has declared himself, and can be ended and swept by itself.
func (v *View) followIdle(from catalog.Licence) (all []rider, err error) {
	for _, d := range v.idleOf(from) {
		idle, err := v.stillIdle(d.Holding())
		if err != nil {
			return nil, err
		}
		all = append(all, rider{func(*Tx) {}, func(tx *Tx, to catalog.Licence) {
			if left := tx.lessIdle([]reserve.IdleDeclaration{d}, idle)[0]; left.State == reserve.IdleOpen {
				next := d.Holding()
				next.Party, next.Licence = to.Party, to.ID
				d = left.Follows(next, left.Quantity)
			} else {
				d = left
			}
			Put(tx, IdleDeclarations, d)
		}})
	}
	return all, nil
}
