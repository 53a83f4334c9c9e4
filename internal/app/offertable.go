package app

import "permitx/internal/auction"

// The tables of auctions. Offers and
// registrations that hold something lie in memory; of the quotes, those
// of windows that are open or being closed lie there opened, see offerroom.go.
var (
	Offers         = resident[auction.Offer]("offer")
	Registrations  = residentWhere[auction.Registration]("registration", Query{}.And("hold", Gt, 0))
	Quotes         = cold[auction.Quote]("quote")
	OpenedBids     = cold[auction.OpenedBid]("opened_bid")
	Winners        = cold[auction.Winner]("winner")
	CarryOvers     = cold[auction.CarryOver]("carry_over")
	OfferIncidents = cold[auction.Incident]("offer_incident")
)
