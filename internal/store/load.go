package store

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// orderColumns are what is read of an open order, in the order of orderOf.
var orderColumns = []string{
	"id", "market", "instrument", "party", "licence", "project", "side", "time_in_force",
	"price", "quantity", "remaining", "hold", "placed_at", "queued", "kind", "schedule", "amount", "fee", "command",
}

func orderOf(n []int64) market.Record {
	return market.Record{
		ID: n[0], Market: n[1], Instrument: n[2], Party: n[3], Licence: n[4], Project: n[5],
		Side: market.Side(n[6]), TimeInForce: market.TimeInForce(n[7]), State: market.Open, //nolint:gosec // small, by constraint
		Price: quantity.Price(n[8]), Quantity: quantity.Quantity(n[9]), Remaining: quantity.Quantity(n[10]),
		Hold: n[11], PlacedAt: calendar.Instant(n[12]), Queued: n[13], Kind: market.Kind(n[14]), Schedule: n[15], //nolint:gosec // small, by constraint
		Amount: quantity.Money(n[16]), Fee: quantity.Money(n[17]), Command: n[18],
	}
}

// OpenOrders calls each with every open order, by id. Two halves are read at
// the same time, each on a connection of its own.
func (s *Store) OpenOrders(ctx context.Context, each func(*market.Record)) error {
	ctx, cancel := context.WithCancel(ctx) // ends the other half
	defer cancel()
	last, err := s.LastID(ctx, app.Orders.Name())
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

// orderPart reads the orders of a range of ids.
func (s *Store) orderPart(ctx context.Context, after, last int64) <-chan ordersRead {
	const chunk = 8192
	out := make(chan ordersRead, 2+int(last-after)/chunk) // nobody need read them all
	go func() {
		defer close(out)
		part := make([]market.Record, 0, chunk)
		err := s.dialect.bulk(ctx, bulk{
			table: app.Orders.Name(), id: "id", columns: orderColumns, where: "state = 1", after: after, last: last,
		}, func(r bulkRow) {
			if len(part) == chunk {
				out <- ordersRead{orders: part}
				part = make([]market.Record, 0, chunk)
			}
			part = append(part, orderOf(r.numbers))
		})
		out <- ordersRead{part, err}
	}()
	return out
}

// Keys calls each with the idempotency keys used since an instant. Journal
// rows are wide: their first number is found by the primary key, and SQLite
// reads the keys from an index that holds nothing else.
func (s *Store) Keys(ctx context.Context, since calendar.Instant, each func(number, actor int64, key []byte)) error {
	first, last, err := s.numbersSince(ctx, since)
	if err != nil {
		return s.dialect.classify(err)
	}
	keys := bulk{table: app.Journal.Name(), id: "number", columns: []string{"number", "actor"}, text: "key", after: first - 1, last: last}
	return s.dialect.bulk(ctx, keys, func(r bulkRow) { each(r.numbers[0], r.numbers[1], r.text) })
}

// numbersSince are the first journal row at or after an instant and the last
// one: numbers have no gaps and times do not run backwards.
func (s *Store) numbersSince(ctx context.Context, since calendar.Instant) (first, last int64, err error) {
	last, err = s.LastID(ctx, app.Journal.Name())
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
	return low, last, err
}
