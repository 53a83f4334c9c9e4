package app

import (
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// The bounds of correcting transfers.
const (
	MaxTransfers        = 1000 // of a batch
	MaxTransferRows     = 400  // acquisitions that one transfer moves
	transferDocumentMax = 500
)

// The faults of a correcting transfer, in the order in which they are checked;
// those of the ledger follow.
var (
	// ErrTransferKinds is returned when accounts of these kinds are not corrected by
	// a transfer: each other movement has a command of its own.
	ErrTransferKinds = fault.New(fault.Refused, "transfer.kinds", "a correcting transfer moves money between funds, or between funds and fees or the party's own deposit, or permits between two holdings").
				Under("transfer.correction", sourceDefault)
	// ErrTransferHolders is returned when permits would leave their party,
	// instrument or origin.
	ErrTransferHolders = fault.New(fault.Refused, "transfer.holders_differ", "permits are corrected between licences of one party, with the same instrument and origin").
				Under("transfer.correction", sourceDefault)
	// ErrPricedHeld is returned when permits would leave a holding that its open
	// orders and deals need: those with a known price.
	ErrPricedHeld = fault.New(fault.Refused, "transfer.priced_permits_held", "what would be left with a known price does not cover what is held aside for sales").At("amount").
			Under("transfer.correction", sourceDefault)
	// ErrTransferRows is returned when a transfer would move more acquisitions than a
	// command may write.
	ErrTransferRows = fault.New(fault.Refused, "transfer.too_many_acquisitions", "the permits come from more than 400 acquisitions: send the transfer in parts").At("amount").
			Under("command.parts", "project default: what one command may move")
)

// TransferPost corrects the ledger by a transfer between two accounts of one
// asset, by order of a document: money by finance, permits by the leader of
// the bureau of their region. A second person who may do the same approves it,
// except of money that stays with its party.
type TransferPost struct {
	Debit    ledger.AccountID
	Credit   ledger.AccountID
	Amount   int64 // atoms of the asset
	Document string
	Note     string // may be empty
}

// TransferResult is what a correcting transfer posted. The postings refer to it
// by its place in its command, from 1: the document stands in the payload.
type TransferResult struct {
	Postings []ledger.Posting
	Kind     ledger.Kind // of the debited account: whether the postings count permits or money
	Document string
	Note     string
	At       calendar.Instant
}

var _ = declare(TransferPost{})

// staysWithParty reports whether a correction moves a party's money from one of its
// accounts to the other: nobody gains by it or loses.
func staysWithParty(debit, credit ledger.Key) bool {
	return debit.Kind.IsMoney() && debit.Party != 0 && debit.Party == credit.Party
}

// NeedsApproval is true of all but a party's own money.
func (c TransferPost) NeedsApproval(v *View) bool {
	debit, _ := v.ledger.Account(c.Debit)
	credit, _ := v.ledger.Account(c.Credit)
	return !staysWithParty(debit.Key(), credit.Key())
}

// Operation is TransferPost.
func (TransferPost) Operation() identity.Operation { return identity.TransferPost }

// Decide checks that the transfer may be made. The result is a TransferResult.
func (c TransferPost) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.TransferPost, identity.Target{}); err != nil {
		return nil, err
	}
	leg, err := c.checkNow(v)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		start := len(tx.batch.Postings)
		tx.correct(leg, 1, c.Document)
		return TransferResult{
			Postings: append([]ledger.Posting(nil), tx.batch.Postings[start:]...), Kind: leg.Debit.Kind,
			Document: c.Document, Note: c.Note, At: tx.Now,
		}
	}, nil
}

func (c TransferPost) checkTexts() error {
	if err := catalog.CheckText("document", c.Document, transferDocumentMax); err != nil || c.Note == "" {
		return err
	}
	return catalog.CheckText("note", c.Note, transferDocumentMax)
}

