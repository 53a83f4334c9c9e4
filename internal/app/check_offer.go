package app

import (
	"crypto/sha256"
	"encoding/hex"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkOffersOfAuctions)

// offerParts are the rows of one offer.
type offerParts struct {
	registrations map[int64]auction.Registration
	quotes        map[int64]auction.Quote
	counts        map[int64]int32 // quotes, by registration
	latest        map[int64]auction.Quote
	bids          []auction.OpenedBid
	winners       []auction.Winner
	incidents     []auction.Incident
	listed        quantity.Quantity // set aside: claimed of the reserve, or ranges of credits
}

// checkOffersOfAuctions holds each offer against its rows, its seal and its result:
//
//   - who takes part holds aside what he puts up, and nothing is held for nobody (I-40);
//   - a quote counts by its stamp, and no more than the offer allows (I-41);
//   - until the close a quote is a ciphertext only; afterwards the published key is
//     the one that was announced, and what was opened is what it opens (I-42);
//   - the result is what the opened bids clear to, each bidder has his outcome, and the
//     winners' rows are those that won (I-43);
//   - what interruptions have taken of a window is that of its incidents (I-107);
//   - no two offers have one seal (I-102);
//   - a deposit is that of the offer, for each bidder or for each lot (I-129);
//   - who bids for a project bids for no more than it needs (I-98), which is kept for him (I-117).
func (c *checker) checkOffersOfAuctions() error {
	parts, err := c.offerParts()
	if err != nil {
		return err
	}
	if err := c.checkBidHolds(parts); err != nil {
		return err
	}
	needed, err := c.projectsNeed()
	if err != nil {
		return err
	}
	added, err := c.start("I-107")
	if err != nil {
		return err
	}
	kept, err := c.startedAt("I-117")
	if err != nil {
		return err
	}
	sealed := map[string]int64{} // by the digest of the key
	return eachOf(c.ctx, c.r, Offers, Query{}, func(o auction.Offer) {
		p := parts[o.ID]
		if p == nil {
			p = newOfferParts()
		}
		delete(parts, o.ID)
		if other := sealed[o.KeyDigest]; other != 0 && len(o.SealName) > sealNameBefore {
			c.report("I-102", Offers.name, o.ID, "is sealed with the key of offer %d", other)
		}
		sealed[o.KeyDigest] = o.ID
		c.checkQuotes(o, p)
		c.checkSeal(o, p)
		c.checkResult(o, p)
		c.checkTaken(o, p)
		c.checkLost(o, p, added)
		c.checkProjectBids(o, p, needed)
		c.checkKept(o, p, kept)
		c.checkDeposits(o, p)
	})
}

func newOfferParts() *offerParts {
	return &offerParts{
		registrations: map[int64]auction.Registration{}, quotes: map[int64]auction.Quote{}, counts: map[int64]int32{}, latest: map[int64]auction.Quote{},
	}
}

func (c *checker) offerParts() (map[int64]*offerParts, error) {
	parts := map[int64]*offerParts{}
	of := func(id int64) *offerParts {
		if parts[id] == nil {
			parts[id] = newOfferParts()
		}
		return parts[id]
	}
	err := eachOf(c.ctx, c.r, Registrations, Query{}, func(r auction.Registration) { of(r.Offer).registrations[r.ID] = r })
	if err == nil {
		err = eachOf(c.ctx, c.r, Quotes, Query{}, func(q auction.Quote) {
			p := of(q.Offer)
			p.quotes[q.ID], p.latest[q.Registration] = q, q
			p.counts[q.Registration]++
		})
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, OpenedBids, Query{}, func(b auction.OpenedBid) { p := of(b.Offer); p.bids = append(p.bids, b) })
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, Winners, Query{}, func(w auction.Winner) { p := of(w.Offer); p.winners = append(p.winners, w) })
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, OfferIncidents, Query{}, func(x auction.Incident) { p := of(x.Offer); p.incidents = append(p.incidents, x) })
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, LotClaims, Where("owner", string(reserve.ForOffer)), func(k reserve.LotClaim) { of(k.Reference).listed += k.Quantity })
	}
	if err == nil {
		err = c.eachOffered(func(r carbon.Range, units int64, scheme carbon.Scheme) { of(r.Offer).listed += tonnesOf(units, scheme) })
	}
	return parts, err
}

// checkLost adds up what interruptions have taken of a window; what an officer
// halted is not in it. Of a window that was interrupted before this was checked, the first may
// not have been counted (I-107).
func (c *checker) checkLost(o auction.Offer, p *offerParts, added int64) {
	var all, since calendar.Instant
	for _, x := range p.incidents {
		if x.Kind != auction.Interruption {
			continue
		}
		all += x.Until - x.Since
		if x.Command > added {
			since += x.Until - x.Since
		}
	}
	if o.Lost < since || o.Lost > all {
		c.report("I-107", Offers.name, o.ID, "has lost %d µs of its window, its incidents come to %d", o.Lost, all)
	}
}

