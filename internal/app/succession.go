package app

import (
	"fmt"
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The tables of successions.
var (
	Successions     = cold[permit.Succession]("succession")
	SuccessionParts = cold[permit.SuccessionPart]("succession_part")
)

// MaxSuccessionRows bounds the acquisitions that one succession carries: a
// command stages a bounded number of rows.
const MaxSuccessionRows = 1000

// SuccessionRecord carries the permits of a licence to others of its region,
// with origin, price and date: by merger, by division, to a new holder. What
// rests on the licence follows or blocks by permit.Rests. Where nothing stays
// the licence is revoked.
type SuccessionRecord struct {
	Kind        permit.SuccessionKind
	Licence     int64
	EffectiveOn calendar.Date
	Document    string
	Parts       []SuccessionShare
	Successor   int64 // the licence that goes on, of one without permits; 0: the parts say it
}

// SuccessionShare is what goes to one licence, of one instrument and origin,
// and how much verified surplus goes with it.
type SuccessionShare struct {
	Licence    int64
	Instrument string
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Surplus    quantity.Quantity
}

// SuccessionResult is a succession with its parts, and the orders that it has
// cancelled.
type SuccessionResult struct {
	Succession  permit.Succession
	Parts       []permit.SuccessionPart
	Instruments []string // their codes, by part
	Cancelled   []int64
}

var _ = declare(SuccessionRecord{})

// Operation is SuccessionRecord.
func (SuccessionRecord) Operation() identity.Operation { return identity.Succession }

// Decide checks that the parts are the whole, that the successors may receive
// them, and that nothing blocks. The result is a SuccessionResult.
func (c SuccessionRecord) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.Succession, c.Licence)
	if err != nil {
		return nil, err
	}
	s := permit.Succession{
		Kind: c.Kind, Party: l.Party, Licence: l.ID, Region: l.Region, Document: c.Document, EffectiveOn: c.EffectiveOn,
		Successor: c.Successor, RecordedAt: v.Now,
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("effective_on", c.EffectiveOn); err != nil {
		return nil, err
	}
	parts, err := c.parts(v, l)
	if err != nil {
		return nil, err
	}
	has, surplus := v.wholeOf(l)
	if err := s.CheckParts(parts, has, surplus, v.instrumentCode); err != nil {
		return nil, err
	}
	if err := v.checkSuccessor(l, s.Successor); err != nil {
		return nil, err
	}
	s.Closed = !slices.ContainsFunc(parts, func(p permit.SuccessionPart) bool { return p.ToLicence == l.ID })
	if err := v.checkBlocks(l, permit.IsSplit(parts)); err != nil {
		return nil, err
	}
	rows := 0
	for of := range has {
		id, _ := v.ledger.Find(holdingOf(l, of, rowsOf(v.state, Instruments).rows[of.Instrument]))
		rows += len(v.ledger.Acquisitions(id))
	}
	if rows > MaxSuccessionRows {
		return nil, ErrTransferRows
	}
	resting := v.leave(v.ordersOn(func(o *market.Record) bool { return o.Licence == l.ID }))
	var follow []rider
	revoke := func(*Tx) {}
	if s.Closed {
		if follow, err = v.riders(l, s.To(parts)); err != nil {
			return nil, err
		}
		if revoke, err = v.revoked(l, string(s.Kind)); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx) any {
		cancelled := tx.cancelAll(resting)
		r := SuccessionResult{Succession: tx.succeed(&s, l, parts, follow), Parts: parts, Cancelled: cancelled}
		revoke(tx)
		for _, share := range c.Parts {
			r.Instruments = append(r.Instruments, share.Instrument)
		}
		return r
	}, nil
}

