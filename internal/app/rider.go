package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/permit"
)

// rider is a lease, pledge or idle declaration that goes with all permits of a licence to one
// successor: it is lifted for the move and laid on the successor afterwards.
type rider struct {
	lift func(tx *Tx)
	lay  func(tx *Tx, to catalog.Licence)
}

// leasesOn are the open leases by or to a licence.
func (v *View) leasesOn(l catalog.Licence) []encumbrance.Lease {
	return slices.Collect(openLeases.of(v, permits{licence: l.ID}))
}

// pledgesOn are the open pledges of a licence's permits.
func (v *View) pledgesOn(l catalog.Licence) []encumbrance.Pledge {
	return slices.Collect(openPledges.of(v, permits{licence: l.ID}))
}

// encumbered is what of a holding leases and pledges hold.
func (v *View) encumbered(k ledger.Key) (sum int64) {
	for l := range openLeases.of(v, permits{licence: k.Licence}) {
		if l.Key() == k {
			sum += int64(l.Quantity)
		}
	}
	for p := range openPledges.of(v, permits{licence: k.Licence}) {
		if p.State.IsHeld() && p.Hold != 0 && p.Key() == k {
			sum += int64(p.Left())
		}
	}
	return sum
}

// riders are what follows the permits of a licence to another; ErrBlocked where
// that is the other side of a lease. The surplus that a
// lease holds was counted as unsold, and went along verified.
func (v *View) riders(l catalog.Licence, to int64) (all []rider, err error) {
	for _, lease := range v.leasesOn(l) {
		if lease.LessorLicence == to || lease.LesseeLicence == to {
			return nil, permit.ErrBlocked.With("lease %d is with the successor: both sides end it first", lease.ID)
		}
		f, err := v.followLease(lease, l)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	for _, p := range v.pledgesOn(l) {
		f := rider{func(*Tx) {}, func(tx *Tx, to catalog.Licence) { movePledge(tx, p, to) }}
		if p.Hold != 0 {
			h, err := Get(v, Holds, "hold", p.Hold)
			if err != nil {
				return nil, err
			}
			f.lift = func(tx *Tx) { tx.closeHold(h, ledger.HoldVoided) }
		}
		all = append(all, f)
	}
	idle, err := v.followIdle(l)
	return append(all, idle...), err
}

func (v *View) followLease(lease encumbrance.Lease, from catalog.Licence) (rider, error) {
	if lease.LesseeLicence == from.ID { // only the use goes along: no permits
		return rider{func(*Tx) {}, func(tx *Tx, to catalog.Licence) {
			lease := mustGet(tx, Leases, lease.ID)
			lease.Lessee, lease.LesseeLicence = to.Party, to.ID
			Put(tx, Leases, lease)
		}}, nil
	}
	h, err := Get(v, Holds, "hold", lease.Hold)
	surplus := lease.SurplusHeld
	return rider{
		func(tx *Tx) {
			tx.closeHold(h, ledger.HoldVoided)
			tx.leaseSurplus(&lease, -surplus)
		},
		func(tx *Tx, to catalog.Licence) {
			lease.Lessor, lease.LessorLicence = to.Party, to.ID
			lease.Hold = tx.putHold(lease.Key(), h.Amount, ledger.ForLease, lease.ID).ID
			tx.leaseSurplus(&lease, surplus)
			Put(tx, Leases, lease)
		},
	}, err
}

func movePledge(tx *Tx, p encumbrance.Pledge, to catalog.Licence) {
	p.Party, p.Licence = to.Party, to.ID
	if p.Hold != 0 {
		p.Hold = tx.putHold(p.Key(), int64(p.Left()), ledger.ForPledge, p.ID).ID
	}
	Put(tx, Pledges, p)
}
