package app

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/report"
	"permitx/internal/settlement"
)

// objectsMax bounds how many records an exception lists of one table.
const objectsMax = 50

// partiesPerRead bounds how many sellers, and how many buyers, fills are asked for at once.
const partiesPerRead = 5_000

// A bargain is what two parties have agreed on, or one has proposed to the other.
type bargain struct {
	object   report.Object
	sides    [2]int64 // parties: who gives and who gets
	regions  []string
	from, to calendar.Instant // from when somebody could choose the other side until it could be left
}

// oneHand finds the bargains of the month whose two sides have a user, a contact's
// telephone or a bank account in common. Fills of the same two parties are one exception.
type oneHand struct {
	*exceptions
	users    map[int64][]identity.Grant  // by party
	contacts map[int64][]catalog.Contact // by party, with a telephone of another one's as well
	accounts map[int64]map[string]bool   // by party, used by another one as well
	found    map[handKey]*shared
}

// handKey is what an exception is about: one bargain, or all fills of two parties.
type handKey struct {
	kind   report.ExceptionKind
	common string        // table of what the sides have in common
	object report.Object // of fills without a number
	sides  [2]int64
}

// shared is an exception while it is put together.
type shared struct {
	report.Exception
	bargains int             // of which objectsMax are named
	basis    []report.Object // what the sides have in common
}

// bothSides looks at all that two parties agree on: deals, fills of the books,
// block trades, leases, sales of credits and judicial sales.
func (e *exceptions) bothSides() error {
	h := &oneHand{exceptions: e, users: map[int64][]identity.Grant{}, found: map[handKey]*shared{}}
	err := eachOf(e.ctx, e.r, Grants, Where("role", string(identity.Enterprise)), func(g identity.Grant) { h.users[g.Party] = append(h.users[g.Party], g) })
	if err != nil {
		return err
	}
	if h.contacts, err = h.sharedContacts(); err != nil {
		return err
	}
	if h.accounts, err = h.sharedAccounts(); err != nil {
		return err
	}
	if err := h.bargains(); err != nil {
		return err
	}
	if err := h.eachFill(); err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(h.found), func(a, b handKey) int {
		return cmp.Or(cmp.Compare(a.object.Table, b.object.Table), cmp.Compare(a.object.ID, b.object.ID), slices.Compare(a.sides[:], b.sides[:]), cmp.Compare(b.common, a.common))
	})
	for _, k := range keys {
		x := h.found[k]
		if x.Objects = append(x.Objects, x.basis...); x.bargains > 1 {
			x.Detail += fmt.Sprintf(", in %d trades of the month", x.bargains)
		}
		e.add(x.Exception)
	}
	return nil
}

// sharedContacts are the contacts who had a telephone that a contact of another party
// has, or had, too.
func (h *oneHand) sharedContacts() (map[int64][]catalog.Contact, error) {
	of := map[string][]catalog.Contact{} // by telephone
	err := eachOf(h.ctx, h.r, Contacts, Query{}, func(c catalog.Contact) { of[c.Telephone] = append(of[c.Telephone], c) })
	shared := map[int64][]catalog.Contact{}
	for _, all := range of {
		if slices.ContainsFunc(all, func(c catalog.Contact) bool { return c.Party != all[0].Party }) {
			for _, c := range all {
				shared[c.Party] = append(shared[c.Party], c)
			}
		}
	}
	return shared, err
}

// sharedAccounts are the accounts that more than one party has paid from or was
// paid to by the end of the month: an account shows only when money moves, and
// what is sold is paid out after the trade.
func (h *oneHand) sharedAccounts() (map[int64]map[string]bool, error) {
	uses, err := h.r.SharedAccounts(h.ctx, h.lastDay())
	accounts := map[int64]map[string]bool{}
	for _, u := range uses {
		if accounts[u.Party] == nil {
			accounts[u.Party] = map[string]bool{}
		}
		accounts[u.Party][u.Account] = true
	}
	return accounts, err
}

// bargains looks at what is agreed on one by one.
func (h *oneHand) bargains() error {
	licences := ReadTable(h.ref, Licences)
	return errors.Join(
		eachOf(h.ctx, h.r, Deals, h.inMonth("proposed_at"), h.deal),
		eachOf(h.ctx, h.r, Deals, h.inMonth("settled_at").And("proposed_at", Lt, int64(h.q.Month.Start())), h.deal),
		eachOf(h.ctx, h.r, Blocks, h.inMonth("proposed_at"), func(b market.Block) {
			sides, regions := [2]int64{b.SellerParty, b.BuyerParty}, []string{b.SellerRegion, b.BuyerRegion}
			h.judge(bargain{report.Object{Table: Blocks.name, ID: b.ID}, sides, regions, b.ProposedAt, b.LapsesAt})
		}),
		eachOf(h.ctx, h.r, Leases, h.inMonth("offered_at"), func(l encumbrance.Lease) {
			h.judge(bargain{report.Object{Table: Leases.name, ID: l.ID}, [2]int64{l.Lessor, l.Lessee}, []string{l.Region}, l.OfferedAt, l.StartsOn.Start()})
		}),
		eachOf(h.ctx, h.r, Awards, h.inMonth("paid_at").And("seller", Gt, int64(0)), func(a auction.Award) {
			h.judge(bargain{report.Object{Table: Awards.name, ID: a.ID}, [2]int64{a.Seller, a.Party}, []string{a.Region}, a.SignedAt, a.PaidAt})
		}),
		eachOf(h.ctx, h.r, JudicialSales, h.inMonth("recorded_at"), func(s encumbrance.JudicialSale) {
			buyer, _ := licences.Get(s.BuyerLicence)
			sides, regions := [2]int64{s.Party, s.BuyerParty}, []string{s.Region, cmp.Or(buyer.Region, s.Region)} // of credits there is no licence
			h.judge(bargain{report.Object{Table: JudicialSales.name, ID: s.ID}, sides, regions, s.RecordedAt, s.RecordedAt})
		}),
	)
}

