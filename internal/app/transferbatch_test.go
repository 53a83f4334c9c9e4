package app

import (
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// bidders is an auction's desk of two firms with an account of deposits each, beside
// their funds.
func bidders(t *testing.T) (d *auctionDesk, funds, deposit, otherFunds, otherDeposit ledger.AccountID) {
	t.Helper()
	d = openAuctionDesk(t, 2)
	o := d.announce(d.offerOf(auction.Uniform, nil))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	a, b := d.firms[0].party, d.firms[1].party
	return d, d.account(ledger.FundsKey(a)), d.account(depositKey(a)), d.account(ledger.FundsKey(b)), d.account(depositKey(b))
}

func (o *office) fundsOf(f firm) int64 { return o.balance(ledger.FundsKey(f.party)).Balance }

// What one party loses by a correcting transfer and another gets, or a licence, takes two
// persons who may each do it; a party's own money between its two accounts takes one.
func TestTransferPost_NeedsTwo(t *testing.T) {
	t.Parallel()
	d, funds, deposit, otherFunds, _ := bidders(t)
	before := d.fundsOf(d.firms[0])
	p := d.propose(d.finance, TransferPost{funds, otherFunds, 30_00, "d", ""})
	d.refuses(d.finance, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	d.refuses(d.leader, ProposalApprove{p.ID, p.EffectsDigest}, ErrNoRecord)
	d.refuses(d.leader, ProposalReject{p.ID, "no"}, ErrNoRecord)
	d.refuses(d.clerk, ProposalApprove{p.ID, p.EffectsDigest}, identity.ErrForbidden)
	if d.fundsOf(d.firms[0]) != before {
		t.Fatal("money has left a party on the word of one officer")
	}
	done[TransferResult](d.office, d.second, ProposalApprove{p.ID, p.EffectsDigest})
	if _, alone := d.send(d.finance, TransferPost{funds, deposit, 1_00, "d", ""}); alone {
		t.Error("a party's own money is a proposal")
	}
	if got := d.fundsOf(d.firms[0]); got != before-31_00 {
		t.Errorf("%d are left of %d", got, before)
	}
	d.check()
	postings := d.store.table(Postings.name)
	for _, x := range tableOf(d.office, Postings) {
		restore := swap(postings, x.ID, func(p *ledger.Posting) { p.Command-- })
		if mixed := x.Reason == ledger.Correction && x.Credit == otherFunds; mixed != d.violates("I-134") {
			t.Errorf("moved to another journal row, check says of %+v: %v", x, !mixed)
		}
		restore()
	}
}

// Who may not approve a proposal does not reject it, also where nobody could approve it any
// more; where its proposer has lost his right, whoever approves such things ends it.
func TestProposalReject_ByWhoMayApprove(t *testing.T) {
	t.Parallel()
	d, funds, deposit, otherFunds, _ := bidders(t)
	c := TransferPost{funds, otherFunds, d.fundsOf(d.firms[0]), "d", ""}
	p := d.propose(d.finance, c)
	d.does(d.finance, TransferPost{funds, deposit, 1_00, "d", ""})
	d.refuses(d.second, ProposalApprove{p.ID, p.EffectsDigest}, ledger.ErrInsufficient)
	d.refuses(d.leader, ProposalReject{p.ID, "no"}, ErrNoRecord)
	d.does(d.second, ProposalReject{p.ID, "no"})
	p = d.propose(d.finance, TransferPost{funds, otherFunds, 1_00, "d", ""})
	d.does(d.finance, ProposalWithdraw{p.ID, "a mistake"})
	gone := d.person("gone", GrantAdd{Role: identity.Finance})
	p = d.propose(gone, TransferPost{funds, otherFunds, 1_00, "d", ""})
	d.does(d.admin, GrantRevoke{rowsIn(d.office, Grants, Where("person", gone))[0].ID})
	d.does(d.second, ProposalReject{p.ID, "no"})
}

// Officers of finance of the region alone correct its parties' money; who approves is shown
// each transfer with its document, also where nothing is left of them in the balances.
func TestTransferBatch_ShownToTheRegion(t *testing.T) {
	t.Parallel()
	d, funds, _, otherFunds, _ := bidders(t)
	one, other := d.person("f1", GrantAdd{Role: identity.Finance, Region: jiashan}), d.person("f2", GrantAdd{Role: identity.Finance, Region: jiashan})
	p := d.propose(one, TransferBatch{Mode: AllItems, Transfers: []TransferPost{
		{funds, otherFunds, 30_00, "ruling 1", ""}, {otherFunds, funds, 30_00, "ruling 2", ""},
	}})
	if n := strings.Count(p.Effects, "ruling"); n != 2 || p.Region != jiashan {
		t.Errorf("in %q two persons approve %s", p.Region, p.Effects)
	}
	nanhu := d.person("f3", GrantAdd{Role: identity.Finance, Region: "330402"})
	d.refuses(nanhu, ProposalApprove{p.ID, p.EffectsDigest}, ErrNoRecord)
	if refused, _ := d.send(other, ProposalApprove{p.ID, p.EffectsDigest}); refused != nil {
		t.Error(refused)
	}
}

// The permits of a licence are moved by two leaders, not by one and finance.
func TestTransferPost_PermitsNeedTwo(t *testing.T) {
	t.Parallel()
	o, _, _, first, second := deskOfTransfers(t)
	p := o.propose(o.leader, TransferPost{o.account(first), o.account(second), int64(one), "d", ""})
	if p.Region != jiashan {
		t.Errorf("it concerns the officers of %q", p.Region)
	}
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	o.refuses(o.finance, ProposalApprove{p.ID, p.EffectsDigest}, ErrNoRecord)
	o.refuses(o.finance, ProposalReject{p.ID, "no"}, ErrNoRecord)
	o.refuses(nanhu, ProposalApprove{p.ID, p.EffectsDigest}, ErrNoRecord)
	done[TransferResult](o, o.second, ProposalApprove{p.ID, p.EffectsDigest})
}

// Item by item a batch moves parties' own money only; a refused transfer changes
// nothing and stops nothing.
func TestTransferBatch_Each(t *testing.T) {
	t.Parallel()
	d, funds, deposit, otherFunds, otherDeposit := bidders(t)
	own := TransferPost{funds, deposit, 60_00, "d", "note"}
	d.refuses(d.firms[0].user, TransferBatch{Transfers: []TransferPost{own}}, identity.ErrForbidden)
	d.refuses(d.leader, TransferBatch{Transfers: []TransferPost{own}}, identity.ErrForbidden)
	d.refuses(d.finance, TransferBatch{}, ErrBatchSize)
	d.refuses(d.finance, TransferBatch{Transfers: make([]TransferPost, MaxTransfers+1)}, ErrBatchSize)
	d.refuses(d.finance, TransferBatch{Mode: "some", Transfers: []TransferPost{own}}, ErrBatchMode)
	before := d.fundsOf(d.firms[0])
	c := TransferBatch{Transfers: []TransferPost{
		own, {funds, deposit, before, "d", ""}, {funds, otherFunds, 1, "d", ""}, {funds, funds, 1, "d", ""}, {deposit, funds, 20_00, "d", ""}, {otherFunds, otherDeposit, 5_00, "d", ""},
	}}
	if refused, proposed := d.send(d.finance, c); refused != nil || proposed {
		t.Fatalf("%v, %v", refused, proposed)
	}
	r := last[TransferBatchResult](d.office)
	for n, want := range []string{"", "ledger.insufficient_balance", "transfer.needs_approval", "ledger.accounts_equal", "", ""} {
		got := ""
		if r.Items[n].Fault != nil {
			got = r.Items[n].Fault.Code
		}
		if got != want || (got == "") != (r.Items[n].Transfer > 0) {
			t.Errorf("item %d: %+v, want %q", n, r.Items[n], want)
		}
	}
	if got := d.fundsOf(d.firms[0]); got != before-40_00 {
		t.Errorf("%d are left of %d", got, before)
	}
	d.restart()
	d.check()
}

// Done whole, a batch is a proposal where one of its transfers would be, and is posted
// by its approval; on what others have left meanwhile it is refused whole.
func TestTransferBatch_AllNeedsTwo(t *testing.T) {
	t.Parallel()
	d, funds, deposit, otherFunds, _ := bidders(t)
	before := d.fundsOf(d.firms[0])
	own := TransferPost{funds, deposit, 1_00, "d", ""}
	if refused, proposed := d.send(d.finance, TransferBatch{Mode: AllItems, Transfers: []TransferPost{own, own}}); refused != nil || proposed {
		t.Errorf("of a party's own money: %v, %v", refused, proposed)
	}
	there := TransferPost{funds, otherFunds, before - 10_00, "d", ""}
	back := TransferPost{otherFunds, funds, before - 20_00, "d", ""}
	c := TransferBatch{Mode: AllItems, Transfers: []TransferPost{own, there, back, there}}
	d.refuses(d.finance, c, ledger.ErrInsufficient)
	c.Transfers = []TransferPost{own, there, back, own} // more goes out than there is, and comes back
	p := d.propose(d.finance, c)
	d.refuses(d.leader, ProposalApprove{p.ID, p.EffectsDigest}, identity.ErrForbidden)
	r := done[TransferBatchResult](d.office, d.second, ProposalApprove{p.ID, p.EffectsDigest})
	if got := d.fundsOf(d.firms[0]); len(r.Items) != 4 || r.Items[3].Transfer == 0 || got != before-14_00 {
		t.Errorf("%+v: %d are left of %d", r.Items, got, before)
	}
	c.Transfers = []TransferPost{{funds, otherFunds, before - 20_00, "d", ""}}
	p = d.propose(d.finance, c)
	d.does(d.finance, TransferPost{funds, deposit, 50_00, "d", ""})
	d.refuses(d.second, ProposalApprove{p.ID, p.EffectsDigest}, ledger.ErrInsufficient)
	d.restart()
	d.check()
}

// A batch moves no permits, also by who may correct both.
func TestTransferBatch_MoneyOnly(t *testing.T) {
	t.Parallel()
	o, _, _, first, second := deskOfTransfers(t)
	both := o.person("both", GrantAdd{Role: identity.BureauLeader})
	done[identity.Grant](o, o.admin, GrantAdd{Person: both, Role: identity.Finance})
	permits := []TransferPost{{o.account(first), o.account(second), 1, "d", ""}}
	o.refuses(both, TransferBatch{Mode: AllItems, Transfers: permits}, ErrBatchMoneyOnly)
	r := done[TransferBatchResult](o, both, TransferBatch{Transfers: permits})
	if f, ok := fault.As(r.Items[0].Fault); !ok || f.Code != ErrBatchMoneyOnly.Code {
		t.Errorf("%+v", r.Items[0])
	}
}
