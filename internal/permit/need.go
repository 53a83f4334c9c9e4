package permit

import (
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// needStep is the smallest step of what a project needs: 0.0001 t/a, after the
// four decimals of Zhejiang's practice.
const needStep quantity.Quantity = 100

// A Need is what a project must obtain of a pollutant, and what it has.
type Need struct {
	ID        int64
	Project   int64
	Pollutant string
	Need      quantity.Quantity // what the project will discharge, t/a
	Ratio     quantity.Ratio    // offset ratio of the day of the decision; 0 before
	Basis     string            // what the ratio rests on; empty before
	Needed    quantity.Quantity // need × ratio, up at four decimals; 0 before
	Open      quantity.Quantity // what open orders, deals and payment notices are for
	Bought    quantity.Quantity
	Assigned  quantity.Quantity // of what was bought, put to the project
	Retired   quantity.Quantity // of what was assigned, the offset share
	Bidding   quantity.Quantity // what bidders for auctions may bid for, and winners have won, until a payment notice asks for it
	Command   int64
}

// Check returns a fault unless the need is more than zero, at four decimals.
func (n Need) Check() error {
	switch {
	case n.Need <= 0:
		return fault.Invalidf("need", "must be more than zero")
	case !n.Need.IsMultipleOf(needStep):
		return ErrNeedStep
	}
	return nil
}

// Decided is the need with an offset ratio. Returns a fault about ratio, or an
// overflow.
func (n Need) Decided(ratio quantity.Ratio, basis string) (Need, error) {
	if ratio < quantity.OneRatio {
		return n, fault.Invalidf("ratio", "must be at least 1")
	}
	needed, err := n.Need.Times(ratio, quantity.Up)
	if err == nil {
		needed, err = needed.CeilTo(needStep)
	}
	n.Ratio, n.Basis, n.Needed = ratio, basis, needed
	return n, err
}

// Missing is what must still be bought.
func (n Need) Missing() quantity.Quantity { return n.Needed - n.Bought }

// Room is what may still be bid for.
func (n Need) Room() quantity.Quantity { return n.Needed - n.Bought - n.Open - n.Bidding }

// Unassigned is what was bought and is not yet put to the project.
func (n Need) Unassigned() quantity.Quantity { return n.Bought - n.Assigned }

// Kept is what of the assigned permits the licence has kept for the project.
func (n Need) Kept() quantity.Quantity { return n.Assigned - n.Retired }

// IsCovered reports whether the project keeps what it will discharge.
func (n Need) IsCovered() bool { return n.Kept() >= n.Need }

// supports is what assigned permits support: divided by the ratio, down at
// four decimals.
func (n Need) supports(assigned quantity.Quantity) quantity.Quantity {
	kept, err := assigned.Over(n.Ratio, quantity.Down)
	if err != nil {
		panic("permit: a need without a ratio: " + err.Error())
	}
	return kept.FloorTo(needStep)
}

// Share is what of q is retired when it is assigned. It is reckoned on all
// that is assigned by then, so that a project gets the same whether it is
// assigned at once or in parts.
func (n Need) Share(q quantity.Quantity) quantity.Quantity {
	kept := n.supports(n.Assigned+q) - n.Kept()
	return q - min(q, max(kept, 0))
}

// Reduced is the need lowered to q t/a — 0 when the project is given up — and
// the entry of it, with what it no longer needs of what it has: first what is not
// yet assigned, then of what is. The offset share that was retired for it stays retired.
func (n Need) Reduced(q quantity.Quantity) (Need, Entry, error) {
	old := n
	n.Need = q
	n, err := n.Decided(max(n.Ratio, quantity.OneRatio), n.Basis)
	if err != nil {
		return n, Entry{}, err
	}
	excess := max(n.Bought-n.Needed, 0)
	assigned := max(excess-n.Unassigned(), 0)
	freed := min(assigned, max(old.Kept()-n.supports(n.Assigned-assigned), 0))
	n.Bought -= excess
	n.Assigned -= assigned
	n.Retired -= assigned - freed
	if old.Ratio == 0 { // given up before it was decided
		n.Ratio, n.Basis = 0, ""
	}
	return n, Entry{
		Project: n.Project, Pollutant: n.Pollutant, Kind: ByRelease,
		Bought: -excess, Assigned: -assigned, Retired: freed - assigned, Surplus: excess - assigned + freed,
		Needed: n.Needed, Lowered: old.Needed - n.Needed, Missing: n.Missing(),
	}, nil
}

// Corrected is the entry of q t/a that were taken back of a guarantee, and of the offset
// share that went back with them: no more than the project still keeps and has retired,
// since a reduction may have freed some of it before.
func (n Need) Corrected(q, share quantity.Quantity) Entry {
	kept, retired := min(q, n.Kept()), min(share, n.Retired)
	return Entry{
		Project: n.Project, Pollutant: n.Pollutant, Kind: ByCorrection, Bought: -kept - retired, Assigned: -kept - retired, Retired: -retired,
	}
}

// With is the need after an entry.
func (n Need) With(e Entry) Need {
	n.Bought += e.Bought
	n.Assigned += e.Assigned
	n.Retired += e.Retired
	return n
}

// Negated is the entry that undoes a deal's.
func (e Entry) Negated() Entry {
	e.Kind, e.Bought, e.Assigned, e.Retired = ByReversal, -e.Bought, -e.Assigned, -e.Retired
	return e
}

// IsSound reports whether the figures hold together (I-26, I-27, I-117).
func (n Need) IsSound() bool {
	return n.Open >= 0 && n.Bidding >= 0 && n.Room() >= 0 && n.Unassigned() >= 0 && n.Kept() >= 0 && n.Retired >= 0 && n.Assigned >= 0
}

// OffsetTransfer retires the offset share of an assignment out of the holding
// that it is made from.
func OffsetTransfer(e Entry, holding ledger.Key) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Offset, Reference: e.ID, Legs: []ledger.Leg{{
		Debit: holding, Credit: ledger.PermitKey(ledger.Retired, holding.Region, holding.Pollutant), Amount: int64(e.Retired),
	}}}
}
