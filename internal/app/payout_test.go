package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// defaulted is a certified sale whose two winners let it go: each loses CNY 5,000.
func (d *auctionDesk) defaulted() []auction.Award {
	d.t.Helper()
	_, awards := d.certified()
	d.later(4)
	for n, a := range awards {
		awards[n] = awarded(d.office, d.clerk, AwardDefault{a.ID, "未签约"})
	}
	return awards
}

func (d *auctionDesk) payout(amount quantity.Money, reference string) TreasuryPay {
	return TreasuryPay{Region: jiashan, Amount: amount, Document: "非税票据 1", BankReference: reference, PaidOn: d.now.get().Date()}
}

func (d *auctionDesk) forfeitsOf() ForfeitStatement {
	d.t.Helper()
	s, err := ForfeitsOf(d.t.Context(), d.store, jiashan, d.now.get().Date(), d.now.get().Date())
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// What is forfeited is the region's and no fee; its treasury gets it, no more
// than there is, by a payment that the bank's statement shows.
func TestPayout(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	d.defaulted()
	if fees, left := d.balance(ledger.MoneyKey(ledger.Fee)).Balance, d.balance(ledger.ForfeitsKey(jiashan)).Balance; fees != 0 || left != 10_000_00 {
		t.Fatalf("%d among the fees, %d forfeited", fees, left)
	}
	today := d.now.get().Date()
	d.does(d.finance, StatementImport{Account: "6222", From: today, To: today, Lines: []settlement.BankLine{
		{Reference: "bank out 1", Amount: -6000_00, On: today, Payer: "嘉善县财政局"},
	}})
	d.refuses(d.clerk, d.payout(1, "bank out 1"), identity.ErrForbidden)
	d.refuses(d.finance, d.payout(10_000_01, "bank out 1"), settlement.ErrPayoutBeyond)
	late := d.payout(1, "bank out 1")
	late.Region = "330482"
	d.refuses(d.finance, late, settlement.ErrPayoutBeyond) // nothing was forfeited to it
	p := done[settlement.TreasuryPayout](d.office, d.finance, d.payout(6000_00, "bank out 1"))
	e := rowsIn(d.office, BankEntries, Where("id", p.Entry))[0]
	if e.State != settlement.EntryReconciled || p.Transfer == 0 || d.balance(ledger.ForfeitsKey(jiashan)).Balance != 4000_00 {
		t.Errorf("paid %+v by %+v", p, e)
	}
	d.check()
	d.refuses(d.finance, d.payout(4000_00, "bank out 1"), ErrReferenceUsed)
	d.refuses(d.finance, d.payout(4000_01, "bank out 2"), settlement.ErrPayoutBeyond)
	d.later(1)
	done[settlement.TreasuryPayout](d.office, d.finance, d.payout(4000_00, "bank out 2"))
	s := d.forfeitsOf()
	if s.Opening != 4000_00 || s.Forfeited != 0 || s.PaidOut != 4000_00 || s.Closing() != 0 || len(s.Lines) != 1 {
		t.Errorf("statement: %+v", s)
	}
	d.check()
}

// forfeitBefore puts what was forfeited among the fees, where it went before
// there were accounts of forfeits, and arms what the migration arms.
type forfeitBefore struct{}

const forfeitBeforeOp identity.Operation = "test.forfeit_before"

var _ = func() bool {
	identity.Table[forfeitBeforeOp] = identity.Rule{identity.System: identity.Any}
	return declare(forfeitBefore{})
}()

func (forfeitBefore) Operation() identity.Operation { return forfeitBeforeOp }

func (forfeitBefore) Decide(v *View) (Apply, error) {
	all := v.ledger.Balance(ledger.ForfeitsKey(jiashan)).Balance
	return func(tx *Tx) any {
		tx.Post(ledger.Transfer{Reason: ledger.Reversal, Legs: []ledger.Leg{
			{Debit: ledger.ForfeitsKey(jiashan), Credit: ledger.MoneyKey(ledger.Fee), Amount: all},
		}})
		Put(tx, InvariantStarts, InvariantStart{Invariant: forfeitInvariant, Number: tx.Number})
		return tx.Arm(tx.Now, timerForfeits, 0)
	}, nil
}

// What was forfeited before regions had accounts of forfeits is moved out of the
// fees, once; what is forfeited afterwards is there already.
func TestPayout_OfBefore(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	d.later(4)
	d.does(d.clerk, AwardDefault{awards[0].ID, "未签约"})
	if _, err := d.app.DoSystem(t.Context(), "before", forfeitBefore{}); err != nil {
		t.Fatal(err)
	}
	d.settle()
	d.does(d.clerk, AwardDefault{awards[1].ID, "未签约"})
	d.runTimers()
	if fees, left := d.balance(ledger.MoneyKey(ledger.Fee)).Balance, d.balance(ledger.ForfeitsKey(jiashan)).Balance; fees != 0 || left != 10_000_00 {
		t.Errorf("%d among the fees, %d forfeited", fees, left)
	}
	d.check()
}

// Random payouts never bring a treasury more than was forfeited, and the
// statement of each day goes on from that of the day before.
func TestPayout_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		d := openAuctionDesk(t, 3)
		random := rand.New(rand.NewPCG(seed, 90))
		_, awards := d.certified()
		var lost, paid, closing quantity.Money
		for n := range 40 {
			switch amount := quantity.Money(random.Int64N(4000_00)); random.IntN(4) {
			case 0:
				if d.do(d.clerk, AwardDefault{awards[random.IntN(2)].ID, "未签约"}) == nil {
					lost += 5000_00
				}
			case 1, 2:
				refused := d.do(d.finance, d.payout(amount, fmt.Sprintf("bank out %d", n)))
				if may := amount > 0 && paid+amount <= lost; may != (refused == nil) {
					t.Fatalf("seed %d: CNY %s of CNY %s: %v", seed, amount, lost-paid, refused)
				}
				if refused == nil {
					paid += amount
				}
			case 3:
				d.later(1)
				if s := d.forfeitsOf(); s.Opening != closing {
					t.Fatalf("seed %d: opens with CNY %s, the day before closed with CNY %s", seed, s.Opening, closing)
				}
			}
			closing = d.forfeitsOf().Closing()
			if left := quantity.Money(d.balance(ledger.ForfeitsKey(jiashan)).Balance); left != lost-paid || closing != left {
				t.Fatalf("seed %d: CNY %s are left, the statement says CNY %s, want CNY %s", seed, left, closing, lost-paid)
			}
		}
		d.restart()
		d.check()
	}
}
