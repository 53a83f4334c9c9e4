package app

import (
	"cmp"
	"math"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// Idle time goes on over renewals, whose permits are acquired anew, and with these to
// the successors of a licence (I-111). What was acquired first is used up first, so that
// what is left of it at each step follows from what came later.

// endOfTime is a journal number after all others: what was before what is told by the
// numbers of the commands that did it, as several may be of one instant.
const endOfTime = math.MaxInt64

// heldBy is the day by which permits were acquired that lie idle in a holding since a
// day, and how many can be of these.
func (v *View) heldBy(holding ledger.Key, since calendar.Date) (on calendar.Date, most quantity.Quantity, err error) {
	on, carried, err1 := v.carriedInto(holding, since, endOfTime)
	gone, err2 := v.succeededFrom(holding, since)
	id, _ := v.ledger.Find(holding)
	return max(on, since), reserve.AcquiredBy(v.ledger.Acquisitions(id), since) + max(carried-gone, 0), cmp.Or(err1, err2)
}

// carriedInto is what renewals before a command have carried into a holding, or
// successions before it have brought to it of what renewals had carried, of that which
// was acquired by a day, and the first day of the new term; none: 0.
func (v *View) carriedInto(holding ledger.Key, since calendar.Date, before int64) (on calendar.Date, sum quantity.Quantity, err error) {
	for r := range renewalsOf.of(v, holding.Licence) {
		if r.State != permit.RenewalJoined || r.NewKey() != holding || r.FirstDay() <= since || r.Command >= before {
			continue
		}
		q, err := v.joinedOf(r, since)
		if err != nil {
			return 0, 0, err
		}
		if sum += q; q > 0 {
			on = max(on, r.FirstDay())
		}
	}
	into, err := Find(v, SuccessionParts, Where("to_licence", holding.Licence).And("instrument", Eq, holding.Instrument).And("origin", Eq, int64(holding.Origin)))
	if err != nil {
		return 0, 0, err
	}
	for _, p := range into {
		s, err := Get(v, Successions, "succession", p.Succession)
		if err != nil {
			return 0, 0, err
		}
		if s.Licence == p.ToLicence || s.Command >= before {
			continue
		}
		day, q, err := v.succeededOf(s, p, since)
		if err != nil {
			return 0, 0, err
		}
		if sum += q; q > 0 {
			on = max(on, day)
		}
	}
	return on, sum, nil
}

// joinedOf is how much of what a renewal has carried into its new term was acquired
// by a day. What was acquired first was sold first, and of what was left it has joined
// first; what was acquired later is there by that day as far as it was carried there before.
func (v *View) joinedOf(r permit.Renewal, by calendar.Date) (quantity.Quantity, error) {
	joined := max(r.Joined-r.Increase, 0)
	_, before, err1 := v.carriedInto(r.OldKey(), by, r.Command)
	left, err2 := v.leftOf(r.OldKey(), joined+r.Returned+before, by, r.EndedAt.Date())
	return min(left, joined), cmp.Or(err1, err2)
}

// leftOf is what is left of a quantity of a holding without what came to it after a
// day, up to another one.
func (v *View) leftOf(holding ledger.Key, q quantity.Quantity, by, until calendar.Date) (quantity.Quantity, error) {
	id, _ := v.ledger.Find(holding)
	later, err := Find(v, Acquisitions, Where("account", int64(id)).And("acquired_on", Gt, int64(by)).And("acquired_on", Le, int64(until)))
	for _, a := range later {
		q -= a.Quantity
	}
	return max(q, 0), err
}

// succeededOf is how much of a part that a succession moved had been carried by
// renewals of what was acquired by a day, and the first day of that term. The parts
// take the permits in their order, what was acquired by the day itself before it.
func (v *View) succeededOf(s permit.Succession, p permit.SuccessionPart, by calendar.Date) (on calendar.Date, q quantity.Quantity, err error) {
	from := ledger.HoldingKey(s.Region, p.Pollutant, s.Party, s.Licence, p.Instrument, p.Origin)
	on, carried, err := v.carriedInto(from, by, s.Command)
	if err != nil || carried == 0 {
		return 0, 0, err
	}
	parts, err := Find(v, SuccessionParts, Where("succession", s.ID).And("instrument", Eq, p.Instrument).And("origin", Eq, int64(p.Origin)))
	if err != nil {
		return 0, 0, err
	}
	var whole, first quantity.Quantity
	for _, other := range parts {
		if whole += other.Quantity; other.ID < p.ID && other.ToLicence != s.Licence {
			first += other.Quantity
		}
	}
	left, err := v.leftOf(from, whole+carried, by, s.RecordedAt.Date())
	carried = min(carried, left)
	return on, max(min(first+p.Quantity, left)-max(first, left-carried), 0), err
}

// succeededFrom is what successions have moved out of a holding of what renewals had
// carried into it.
func (v *View) succeededFrom(holding ledger.Key, since calendar.Date) (sum quantity.Quantity, err error) {
	all, err := Find(v, Successions, Where("licence", holding.Licence))
	if err != nil {
		return 0, err
	}
	for _, s := range all {
		parts, err := Find(v, SuccessionParts, Where("succession", s.ID).And("instrument", Eq, holding.Instrument).And("origin", Eq, int64(holding.Origin)))
		if err != nil {
			return 0, err
		}
		for _, p := range parts {
			if p.ToLicence == s.Licence {
				continue
			}
			_, q, err := v.succeededOf(s, p, since)
			if err != nil {
				return 0, err
			}
			sum += q
		}
	}
	return sum, nil
}