// checkNow returns the posting of a transfer that may be made now.
func (c TransferPost) checkNow(v *View) (ledger.Leg, error) {
	leg, err := c.checkForm(v)
	if err != nil {
		return leg, err
	}
	if err := v.ledger.CheckOne(ledger.Correction, leg); err != nil {
		return leg, atField(err, "amount")
	}
	if leg.Debit.Kind == ledger.Holding {
		return leg, v.checkCorrection(c.Debit, leg)
	}
	return leg, nil
}

// checkForm returns the posting of a transfer that the actor may make between
// these accounts, if they have what it takes.
func (c TransferPost) checkForm(v *View) (ledger.Leg, error) {
	if err := c.checkTexts(); err != nil {
		return ledger.Leg{}, err
	}
	debit, ok := v.ledger.Account(c.Debit)
	if !ok {
		return ledger.Leg{}, ErrNoRecord.At("debit_account")
	}
	credit, ok := v.ledger.Account(c.Credit)
	if !ok {
		return ledger.Leg{}, ErrNoRecord.At("credit_account")
	}
	leg := ledger.Leg{Debit: debit.Key(), Credit: credit.Key(), Amount: c.Amount}
	if err := v.mayCorrect("debit_account", leg.Debit); err != nil {
		return leg, err
	}
	if err := v.mayCorrect("credit_account", leg.Credit); err != nil {
		return leg, err
	}
	if leg.Debit == leg.Credit || leg.Debit.Asset() != leg.Credit.Asset() { // the ledger has the better word
		return leg, atField(v.ledger.CheckOne(ledger.Correction, leg), "credit_account")
	}
	return leg, checkKinds(leg.Debit, leg.Credit)
}

// mayCorrect returns ErrNoRecord of an account that the actor, or who approves what he has
// proposed, may not correct: what lies elsewhere he does not know to exist.
func (v *View) mayCorrect(field string, k ledger.Key) error {
	if v.region == "" { // whose officers see the proposal
		if v.region = k.Region; k.Kind.IsMoney() && k.Party != 0 {
			v.region = must(Get(v, Parties, "id", k.Party)).Region
		}
	}
	if !corrects(v.Actor, k) || v.approver != nil && !corrects(*v.approver, k) {
		return ErrNoRecord.At(field)
	}
	return nil
}

// corrects says whose accounts somebody may correct: finance money, a leader the permits
// of his region.
func corrects(a identity.Actor, k ledger.Key) bool {
	for _, g := range a.Grants {
		switch {
		case g.Role == identity.Finance && k.Kind.IsMoney():
			return true
		case g.Role == identity.BureauLeader && k.Kind.IsPermit() && (g.Region == "" || catalog.IsWithin(k.Region, g.Region, g.WithChildren)):
			return true
		}
	}
	return false
}

func checkKinds(debit, credit ledger.Key) error {
	switch kinds := [2]ledger.Kind{debit.Kind, credit.Kind}; kinds {
	case [2]ledger.Kind{ledger.Holding, ledger.Holding}:
		if debit.Party != credit.Party || debit.Instrument != credit.Instrument || debit.Origin != credit.Origin {
			return ErrTransferHolders.At("credit_account")
		}
		return nil
	case [2]ledger.Kind{ledger.Funds, ledger.Funds}, [2]ledger.Kind{ledger.Funds, ledger.Fee}, [2]ledger.Kind{ledger.Fee, ledger.Funds}:
		return nil
	case [2]ledger.Kind{ledger.Funds, ledger.Deposit}, [2]ledger.Kind{ledger.Deposit, ledger.Funds}:
		if debit.Party == credit.Party {
			return nil
		}
	}
	return ErrTransferKinds.With("a correcting transfer does not move from %s to %s", debit, credit).At("credit_account")
}

// checkCorrection holds that what leaves a holding, first in first out, leaves
// enough permits with a known price for all that is held aside, and comes from
// a bounded number of acquisitions.
func (v *View) checkCorrection(id ledger.AccountID, leg ledger.Leg) error {
	var needed int64
	if leg.Debit.Origin == ledger.Paid {
		needed = v.ledger.BalanceOf(id).Held
	}
	if err := v.checkTaken(id, leg.Amount, needed); err != nil {
		return err
	}
	return v.judgeCorrection(leg.Debit, leg.Credit)
}

