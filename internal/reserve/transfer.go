package reserve

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
)

// CapTransfer is the posting of a cap decision: a higher cap grows the
// unallocated part, a lower one is taken from it.
func CapTransfer(d CapDecision) ledger.Transfer {
	capKey, unallocated := ledger.PermitKey(ledger.Cap, d.Region, d.Pollutant), Unallocated.Key(d.Region, d.Pollutant)
	leg := ledger.Leg{Debit: capKey, Credit: unallocated, Amount: int64(d.Change)}
	if d.Change < 0 {
		leg = ledger.Leg{Debit: unallocated, Credit: capKey, Amount: -int64(d.Change)}
	}
	return ledger.Transfer{Reason: ledger.CapDecision, Reference: d.ID, Legs: []ledger.Leg{leg}}
}

// MovementTransfer is the posting of a movement.
func MovementTransfer(m Movement) ledger.Transfer {
	from, to := Unallocated, Reserve
	if m.Direction == ToUnallocated {
		from, to = Reserve, Unallocated
	}
	return ledger.Transfer{Reason: ledger.ReserveMove, Reference: m.ID, Legs: []ledger.Leg{
		{Debit: from.Key(m.Region, m.Pollutant), Credit: to.Key(m.Region, m.Pollutant), Amount: int64(m.Quantity)},
	}}
}

// Lot is what a movement to the reserve brings: pre-reserved, without a cost.
func (m Movement) Lot(today calendar.Date) Lot {
	return Lot{
		Region: m.Region, Pollutant: m.Pollutant, Provenance: PreReserved, AcquiredOn: today, Document: m.Document,
		Quantity: m.Quantity, Source: m.ID,
	}
}

// Lot is what a level transfer makes of a part of a lot at the other level.
func (t LevelTransfer) Lot(from Lot, given LotMovement) Lot {
	return Lot{
		Region: t.ToRegion, Pollutant: t.Pollutant, Provenance: from.Provenance, AcquiredOn: from.AcquiredOn, Document: t.Document,
		Price: from.Price, Months: from.Months, Cost: given.Cost, Quantity: given.Quantity, Source: from.ID,
	}
}

// LevelTransfers are the two transfers of a level transfer: out of the cap of
// the region that gives, into the cap of the one that receives. Permits of
// another region are another asset, so that there are two.
func LevelTransfers(t LevelTransfer) (from, to ledger.Transfer) {
	gives := ledger.Leg{
		Debit:  t.Part.Key(t.FromRegion, t.Pollutant),
		Credit: ledger.PermitKey(ledger.Cap, t.FromRegion, t.Pollutant), Amount: int64(t.Quantity),
	}
	receives := ledger.Leg{
		Debit:  ledger.PermitKey(ledger.Cap, t.ToRegion, t.Pollutant),
		Credit: t.Part.Key(t.ToRegion, t.Pollutant), Amount: int64(t.Quantity),
	}
	return ledger.Transfer{Reason: ledger.LevelTransfer, Reference: t.ID, Legs: []ledger.Leg{gives}},
		ledger.Transfer{Reason: ledger.LevelTransfer, Reference: t.ID, Legs: []ledger.Leg{receives}}
}

// Holding is the account that an allocation credits.
func (a Allocation) Holding() ledger.Key {
	return ledger.HoldingKey(a.Region, a.Pollutant, a.Party, a.Licence, a.Instrument, a.Origin)
}

// AllocationTransfer is the posting of an allocation.
func AllocationTransfer(a Allocation) ledger.Transfer {
	return ledger.Transfer{Reason: a.Kind.reason(), Reference: a.ID, Legs: []ledger.Leg{
		{Debit: a.Part.Key(a.Region, a.Pollutant), Credit: a.Holding(), Amount: int64(a.Quantity)},
	}}
}

func (k AllocationKind) reason() ledger.Reason {
	switch k {
	case Initial:
		return ledger.Allocation
	case Opening:
		return ledger.Opening
	case Renewal:
		return ledger.Renewal
	}
	panic(fmt.Sprintf("reserve: unknown kind of allocation %q", k))
}

// AcquisitionOf is what an allocation adds to the holding's acquisitions.
func AcquisitionOf(a Allocation) ledger.Acquisition {
	return ledger.Acquisition{
		AcquiredOn: a.AcquiredOn, Price: a.Price, PriceKnown: a.PriceKnown, Document: a.Document, Quantity: a.Quantity,
	}
}

// SaleTransfer is the posting of a delivered payment notice, out of what the
// reserve holds aside for it. Its money is paid outside and posts nothing.
func SaleTransfer(n PaymentNotice) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.PrimarySale, Reference: n.ID, Legs: []ledger.Leg{
		{Debit: n.ReserveKey(), Credit: n.Holding(), Amount: int64(n.Quantity), FromHeld: true},
	}}
}
