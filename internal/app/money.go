package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// The tables of the platform's bank account.
var (
	Deposits    = cold[settlement.Deposit]("deposit")
	BankEntries = cold[settlement.BankEntry]("bank_entry")
)

// The faults of money received, in the order in which they are checked.
var (
	// ErrReferenceUsed is returned when a payment with the bank's reference is known
	// already.
	ErrReferenceUsed = fault.New(fault.Conflict, "bank_entry.reference_used", "a payment with this reference is known already").At("bank_reference")
	// ErrReferenceInSuspense is returned when a payment that a statement brought
	// would be confirmed as a deposit: it is assigned instead.
	ErrReferenceInSuspense = fault.New(fault.Conflict, "bank_entry.reference_in_suspense", "the payment is in suspense: assign it to the party").At("bank_reference")
)

// DepositConfirm says that money of a party has arrived. Money that somebody
// else paid waits in suspense until it is assigned or returned.
type DepositConfirm struct {
	Party         int64
	Amount        quantity.Money
	BankReference string
	ReceivedOn    calendar.Date
	Payer         string // name on the payment, where it is not the party's
}

// EntryAssign settles what waits of a bank entry with a party.
type EntryAssign struct {
	Entry    int64
	Party    int64
	Document string // may be empty
}

// EntryReturn says that what lies of a bank entry in suspense was paid back.
type EntryReturn struct {
	Entry         int64
	BankReference string // of the payment back
	On            calendar.Date
}

// DepositResult is a deposit and its bank entry.
type DepositResult struct {
	Deposit settlement.Deposit
	Entry   settlement.BankEntry
}

// EntryResult is a bank entry that was dealt with. Payment is the entry of the
// payment back, where there was one.
type EntryResult struct {
	Entry   settlement.BankEntry
	Payment settlement.BankEntry
}

var _ = declare(DepositConfirm{}, EntryAssign{}, EntryReturn{})

// Operation is DepositConfirm.
func (DepositConfirm) Operation() identity.Operation { return identity.DepositConfirm }

// Decide checks the deposit and that its reference is new. The result is a
// DepositResult.
func (c DepositConfirm) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.DepositConfirm, identity.Target{}); err != nil {
		return nil, err
	}
	d := settlement.Deposit{
		Party: c.Party, Amount: c.Amount, BankReference: c.BankReference, ReceivedOn: c.ReceivedOn, Payer: c.Payer, RecordedAt: v.Now,
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("received_on", c.ReceivedOn); err != nil {
		return nil, err
	}
	p, err := Get(v, Parties, "party", c.Party)
	if err != nil {
		return nil, err
	}
	if p.State == catalog.PartyClosed {
		return nil, ErrPartyClosed.With("the party is closed: its payments wait in suspense until they are returned")
	}
	switch e, known, err := v.entryByReference(c.BankReference); {
	case err != nil:
		return nil, err
	case known && e.State == settlement.EntrySuspense && e.Amount > 0:
		return nil, ErrReferenceInSuspense.With("the payment %s is in suspense as entry %d: assign it to the party", c.BankReference, e.ID)
	case known:
		return nil, ErrReferenceUsed.With("the payment %s is entry %d already", c.BankReference, e.ID)
	}
	t := settlement.DepositTransfer(d, settlement.DepositEntry(d, p.Name))
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, atField(err, "amount")
	}
	return func(tx *Tx) any { return tx.receive(d, p.Name) }, nil
}

func (tx *Tx) receive(d settlement.Deposit, partyName string) DepositResult {
	d = Put(tx, Deposits, d)
	e := settlement.DepositEntry(d, partyName)
	e.RecordedAt = tx.Now
	e = Put(tx, BankEntries, e)
	d.Entry, d.Transfer = e.ID, tx.Post(settlement.DepositTransfer(d, e))[0].Transfer
	return DepositResult{Put(tx, Deposits, d), e}
}

// entryByReference finds a bank entry by the bank's reference.
func (v *View) entryByReference(reference string) (e settlement.BankEntry, known bool, err error) {
	rows, err := Find(v, BankEntries, Where("reference", reference))
	if err != nil || len(rows) == 0 {
		return e, false, err
	}
	return rows[0], true, nil
}

// paymentByReference finds the payment out that a statement has brought before
// finance confirmed it. It returns ErrReferenceUsed when the reference is any
// other entry's.
func (v *View) paymentByReference(reference string) (e settlement.BankEntry, known bool, err error) {
	e, known, err = v.entryByReference(reference)
	if err == nil && known && !e.IsUnexplained() {
		return e, known, ErrReferenceUsed.With("the payment %s is entry %d already", reference, e.ID)
	}
	return e, known, err
}

// Operation is EntryAssign.
func (EntryAssign) Operation() identity.Operation { return identity.EntryAssign }

// Decide checks that the entry waits, and that a shortfall can be taken from
// the party's funds. The result is an EntryResult.
func (c EntryAssign) Decide(v *View) (Apply, error) {
	e, err := v.bankEntry(identity.EntryAssign, c.Entry)
	if err != nil {
		return nil, err
	}
	if c.Document != "" {
		if err := catalog.CheckDocument("document", c.Document); err != nil {
			return nil, err
		}
	}
	p, err := Get(v, Parties, "party", c.Party)
	if err != nil {
		return nil, err
	}
	e, t, err := e.Assign(p.ID)
	if err != nil {
		return nil, err
	}
	if p.State == catalog.PartyClosed {
		return nil, ErrPartyClosed
	}
	if err := v.ledger.Check(t); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.postAny(t)
		return EntryResult{Entry: Put(tx, BankEntries, e)}
	}, nil
}

// bankEntry returns a bank entry after the actor's right to do this was checked.
func (v *View) bankEntry(op identity.Operation, id int64) (settlement.BankEntry, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return settlement.BankEntry{}, err
	}
	return Get(v, BankEntries, "id", id)
}

// postAny posts a transfer that may have no legs.
func (tx *Tx) postAny(t ledger.Transfer) {
	if len(t.Legs) > 0 {
		tx.Post(t)
	}
}

// Operation is EntryReturn.
func (EntryReturn) Operation() identity.Operation { return identity.EntryReturn }

// Decide checks that the entry waits and that the reference of the payment is
// new. The result is an EntryResult.
func (c EntryReturn) Decide(v *View) (Apply, error) {
	e, err := v.bankEntry(identity.EntryReturn, c.Entry)
	if err != nil {
		return nil, err
	}
	if err := settlement.CheckPayment(c.BankReference, c.On); err != nil {
		return nil, err
	}
	if err := v.checkPast("on", c.On); err != nil {
		return nil, err
	}
	e, payment, t, err := e.Return(c.BankReference, c.On)
	if err != nil {
		return nil, err
	}
	seen, known, err := v.paymentByReference(c.BankReference)
	if err != nil {
		return nil, err
	}
	if known {
		returns := payment.Returns
		payment = seen.Explain(-payment.Amount)
		payment.Returns = returns
	} else {
		payment.RecordedAt = v.Now
	}
	if err := v.ledger.Check(t); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.Post(t)
		return EntryResult{Entry: Put(tx, BankEntries, e), Payment: Put(tx, BankEntries, payment)}
	}, nil
}
