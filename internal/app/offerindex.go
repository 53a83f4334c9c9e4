package app

import (
	"slices"

	"permitx/internal/auction"
)

// offerIndex finds the offers that a new one is held against without a look at all
// that there have ever been.
type offerIndex struct {
	sealed     map[string]int64 // by the digest of the key: an offer that is sealed with it
	programmes map[programmeKey][]int64
}

// programmeKey names a programme; its offers are indexed by id.
type programmeKey struct{ region, programme string }

// indexOffer keeps the index in step.
func (s *state) indexOffer(o auction.Offer) {
	s.offers.sealed[o.KeyDigest] = o.ID
	if o.Programme == "" {
		return
	}
	key := programmeKey{o.Region, o.Programme}
	ids := s.offers.programmes[key]
	if at, known := slices.BinarySearch(ids, o.ID); !known {
		s.offers.programmes[key] = slices.Insert(ids, at, o.ID)
	}
}

func (s *state) indexOffers() {
	s.offers = offerIndex{map[string]int64{}, map[programmeKey][]int64{}}
	for _, o := range rowsOf(s, Offers).rows {
		s.indexOffer(o)
	}
}

// programmeOf calls each with the offers of the programme of an offer, by id, until it returns false.
func (s *state) programmeOf(o auction.Offer) func(yield func(auction.Offer) bool) {
	return func(yield func(auction.Offer) bool) {
		for _, id := range s.offers.programmes[programmeKey{o.Region, o.Programme}] {
			if !yield(rowsOf(s, Offers).rows[id]) {
				return
			}
		}
	}
}