// checkBidHolds holds the collateral of bidders together with the holds (I-40).
func (c *checker) checkBidHolds(parts map[int64]*offerParts) error {
	holds := map[int64]ledger.Hold{}
	err := eachOf(c.ctx, c.r, Holds, Where("purpose", string(ledger.ForAuction)).And("state", Eq, string(ledger.HoldActive)), func(h ledger.Hold) { holds[h.ID] = h })
	if err != nil {
		return err
	}
	for _, p := range parts {
		for id, r := range p.registrations {
			if r.Hold == 0 {
				continue
			}
			h, active := holds[r.Hold]
			delete(holds, r.Hold)
			want := int64(r.Collateral)
			if r.Collateral == 0 {
				want = int64(r.Quantity)
			}
			if !active || h.Reference != id || h.Amount != want {
				c.report("I-40", Registrations.name, id, "puts up %d and holds %d aside", want, h.Amount)
			}
		}
	}
	for id := range holds {
		c.report("I-40", Holds.name, id, "is held for no bidder")
	}
	return nil
}

// checkQuotes holds the quotes of an offer together with its window (I-41).
func (c *checker) checkQuotes(o auction.Offer, p *offerParts) {
	for id, q := range p.quotes {
		r, registered := p.registrations[q.Registration]
		if q.PlacedAt < o.OpensAt || q.PlacedAt >= o.ClosesAt || !registered || r.Party != q.Party {
			c.report("I-41", Quotes.name, id, "is stamped %s by party %d; the window is from %s until %s", q.PlacedAt, q.Party, o.OpensAt, o.ClosesAt)
		}
		if sum := sha256.Sum256([]byte(q.Sealed)); q.Sealed != "" && hex.EncodeToString(sum[:]) != q.Digest || (q.Sealed == "") != o.IsOpen() {
			c.report("I-42", Quotes.name, id, "is not what its digest says")
		}
	}
	for id, r := range p.registrations {
		if r.Reason != "" && (r.State != auction.ReleasedUndecided || r.Hold != 0 || r.Won != 0) {
			c.report("I-83", Registrations.name, id, "is excluded, and %s with %s won and the hold %d", r.State, r.Won, r.Hold)
		}
	}
	for id, n := range p.counts {
		if o.QuotesMost > 0 && n > o.QuotesMost {
			c.report("I-41", Registrations.name, id, "has %d quotes of %d", n, o.QuotesMost)
		}
	}
}

// checkSeal opens the quotes again with the published key (I-42).
func (c *checker) checkSeal(o auction.Offer, p *offerParts) {
	if o.IsOpen() {
		return
	}
	if o.SealKey == "" {
		if len(p.bids) > 0 {
			c.report("I-42", Offers.name, o.ID, "has opened bids and no key")
		}
		return
	}
	seal, err := keyOf(o)
	if err != nil || seal.KeyDigest() != o.KeyDigest || seal.SeedDigest() != o.SeedDigest {
		c.report("I-42", Offers.name, o.ID, "has published another key than it had announced")
		return
	}
	opened := map[int64][]auction.Step{}
	for _, b := range p.bids {
		if !p.registrations[b.Registration].Counts() {
			c.report("I-83", OpenedBids.name, b.ID, "is of a bidder who was excluded")
		}
		opened[b.Registration] = append(opened[b.Registration], auction.Step{Price: b.Price, Quantity: b.Quantity})
		if p.latest[b.Registration].ID != b.Quote {
			c.report("I-42", OpenedBids.name, b.ID, "is of quote %d, the bidder's last is %d", b.Quote, p.latest[b.Registration].ID)
		}
	}
	for id, q := range p.latest {
		if id > o.Opened || !p.registrations[id].Counts() { // not opened yet, or never
			continue
		}
		t, err := seal.Open(q.Sealed, o.ID, q.Person)
		if err == nil {
			t, err = o.Ordered(t, p.registrations[id])
			t = o.Within(t, p.registrations[id])
		}
		if err != nil || !equalSteps(t.Steps, opened[id]) {
			c.report("I-42", Quotes.name, q.ID, "does not say what was opened of it")
		}
	}
}

func equalSteps(a, b []auction.Step) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// isDecided are the states in which every bidder has his outcome.
func isDecided(s auction.OfferState) bool {
	return s == auction.OfferRanked || s == auction.OfferCertifying || s == auction.OfferCertified || s == auction.OfferFailed
}