func (h *oneHand) deal(d settlement.Deal) {
	h.judge(bargain{report.Object{Table: Deals.name, ID: d.ID}, [2]int64{d.SellerParty, d.BuyerParty}, dealRegions(d), d.ProposedAt, d.SettledAt})
}

// eachFill lets the database pick the fills of those who have something in
// common with somebody.
func (h *oneHand) eachFill() error {
	parties := h.related()
	first, end, err := tradesWithin(h.ctx, h.r, h.q.Month.Start(), report.MonthEnd(h.q.Month))
	for sellers := range slices.Chunk(parties, partiesPerRead) {
		for buyers := range slices.Chunk(parties, partiesPerRead) {
			if err == nil {
				err = h.r.FillsBetween(h.ctx, FillsQuery{From: first, Before: end, Sellers: sellers, Buyers: buyers}, func(f PartyFill) {
					h.judge(bargain{report.Object{Table: Trades.name, ID: f.ID}, [2]int64{f.Seller, f.Buyer}, []string{f.SellerRegion, f.BuyerRegion}, f.At, f.At})
				})
			}
		}
	}
	return err
}

// related are the parties that have a user, a contact's telephone or an account in
// common with another one, in a fixed order.
func (h *oneHand) related() []int64 {
	of := map[int64]int64{} // person → a party whose user he is or was
	some := map[int64]bool{}
	for party, grants := range h.users {
		for _, g := range grants {
			if other, known := of[g.Person]; known && other != party {
				some[other], some[party] = true, true
			}
			of[g.Person] = party
		}
	}
	for party := range h.contacts {
		some[party] = true
	}
	for party := range h.accounts {
		some[party] = true
	}
	return slices.Sorted(maps.Keys(some))
}

// judge finds what the sides of a bargain have in common.
func (h *oneHand) judge(b bargain) {
	if b.sides[0] == b.sides[1] {
		return // two licences of one party: it is one side
	}
	if persons := h.sharedUsers(b); len(persons) > 0 {
		h.keep(b, report.SameContact, "one person was a user of both sides", objects(Persons.name, persons...))
	}
	if telephones := h.sharedTelephones(b); len(telephones) > 0 {
		h.keep(b, report.SameContact, "the contacts of both sides had the telephone "+slices.Min(telephones), objects(Parties.name, b.sides[:]...))
	}
	var accounts []string
	for account := range h.accounts[b.sides[0]] {
		if h.accounts[b.sides[1]][account] {
			accounts = append(accounts, account)
		}
	}
	if len(accounts) > 0 {
		h.keep(b, report.SameAccount, "both sides have used the bank account "+slices.Min(accounts), objects(Parties.name, b.sides[:]...))
	}
}

// sharedUsers are the persons who were users of both sides at one time of the bargain.
func (h *oneHand) sharedUsers(b bargain) (persons []int64) {
	to := max(b.from, b.to)
	for _, g := range h.users[b.sides[0]] {
		for _, other := range h.users[b.sides[1]] {
			if g.Person == other.Person && g.WasHeld(b.from, to) && other.WasHeld(b.from, to) && !slices.Contains(persons, g.Person) {
				persons = append(persons, g.Person)
			}
		}
	}
	slices.Sort(persons)
	return persons
}

// sharedTelephones are the telephones that contacts of both sides had at one time of the bargain.
func (h *oneHand) sharedTelephones(b bargain) (telephones []string) {
	to := max(b.from, b.to)
	for _, c := range h.contacts[b.sides[0]] {
		for _, other := range h.contacts[b.sides[1]] {
			if c.Telephone == other.Telephone && c.WasHeld(b.from, to) && other.WasHeld(b.from, to) {
				telephones = append(telephones, c.Telephone)
			}
		}
	}
	return telephones
}

// keep adds a bargain to what is found; basis is what its sides have in common.
func (h *oneHand) keep(b bargain, kind report.ExceptionKind, detail string, basis []report.Object) {
	key := handKey{kind, basis[0].Table, b.object, b.sides}
	if b.object.Table == Trades.name {
		key.object.ID = 0
	}
	x := h.found[key]
	if x == nil {
		x = &shared{Exception: report.Exception{Kind: kind, Regions: b.regions, On: b.from.Date(), Detail: detail}}
		h.found[key] = x
	}
	if x.bargains++; x.bargains <= objectsMax {
		x.Objects = append(x.Objects, b.object)
	}
	for _, o := range basis {
		if len(x.basis) < objectsMax && !slices.Contains(x.basis, o) {
			x.basis = append(x.basis, o)
		}
	}
}