// parts are the rows of the shares, each to a licence that may receive it.
func (c SuccessionRecord) parts(v *View, from catalog.Licence) ([]permit.SuccessionPart, error) {
	if len(c.Parts) > permit.MaxParts {
		return nil, permit.ErrNoParts
	}
	parts := make([]permit.SuccessionPart, len(c.Parts))
	for n, share := range c.Parts {
		to, err := Get(v, Licences, "licence", share.Licence)
		if err != nil {
			return nil, within("parts", n, err)
		}
		i, err := v.Instrument("instrument", share.Instrument)
		if err != nil {
			return nil, within("parts", n, err)
		}
		if to.Region != from.Region {
			return nil, within("parts", n, permit.ErrOtherRegion.With("the permits are of %s, the licence is of %s: use a departure", from.Region, to.Region).At("licence"))
		}
		if to.ID != from.ID {
			if err := v.checkReceiver(rulebook.TakeOver, to, i, share.Quantity); err != nil {
				return nil, within("parts", n, err)
			}
		}
		parts[n] = permit.SuccessionPart{
			ToParty: to.Party, ToLicence: to.ID, Instrument: i.ID, Pollutant: i.Pollutant, Origin: share.Origin,
			Quantity: share.Quantity, Surplus: share.Surplus,
		}
	}
	return parts, nil
}

// checkSuccessor checks that a licence may take over what rests on one without permits,
// and that something does: a licence that nothing is left of is revoked, and goes to nobody.
func (v *View) checkSuccessor(from catalog.Licence, successor int64) error {
	if successor == 0 {
		return nil
	}
	to, err := Get(v, Licences, "successor", successor)
	if err != nil {
		return err
	}
	if to.Region != from.Region {
		return permit.ErrOtherRegion.With("the licence is of %s, its successor of %s", from.Region, to.Region).At("successor")
	}
	p, err := Get(v, Parties, "successor", to.Party)
	if err != nil {
		return err
	}
	pollutants := v.restingOf(from)
	for _, pollutant := range pollutants {
		f := v.facts(rulebook.TakeOver, pollutant, 0)
		f.Buyer = v.buyer(v.known, "successor", p, to, pollutant)
		if err := v.judge(&f); err != nil {
			return err
		}
	}
	if len(pollutants) == 0 {
		return permit.ErrNoParts.With("the licence has no permits, and nothing rests on it that would go on: revoke it").At("successor")
	}
	return nil
}

// restingOf are the pollutants of what goes on without permits: leases, debts, and
// freezes of what a licence may still get.
func (v *View) restingOf(l catalog.Licence) (pollutants []string) {
	for _, lease := range v.leasesOn(l) {
		pollutants = append(pollutants, lease.Pollutant)
	}
	for _, d := range v.debtsOf(l) {
		pollutants = append(pollutants, d.Pollutant)
	}
	for _, f := range v.freezesOn(l) {
		pollutants = append(pollutants, f.Pollutant)
	}
	slices.Sort(pollutants)
	return slices.Compact(pollutants)
}

// wholeOf is what a licence has: its holdings, and of each pollutant's verified
// surplus what is unsold, as far as paid permits are there for it.
func (v *View) wholeOf(l catalog.Licence) (map[permit.HoldingID]quantity.Quantity, map[string]quantity.Quantity) {
	has, paid := map[permit.HoldingID]quantity.Quantity{}, map[string]quantity.Quantity{}
	for i := range All(v, Instruments) {
		for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
			q := quantity.Quantity(v.ledger.Balance(HoldingKey(l, i, origin)).Balance)
			if q == 0 {
				continue
			}
			has[permit.HoldingID{Instrument: i.ID, Origin: origin}] = q
			if origin == ledger.Paid {
				paid[i.Pollutant] += q
			}
		}
	}
	surplus := map[string]quantity.Quantity{}
	for pollutant, q := range paid {
		if s := v.Surplus(l.ID, pollutant); s.Verified > s.Used {
			surplus[pollutant] = min(s.Verified-s.Used, q)
		}
	}
	return has, surplus
}

func holdingOf(l catalog.Licence, of permit.HoldingID, i catalog.Instrument) ledger.Key {
	return HoldingKey(l, i, of.Origin)
}

// checkBlocks returns ErrBlocked with what rests on a licence and blocks.
func (v *View) checkBlocks(l catalog.Licence, split bool) error {
	resting, err := v.restingOn(l)
	if err != nil {
		return err
	}
	for _, r := range permit.Rests {
		if ids := resting[r.What]; len(ids) > 0 {
			if fate, why := permit.FateOf(r.What, split); fate == permit.Blocks {
				return permit.ErrBlocked.With("%s %s: %s", r.What, listed(ids), why)
			}
		}
	}
	return nil
}

