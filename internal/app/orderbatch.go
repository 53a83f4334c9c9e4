package app

import (
	"strconv"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
)

// MaxBatchOrders bounds a batch of orders.
const MaxBatchOrders = 1000

// rowsPerFill is the most rows that a fill writes as a rule: the trade, its
// postings, the maker's order, the balances of both sides, acquisitions of
// both, surplus, the need of the buyer's project, the fees of both.
const rowsPerFill = 14

// The bounds of what a command writes.
const (
	batchRows   = 4000 // rows after which a batch takes no more
	commandRows = 5000 // rows that a command may stage
)

// ErrOrderBatchFull is the result of an item that finds the batch full: a
// command writes a bounded number of rows. Send it again in another batch.
var ErrOrderBatchFull = fault.New(fault.Refused, "order.batch_full", "the batch has written as much as one may: send the order again in another batch")

// OrderBatch is a number of orders to place and to cancel, each decided and
// done in turn.
type OrderBatch struct{ Items []OrderBatchItem }

// OrderBatchItem is an order to place or, where Cancel is not 0, the number of
// one to cancel.
type OrderBatchItem struct {
	Place  PlaceOrder
	Cancel int64
}

// OrderBatchResult has a result for each item, in their order.
type OrderBatchResult struct{ Items []OrderItem }

// OrderItem is what became of one item: the order, or the fault that refused it.
type OrderItem struct {
	Order OrderResult
	Fault *fault.Error
}

var _ = declare(OrderBatch{})

// Operation is OrderBatch.
func (OrderBatch) Operation() identity.Operation { return identity.OrderBatch }

func (c OrderBatch) appendPayload(b []byte) []byte {
	b = append(b, `{"Items":[`...)
	for i := range c.Items {
		if i > 0 {
			b = append(b, ',')
		}
		if id := c.Items[i].Cancel; id != 0 {
			b = append(b, `{"Cancel":`...)
			b = strconv.AppendInt(b, id, 10)
		} else {
			b = append(b, `{"Place":`...)
			b = c.Items[i].Place.appendPayload(b)
		}
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

// Decide checks the form of the batch. The orders are decided when their turn
// comes; those to cancel that are no longer open are read before. The result is
// an OrderBatchResult.
func (c OrderBatch) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OrderBatch, identity.Target{}); err != nil {
		return nil, err
	}
	if n := len(c.Items); n == 0 || n > MaxBatchOrders {
		return nil, ErrBatchSize.With("the batch has %d items, not 1 to %d", n, MaxBatchOrders).At("orders")
	}
	closed, err := c.closedOrders(v)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return c.run(tx, closed) }, nil
}

// closedOrders reads the orders to cancel that are not open: whose they are
// decides what is answered. A batch without any reads nothing.
func (c OrderBatch) closedOrders(v *View) (map[int64]market.Record, error) {
	var ids []int64
	for _, item := range c.Items {
		if item.Cancel == 0 || v.orders[item.Cancel] != nil {
			continue
		}
		if _, staged := v.batch.Orders.at[item.Cancel]; !staged {
			ids = append(ids, item.Cancel)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := Find(v, Orders, Query{}.And("id", In, ids))
	if err != nil {
		return nil, err
	}
	closed := make(map[int64]market.Record, len(rows))
	for _, o := range rows {
		closed[o.ID] = o
	}
	return closed, nil
}

// run does the items one after the other, each on what those before it have
// left.
func (c OrderBatch) run(tx *Tx, closed map[int64]market.Record) OrderBatchResult {
	r := OrderBatchResult{Items: make([]OrderItem, len(c.Items))}
	start := tx.batch.rows
	for i := range c.Items {
		if item := &c.Items[i]; item.Cancel != 0 {
			r.Items[i] = tx.cancelItem(item.Cancel, tx.batch.rows-start, closed)
		} else {
			r.Items[i] = tx.placeItem(item.Place, tx.batch.rows-start)
		}
	}
	return r
}

func (tx *Tx) placeItem(c PlaceOrder, staged int) OrderItem {
	if staged > batchRows {
		return OrderItem{Fault: ErrOrderBatchFull}
	}
	l, err := tx.trader(identity.OrderPlace, c.Party, c.Licence)
	if err != nil {
		return OrderItem{Fault: itemFault(err)}
	}
	e, err := c.check(tx.View, l)
	if err == nil && tx.unsigned != 0 { // a part of a batch cannot wait for a signer
		tx.unsigned = 0
		err = ErrSignerNeeded
	}
	if err != nil {
		return OrderItem{Fault: itemFault(err)}
	}
	if staged > 0 && staged+e.makers*rowsPerFill+e.ranges > commandRows {
		return OrderItem{Fault: ErrOrderBatchFull}
	}
	return OrderItem{Order: tx.place(e)}
}

func (tx *Tx) cancelItem(id int64, staged int, closed map[int64]market.Record) OrderItem {
	if staged > batchRows {
		return OrderItem{Fault: ErrOrderBatchFull}
	}
	o := tx.orders[id]
	if o == nil {
		gone, known := closed[id]
		if _, isStaged := tx.batch.Orders.at[id]; isStaged {
			gone, known = *tx.batch.Orders.get(id), true
		}
		if !known {
			return OrderItem{Fault: ErrNoRecord.At("cancel")}
		}
		o = &gone
	}
	if err := tx.AuthoriseAt("cancel", identity.OrderCancel, identity.OfParty(o.Party, "")); err != nil {
		return OrderItem{Fault: itemFault(err)}
	}
	if o.State != market.Open {
		return OrderItem{Fault: ErrOrderNotOpen.With("the order is %s", o.State)}
	}
	if err := tx.checkCancel(o); err != nil {
		return OrderItem{Fault: itemFault(err)}
	}
	return OrderItem{Order: tx.cancel(o, market.Cancelled, market.Withdrawn)}
}
