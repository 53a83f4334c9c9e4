package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// The faults of partyActive.
var (
	// ErrPartyNotActive is returned when the party is suspended or closed.
	ErrPartyNotActive = fault.New(fault.Refused, "order.party_not_active", "the party may not trade while it is suspended or closed")
	// ErrDealParty is returned when a party of the deal is suspended or closed.
	ErrDealParty = fault.New(fault.Refused, "deal.party_not_active", "a party of the deal is suspended or closed")
)

var partyActive = &Rule{
	ID: "party.active", Title: "The party takes part", Citation: ProjectDefault, From: firstSeededYear,
	Unread:  noText,
	Reading: "A party that is suspended or closed neither gives nor takes permits or credits.",
	Needs:   []string{"the state of each party"},
	Actions: []Action{Sell, Buy, Deal, Allocation, TakeOver, PrimarySale, Lease, Pledge},
	Credits: true,
	Check: func(f *Facts) Finding {
		return f.each(func(s *Side) Finding {
			if s.State == catalog.PartyActive {
				return passed("the parties are active")
			}
			wrong := ErrPartyNotActive
			if f.Action == Deal {
				wrong = ErrDealParty
			}
			return refused(wrong.With("party %d is %s", s.Party, s.State).At(s.Field))
		})
	},
	Cases: []Case{
		{"an active party sells", Facts{Action: Sell, Seller: Side{Known: true, State: catalog.PartyActive}}, Passed, ""},
		{"a suspended party sells credits", Facts{Action: Sell, Credits: true, Seller: Side{Known: true, State: catalog.PartySuspended}}, Refused, "order.party_not_active"},
		{"a suspended party sells", Facts{Action: Sell, Seller: Side{Known: true, State: catalog.PartySuspended}}, Refused, "order.party_not_active"},
		{"a closed party buys by a deal", Facts{
			Action: Deal, Seller: Side{Known: true, State: catalog.PartyActive}, Buyer: Side{Known: true, State: catalog.PartyClosed},
		}, Refused, "deal.party_not_active"},
	},
}
