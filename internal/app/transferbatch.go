package app

import (
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// BatchMode says whether a batch is done whole or item by item.
type BatchMode string

// The modes of a batch.
const (
	EachItem BatchMode = "each" // an item that is refused does not stop the others
	AllItems BatchMode = "all"  // one that is refused refuses all
)

// The faults of a batch of transfers, in the order in which they are checked.
var (
	// ErrBatchSize is returned when a batch is empty or too large.
	ErrBatchSize = fault.New(fault.Invalid, "request.batch_size", "a batch has 1 to 1000 items")
	// ErrBatchMode is returned when the mode of a batch is not known.
	ErrBatchMode = fault.New(fault.Invalid, "request.batch_mode", "the mode of a batch is each or all").At("mode")
	// ErrAllMoneyOnly is returned when permits are to be moved by a batch that is done
	// whole or not at all.
	ErrAllMoneyOnly = fault.New(fault.Invalid, "transfer.all_money_only", "with the mode all a batch moves money only: send permits with the mode each").At("debit_account")
	// ErrBatchFull is the result of an item that finds the batch full: a command
	// writes a bounded number of rows. Send it again in another batch.
	ErrBatchFull = fault.New(fault.Refused, "transfer.batch_full", "the batch has written as much as one may: send the transfer again in another batch")
)

// TransferBatch is a number of correcting transfers, each decided and posted in
// turn.
type TransferBatch struct {
	Mode      BatchMode // empty: each
	Transfers []TransferPost
}

// TransferBatchResult has a result for each transfer, in their order.
type TransferBatchResult struct{ Items []TransferItem }

// TransferItem is what became of one transfer: its number, or the fault that
// refused it.
type TransferItem struct {
	Transfer int64
	Fault    *fault.Error
}

var _ = declare(TransferBatch{})

// Operation is TransferBatch.
func (TransferBatch) Operation() identity.Operation { return identity.TransferBatch }

func (c TransferBatch) appendPayload(b []byte) []byte {
	b = append(b, `{"Mode":`...)
	b = appendQuoted(b, string(c.Mode))
	b = append(b, `,"Transfers":[`...)
	for i := range c.Transfers {
		t := &c.Transfers[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"Document":`...)
		b = appendQuoted(b, t.Document)
		b = appendField(b, "Debit", int64(t.Debit))
		b = appendField(b, "Credit", int64(t.Credit))
		b = appendField(b, "Amount", t.Amount)
		if t.Note != "" {
			b = append(b, `,"Note":`...)
			b = appendQuoted(b, t.Note)
		}
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

// Decide checks the form of the batch and, with AllItems, that every transfer
// can be made. The result is a TransferBatchResult.
func (c TransferBatch) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.TransferBatch, identity.Target{}); err != nil {
		return nil, err
	}
	if n := len(c.Transfers); n == 0 || n > MaxTransfers {
		return nil, ErrBatchSize.With("the batch has %d transfers, not 1 to %d", n, MaxTransfers).At("transfers")
	}
	switch c.Mode {
	case "", EachItem:
	case AllItems:
		if err := c.checkAll(v); err != nil {
			return nil, err
		}
	default:
		return nil, ErrBatchMode
	}
	return func(tx *Tx) any { return c.run(tx) }, nil
}

// checkAll returns the faults of all the transfers that do not fit, each made on
// what those before it that fit would leave. The first one says what kind of
// answer it is.
func (c TransferBatch) checkAll(v *View) error {
	var misfits []*fault.Error
	draft := v.ledger.Draft()
	for i := range c.Transfers {
		leg, err := c.Transfers[i].checkForm(v)
		if err == nil && leg.Debit.Kind.IsPermit() {
			err = ErrAllMoneyOnly
		}
		if err == nil {
			err = draft.Add(ledger.Correction, leg)
		}
		if err != nil {
			misfits = append(misfits, itemFault(within("transfers", i, err)))
		}
	}
	return fault.Together(misfits)
}

// run makes the transfers one after the other, each on what those before it
// have left.
func (c TransferBatch) run(tx *Tx) TransferBatchResult {
	r := TransferBatchResult{Items: make([]TransferItem, len(c.Transfers))}
	start := tx.batch.rows
	for i := range c.Transfers {
		item := &r.Items[i]
		if tx.batch.rows-start > batchRows {
			item.Fault = ErrBatchFull
			continue
		}
		leg, err := c.Transfers[i].checkNow(tx.View)
		if err != nil {
			item.Fault = itemFault(err)
			continue
		}
		item.Transfer = tx.correct(leg, int64(i)+1, c.Transfers[i].Document).Transfer
	}
	return r
}

// itemFault is the fault that an item of a batch gets. Any other error is a
// broken invariant.
func itemFault(err error) *fault.Error {
	f, ok := fault.As(err)
	if !ok {
		panic(err)
	}
	return f
}
