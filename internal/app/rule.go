package app

import (
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// The tables of what a trade depends on.
var (
	Pairs       = resident[settlement.Pair]("region_pair")
	Attainments = resident[settlement.Attainment]("attainment")
)

// checkSigner looks whether an amount over the party's limit has a signer: who
// sends the command, or who approves it. What a user who may not sign has
// prepared becomes a proposal for a signer, see unsigned.
func (v *View) checkSigner(party int64, amount quantity.Money) error {
	p, err := Get(v, Parties, "party", party)
	if err != nil {
		return err
	}
	switch {
	case p.SignerLimit == 0 || amount <= p.SignerLimit || v.Actor.MaySign(party) || v.Actor.Has(identity.System):
		return nil
	case v.approver == nil:
		v.unsigned = party
		return nil
	case v.approver.MaySign(party):
		return nil
	}
	return ErrSignerNeeded.With("CNY %s is over the party's limit of CNY %s: a signer must approve it", amount, p.SignerLimit)
}

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (PlaceOrder) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (OrderAmend) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of the decision, and of a rejection by which the holder loses
// what he has paid for, or a holding that waits after its term.
func (c RenewalStep) NeedsApproval(v *View) bool {
	if c.Event != permit.RejectRenewal {
		return c.Event == permit.DecideRenewal
	}
	r, err1 := Get(v, Renewals, "renewal", c.Renewal)
	n, err2 := v.renewalNotice(r)
	return err1 != nil || err2 != nil || r.Renewing || n.Paid > 0
}

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (WithdrawRequest) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (LeaseStep) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (PledgeBuy) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (DealStep) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (BuyBackStep) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (OfferAccept) NeedsApproval(v *View) bool { return v.unsigned != 0 }