// checkResult clears the offer again and compares (I-43).
func (c *checker) checkResult(o auction.Offer, p *offerParts) {
	if !isDecided(o.State) || o.Buys() && o.BudgetLimit == 0 { // what it might spend was not kept when it was announced
		return
	}
	outcomes, r, err := computeResult(c.ctx, c.r, o)
	if err != nil || r.Digest != o.ResultDigest || r.Digest != o.AppliedDigest || int64(o.Volume) != r.Volume || int64(o.ClearingPrice) != r.ClearingPrice {
		c.report("I-43", Offers.name, o.ID, "has the result %s, cleared again it is %s (%v)", o.ResultDigest, r.Digest, err)
		return
	}
	won := map[int64]quantity.Quantity{}
	for _, b := range p.bids {
		won[b.Registration] += b.Won
	}
	for _, x := range outcomes {
		if reg := p.registrations[x.Registration]; reg.Won != x.Won() || won[x.Registration] != x.Won() || reg.Place != x.Place || (reg.State == auction.Won) != (x.Won() > 0) {
			c.report("I-43", Registrations.name, reg.ID, "has won %s, the result says %s", reg.Won, x.Won())
		}
	}
	sum := quantity.Quantity(0)
	for _, w := range p.winners {
		sum += w.Quantity
		if reg := p.registrations[w.Registration]; reg.Won != w.Quantity || reg.Party != w.Party {
			c.report("I-43", Winners.name, w.ID, "is of %s, the bidder has won %s", w.Quantity, reg.Won)
		}
	}
	if o.State == auction.OfferCertified && sum != o.Volume {
		c.report("I-43", Offers.name, o.ID, "was sold for %s, its winners have %s", o.Volume, sum)
	}
}

// projectsNeed is what the projects need for which permits may be bought.
func (c *checker) projectsNeed() (map[needKey]quantity.Quantity, error) {
	mayBuy, needed := map[int64]bool{}, map[needKey]quantity.Quantity{}
	err := eachOf(c.ctx, c.r, Projects, Query{}, func(p permit.Project) { mayBuy[p.ID] = p.State.MayBuy() })
	if err == nil {
		err = eachOf(c.ctx, c.r, ProjectNeeds, Query{}, func(n permit.Need) {
			if mayBuy[n.Project] {
				needed[needKey{n.Project, n.Pollutant}] = n.Needed
			}
		})
	}
	return needed, err
}

// checkProjectBids holds that who bids for a project bids for no more than it
// needs, in windows that have not closed, and that no more was opened (I-98), nor
// than was kept under a limit (I-122).
func (c *checker) checkProjectBids(o auction.Offer, p *offerParts, needed map[needKey]quantity.Quantity) {
	opened := map[int64]quantity.Quantity{}
	for _, b := range p.bids {
		if o.IsOpen() { // each stands alone
			opened[b.Registration] = 0
		}
		opened[b.Registration] += b.Quantity
	}
	for id, r := range p.registrations {
		if limit := r.LimitMost; limit > 0 && opened[id] > limit {
			c.report("I-122", Registrations.name, id, "has bid for %s, %s was kept of what its licence may hold", opened[id], limit)
		}
		most := r.QuantityMost
		if most == 0 { // without a project, or of before
			continue
		}
		if need := needed[needKey{r.Project, o.Pollutant}]; r.State == auction.Registered && o.State.IsSealed() && most > need {
			c.report("I-98", Registrations.name, id, "bids for up to %s, its project %d needs %s", most, r.Project, need)
		}
		if opened[id] > most {
			c.report("I-98", Registrations.name, id, "has bid for %s, its project %d needed %s", opened[id], r.Project, most)
		}
	}
}

// checkKept holds that what a bidder may bid for is kept of what his project needs
// as long as he may, and what he has won afterwards, until his payment is asked for:
// but where a step since the close has left no room for it (I-117).
func (c *checker) checkKept(o auction.Offer, p *offerParts, since calendar.Instant) {
	for id, r := range p.registrations {
		var want quantity.Quantity
		switch r.State { //nolint:exhaustive // the others keep nothing
		case auction.Registered:
			want = r.QuantityMost
		case auction.Won:
			want = r.Won
		}
		is := r.Bidding == want || r.Bidding < want && (!o.State.IsSealed() || r.RegisteredAt <= since)
		if !is || r.Bidding < 0 || r.Bidding > 0 && r.State == auction.Won && r.Bidding != want {
			c.report("I-117", Registrations.name, id, "is %s and keeps %s of what its project needs, which should be %s", r.State, r.Bidding, want)
		}
	}
}

// checkTaken holds that a sale keeps its lots until it is certified, and that
// one that came to nothing keeps none (I-40).
func (c *checker) checkTaken(o auction.Offer, p *offerParts) {
	ended := o.State == auction.OfferCancelled || o.State == auction.OfferVoid || o.State == auction.OfferFailed
	switch {
	case o.Buys() && p.listed != 0, ended && p.listed != 0, !o.Buys() && !ended && o.State != auction.OfferCertified && p.listed != o.Quantity:
		c.report("I-40", Offers.name, o.ID, "is %s for %s and has %s set aside", o.State, o.Quantity, p.listed)
	}
	for id, r := range p.registrations {
		if ended && !o.Releasing && r.Hold != 0 {
			c.report("I-40", Registrations.name, id, "still holds what was put up for an offer that is %s", o.State)
		}
	}
}