// listed writes some numbers, as far as they fit into a sentence.
func listed(ids []int64) string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	const most = 20
	texts := make([]string, 0, most)
	for _, id := range ids[:min(len(ids), most)] {
		texts = append(texts, fmt.Sprint(id))
	}
	if len(ids) > most {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

// seenElsewhere are the purposes of holds whose record rests on the licence itself.
var seenElsewhere = []ledger.HoldPurpose{ledger.ForDeal, ledger.ForLease, ledger.ForPledge}

// restingBy is whose the other holds are: a hold's reference is its number.
var restingBy = map[ledger.HoldPurpose]permit.Resting{
	ledger.ForSale: permit.RestingPlan, ledger.ForBuyBack: permit.RestingBuyBack, ledger.ForBlockTrade: permit.RestingBlock,
	ledger.ForAuction: permit.RestingBid, ledger.ForRenewal: permit.RestingRenewal,
}

// restingOn is what rests on a licence and must be seen to when its permits go.
func (v *View) restingOn(l catalog.Licence) (map[permit.Resting][]int64, error) {
	resting := map[permit.Resting][]int64{}
	if err := v.dealsOn(l, resting); err != nil {
		return nil, err
	}
	unpaid := []string{string(reserve.NoticeIssued), string(reserve.NoticeProved)}
	notices, err := Find(v, Notices, Where("licence", l.ID).And("renewal", Eq, int64(0)).And("state", In, unpaid))
	if err != nil {
		return nil, err
	}
	for _, n := range notices {
		resting[permit.RestingNotice] = append(resting[permit.RestingNotice], n.ID)
	}
	for r := range bidsFor.of(v, l.ID) {
		if !rowsOf(v.state, Offers).rows[r.Offer].State.IsSealed() {
			resting[permit.RestingBid] = append(resting[permit.RestingBid], r.ID)
		}
	}
	for p := range projectsOf.of(v, l.ID) {
		if p.State == permit.Proposed || p.State == permit.Approved || p.State == permit.Reduced {
			resting[permit.RestingProject] = append(resting[permit.RestingProject], p.ID)
		}
	}
	for _, d := range v.idleOf(l) {
		resting[permit.RestingIdle] = append(resting[permit.RestingIdle], d.ID)
	}
	for _, d := range v.debtsOf(l) {
		resting[permit.RestingDebt] = append(resting[permit.RestingDebt], d.ID)
	}
	for r := range renewalsOf.of(v, l.ID) {
		if r.State.IsOpen() || r.Renewing && r.State != permit.RenewalJoined {
			resting[permit.RestingRenewal] = append(resting[permit.RestingRenewal], r.ID)
		}
	}
	for _, f := range v.freezesOn(l) {
		resting[permit.RestingFreeze] = append(resting[permit.RestingFreeze], f.ID)
	}
	for _, lease := range v.leasesOn(l) {
		resting[permit.RestingLease] = append(resting[permit.RestingLease], lease.ID)
	}
	for _, p := range v.pledgesOn(l) {
		resting[permit.RestingPledge] = append(resting[permit.RestingPledge], p.ID)
	}
	holds, err := Find(v, Holds, Where("state", string(ledger.HoldActive)).And("account", In, v.accountsOf(l)))
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		switch what, known := restingBy[h.Purpose]; {
		case known:
			resting[what] = append(resting[what], h.Reference)
		case !slices.Contains(seenElsewhere, h.Purpose):
			resting[permit.RestingHold] = append(resting[permit.RestingHold], h.ID)
		}
	}
	return resting, nil
}

// dealsOn are the deals of a licence that may still move permits: open ones,
// and settled ones that can be reversed.
func (v *View) dealsOn(l catalog.Licence, resting map[permit.Resting][]int64) error {
	for _, side := range []string{"seller_licence", "buyer_licence"} {
		deals, err := Find(v, Deals, Where(side, l.ID).And("state", In, unfinishedDeals))
		if err != nil {
			return err
		}
		for _, d := range deals {
			resting[permit.RestingDeal] = append(resting[permit.RestingDeal], d.ID)
		}
	}
	return nil
}

