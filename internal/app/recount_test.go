package app

import (
	"cmp"
	"fmt"
	"math/big"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// counted is one trade as a clerk would write it down from the ledger: what a
// posting has moved, and what the record that it is about says was paid.
type counted struct {
	kind          report.Kind
	on            calendar.Date
	seller, buyer string // regions
	pollutant     string
	trades        int64
	q             int64
	amount        quantity.Money
	annual        *big.Rat // CNY for one year, exact
}

// yearly is what a quantity costs in a year at a price, exact.
func yearly(p quantity.Price, q int64) *big.Rat {
	return new(big.Rat).Mul(big.NewRat(int64(p), int64(quantity.OnePrice)), big.NewRat(q, int64(quantity.OneQuantity)))
}

// ofMonths is what a year costs of what was paid for some months, half-up at the fen
// as the statistics say of what has no price of a year.
func ofMonths(m quantity.Money, months int32) *big.Rat {
	return big.NewRat(int64(yearOf(m, months)), int64(quantity.OneMoney))
}

// byHand counts the trades in permits by walking the ledger's postings: it shares
// no line with the statistics.
func (o *office) byHand() (all []counted) {
	o.t.Helper()
	accounts := map[ledger.AccountID]ledger.Key{}
	for _, id := range o.store.table(Accounts.name).ids {
		a := o.store.table(Accounts.name).rows[id].(ledger.Account)
		accounts[a.ID] = a.Key()
	}
	at := map[int64]calendar.Date{}
	for _, id := range o.store.table(Journal.name).ids {
		r := o.store.table(Journal.name).rows[id].(JournalRow)
		at[r.Number] = r.At.Date()
	}
	transfers := map[int64][]ledger.Posting{}
	var order []int64
	for _, id := range o.store.table(Postings.name).ids {
		p := o.store.table(Postings.name).rows[id].(ledger.Posting)
		if accounts[p.Debit].Pollutant == "" {
			continue // money
		}
		if len(transfers[p.Transfer]) == 0 {
			order = append(order, p.Transfer)
		}
		transfers[p.Transfer] = append(transfers[p.Transfer], p)
	}
	for _, id := range order {
		legs, gives := transfers[id], ledger.AccountID(0)
		c := counted{trades: 1, on: at[legs[0].Command], pollutant: accounts[legs[0].Debit].Pollutant, annual: new(big.Rat)}
		for _, l := range legs {
			from, to := accounts[l.Debit], accounts[l.Credit]
			if c.seller == "" && slices.Contains([]ledger.Kind{ledger.Holding, ledger.Reserve}, from.Kind) {
				c.seller, gives = from.Region, l.Debit
			}
			if c.seller != "" && l.Debit == gives {
				c.q += l.Amount // with the offset share, which leaves beside the rest
			}
			if slices.Contains([]ledger.Kind{ledger.Holding, ledger.Reserve}, to.Kind) {
				c.buyer = to.Region
			}
		}
		if o.countByHand(&c, legs, accounts) {
			all = append(all, c)
		}
	}
	return all
}

// rowByHand reads a record of a table.
func rowByHand[R any](o *office, t Table[R], id int64) R {
	o.t.Helper()
	r, ok := o.store.table(t.name).rows[id].(R)
	if !ok {
		o.t.Fatalf("there is no %s %d", t.name, id)
	}
	return r
}

// countByHand fills in what was paid; false where nothing was sold.
func (o *office) countByHand(c *counted, legs []ledger.Posting, accounts map[ledger.AccountID]ledger.Key) bool {
	o.t.Helper()
	about := legs[0].Reference
	switch legs[0].Reason { //nolint:exhaustive // by the others nothing is sold
	case ledger.PrimarySale:
		n := rowByHand(o, Notices, about)
		c.kind, c.amount, c.annual = report.PrimarySale, n.Amount, yearly(n.Price, c.q)
	case ledger.Guarantee:
		a := rowByHand(o, EarmarkAllocations, about)
		if a.Notice == 0 {
			return false
		}
		c.kind, c.amount, c.annual = report.PrimarySale, rowByHand(o, Notices, a.Notice).Amount, yearly(a.Price, c.q)
	case ledger.SaleRevocation:
		return o.revokedByHand(c, rowByHand(o, InstalmentPlans, about))
	case ledger.Fill, ledger.BlockTrade:
		f := rowByHand(o, Trades, about)
		if i := rowByHand(o, Instruments, f.Instrument); i.OfCredits() {
			return false
		}
		c.kind, c.amount = report.Market, f.Amount
		if f.Months > 0 { // of outright there is no price of a year
			c.annual = yearly(f.Price, c.q)
		}
	case ledger.Settlement, ledger.Reversal:
		d := rowByHand(o, Deals, about)
		o.dealByHand(c, d, legs, accounts)
	case ledger.JudicialSale:
		s := rowByHand(o, JudicialSales, about)
		if s.Series != 0 { // of credits: what a court was paid is no price of their market
			return false
		}
		c.kind, c.amount = report.JudicialSale, s.Amount
	case ledger.BuyBack:
		b := rowByHand(o, BuyBacks, about)
		c.kind, c.amount, c.annual = report.BuyBack, b.Amount, ofMonths(b.Amount, b.Months)
	case ledger.AuctionBuyBack:
		a := rowByHand(o, Awards, about)
		c.kind, c.amount, c.annual = report.BuyBack, a.Amount, ofMonths(a.Amount, rowByHand(o, Offers, a.Offer).Months)
	case ledger.PledgeSale:
		s := rowByHand(o, PledgeSales, about)
		c.kind, c.amount, c.annual = report.DealLocal, s.Amount, yearly(s.Price, c.q)
		if accounts[legs[0].Credit].Kind == ledger.Reserve {
			c.kind = report.BuyBack
		}
	case ledger.Mirrored:
		m := rowByHand(o, MirroredDeals, about)
		c.kind, c.amount, c.annual = report.DealLocal, m.Amount, yearly(m.Price, c.q)
		if c.seller != c.buyer {
			c.kind = report.DealCrossRegion
		}
	default:
		return false
	}
	return true
}

// dealByHand is a deal, or what undoes it: there the seller's holding is credited.
func (o *office) dealByHand(c *counted, d settlement.Deal, legs []ledger.Posting, accounts map[ledger.AccountID]ledger.Key) {
	sign := int64(1)
	if legs[0].Reason == ledger.Reversal {
		sign, c.q = -1, 0
		c.seller, c.buyer = c.buyer, c.seller
		for _, l := range legs {
			if to := accounts[l.Credit]; to.Kind == ledger.Holding && to.Licence == d.SellerLicence {
				c.seller, c.q = to.Region, c.q+l.Amount
			}
		}
	}
	c.buyer = d.BuyerRegion
	c.kind = report.DealLocal
	if c.seller != c.buyer {
		c.kind = report.DealCrossRegion
	}
	c.trades, c.q, c.amount, c.annual = sign, sign*c.q, quantity.Money(sign)*d.Amount, yearly(d.Price, sign*c.q)
}

// revokedByHand is what went back of a sale that was not paid: less quantity, less
// money, no trade less. What an opening brought was never counted.
func (o *office) revokedByHand(c *counted, p reserve.InstalmentPlan) bool {
	n := rowByHand(o, Notices, p.Notice)
	if n.Opening != 0 {
		return false
	}
	left := n.Amount
	for _, id := range o.store.table(Instalments.name).ids {
		if i := o.store.table(Instalments.name).rows[id].(reserve.Instalment); i.Plan == p.ID {
			left -= i.Paid
		}
	}
	c.kind, c.trades, c.q, c.amount, c.annual = report.PrimarySale, 0, -c.q, -left, yearly(n.Price, -c.q)
	return true
}

// recount compares what the statistics answer by region and kind, of each cycle,
// with a count by hand.
func (o *office) recount() {
	o.t.Helper()
	hand := o.byHand()
	if len(hand) == 0 {
		return
	}
	first := hand[0].on
	for _, c := range hand {
		first = min(first, c.on)
	}
	today := o.now.get().Date()
	for n, cycle := range report.Cycles {
		side := []report.Side{report.BySeller, report.ByBuyer}[n%2]
		o.recountOf(report.Selection{Cycle: cycle, By: report.ByRegionAndKind, Side: side, From: cycle.Start(first), To: cycle.Start(today)}, hand)
	}
}

// recountAll is recount by each grouping, and for a region, a pollutant and a kind alone.
func (o *office) recountAll() {
	o.t.Helper()
	hand := o.byHand()
	first, last := o.now.get().Date(), o.now.get().Date()
	selections := []report.Selection{{}}
	for _, c := range hand {
		first, last = min(first, c.on), max(last, c.on)
		for _, s := range []report.Selection{{Region: c.seller}, {Region: c.buyer[:4] + "00"}, {Pollutant: c.pollutant}, {Kind: c.kind}} {
			if !slices.Contains(selections, s) {
				selections = append(selections, s)
			}
		}
	}
	for _, cycle := range report.Cycles {
		for _, by := range report.Groupings {
			for _, side := range []report.Side{report.BySeller, report.ByBuyer} {
				for _, s := range selections {
					s.Cycle, s.By, s.Side, s.From, s.To = cycle, by, side, cycle.Start(first), cycle.Start(last)
					o.recountOf(s, hand)
				}
			}
		}
	}
}

func (o *office) recountOf(s report.Selection, hand []counted) {
	o.t.Helper()
	lines, err := o.app.Statistics(o.t.Context(), s, o.now.get().Date())
	if err != nil {
		o.t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		if l.Kind != "" && !l.Kind.IsTrade() {
			continue // leases, pledges and credits are no trade in permits
		}
		got = append(got, lineText(l.Line, l.Trades, int64(l.Quantity), l.Amount, meanText(l.MeanPrice()), meanText(l.MeanAnnualPrice())))
	}
	if want := linesByHand(s, hand); !slices.Equal(got, want) {
		o.t.Errorf("statistics of %+v:\n%q, by hand\n%q", s, got, want)
	}
}

func lineText(l report.Line, trades, q int64, amount quantity.Money, mean, annual string) string {
	return fmt.Sprint(l.StartsOn, " ", l.Region, " ", l.Pollutant, " ", l.Kind, ": ", trades, " trades ", quantity.Quantity(q), " t/a ", amount, ", mean ", mean, ", of a year ", annual)
}

func meanText(p quantity.Price, known bool) string {
	if !known {
		return "unknown"
	}
	return p.String()
}

// linesByHand adds up what a selection takes, and divides exactly.
func linesByHand(s report.Selection, hand []counted) []string {
	type sum struct {
		trades, q, priced int64
		amount            quantity.Money
		annual            *big.Rat // of what is priced by the year
	}
	sums := map[report.Line]*sum{}
	var lines []report.Line
	for _, c := range hand {
		region := c.seller
		if s.Side == report.ByBuyer {
			region = c.buyer
		}
		if s.Region != "" && !catalog.IsWithin(region, s.Region, true) || s.Pollutant != "" && s.Pollutant != c.pollutant || s.Kind != "" && s.Kind != c.kind {
			continue
		}
		l := report.Line{StartsOn: s.Cycle.Start(c.on), Pollutant: c.pollutant}
		if s.By == report.ByRegion || s.By == report.ByRegionAndKind {
			l.Region = region
		}
		if s.By == report.ByKind || s.By == report.ByRegionAndKind {
			l.Kind = c.kind
		}
		if sums[l] == nil {
			sums[l], lines = &sum{annual: new(big.Rat)}, append(lines, l)
		}
		x := sums[l]
		x.trades, x.q, x.amount = x.trades+c.trades, x.q+c.q, x.amount+c.amount
		if x.annual.Add(x.annual, c.annual); c.annual.Sign() != 0 {
			x.priced += c.q
		}
	}
	slices.SortFunc(lines, func(a, b report.Line) int {
		return cmp.Or(cmp.Compare(a.StartsOn, b.StartsOn), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Pollutant, b.Pollutant), cmp.Compare(a.Kind, b.Kind))
	})
	var out []string
	for _, l := range lines {
		x := sums[l]
		amount := big.NewRat(int64(x.amount), int64(quantity.OneMoney))
		annual := "unknown"
		if x.annual.Sign() != 0 {
			annual = meanByHand(x.annual, x.priced)
		}
		out = append(out, lineText(l, x.trades, x.q, x.amount, meanByHand(amount, x.q), annual))
	}
	return out
}

