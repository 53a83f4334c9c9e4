package app

import (
	"slices"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// leaveToBuyer takes out of an answer about a deal what its buyer's project does not
// allow. The seller must not learn of that project: only the buyer's confirmation
// is refused for it.
func (o *ruledOffice) leaveToBuyer(e *Eligibility) {
	ofProject := []string{ErrPollutantNotNeeded.Code, ErrProjectNotApproved.Code, ErrBeyondNeed.Code}
	e.Obstacles = slices.DeleteFunc(e.Obstacles, func(f *fault.Error) bool { return slices.Contains(ofProject, f.Code) })
	e.Allowed = len(e.Obstacles) == 0 && !slices.ContainsFunc(e.Opinions, func(opinion rulebook.Opinion) bool { return opinion.Outcome == rulebook.Refused })
}

// What the buyer's project does not allow of a deal is answered to who may see the
// project. A seller who proposes the deal is not told: the buyer's confirmation is refused.
func TestEligibility_ProjectOfASellersDeal(t *testing.T) {
	t.Parallel()
	o := openRuledOffice(t, 1)
	seller, buyer, cod := o.firms[0], o.firms[2], o.insts[1]
	for _, f := range []firm{seller, buyer} {
		o.does(o.leader, FactRecord{Kind: rulebook.BasinOf, Licence: f.licence.ID, Value: "太湖", ValidFrom: today, Document: "d"})
	}
	project := o.ruledProject(buyer) // of VOCs alone
	q := Question{Action: rulebook.Deal, Instrument: cod.Code, Seller: seller.licence.ID, Buyer: buyer.licence.ID, Quantity: one, Project: project}
	e, err := o.app.Eligibility(t.Context(), o.app.st.actor(o.upper), q)
	if err != nil || e.Allowed || len(e.Obstacles) != 1 || e.Obstacles[0].Code != ErrPollutantNotNeeded.Code {
		t.Fatalf("%+v, %v", e, err)
	}
	d := done[DealResult](o.office, seller.user, DealPropose{
		Kind: settlement.CrossRegion, Proposer: settlement.SellerSide, SellerParty: seller.party, SellerLicence: seller.licence.ID,
		BuyerParty: buyer.party, BuyerLicence: buyer.licence.ID, Instrument: cod.Code, Quantity: one, Price: 10 * quantity.OnePrice,
		Payment: settlement.EscrowPayment, Project: project, CapEffect: settlement.CapPermanent, CapDocument: "cap document",
	}).Deal
	o.does(seller.user, DealStep{Deal: d.ID, Event: settlement.SellerSign})
	o.refuses(buyer.user, DealStep{Deal: d.ID, Event: settlement.BuyerConfirm}, ErrPollutantNotNeeded)
}
