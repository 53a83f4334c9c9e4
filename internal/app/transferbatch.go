package app

import (
	"slices"

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
	// ErrBatchMoneyOnly is returned when permits are to be moved by a batch.
	ErrBatchMoneyOnly = fault.New(fault.Invalid, "transfer.batch_money_only", "a batch moves money only: send each transfer of permits by itself").At("debit_account")
	// ErrTransferNeedsApproval is the result of an item that a second person must approve, in
	// a batch whose items are done one by one.
	ErrTransferNeedsApproval = fault.New(fault.Refused, "transfer.needs_approval", "a second person must approve this transfer: send it by itself, or in a batch with the mode all").
					Under("transfer.two_persons", sourceDefault)
)

// TransferBatch is a number of correcting transfers of money, each decided and posted in
// turn. One that is done whole is a proposal where one of its transfers would be; item by
// item only a party's own money is moved.
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
		return func(tx *Tx) any { return c.runEach(tx) }, nil
	case AllItems:
		legs, err := c.checkAll(v)
		return func(tx *Tx) any { return c.runAll(tx, legs) }, err
	}
	return nil, ErrBatchMode
}

// NeedsApproval is true of a batch done whole with a transfer that needs it.
func (c TransferBatch) NeedsApproval(v *View) bool {
	return c.Mode == AllItems && slices.ContainsFunc(c.Transfers, func(t TransferPost) bool { return t.NeedsApproval(v) })
}

// checkAll returns the postings of the transfers, each made on what those before it
// leave; or the faults of all that do not fit on what those before them that fit
// would leave. The first one says what kind of answer it is.
func (c TransferBatch) checkAll(v *View) ([]ledger.Leg, error) {
	legs := make([]ledger.Leg, 0, len(c.Transfers))
	var misfits []*fault.Error
	draft := v.ledger.Draft()
	for i := range c.Transfers {
		leg, err := c.Transfers[i].checkInBatch(v)
		if err == nil {
			err = atField(draft.Add(ledger.Correction, leg), "amount")
		}
		if err != nil {
			misfits = append(misfits, itemFault(within("transfers", i, err)))
		}
		legs = append(legs, leg)
	}
	return legs, fault.Together(misfits)
}

// checkInBatch is checkForm of an item.
func (c TransferPost) checkInBatch(v *View) (ledger.Leg, error) {
	leg, err := c.checkForm(v)
	if err == nil && !leg.Debit.Kind.IsMoney() {
		err = ErrBatchMoneyOnly
	}
	return leg, err
}

// runAll makes the transfers that were checked together.
func (c TransferBatch) runAll(tx *Tx, legs []ledger.Leg) TransferBatchResult {
	r := TransferBatchResult{Items: make([]TransferItem, len(legs))}
	for i, leg := range legs {
		r.Items[i].Transfer = tx.correct(leg, int64(i)+1, c.Transfers[i].Document).Transfer
	}
	return r
}

// runEach makes the transfers one after the other, each on what those before it
// have left.
func (c TransferBatch) runEach(tx *Tx) TransferBatchResult {
	r := TransferBatchResult{Items: make([]TransferItem, len(c.Transfers))}
	for i := range c.Transfers {
		item := &r.Items[i]
		leg, err := c.Transfers[i].checkInBatch(tx.View)
		if err == nil && !staysWithParty(leg.Debit, leg.Credit) {
			err = ErrTransferNeedsApproval
		}
		if err == nil {
			err = tx.ledger.CheckOne(ledger.Correction, leg)
		}
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
