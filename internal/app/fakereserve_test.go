package app

import (
	"context"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/market"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// movementsUntil are a reserve's movements up to a day, one by one: what the
// databases add up from the totals of the days.
func (s *fakeStore) movementsUntil(region, pollutant string, to calendar.Date) (found []reserve.LotMovement) {
	for _, id := range s.table(LotMovements.name).ids {
		m, ok := s.table(LotMovements.name).rows[id].(reserve.LotMovement)
		if ok && m.Region == region && m.Pollutant == pollutant && m.Day <= to {
			found = append(found, m)
		}
	}
	return found
}

func periodTotal(m reserve.LotMovement, from calendar.Date) reserve.PeriodTotal {
	t := reserve.PeriodTotal{Event: m.Event, Provenance: m.Provenance}
	figures := reserve.Figures{Quantity: m.Quantity, Cost: m.Cost, Amount: m.Amount, Movements: 1}
	if m.Day < from {
		t.Before = figures
	} else {
		t.Within = figures
	}
	return t
}

// ReserveTotals gives each movement as a total of its own.
func (s *fakeStore) ReserveTotals(_ context.Context, region, pollutant string, from, to calendar.Date) (totals []reserve.PeriodTotal, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.movementsUntil(region, pollutant, to) {
		totals = append(totals, periodTotal(m, from))
	}
	return totals, nil
}

// FeeTotals adds up the fees of trades.
func (s *fakeStore) FeeTotals(_ context.Context, q FeeTotalsQuery) (out []market.FeeTotal, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.table(Trades.name).ids {
		t, _ := s.table(Trades.name).rows[id].(market.Trade)
		for _, side := range []market.FeeTotal{
			{Market: t.Market, Side: market.Buy, Region: t.BuyerRegion, Trades: 1, Amount: t.Amount, Fee: t.BuyerFee},
			{Market: t.Market, Side: market.Sell, Region: t.SellerRegion, Trades: 1, Amount: t.Amount, Fee: t.SellerFee},
		} {
			if side.Fee == 0 || t.At < q.Start || t.At >= q.End || q.Market != 0 && q.Market != t.Market || q.Region != "" && q.Region != side.Region {
				continue
			}
			i := slices.IndexFunc(out, func(o market.FeeTotal) bool {
				return o.Market == side.Market && o.Side == side.Side && o.Region == side.Region
			})
			if i < 0 {
				out = append(out, side)
				continue
			}
			out[i].Trades++
			out[i].Amount += side.Amount
			out[i].Fee += side.Fee
		}
	}
	return out, nil
}

// FillsBetween looks at every trade.
func (s *fakeStore) FillsBetween(_ context.Context, q FillsQuery, each func(PartyFill)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.table(Trades.name).ids {
		t, _ := s.table(Trades.name).rows[id].(market.Trade)
		sell, sold := s.table(Orders.name).rows[t.SellOrder].(market.Record)
		buy, bought := s.table(Orders.name).rows[t.BuyOrder].(market.Record)
		if sold && bought && t.ID >= q.From && t.ID < q.Before && slices.Contains(q.Sellers, sell.Party) && slices.Contains(q.Buyers, buy.Party) {
			each(PartyFill{ID: t.ID, Seller: sell.Party, Buyer: buy.Party, SellerRegion: t.SellerRegion, BuyerRegion: t.BuyerRegion, At: t.At})
		}
	}
	return nil
}

// FreeUnits looks at every range.
func (s *fakeStore) FreeUnits(_ context.Context, series, party int64, ranges int) (free FreeUnits, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lengths []int64
	for _, row := range s.table(CreditRanges.name).rows {
		if r, _ := row.(carbon.Range); r.Series == series && r.Party == party && r.State == carbon.Held && r.Free() {
			lengths = append(lengths, r.Units())
			free.Units += r.Units()
		}
	}
	slices.Sort(lengths)
	for _, units := range lengths[max(0, len(lengths)-ranges):] {
		free.Longest += units
	}
	return free, nil
}

// SharedAccounts looks at every entry.
func (s *fakeStore) SharedAccounts(_ context.Context, through calendar.Date) (uses []AccountUse, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := map[string][]int64{}
	for _, id := range s.table(BankEntries.name).ids {
		e, _ := s.table(BankEntries.name).rows[id].(settlement.BankEntry)
		if e.PayerAccount != "" && e.Party > 0 && e.BookedOn <= through && !slices.Contains(users[e.PayerAccount], e.Party) {
			users[e.PayerAccount] = append(users[e.PayerAccount], e.Party)
		}
	}
	for account, parties := range users {
		for _, p := range parties {
			if len(parties) > 1 {
				uses = append(uses, AccountUse{account, p})
			}
		}
	}
	return uses, nil
}

// LotLines adds up the movements of each lot.
func (s *fakeStore) LotLines(_ context.Context, q LotLinesQuery) (lines []reserve.LotLine, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.table(Lots.name).ids {
		l, ok := s.table(Lots.name).rows[id].(reserve.Lot)
		if !ok || l.Region != q.Region || l.Pollutant != q.Pollutant || id <= q.After || l.AddedOn > q.To || !l.Open && l.ClosedOn < q.From || len(lines) == q.Limit {
			continue
		}
		line := reserve.LotLine{Lot: l}
		for _, m := range s.movementsUntil(q.Region, q.Pollutant, q.To) {
			if m.Lot == id && m.Event.Side() != reserve.Inside {
				line.Add(periodTotal(m, q.From))
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}
