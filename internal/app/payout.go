package app

import (
	"cmp"
	"context"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// TreasuryPayouts are what the treasuries got of what bidders forfeited.
var TreasuryPayouts = cold[settlement.TreasuryPayout]("treasury_payout")

// TreasuryPay says that the bank has paid to a region's treasury what bidders of
// its auctions forfeited.
type TreasuryPay struct {
	Region        string
	Amount        quantity.Money
	Document      string // the treasury's receipt for non-tax revenue
	BankReference string
	PaidOn        calendar.Date
}

var _ = declare(TreasuryPay{})

// forfeitsOf is where the money goes that a bidder loses of an award: to his
// region's forfeits, or, where a party sells and the region only runs the auction, to
// the fees (project default).
func forfeitsOf(a auction.Award) ledger.Key {
	if a.Seller != 0 {
		return ledger.MoneyKey(ledger.Fee)
	}
	return ledger.ForfeitsKey(a.Region)
}

// Operation is TreasuryPay.
func (TreasuryPay) Operation() identity.Operation { return identity.TreasuryPay }

// Decide checks that so much was forfeited and is not paid out, and that the
// reference is new, or that of a payment that a statement has brought. The
// result is a settlement.TreasuryPayout.
func (c TreasuryPay) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.TreasuryPay, identity.Target{}); err != nil {
		return nil, err
	}
	region, err := v.Region("region", c.Region)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("region", identity.TreasuryPay, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	p := settlement.TreasuryPayout{
		Region: c.Region, Amount: c.Amount, Document: c.Document, BankReference: c.BankReference, PaidOn: c.PaidOn, RecordedAt: v.Now,
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("paid_on", c.PaidOn); err != nil {
		return nil, err
	}
	if left := v.ledger.Balance(ledger.ForfeitsKey(c.Region)).Available(); int64(c.Amount) > left {
		return nil, settlement.ErrPayoutBeyond.With("CNY %s are left that were forfeited to %s", quantity.Money(left), region.Name)
	}
	e, known, err := v.paymentByReference(c.BankReference)
	if err != nil {
		return nil, err
	}
	if known {
		e = e.Explain(c.Amount)
	} else {
		e = settlement.PayoutEntry(p, region.Name)
		e.RecordedAt = v.Now
	}
	return func(tx *Tx) any {
		p.Entry = Put(tx, BankEntries, e).ID
		p = Put(tx, TreasuryPayouts, p)
		p.Transfer = tx.Post(settlement.PayoutTransfer(p))[0].Transfer
		return Put(tx, TreasuryPayouts, p)
	}, nil
}

// timerForfeits is armed by the migration: until then what was forfeited went to the
// fees.
const timerForfeits = "forfeit.move"

var _ = declareTimer(timerForfeits, retrying(timerForfeits, moveForfeits))

// forfeitsPerStep bounds how many forfeits one command moves.
const forfeitsPerStep = 500

// moveForfeits moves what was forfeited to regions out of the fees, of the awards behind
// one, and comes again for the others.
func moveForfeits(v *View, after int64) (Apply, error) {
	rows, err := Find(v, Awards, Where("state", string(auction.AwardDefaulted)).Page(after, forfeitsPerStep))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	before, err := v.startOf(forfeitInvariant)
	if err != nil || before == 0 {
		return nil, err
	}
	var moved []ledger.Transfer
	for _, a := range rows {
		if a.Seller == 0 && a.Forfeited > 0 && a.Command <= before {
			moved = append(moved, ledger.Transfer{Reason: ledger.ForfeitMove, Reference: a.Registration, Legs: []ledger.Leg{
				{Debit: ledger.MoneyKey(ledger.Fee), Credit: ledger.ForfeitsKey(a.Region), Amount: int64(a.Forfeited)},
			}})
		}
	}
	return func(tx *Tx) any {
		for _, t := range moved {
			tx.Post(t)
		}
		return tx.Arm(tx.Now, timerForfeits, rows[len(rows)-1].ID)
	}, v.ledger.Check(moved...)
}

// ForfeitLine is an award that was let go, or a payout, which has a negative amount.
type ForfeitLine struct {
	On       calendar.Date
	Award    int64
	Payout   int64
	Amount   quantity.Money
	Document string
}

// ForfeitStatement is what was forfeited to a region in a period, and paid to its treasury.
type ForfeitStatement struct {
	Opening, Forfeited, PaidOut quantity.Money
	Lines                       []ForfeitLine // by day
}

// Closing is what is left to pay out at the end of the period.
func (s ForfeitStatement) Closing() quantity.Money { return s.Opening + s.Forfeited - s.PaidOut }

// ForfeitLinesMost bounds the lines of a statement.
const ForfeitLinesMost = 10_000

// ErrForfeitLines is returned for a statement of more than ForfeitLinesMost lines.
var ErrForfeitLines = fault.New(fault.Invalid, "forfeit.too_many_lines", "the statement has more than 10000 lines: ask for a shorter period").At("to")

// ForfeitsOf reads the statement of a region from a day through another. A payout
// counts on the day on which it was recorded. It returns ErrForfeitLines, and
// keeps no more lines than it may have.
func ForfeitsOf(ctx context.Context, r Reader, region string, from, to calendar.Date) (s ForfeitStatement, err error) {
	over := false
	add := func(l ForfeitLine) {
		switch {
		case l.On < from:
			s.Opening += l.Amount
		case l.On > to:
		default:
			s.Forfeited += max(l.Amount, 0)
			s.PaidOut += max(-l.Amount, 0)
			if s.Lines = append(s.Lines, l); len(s.Lines) > ForfeitLinesMost {
				s.Lines, over = s.Lines[:0], true
			}
		}
	}
	err = eachOf(ctx, r, Awards, Where("state", string(auction.AwardDefaulted)).And("region", Eq, region), func(a auction.Award) {
		if a.Seller == 0 && a.Forfeited > 0 {
			add(ForfeitLine{On: a.EndedAt.Date(), Award: a.ID, Amount: a.Forfeited, Document: a.Reason})
		}
	})
	if err == nil {
		err = eachOf(ctx, r, TreasuryPayouts, Where("region", region), func(p settlement.TreasuryPayout) {
			add(ForfeitLine{On: p.RecordedAt.Date(), Payout: p.ID, Amount: -p.Amount, Document: p.Document})
		})
	}
	if err == nil && over {
		err = ErrForfeitLines
	}
	slices.SortStableFunc(s.Lines, func(a, b ForfeitLine) int { return cmp.Compare(a.On, b.On) })
	return s, err
}
