package app

import (
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// The tables of what a trade depends on.
var (
	Pairs       = resident[settlement.Pair]("region_pair")
	Attainments = resident[settlement.Attainment]("attainment")
)

// checkSigner refuses an amount over the party's limit from a user who may
// prepare and not sign.
func (v *View) checkSigner(party int64, amount quantity.Money) error {
	p, err := Get(v, Parties, "party", party)
	if err != nil {
		return err
	}
	if p.SignerLimit > 0 && amount > p.SignerLimit && !v.Actor.MaySign(party) && !v.Actor.Has(identity.System) {
		return ErrSignerNeeded.With("CNY %s is over the party's limit of CNY %s: a signer must send it", amount, p.SignerLimit).
			Under("party.signer_limit", "project default")
	}
	return nil
}