// checkTaken is checkParts of an amount that leaves a holding first in first out.
func (v *View) checkTaken(id ledger.AccountID, amount, needed int64) error {
	return v.checkParts(id, v.partsFrom(id, 0, quantity.Quantity(amount)), needed)
}

// partsFrom are the parts of a holding's acquisitions that come to an amount: of the
// one named first, if it has something left, and then first in first out.
func (v *View) partsFrom(id ledger.AccountID, first int64, amount quantity.Quantity) (parts []ledger.Acquisition) {
	rows := v.ledger.Acquisitions(id)
	if at := slices.IndexFunc(rows, func(a *ledger.Acquisition) bool { return a.ID == first }); at > 0 {
		rows = slices.Concat(rows[at:at+1], rows[:at], rows[at+1:])
	}
	for _, a := range rows {
		if amount == 0 {
			break
		}
		part := *a
		part.Quantity = min(amount, a.Remaining)
		amount -= part.Quantity
		parts = append(parts, part)
	}
	return parts
}

// checkParts returns ErrPricedHeld unless a holding without some parts of its
// acquisitions has what is needed of permits with a known price, and ErrTransferRows
// when they are too many.
func (v *View) checkParts(id ledger.AccountID, parts []ledger.Acquisition, needed int64) error {
	var left int64
	for _, a := range v.ledger.Acquisitions(id) {
		if a.PriceKnown {
			left += int64(a.Remaining)
		}
	}
	for _, p := range parts {
		if p.PriceKnown {
			left -= int64(p.Quantity)
		}
	}
	if left < needed {
		return ErrPricedHeld.With("%s t/a with a known price would be left, %s t/a are held aside", quantity.Quantity(left), quantity.Quantity(needed))
	}
	if len(parts) > MaxTransferRows {
		return ErrTransferRows
	}
	return nil
}

// correct posts a correcting transfer. Permits take their acquisitions along,
// first in first out: date, price and document stay. What the two licences
// permit goes with them.
func (tx *Tx) correct(leg ledger.Leg, place int64, document string) ledger.Posting {
	if tx.dry != nil { // balances alone would not say what goes where, and on what ground
		tx.dry.add("correction", place, "transfer", "", fmt.Sprintf("debit %s, credit %s: %s (%s)",
			tx.accountName(leg.Debit), tx.accountName(leg.Credit), leg.Debit.Format(leg.Amount), document))
	}
	legs := [1]ledger.Leg{leg}
	posted := tx.Post(ledger.Transfer{Reason: ledger.Correction, Reference: place, Legs: legs[:]})[0]
	if leg.Debit.Kind == ledger.Holding {
		q := quantity.Quantity(leg.Amount)
		tx.carry(leg.Debit, leg.Credit, q)
		if leg.Debit.Licence != leg.Credit.Licence {
			tx.licenceChanged(leg.Debit.Licence, leg.Debit.Pollutant, amountChange{permit.AmountTransfer, posted.Transfer, -q, document})
			tx.licenceChanged(leg.Credit.Licence, leg.Credit.Pollutant, amountChange{permit.AmountTransfer, posted.Transfer, q, document})
		}
	}
	return posted
}

// carry takes acquisitions along with permits that go from one holding to
// another, first in first out: date, price and document stay.
func (tx *Tx) carry(from, to ledger.Key, q quantity.Quantity) {
	for _, a := range tx.Consume(from, q, false) {
		tx.Acquire(to, ledger.Acquisition{
			AcquiredOn: a.AcquiredOn, Price: a.Price, PriceKnown: a.PriceKnown, Document: a.Document,
			Trade: a.Trade, Deal: a.Deal, Quantity: a.Quantity,
		})
	}
}