// accountsOf are the holdings of a licence.
func (v *View) accountsOf(l catalog.Licence) []int64 {
	ids := []int64{}
	for i := range All(v, Instruments) {
		for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
			if id, open := v.ledger.Find(HoldingKey(l, i, origin)); open {
				ids = append(ids, int64(id))
			}
		}
	}
	return ids
}

// debtsOf are the open debts of a licence.
func (v *View) debtsOf(l catalog.Licence) []permit.Debt {
	return slices.Collect(debtsOwed.of(v, l.ID))
}

// freezesOn are the open freezes of a licence's permits, in their order.
func (v *View) freezesOn(l catalog.Licence) []encumbrance.Freeze {
	var freezes []encumbrance.Freeze
	for _, id := range v.accountsOf(l) {
		freezes = append(freezes, v.openFreezes(ledger.AccountID(id))...)
	}
	encumbrance.InOrder(freezes)
	return freezes
}

// succeed moves the parts. Freezes, leases and pledges are lifted for the move and lie on the
// successor's holding afterwards, with what they had frozen.
func (tx *Tx) succeed(s *permit.Succession, from catalog.Licence, parts []permit.SuccessionPart, follow []rider) permit.Succession {
	*s = Put(tx, Successions, *s)
	to := mustGet(tx, Licences, s.To(parts))
	var moving []encumbrance.Freeze
	if s.Closed {
		moving = tx.freezesOn(from)
	}
	for _, f := range moving {
		tx.Release(f.Key(), f.Frozen)
	}
	for _, f := range follow {
		f.lift(tx)
	}
	s.Transfer = tx.moveParts(s.ID, s.Document, from, parts)
	for _, f := range moving {
		tx.moveFreeze(f, to)
	}
	for _, f := range follow {
		f.lay(tx, to)
	}
	if s.Closed {
		for _, d := range tx.debtsOf(from) {
			d.Party, d.Licence = to.Party, to.ID
			Put(tx, Debts, d)
		}
	}
	*s = Put(tx, Successions, *s)
	return *s
}

// moveParts records and posts the parts, in one transfer, with their
// acquisitions, first in first out in the order of the parts, and their
// surplus. It returns the transfer, 0 where all stays.
func (tx *Tx) moveParts(succession int64, document string, from catalog.Licence, parts []permit.SuccessionPart) int64 {
	t := ledger.Transfer{Reason: ledger.Succession, Reference: succession}
	for n := range parts {
		parts[n].Succession = succession
		parts[n] = Put(tx, SuccessionParts, parts[n])
		p := parts[n]
		if p.ToLicence == from.ID {
			continue
		}
		i := mustGet(tx, Instruments, p.Instrument)
		t.Legs = append(t.Legs, ledger.Leg{
			Debit: HoldingKey(from, i, p.Origin), Credit: HoldingKey(mustGet(tx, Licences, p.ToLicence), i, p.Origin), Amount: int64(p.Quantity),
		})
	}
	if len(t.Legs) == 0 {
		return 0
	}
	posted := tx.Post(t)[0].Transfer
	for _, leg := range t.Legs {
		tx.carry(leg.Debit, leg.Credit, quantity.Quantity(leg.Amount))
	}
	for _, p := range parts {
		if p.ToLicence != from.ID {
			tx.licenceChanged(from.ID, p.Pollutant, amountChange{permit.AmountSucceeded, succession, -p.Quantity, document})
			tx.licenceChanged(p.ToLicence, p.Pollutant, amountChange{permit.AmountSucceeded, succession, p.Quantity, document})
		}
		if p.Surplus > 0 && p.ToLicence != from.ID {
			tx.ChangeSurplus(from.ID, p.Pollutant, func(m *market.Surplus) { m.Verified -= p.Surplus })
			tx.ChangeSurplus(p.ToLicence, p.Pollutant, func(m *market.Surplus) { m.Verified += p.Surplus })
		}
	}
	return posted
}

// moveFreeze lays a freeze on the holding of another licence that has come to
// what was frozen.
func (tx *Tx) moveFreeze(f encumbrance.Freeze, to catalog.Licence) {
	f.Party, f.Licence, f.Region = to.Party, to.ID, to.Region
	f.Account = tx.account(f.Key())
	if f.Frozen > 0 {
		tx.Hold(f.Key(), f.Frozen)
	}
	Put(tx, Freezes, f)
}
