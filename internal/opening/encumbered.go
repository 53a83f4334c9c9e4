package opening

import (
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// PartsMax bounds the unpaid instalments of a sale: with what was paid they
// are a plan, which has at most 60 parts.
const PartsMax = 59

// monthsMax bounds the months of a lease or sale, numberMax the number of a
// sale in characters.
const (
	monthsMax = 1200
	numberMax = 100
)

// checkPledges checks that each pledge is to a bank, for a loan that is due
// within the term.
func (k *checker) checkPledges() {
	licensed := map[string]bool{}
	for _, l := range k.contents.Licences {
		licensed[l.Holder] = true
	}
	chains, seen := map[chainKey]*pledgeChain{}, map[Pledge]int{}
	for _, p := range k.contents.Pledges {
		same := p
		same.Row = 0
		noteTwice(k, "pledges", "document", seen, same, p.Row)
		k.checkHolder("pledges", p.Row, p.Licence, p.Pollutant, p.TermEnd)
		if k.checkParty("pledges", p.Row, "pledgee", p.Bank) && (licensed[p.Bank] || k.registry.Licensed(p.Bank)) {
			k.note("pledges", p.Row, ErrCell.With("%s has licences: a pledgee is a bank, which has none", p.Bank).At("pledgee"))
		}
		switch before := k.checkRank(chains, p); {
		case p.Value <= 0:
			k.note("pledges", p.Row, ErrCell.With("must be more than zero").At("value"))
		case p.Loan <= 0:
			k.note("pledges", p.Row, ErrCell.With("must be more than zero: leave out what is paid back").At("loan"))
		case p.Loan > p.Value-before:
			k.note("pledges", p.Row, ErrCell.With("the loan, CNY %s, is more than the value, CNY %s, less the loans before it, CNY %s", p.Loan, p.Value, before).At("loan"))
		}
		if p.DueOn > p.TermEnd && p.TermEnd != 0 {
			k.note("pledges", p.Row, ErrCell.With("the loan is due on %s, after the term of the permits", p.DueOn).At("due_on"))
		}
	}
}

// chainKey names permits that are pledged: of each quantity one first pledge has
// further ones.
type chainKey struct {
	heldKey

	quantity quantity.Quantity
}

// pledgeChain are the pledges of the same permits so far.
type pledgeChain struct {
	firsts int
	rank   int32
	loans  quantity.Money
}

// checkRank checks that a further pledge stands behind one first pledge, with
// the next rank. It returns the loans before it.
func (k *checker) checkRank(chains map[chainKey]*pledgeChain, p Pledge) (before quantity.Money) {
	key := chainKey{heldKey{p.Licence, p.Pollutant, p.TermEnd, ledger.Paid}, p.Quantity}
	c := chains[key]
	if c == nil {
		c = &pledgeChain{}
		chains[key] = c
	}
	if !p.IsFurther() {
		c.firsts, c.rank, c.loans = c.firsts+1, 1, p.Loan
		return 0
	}
	switch {
	case c.firsts == 0:
		k.note("pledges", p.Row, ErrElsewhere.With("no row before has the pledge of rank 1 of %s t/a of this licence, pollutant and term", p.Quantity).At("rank"))
	case c.firsts > 1:
		k.note("pledges", p.Row, ErrTwice.With("several rows before pledge %s t/a of this licence, pollutant and term: which of them it stands behind cannot be told", p.Quantity).At("rank"))
	case p.Rank != c.rank+1:
		k.note("pledges", p.Row, ErrCell.With("the pledge of the same permits before it has the rank %d", c.rank).At("rank"))
	}
	before = c.loans
	sum, err := quantity.Add(before, p.Loan)
	k.note("pledges", p.Row, err)
	c.rank, c.loans = p.Rank, sum
	return before
}

// checkLeases checks that each lease has begun, is not over and ends within
// the term, and is between two parties of a region.
func (k *checker) checkLeases() {
	seen := map[Lease]int{}
	for _, l := range k.contents.Leases {
		same := l
		same.Row = 0
		noteTwice(k, "leases", "document", seen, same, l.Row)
		k.checkHolder("leases", l.Row, l.Licence, l.Pollutant, l.TermEnd)
		lessor, lessee := k.licences[l.Licence], k.licences[l.Lessee]
		switch {
		case l.Lessee == "" || lessor.Number == "":
		case lessee.Number == "":
			k.note("leases", l.Row, ErrElsewhere.With("the sheet licences has no licence %q", shorten(l.Lessee)).At("lessee"))
		case lessee.Holder == lessor.Holder:
			k.note("leases", l.Row, ErrCell.With("a lease is between two parties").At("lessee"))
		case lessee.Region != lessor.Region:
			k.note("leases", l.Row, ErrCell.With("the lessee lies in %s, the lessor in %s: the use of permits stays in their region", lessee.Region, lessor.Region).At("lessee"))
		}
		if l.Price < 0 {
			k.note("leases", l.Row, ErrCell.With("must not be negative").At("price"))
		}
		k.checkPast("leases", l.Row, "starts_on", l.StartsOn)
		if l.Months < 1 || l.Months > monthsMax {
			k.note("leases", l.Row, ErrCell.With("must be 1 to %d", monthsMax).At("months"))
			continue
		}
		if l.StartsOn == 0 || l.TermEnd == 0 {
			continue
		}
		switch last := l.LastDay(); {
		case last < k.registry.Today:
			k.note("leases", l.Row, ErrOver.With("the lease ended on %s: leave it out", last).At("months"))
		case last > l.TermEnd:
			k.note("leases", l.Row, ErrCell.With("the lease ends on %s, after the term of its permits", last).At("months"))
		}
	}
}

// checkSales checks each sale with its unpaid instalments.
func (k *checker) checkSales() {
	rows, sales := map[string]int{}, map[string]Sale{}
	for _, s := range k.contents.Sales {
		noteTwice(k, "instalment_sales", "sale", rows, s.Number, s.Row)
		sales[s.Number] = s
		k.checkHolder("instalment_sales", s.Row, s.Licence, s.Pollutant, s.TermEnd)
		k.checkPast("instalment_sales", s.Row, "paid_on", s.PaidOn)
		k.checkPast("instalment_sales", s.Row, "sold_on", s.SoldOn)
		k.note("instalment_sales", s.Row, catalog.CheckText("sale", s.Number, numberMax))
		switch {
		case s.Amount <= 0:
			k.note("instalment_sales", s.Row, ErrCell.With("must be more than zero").At("amount"))
		case s.Paid <= 0 || s.Paid >= s.Amount:
			k.note("instalment_sales", s.Row, ErrCell.With("must be more than zero, and less than the amount: leave out what is paid in full").At("paid"))
		}
		if s.Price <= 0 {
			k.note("instalment_sales", s.Row, ErrCell.With("must be more than zero").At("price"))
		}
		if s.Months < 1 || s.Months > monthsMax {
			k.note("instalment_sales", s.Row, ErrCell.With("must be 1 to %d", monthsMax).At("months"))
		}
	}
	unpaid, parts, last := map[string]quantity.Money{}, map[string]int{}, map[string]Instalment{}
	for _, i := range k.contents.Instalments {
		s, known := sales[i.Sale]
		if i.Sale != "" && !known {
			k.note("instalments", i.Row, ErrElsewhere.With("the sheet instalment_sales has no sale %q", shorten(i.Sale)).At("sale"))
		}
		if i.Amount <= 0 {
			k.note("instalments", i.Row, ErrCell.With("must be more than zero").At("amount"))
		}
		if before := last[i.Sale]; before.Row != 0 && i.DueOn <= before.DueOn {
			k.note("instalments", i.Row, ErrCell.With("must lie after the day of row %d", before.Row).At("due_on"))
		}
		if i.DueOn > s.TermEnd && s.TermEnd != 0 {
			k.note("instalments", i.Row, ErrCell.With("lies after the term, which ends on %s", s.TermEnd).At("due_on"))
		}
		sum, err := quantity.Add(unpaid[i.Sale], i.Amount)
		k.note("instalments", i.Row, err)
		unpaid[i.Sale], last[i.Sale] = sum, i
		parts[i.Sale]++
	}
	for _, s := range k.contents.Sales {
		if parts[s.Number] > PartsMax {
			k.note("instalment_sales", s.Row, ErrTooMany.With("a sale has at most %d unpaid instalments", PartsMax).At("sale"))
		}
		if rest := s.Amount - s.Paid; s.Paid > 0 && rest > 0 && unpaid[s.Number] != rest {
			k.note("instalment_sales", s.Row, ErrSum.With("CNY %s are not paid, the instalments come to CNY %s", rest, unpaid[s.Number]).At("amount"))
		}
	}
}

// checkCommitted checks that a licence holds the paid permits that are pledged
// and leased, beside those that are not paid in full. A freeze may be for more
// than there is.
func (k *checker) checkCommitted() {
	free := map[heldKey]quantity.Quantity{}
	for _, h := range k.contents.Holdings {
		key := heldKey{h.Licence, h.Pollutant, h.TermEnd, h.Origin}
		free[key] = saturating(free[key], h.Quantity)
	}
	commit := func(sheet string, row int, key heldKey, q quantity.Quantity) {
		key.origin = ledger.Paid
		switch {
		case q <= 0:
			k.note(sheet, row, ErrCell.With("must be more than zero").At("quantity"))
		case q > free[key]:
			k.note(sheet, row, ErrSum.With("the sheet holdings has %s t/a of paid permits of this licence, pollutant and term that no row before has pledged or leased",
				free[key]).At("quantity"))
		default:
			free[key] -= q
		}
	}
	for _, p := range k.contents.Pledges {
		if p.IsFurther() { // of what the first has pledged
			continue
		}
		commit("pledges", p.Row, heldKey{licence: p.Licence, pollutant: p.Pollutant, termEnd: p.TermEnd}, p.Quantity)
	}
	for _, l := range k.contents.Leases {
		commit("leases", l.Row, heldKey{licence: l.Licence, pollutant: l.Pollutant, termEnd: l.TermEnd}, l.Quantity)
	}
}

// saturating is a sum that stops at what can be held; total notes such a sum.
func saturating(a, b quantity.Quantity) quantity.Quantity {
	if sum, err := quantity.Add(a, b); err == nil {
		return sum
	}
	return a
}
