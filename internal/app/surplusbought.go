package app

import (
	"context"

	"permitx/internal/auction"
	"permitx/internal/catalog"
)

// awardsBought are the awards by which reverse auctions buy of a licence's permits of
// a pollutant, of those that a query selects.
func (v *View) awardsBought(licence int64, pollutant string, which Query) ([]auction.Award, error) {
	awards, err := Find(v, Awards, which.And("party", Eq, rowsOf(v.state, Licences).rows[licence].Party))
	if err != nil || len(awards) == 0 {
		return nil, err
	}
	ids, _ := winnersAndOffers(awards)
	winners, err := Find(v, Winners, Query{}.And("id", In, ids))
	of := func(offer int64) auction.Offer { return rowsOf(v.state, Offers).rows[offer] }
	return boughtFrom(licence, pollutant, awards, winners, of), err
}

// AwardsUncovered are the awards by which reverse auctions have bought of a licence's
// permits what no verified surplus covered, by the committed rows.
func AwardsUncovered(ctx context.Context, r Reader, l catalog.Licence, pollutant string) (awards []auction.Award, err error) {
	err = r.Find(ctx, Awards.name, Where("party", l.Party).And("uncovered", Gt, 0), &awards)
	if err != nil || len(awards) == 0 {
		return nil, err
	}
	ids, offers := winnersAndOffers(awards)
	var winners []auction.Winner
	if err := r.Find(ctx, Winners.name, Query{}.And("id", In, ids), &winners); err != nil {
		return nil, err
	}
	var rows []auction.Offer
	err = r.Find(ctx, Offers.name, Query{}.And("id", In, offers), &rows)
	byID := map[int64]auction.Offer{}
	for _, o := range rows {
		byID[o.ID] = o
	}
	return boughtFrom(l.ID, pollutant, awards, winners, func(offer int64) auction.Offer { return byID[offer] }), err
}

func winnersAndOffers(awards []auction.Award) (winners, offers []int64) {
	for _, a := range awards {
		winners, offers = append(winners, a.Winner), append(offers, a.Offer)
	}
	return winners, offers
}

// boughtFrom keeps the awards of offers that buy, to a licence for a pollutant.
func boughtFrom(licence int64, pollutant string, awards []auction.Award, winners []auction.Winner, offer func(id int64) auction.Offer) (bought []auction.Award) {
	ofLicence := map[int64]bool{}
	for _, w := range winners {
		ofLicence[w.ID] = w.Licence == licence
	}
	for _, a := range awards {
		if o := offer(a.Offer); ofLicence[a.Winner] && o.Buys() && o.Pollutant == pollutant {
			bought = append(bought, a)
		}
	}
	return bought
}
