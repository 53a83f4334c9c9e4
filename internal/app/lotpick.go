package app

import (
	"slices"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// LotChoice says which lots a command takes a quantity from.
type LotChoice struct {
	Order reserve.PickOrder // empty: oldest
	Lots  []int64           // of the order named, in the order in which they leave
}

// ErrLotClosed is returned when nothing of a lot is left in the reserve.
var ErrLotClosed = fault.New(fault.Conflict, "lot.closed", "nothing of the lot is left in the reserve")

// pickLots picks a quantity of what is available in the lots of a region and
// pollutant. It costs what it picks, however many lots there are. Returns a
// fault about the order, ErrPickNames, ErrNoRecord, ErrLotClosed,
// ErrPickElsewhere, ErrPickTwice, ErrPickMany or ErrPickShort.
func (v *View) pickLots(region, pollutant string, q quantity.Quantity, c LotChoice) ([]reserve.Pick, error) {
	asset := ledger.Asset{Region: region, Pollutant: pollutant}
	row, err := v.choose(asset, c)
	if err != nil {
		return nil, err
	}
	var picks []reserve.Pick
	left := q
	for _, x := range row {
		if left == 0 {
			break
		}
		part := min(left, x.sum.available)
		if part == 0 {
			continue
		}
		picks = append(picks, reserve.Pick{Lot: x.id, Quantity: part})
		left -= part
		if len(picks) > reserve.PicksMax {
			return nil, reserve.ErrPickMany
		}
	}
	if left > 0 {
		return nil, reserve.ErrPickShort.With("the lots have %s t/a available, %s t/a are needed", q-left, q)
	}
	return picks, nil
}

// pickLeaving is pickLots for a command by which, as leaves says, lots leave the
// reserve or none do. Returns ErrPickNone where lots are chosen that do not leave.
func (v *View) pickLeaving(leaves bool, region, pollutant string, q quantity.Quantity, c LotChoice) ([]reserve.Pick, error) {
	switch {
	case leaves:
		return v.pickLots(region, pollutant, q, c)
	case c.Order != "" || len(c.Lots) > 0:
		return nil, reserve.ErrPickNone
	}
	return nil, nil
}

// choose is the lots in the order in which they leave.
func (v *View) choose(asset ledger.Asset, c LotChoice) ([]*shelved, error) {
	sh := v.lots.shelves[asset]
	if sh == nil {
		sh = &shelf{}
	}
	if (c.Order == reserve.NamedLots) != (len(c.Lots) > 0) {
		return nil, reserve.ErrPickNames
	}
	switch c.Order {
	case "", reserve.OldestFirst:
		return sh.oldest, nil
	case reserve.CheapestFirst:
		return sh.cheapest, nil
	case reserve.NamedLots:
		return v.named(sh, asset, c.Lots)
	}
	return nil, fault.Invalidf("order", "must be one of oldest, cheapest, named")
}

func (v *View) named(sh *shelf, asset ledger.Asset, ids []int64) ([]*shelved, error) {
	row := make([]*shelved, 0, len(ids))
	for i, id := range ids {
		l, err := v.lot("lots", id)
		switch {
		case err != nil:
			return nil, err
		case l.Key().Asset() != asset:
			return nil, reserve.ErrPickElsewhere.With("lot %d is of another region or pollutant", id)
		case slices.Contains(ids[:i], id):
			return nil, reserve.ErrPickTwice.With("lot %d is named twice", id)
		}
		row = append(row, sh.lots[id])
	}
	return row, nil
}

// lot returns an open lot, ErrLotClosed or ErrNoRecord.
func (v *View) lot(field string, id int64) (reserve.Lot, error) {
	if l, open := rowsOf(v.state, Lots).rows[id]; open {
		return l, nil
	}
	if id > 0 && id <= v.lastID[Lots.name] {
		return reserve.Lot{}, ErrLotClosed.With("nothing of lot %d is left in the reserve", id).At(field)
	}
	return reserve.Lot{}, ErrNoRecord.At(field)
}

// claims are the open claims of an owner, in the order in which they were made.
func (v *View) claims(of claimant) []reserve.LotClaim {
	ids := v.lots.claims[of]
	out := make([]reserve.LotClaim, len(ids))
	for i, id := range ids {
		out[i] = rowsOf(v.state, LotClaims).rows[id]
	}
	return out
}

// pickClaims picks a quantity of what an owner has claimed and is not frozen.
// Returns ErrPickMany or ErrPickShort.
func (v *View) pickClaims(of claimant, q quantity.Quantity) ([]reserve.Pick, error) {
	var picks []reserve.Pick
	left := q
	for _, c := range v.claims(of) {
		part := min(left, c.Quantity)
		if part == 0 {
			continue
		}
		picks = append(picks, reserve.Pick{Lot: c.Lot, Claim: c.ID, Quantity: part})
		left -= part
		if len(picks) > reserve.PicksMax {
			return nil, reserve.ErrPickMany
		}
	}
	if left > 0 {
		return nil, reserve.ErrPickShort.With("%s t/a are there and not frozen, %s t/a are needed", q-left, q)
	}
	return picks, nil
}

// allClaims picks all that an owner has claimed and is not frozen.
func (v *View) allClaims(of claimant) []reserve.Pick {
	var picks []reserve.Pick
	for _, c := range v.claims(of) {
		if c.Quantity > 0 {
			picks = append(picks, reserve.Pick{Lot: c.Lot, Claim: c.ID, Quantity: c.Quantity})
		}
	}
	return picks
}