// meanByHand is CNY ÷ t/a, half-up at the fen.
func meanByHand(sum *big.Rat, q int64) string {
	if q <= 0 {
		return "unknown"
	}
	fen := new(big.Rat).Quo(sum, big.NewRat(q, int64(quantity.OneQuantity)))
	fen.Mul(fen, big.NewRat(100, 1)).Add(fen, big.NewRat(1, 2))
	down := new(big.Int).Div(fen.Num(), fen.Denom())
	return quantity.Price(down.Int64() * int64(quantity.OnePrice) / 100).String()
}

// Trades of each kind in two regions, on days of some quarters, in quantities and at
// prices that are not round, one of them undone: the statistics are those of a count
// by hand, and so are the mean prices.
func TestStatistics_Recount(t *testing.T) {
	t.Parallel()
	for seed := range int64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := openSite(t)
			s.tradeAtRandom(rand.New(rand.NewSource(seed)), 40)
			s.recountAll()
			s.now.set(s.now.get() + 24*3600*second)
			s.runTimers()
			s.recountAll() // of what is added up
			s.check()
		})
	}
}

func (s *site) tradeAtRandom(r *rand.Rand, steps int) {
	s.t.Helper()
	project := s.projectOf(s.buyer, quantity.OneRatio)
	s.pair(qingpu, jiashan, nil)
	west := s.dealDesk.seller(qingpu, 3, 40*one)
	var crossing []settlement.Deal
	for n := range steps {
		s.advance(dayAfter(n*4 + r.Intn(4)))
		q, price := quantity.Quantity(1+r.Intn(9_000))*100, int64(1+r.Intn(9_999)) // odd ten-thousandths of t/a
		day := s.now.get().Date()
		switch n % 7 {
		case 0:
			sell, buy := s.order(s.seller, market.Sell, q, 0), s.order(s.buyer, market.Buy, q, project)
			sell.Price, buy.Price = quantity.Price(price)*quantity.OnePrice, quantity.Price(price)*quantity.OnePrice
			done[OrderResult](s.office, s.seller.user, sell)
			done[OrderResult](s.office, s.buyer.user, buy)
		case 1:
			n := done[NoticeResult](s.office, s.clerk, NoticeIssue{
				Licence: s.buyer.licence.ID, Instrument: s.inst.Code, Quantity: q, Price: quantity.Price(price) * quantity.OnePrice, DueOn: day, Project: project,
			}).Notice
			s.proofs++
			done[NoticeResult](s.office, s.finance, NoticeProve{n.ID, n.Amount, fmt.Sprint("proof ", s.proofs), day})
			done[NoticeResult](s.office, s.finance, NoticeConfirm{n.ID, "seen"})
			done[NoticeResult](s.office, s.leader, NoticeDeliver{n.ID})
		case 2:
			s.run(s.propose(s.forUnit(s.offer(s.seller, s.buyer, q, price)), s.buyer), s.seller, s.buyer, settlement.Settle)
		case 3:
			crossing = append(crossing, s.run(s.propose(s.offer(west, s.buyer, q, price), s.buyer), west, s.buyer, settlement.Settle))
		case 4:
			done[MirrorResult](s.office, s.clerk, DealMirror{
				System: outside.Provincial, Number: fmt.Sprint("ZJ-", n), SellerLicence: s.seller.licence.ID, BuyerLicence: s.buyer.licence.ID,
				Instrument: s.inst.Code, Quantity: q, Price: quantity.Price(price) * quantity.OnePrice, Amount: quantity.Money(r.Intn(1_000_000)), SettledOn: day, Document: "d",
			})
		case 5:
			f := s.freeze(freezing(s.seller, s.inst.Code, fmt.Sprint("order ", n), q))
			done[JudicialSaleResult](s.office, s.leader, FreezeSell{Freeze: f.ID, BuyerLicence: s.buyer.licence.ID, Quantity: q, Amount: quantity.Money(r.Intn(1_000_000)), Document: "d"})
		case 6:
			if n%2 == 0 { // the last one that crossed, on a later day
				d := crossing[len(crossing)-1]
				for _, leader := range []int64{s.leaders[qingpu], s.leaders[jiashan]} {
					d = s.dealDesk.step(d, leader, settlement.ConsentReversal)
				}
				s.dealDesk.step(d, s.upper, settlement.Reverse)
			}
		}
	}
}
