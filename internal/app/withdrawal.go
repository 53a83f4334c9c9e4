package app

import (
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// Withdrawals are money that parties ask to be paid out.
var Withdrawals = cold[settlement.Withdrawal]("withdrawal")

// WithdrawRequest asks for money to be paid out. It is held at once.
type WithdrawRequest struct {
	Party        int64
	Amount       quantity.Money
	PayeeAccount string // that the party paid from, or that is registered for it
	Note         string // may be empty
}

// WithdrawConfirm says that the bank has paid a withdrawal.
type WithdrawConfirm struct {
	Withdrawal    int64
	BankReference string
	PaidOn        calendar.Date
}

// WithdrawCancel gives the amount of a withdrawal back.
type WithdrawCancel struct{ Withdrawal int64 }

// WithdrawResult is a withdrawal that was paid, and its bank entry.
type WithdrawResult struct {
	Withdrawal settlement.Withdrawal
	Entry      settlement.BankEntry
}

var _ = declare(WithdrawRequest{}, WithdrawConfirm{}, WithdrawCancel{})

// Operation is WithdrawRequest.
func (WithdrawRequest) Operation() identity.Operation { return identity.WithdrawRequest }

// Decide checks the amount, the account, the party's limit and its funds. The result is a
// settlement.Withdrawal.
func (c WithdrawRequest) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("party", identity.WithdrawRequest, identity.OfParty(c.Party, "")); err != nil {
		return nil, err
	}
	w := settlement.Withdrawal{
		Party: c.Party, Amount: c.Amount, PayeeAccount: c.PayeeAccount, Note: c.Note,
		State: settlement.WithdrawalRequested, RequestedAt: v.Now,
	}
	if err := w.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPayee(c.Party, c.PayeeAccount); err != nil {
		return nil, err
	}
	if err := v.checkSigner(c.Party, c.Amount); err != nil {
		return nil, err
	}
	funds := ledger.FundsKey(c.Party)
	if err := v.ledger.CheckHold(funds, int64(c.Amount)); err != nil {
		return nil, atField(err, "amount")
	}
	return func(tx *Tx) any {
		w = Put(tx, Withdrawals, w)
		w.Hold = tx.putHold(funds, int64(w.Amount), ledger.ForWithdrawal, w.ID).ID
		return Put(tx, Withdrawals, w)
	}, nil
}

// withdrawal returns a withdrawal with its hold after the actor's right to do
// this was checked.
func (v *View) withdrawal(op identity.Operation, id int64) (w settlement.Withdrawal, h ledger.Hold, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return w, h, err
	}
	if w, err = Get(v, Withdrawals, "id", id); err != nil {
		return w, h, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfParty(w.Party, "")); err != nil {
		return w, h, err
	}
	h, err = Get(v, Holds, "id", w.Hold)
	return w, h, err
}

// Operation is WithdrawConfirm.
func (WithdrawConfirm) Operation() identity.Operation { return identity.WithdrawConfirm }

// Decide checks that the withdrawal waits and that the reference is new, or that
// of a payment that a statement has brought. The result is a WithdrawResult.
func (c WithdrawConfirm) Decide(v *View) (Apply, error) {
	w, h, err := v.withdrawal(identity.WithdrawConfirm, c.Withdrawal)
	if err != nil {
		return nil, err
	}
	if w, err = w.Paid(c.BankReference, c.PaidOn); err != nil {
		return nil, err
	}
	if err := v.checkPast("on", c.PaidOn); err != nil {
		return nil, err
	}
	p, err := Get(v, Parties, "id", w.Party)
	if err != nil {
		return nil, err
	}
	e, known, err := v.paymentByReference(c.BankReference)
	if err != nil {
		return nil, err
	}
	if known {
		e = e.Explain(w.Amount)
		e.Withdrawal, e.Party = w.ID, w.Party
	} else {
		e = settlement.WithdrawalEntry(w, p.Name)
		e.RecordedAt = v.Now
	}
	t := settlement.WithdrawalTransfer(w)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.closeHold(h, ledger.HoldPosted)
		e = Put(tx, BankEntries, e)
		w.Entry, w.Transfer = e.ID, tx.Post(t)[0].Transfer
		return WithdrawResult{Put(tx, Withdrawals, w), e}
	}, nil
}

// Operation is WithdrawCancel.
func (WithdrawCancel) Operation() identity.Operation { return identity.WithdrawCancel }

// Decide checks that the withdrawal waits. The result is a settlement.Withdrawal.
func (c WithdrawCancel) Decide(v *View) (Apply, error) {
	w, h, err := v.withdrawal(identity.WithdrawCancel, c.Withdrawal)
	if err != nil {
		return nil, err
	}
	if w.State != settlement.WithdrawalRequested {
		return nil, settlement.ErrWithdrawalState.With("the withdrawal is %s", w.State)
	}
	w.State = settlement.WithdrawalCancelled
	return func(tx *Tx) any {
		tx.closeHold(h, ledger.HoldVoided)
		return Put(tx, Withdrawals, w)
	}, nil
}
