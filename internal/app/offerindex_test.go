package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// The index finds what a walk through all offers does, also after a start.
func TestOfferIndex(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	st, err := load(t.Context(), newFakeStore(), Registry{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(300) {
		o := auction.Offer{
			ID: 1 + n, Region: []string{jiashan, qingpu}[r.IntN(2)], Programme: []string{"", "2026", "2027"}[r.IntN(3)], KeyDigest: fmt.Sprint("digest ", n), State: auction.OfferAnnounced,
		}
		rowsOf(st, Offers).put(o.ID, o)
		st.indexOffer(o)
		o.State = auction.OfferCancelled
		rowsOf(st, Offers).put(o.ID, o)
		st.indexOffer(o)
	}
	same := func(when string) {
		t.Helper()
		v := &View{state: st}
		for o := range All(v, Offers) {
			var walked, found []int64
			for x := range All(v, Offers) {
				if o.IsSameProgramme(x) {
					walked = append(walked, x.ID)
				}
			}
			for x := range v.programmeOf(o) {
				found = append(found, x.ID)
			}
			if !slices.Equal(walked, found) || st.offers.sealed[o.KeyDigest] != o.ID {
				t.Fatalf("%s: of offer %d found %v, walked %v", when, o.ID, found, walked)
			}
		}
	}
	same("put")
	st.indexOffers()
	same("started")
}

// What an announcement costs does not grow with the auctions that there have been.
func BenchmarkOfferChecks(b *testing.B) {
	for _, ended := range []int64{100, 10_000} {
		b.Run(fmt.Sprintf("%d_ended", ended), func(b *testing.B) {
			st := benchState(b, 1)
			for id := range ended {
				programme := fmt.Sprint(id / 50)
				rowsOf(st, Offers).put(1+id, auction.Offer{
					ID: 1 + id, Region: jiashan, Programme: programme, KeyDigest: fmt.Sprintf("%064d", id), Planned: one, Quantity: one, State: auction.OfferCancelled,
				})
			}
			st.indexOffers()
			v := &View{state: st}
			o := auction.Offer{Region: jiashan, Programme: "1", Planned: one, Quantity: one}
			c := OfferTerms{SealName: "name", KeyDigest: strings.Repeat("k", 64), SeedDigest: strings.Repeat("s", 64), Quantity: quantity.OneQuantity}
			for b.Loop() {
				if v.checkSeal(c) != nil || v.checkProgramme(o) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
