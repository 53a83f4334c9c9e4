package store

import (
	"context"
	"database/sql"

	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

const openOrders = `SELECT id, market, instrument, party, licence, project, side, time_in_force, price, quantity, remaining, hold, placed_at, command
  FROM market_order WHERE state = 1 AND id > ? AND id <= ? ORDER BY id`

// OpenOrders calls each with every open order, by id. It is plain SQL because
// a registry starts no faster than this: GORM's scan took 12 µs an order,
// this takes 2.
func (s *Store) OpenOrders(ctx context.Context, each func(*market.Record)) error {
	last, err := s.LastID(ctx, "market_order")
	if err != nil {
		return err
	}
	middle := last / 2
	second := s.orderPart(ctx, middle, last)
	for _, half := range [2]<-chan ordersRead{s.orderPart(ctx, 0, middle), second} {
		for part := range half {
			if part.err != nil {
				return part.err
			}
			for i := range part.orders {
				each(&part.orders[i])
			}
		}
	}
	return nil
}

type ordersRead struct {
	orders []market.Record
	err    error
}

// orderPart reads the orders of a range of ids on a connection of its own.
func (s *Store) orderPart(ctx context.Context, after, last int64) <-chan ordersRead {
	const chunk = 8192
	out := make(chan ordersRead, 1+int(last-after)/chunk)
	go func() {
		defer close(out)
		rows, err := s.read.WithContext(ctx).Raw(openOrders, after, last).Rows()
		if err != nil {
			out <- ordersRead{err: s.dialect.classify(err)}
			return
		}
		defer rows.Close()
		for {
			part, err := scanOrders(rows, chunk)
			if err != nil || len(part) > 0 {
				out <- ordersRead{part, s.dialect.classify(err)}
			}
			if err != nil || len(part) < chunk {
				return
			}
		}
	}()
	return out
}

func scanOrders(rows *sql.Rows, most int) ([]market.Record, error) {
	part := make([]market.Record, 0, most)
	var o market.Record
	o.State = market.Open
	// Plain integers are what database/sql converts without reflection.
	var side, force, price, amount, remaining, placed int64
	for len(part) < most && rows.Next() {
		err := rows.Scan(&o.ID, &o.Market, &o.Instrument, &o.Party, &o.Licence, &o.Project, &side, &force,
			&price, &amount, &remaining, &o.Hold, &placed, &o.Command)
		if err != nil {
			return part, err
		}
		o.Side, o.TimeInForce = market.Side(side), market.TimeInForce(force) //nolint:gosec // 1 or 2, by constraint
		o.Price, o.Quantity, o.Remaining = quantity.Price(price), quantity.Quantity(amount), quantity.Quantity(remaining)
		o.PlacedAt = calendar.Instant(placed)
		part = append(part, o)
	}
	return part, rows.Err()
}

// Keys calls each with the idempotency keys used since an instant. Journal
// rows are wide: their first number is found by the primary key, and SQLite
// reads the keys from an index that holds nothing else.
func (s *Store) Keys(ctx context.Context, since calendar.Instant, each func(number, actor int64, key string)) error {
	first, err := s.firstSince(ctx, since)
	if err != nil {
		return s.dialect.classify(err)
	}
	found, err := s.read.WithContext(ctx).Raw("SELECT number, actor, key FROM journal WHERE number >= ? ORDER BY number", first).Rows()
	if err != nil {
		return s.dialect.classify(err)
	}
	defer found.Close()
	for found.Next() {
		var number, actor int64
		var key string
		if err := found.Scan(&number, &actor, &key); err != nil {
			return err
		}
		each(number, actor, key)
	}
	return s.dialect.classify(found.Err())
}

// firstSince is the number of the first journal row at or after an instant:
// numbers have no gaps and times do not run backwards.
func (s *Store) firstSince(ctx context.Context, since calendar.Instant) (int64, error) {
	last, err := s.LastID(ctx, "journal")
	low, high := int64(1), last+1
	for err == nil && low < high {
		middle := (low + high) / 2
		var at int64
		err = s.read.WithContext(ctx).Raw("SELECT at FROM journal WHERE number = ?", middle).Scan(&at).Error
		if calendar.Instant(at) < since {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, err
}
