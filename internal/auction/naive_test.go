package auction

import (
	"math/big"
	"slices"
	"strings"

	"permitx/internal/quantity"
)

// The twins of the formats: each does what its rule says, lot by lot and price
// by price, without a thought for speed. They take cases whose quantities are
// few lots of one size.

// naive is the result of a twin: what each bid and ask gets, and the one price.
type naive struct {
	status     Status
	price      quantity.Price
	bids, asks []quantity.Quantity
	imbalance  quantity.Quantity
}

func naiveOf(c Case) naive {
	c = c.withDefaults()
	n := naive{bids: make([]quantity.Quantity, len(c.Bids)), asks: make([]quantity.Quantity, len(c.Asks))}
	switch c.Format {
	case Uniform, PayAsBid:
		n.sell(c)
	case PayAsBidShare:
		n.share(c)
	case Ascending:
		n.ascend(c)
	case ReverseUniform:
		n.buy(c)
	case Call:
		n.call(c)
	}
	return n
}

// wantedAt is what the bids at prices that pass come to.
func wantedAt(side []Bid, passes func(quantity.Price) bool) quantity.Quantity {
	var sum quantity.Quantity
	for _, b := range side {
		if passes(b.Price) {
			sum += b.Quantity
		}
	}
	return sum
}

// prices are all prices of a case from the lowest to the highest.
func prices(c Case) []quantity.Price {
	var found []quantity.Price
	for _, b := range slices.Concat(c.Bids, c.Asks) {
		if b.Price > 0 {
			found = append(found, b.Price)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// sell: of all prices the highest at which the demand takes the supply.
func (n *naive) sell(c Case) {
	takers := min(c.Noncompetitive, c.Supply)
	named := min(wantedAt(c.Bids, func(p quantity.Price) bool { return p == 0 }), c.NoncompetitiveLimit, c.Supply-takers)
	takers += named
	valid := wantedAt(c.Bids, func(p quantity.Price) bool { return p > 0 && p >= c.ReservePrice })
	short := valid == 0 || valid+takers < c.Supply
	if short && c.Undersubscribed == Cancel {
		n.status = Cancelled
		return
	}
	if valid == 0 {
		n.status = NoTrade
		return
	}
	n.status = Cleared
	if short {
		n.status = Undersold
	}
	handOut(c, c.Bids, n.bids, 0, named)
	left := c.Supply - takers
	for _, p := range slices.Backward(prices(c)) {
		if p < c.ReservePrice || (left == 0 && n.price > 0) {
			break
		}
		n.price = p // also where nothing is left for anybody: the best
		left = handOut(c, c.Bids, n.bids, p, left)
	}
	if c.Format == PayAsBid {
		n.price = 0
	}
}

// earlier orders bids by time; of those at once the id decides.
func earlier(a, b Bid) int {
	if a.Seq == b.Seq {
		return strings.Compare(a.ID, b.ID)
	}
	return int(a.Seq - b.Seq)
}

// handOut gives lots to the bids at one price until all are full or nothing is left.
func handOut(c Case, side []Bid, got []quantity.Quantity, p quantity.Price, left quantity.Quantity) quantity.Quantity {
	var level []int
	for i, b := range side {
		if b.Price == p {
			level = append(level, i)
		}
	}
	slices.SortFunc(level, func(i, j int) int { return earlier(side[i], side[j]) })
	total := wantedAt(side, func(q quantity.Price) bool { return q == p })
	pro := c.Tie == ProRata || c.Tie == ProRataFloor
	if pro && total > left {
		owed := map[int]*big.Rat{} // what is cut off of each one's exact share
		given := quantity.Quantity(0)
		for _, i := range level {
			exact := big.NewRat(int64(left)*int64(side[i].Quantity), int64(total)*int64(c.LotSize))
			whole := new(big.Int).Quo(exact.Num(), exact.Denom())
			got[i] = quantity.Quantity(whole.Int64()) * c.LotSize
			given += got[i]
			owed[i] = exact.Sub(exact, new(big.Rat).SetInt(whole))
		}
		left -= given
		if c.Tie == ProRata {
			slices.SortStableFunc(level, func(i, j int) int { return owed[j].Cmp(owed[i]) })
		}
	}
	if total > left && (c.Tie == Drawn || c.Tie == ProRataFloor) {
		slices.SortFunc(level, func(i, j int) int { return side[i].Draw - side[j].Draw })
	}
	for left > 0 {
		before := left
		for _, i := range level {
			for room := side[i].Quantity - got[i]; room > 0 && left > 0; room -= c.LotSize {
				got[i] += c.LotSize
				left -= c.LotSize
				if pro {
					break // one each
				}
			}
		}
		if left == before {
			break
		}
	}
	return left
}

func (n *naive) share(c Case) {
	var ranked []int
	for _, p := range slices.Backward(prices(c)) {
		var level []int
		for i, b := range c.Bids {
			if b.Price == p && p >= c.ReservePrice {
				level = append(level, i)
			}
		}
		slices.SortFunc(level, func(i, j int) int { return earlier(c.Bids[i], c.Bids[j]) })
		ranked = append(ranked, level...)
	}
	if len(ranked) < c.BiddersMin {
		n.status = Cancelled
		return
	}
	// Half up by fractions: ⌊share × n + ½⌋.
	x := new(big.Rat).Mul(big.NewRat(int64(c.WinShare), int64(quantity.OneRatio)), big.NewRat(int64(len(ranked)), 1))
	x.Add(x, big.NewRat(1, 2))
	winners := ranked[:new(big.Int).Quo(x.Num(), x.Denom()).Int64()]
	left := c.Supply
	sold := quantity.Quantity(0)
	for _, i := range winners {
		q := c.Bids[i].Quantity
		if c.Supply > 0 && q > left {
			if c.Fit == FitRefused {
				break
			}
			q = 0
			if c.Fit == FitCut || (c.Fit == FitAsAgreed && c.Bids[i].AcceptsPart) {
				q = left
			}
		}
		n.bids[i] = q
		left -= q
		sold += q
	}
	switch {
	case sold == 0:
		n.status = NoTrade
	case sold < c.Supply:
		n.status = Undersold
	default:
		n.status = Cleared
	}
}

func (n *naive) ascend(c Case) {
	n.status = NoTrade
	order := byTime(c.Bids)
	for at, i := range order {
		isWinner := c.Bids[i].Price >= c.ReservePrice && (n.price == 0 || c.Bids[i].Price > n.price && c.Bids[i].Price >= n.price+c.Step)
		if !isWinner {
			continue
		}
		for _, before := range order[:at] {
			n.bids[before] = 0
		}
		n.status, n.price, n.bids[i] = Cleared, c.Bids[i].Price, c.Supply
	}
}

// buy tries every price and every volume.
func (n *naive) buy(c Case) {
	passes := func(p quantity.Price) bool { return c.CeilingPrice == 0 || p <= c.CeilingPrice }
	var most quantity.Quantity
	for _, p := range prices(c) {
		if !passes(p) {
			break
		}
		asked := wantedAt(c.Asks, func(q quantity.Price) bool { return q <= p })
		for v := c.LotSize; v <= min(c.Demand, asked); v += c.LotSize {
			cost, err := quantity.Amount(p, v, c.Months, quantity.Up)
			if err == nil && (c.Budget == 0 || cost <= c.Budget) && v > most {
				most, n.price = v, p
			}
		}
	}
	none := wantedAt(c.Asks, passes) == 0
	if (none || most < c.Demand) && c.Undersubscribed == Cancel {
		n.status, n.price = Cancelled, 0
		return
	}
	n.status = Cleared
	if most < c.Demand {
		n.status = Undersold
	}
	if most == 0 {
		n.status = NoTrade
		return
	}
	left := most
	for _, p := range prices(c) {
		if p <= n.price {
			left = handOut(c, c.Asks, n.asks, p, left)
		}
	}
}

// call holds every limit of the book against every other by the rule's four steps.
func (n *naive) call(c Case) {
	n.status = NoTrade
	at := func(p quantity.Price) (volume, surplus quantity.Quantity) {
		var bought, sold quantity.Quantity
		for _, b := range c.Bids {
			if naiveBuys(b, p) {
				bought += b.Quantity
			}
		}
		for _, a := range c.Asks {
			if naiveSells(a, p) {
				sold += a.Quantity
			}
		}
		return min(bought, sold), bought - sold
	}
	limits := prices(c)
	trades := func(p quantity.Price) bool { v, _ := at(p); return v > 0 }
	if !slices.ContainsFunc(limits, trades) && c.ReferencePrice > 0 {
		limits = []quantity.Price{c.ReferencePrice}
	}
	var left []quantity.Price
	for _, p := range limits {
		v, s := at(p)
		isBest := v > 0
		for _, q := range limits {
			w, z := at(q)
			if w > v || (w == v && max(z, -z) < max(s, -s)) {
				isBest = false
			}
		}
		if isBest {
			left = append(left, p)
		}
	}
	if len(left) == 0 {
		return
	}
	over, under := 0, 0
	for _, p := range left {
		if _, s := at(p); s > 0 {
			over++
		} else if s < 0 {
			under++
		}
	}
	n.price = left[len(left)-1]
	if under == len(left) {
		n.price = left[0]
	} else if c.ReferencePrice > 0 && over < len(left) {
		for _, p := range slices.Backward(left) {
			if distance(p, c.ReferencePrice) < distance(n.price, c.ReferencePrice) {
				n.price = p
			}
		}
	}
	var volume quantity.Quantity
	volume, n.imbalance = at(n.price)
	n.status = Cleared
	down, up := slices.Clone(limits), slices.Clone(limits)
	slices.Reverse(down)
	fillSide := func(side []Bid, got []quantity.Quantity, order []quantity.Price) {
		rest := volume
		for _, p := range append([]quantity.Price{0}, order...) {
			rest = handOut(c, side, got, p, rest)
		}
	}
	fillSide(thoseWho(naiveBuys, c.Bids, n.price), n.bids, down)
	fillSide(thoseWho(naiveSells, c.Asks, n.price), n.asks, up)
}

func naiveBuys(b Bid, p quantity.Price) bool {
	if b.Price == 0 {
		return b.Protection == 0 || b.Protection >= p
	}
	return b.Price >= p
}

func naiveSells(a Bid, p quantity.Price) bool { return a.Price <= p && a.Protection <= p }

// thoseWho is a side with nothing of those who do not take a price.
func thoseWho(take func(Bid, quantity.Price) bool, side []Bid, p quantity.Price) []Bid {
	side = slices.Clone(side)
	for i := range side {
		if !take(side[i], p) {
			side[i].Quantity = 0
		}
	}
	return side
}

// naiveCarry hands out one lot size after the other, always to the auction that
// has got least, of equal ones to the earliest.
func naiveCarry(unsold quantity.Quantity, planned []quantity.Quantity, lot quantity.Quantity) []quantity.Quantity {
	got := make([]quantity.Quantity, len(planned))
	for ; unsold >= lot; unsold -= lot {
		least := -1
		for i := range planned {
			if 4*(planned[i]+got[i]+lot) <= 5*planned[i] && (least < 0 || got[i] < got[least]) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		got[least] += lot
	}
	return got
}
