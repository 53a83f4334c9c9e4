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

// checkAttainment refuses an inflow of permits into a region whose last
// recorded year missed its target for the pollutant (国办发〔2014〕38号, fifth
// limit: an area that misses its target may not make trades that increase the
// local total; that outflow and trades inside stay possible is this project's
// reading). A region without a record is taken to have met it (project default).
func (v *View) checkAttainment(region, pollutant string) error {
	var latest settlement.Attainment
	for a := range All(v, Attainments) {
		if a.Region == region && a.Pollutant == pollutant && a.Year >= latest.Year && int(a.Year) <= v.Today.Year() {
			latest = a
		}
	}
	if latest.ID != 0 && !latest.Attained {
		return ErrInflowRefused.With("%s missed its target for %s in %d (%s): permits may leave it and not come in", region, pollutant, latest.Year, latest.Document).
			Under(ruleInflow, citeInflow)
	}
	return nil
}

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
