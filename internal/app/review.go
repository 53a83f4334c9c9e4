package app

import (
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// The timers that judge again what rests on the rules. What they do is done
// before any other command (ADR 27).
const (
	timerParameterDay = "parameter.day" // a parameter begins to hold, or has held for the last time
	timerZoneDay      = "zone_rule.day" // the like of a rule of a zone
	timerDeals        = "deal.review"   // the signed deals before its reference; 0: all
)

var (
	_ = declareTimer(timerParameterDay, reviewOrders(timerParameterDay, restsOnParameter))
	_ = declareTimer(timerZoneDay, reviewOrders(timerZoneDay, restsOnZone))
	_ = declareTimer(timerDeals, retrying(timerDeals, reviewDeals))
)

// timerArmReviews is armed by the migration: parameters and rules of zones that
// were recorded before it have no timers for the days on which they begin and end.
const timerArmReviews = "rule.arm_reviews"

var _ = declareTimer(timerArmReviews, func(v *View, _ int64) (Apply, error) {
	return func(tx *Tx) any {
		for p := range All(v, Parameters) {
			if (p.ValidFrom > tx.Today || p.ValidTo >= tx.Today) && rulebook.IsJudged(p.Key) {
				tx.armReview(timerParameterDay, p.ID, p.ValidFrom, p.ValidTo)
			}
		}
		for z := range All(v, ZoneRules) {
			if z.ValidFrom > tx.Today || z.ValidTo >= tx.Today {
				tx.armReview(timerZoneDay, z.ID, z.ValidFrom, z.ValidTo)
			}
		}
		return nil
	}, nil
})

// How many orders and deals one command judges again.
const (
	reviewedOrders = 1000
	reviewedDeals  = 50
)

// reviewKey names a review of orders that is under way.
type reviewKey struct {
	purpose   string
	reference int64
}

// armReview makes sure that orders and deals are judged again when something
// begins and ends to hold.
func (tx *Tx) armReview(purpose string, id int64, from, to calendar.Date) {
	tx.Arm(max(tx.Now, from.Start()), purpose, id)
	if to >= tx.Today {
		tx.Arm(to.AddDays(1).Start(), purpose, id)
	}
}

// reviewOrders judges the open orders that touch selects, the newest first and
// some a command: a limit on a sum lets the oldest stand. Then come the deals.
func reviewOrders(purpose string, touch func(v *View, id int64) (func(o *market.Record) bool, error)) timerFunc {
	return func(v *View, id int64) (Apply, error) {
		key := reviewKey{purpose, id}
		ids, known := v.reviews[key]
		if !known { // it begins, or the server was started again
			selects, err := touch(v, id)
			if err != nil {
				return nil, err
			}
			ids = v.newestFirst(selects)
		}
		refused, rest := v.judgeAgain(v.known, ids)
		return func(tx *Tx) any {
			cancelled := tx.cancelAll(refused)
			if len(rest) > 0 {
				tx.reviews[key] = rest
				tx.Arm(tx.Now, purpose, id)
			} else {
				delete(tx.reviews, key)
				tx.reviewDeals()
			}
			return cancelled
		}, nil
	}
}

// newestFirst are the open orders that a condition selects.
func (v *View) newestFirst(selects func(o *market.Record) bool) []int64 {
	var ids []int64
	for id, o := range v.orders {
		if selects(o) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids
}

// judgeAgain returns the orders that the rules refuse by what is known, of as many as one
// command may look at and cancel, and those that are still to be judged.
func (v *View) judgeAgain(k *knowledge, ids []int64) (refused []*market.Record, rest []int64) {
	freed := map[surplusKey]quantity.Quantity{} // by what is cancelled
	for n, id := range ids {
		if n == reviewedOrders || len(refused) == MaxCancels {
			return refused, ids[n:]
		}
		o := v.orders[id]
		if o == nil { // it has ended since
			continue
		}
		of := surplusKey{o.Licence, rowsOf(v.state, Instruments).rows[o.Instrument].Pollutant}
		if v.judgeResting(k, o, freed[of]) != nil {
			refused = append(refused, o)
			if o.Side == market.Buy {
				freed[of] += o.Remaining
			}
		}
	}
	return refused, nil
}

// dryReview shows, of what would hold at once, how many orders the first step of its
// review takes out, judged by what would then be known.
func (tx *Tx) dryReview(from calendar.Date, known *knowledge, selects func(o *market.Record) bool) {
	if tx.dry == nil || from > tx.Today {
		return
	}
	refused, rest := tx.judgeAgain(known, tx.newestFirst(selects))
	tx.cancelAll(refused)
	tx.dry.further = len(rest) > 0
}

func restsOnParameter(v *View, id int64) (func(o *market.Record) bool, error) {
	p, err := Get(v, Parameters, "parameter", id)
	return v.underParameter(p), err
}

// underParameter selects the orders that a parameter may speak about.
func (v *View) underParameter(p rulebook.Parameter) func(o *market.Record) bool {
	return func(o *market.Record) bool {
		region := rowsOf(v.state, Licences).rows[o.Licence].Region
		pollutant := rowsOf(v.state, Instruments).rows[o.Instrument].Pollutant
		return (p.Region == "" || catalog.IsWithin(region, p.Region, true)) && (p.Pollutant == "" || p.Pollutant == pollutant)
	}
}

func restsOnZone(v *View, id int64) (func(o *market.Record) bool, error) {
	z, err := Get(v, ZoneRules, "zone_rule", id)
	return v.inZone(z), err
}

// inZone selects the orders of the sites in a rule's zone.
func (v *View) inZone(z rulebook.ZoneRule) func(o *market.Record) bool {
	return func(o *market.Record) bool {
		site, _ := rulebook.SiteOf(v.known.licences[o.Licence], rowsOf(v.state, Instruments).rows[o.Instrument].Pollutant, v.Today)
		return site.Zone == z.Zone
	}
}

// reviewDeals lets the signed deals be judged again, before any other command, and behind
// them the paid notices.
func (tx *Tx) reviewDeals() { tx.Arm(tx.Now, timerDeals, 0) }

// signedDeals are the states of deals that hold permits and are not settled.
var signedDeals = anyOf(slices.DeleteFunc(slices.Clone(settlement.OpenStates), func(s settlement.DealState) bool { return s == settlement.DealProposed }))

// reviewDeals ends the signed deals that the rules refuse by now, the newest
// first as with orders, and names the rule in the step. Where a direct payment
// is confirmed in part or whole the deal stays suspended instead: each of its
// steps is judged, and people decide.
func reviewDeals(v *View, before int64) (Apply, error) {
	deals, err := Find(v, Deals, Query{Desc: true}.And("state", In, signedDeals).Page(before, reviewedDeals))
	if err != nil {
		return nil, err
	}
	var effects []func(tx *Tx)
	freed := map[surplusKey]quantity.Quantity{} // by the deals that end
	for _, d := range deals {
		end, err := v.dealRefused(d, freed)
		if err != nil {
			return nil, err
		}
		if end != nil {
			effects = append(effects, end)
		}
	}
	return func(tx *Tx) any {
		for _, end := range effects {
			end(tx)
		}
		if len(deals) == reviewedDeals {
			tx.Arm(tx.Now, timerDeals, deals[len(deals)-1].ID)
		} else {
			tx.reviewNotices()
		}
		return len(effects)
	}, nil
}

// dealRefused is what ends a deal that the rules refuse by now, although its
// buyer no longer gets what is freed, to which it adds; nil where it goes on or
// people decide.
func (v *View) dealRefused(d settlement.Deal, freed map[surplusKey]quantity.Quantity) (func(tx *Tx), error) {
	if i, err := Get(v, Instruments, "instrument", d.Instrument); err != nil || i.Expired(v.Today) {
		return nil, err // the end of the term ends it itself
	}
	f, err := v.dealFacts(d, false)
	if err != nil {
		return nil, err
	}
	of := surplusKey{d.BuyerLicence, d.Pollutant}
	f.Buyer.Holding.Total -= freed[of]
	why := v.judge(&f)
	note := whyRefused(why)
	if note == "" { // it goes on
		if _, isFault := fault.As(why); isFault {
			why = nil
		}
		return nil, why
	}
	h, err := v.dealHistory(d.ID)
	if err != nil || h.IsPaymentConfirmed() {
		return nil, err
	}
	holds, err := v.dealHolds(d)
	if err != nil {
		return nil, err
	}
	freed[of] += wantedOfDeal(d)
	return func(tx *Tx) { tx.lapseDeal(d, holds, note) }, nil
}

// whyRefused is what the rules refuse something for, with the rule, as far as a
// step can keep it; "" where an error is no refusal.
func whyRefused(err error) string {
	f, isFault := fault.As(err)
	switch {
	case !isFault || f.Kind != fault.Refused:
		return ""
	case f.Rule != "":
		return shortNote(f.Rule + ": " + f.Detail)
	}
	return shortNote(f.Detail)
}

// shortNote is a note as far as a step can keep it.
func shortNote(note string) string {
	if r := []rune(note); len(r) > settlement.DealTextMax {
		return strings.TrimSpace(string(r[:settlement.DealTextMax]))
	}
	return note
}
