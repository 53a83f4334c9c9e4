package settlement

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// PayeeAccount is a bank account of a party that two persons of finance have
// registered by a document: of a party that has never paid from an account which a
// statement shows, or has another one now.
type PayeeAccount struct {
	ID           int64
	Party        int64
	Account      string
	Document     string
	RegisteredAt calendar.Instant
	ClosedAt     calendar.Instant // 0: money may go there
	Command      int64
}

// The faults of accounts that money is paid out to, in the order in which they are checked.
var (
	// ErrPayeeKnown is returned when an account is registered for the party already.
	ErrPayeeKnown = fault.New(fault.Conflict, "payee_account.known", "the account is registered for the party already").At("account")
	// ErrPayeeClosed is returned when an account is closed already.
	ErrPayeeClosed = fault.New(fault.Conflict, "payee_account.closed", "the account is closed already")
	// ErrPayeeUnknown is returned when money would go to an account that a party neither
	// paid from nor has registered.
	ErrPayeeUnknown = fault.New(fault.Refused, "withdrawal.payee_unknown", "money is paid out to an account that the party itself paid from, or one that finance has registered for it").
			At("payee_account").Under("withdrawal.paying_account", "project default: money goes back where it came from")
)

// Validate returns a fault that names the first field that is wrong.
func (p PayeeAccount) Validate() error {
	return fault.First(catalog.CheckText("account", p.Account, ReferenceMax), catalog.CheckDocument("document", p.Document))
}

// Close returns the account after money no longer goes there, or ErrPayeeClosed.
func (p PayeeAccount) Close(at calendar.Instant) (PayeeAccount, error) {
	if p.ClosedAt != 0 {
		return p, ErrPayeeClosed
	}
	p.ClosedAt = at
	return p, nil
}
