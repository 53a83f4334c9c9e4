package app

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// noBand is what terms say that have no band.
var noBand = new(quantity.Ratio)

// Terms that do not name their bands have the usual ones; those that say so have none.
func TestMarketTerms_Bands(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 0, MarketTerms{})
	half := quantity.OneRatio / 2
	for n, c := range []struct {
		said        MarketTerms
		band, block quantity.Ratio
	}{
		{MarketTerms{}, market.ListedBand, 0}, // no block trades
		{MarketTerms{BlockLeast: one}, market.ListedBand, market.BlockBand},
		{MarketTerms{BlockLeast: one, Band: noBand}, 0, market.BlockBand},
		{MarketTerms{BlockLeast: one, BlockBand: noBand}, market.ListedBand, 0},
		{MarketTerms{Band: noBand, BlockBand: noBand}, 0, 0},
		{MarketTerms{BlockLeast: one, Band: &half, BlockBand: &half}, half, half},
	} {
		c.said.Market, c.said.ValidFrom = ticks, dayOne.Date().AddDays(n+1)
		if got := done[market.Terms](o.office, o.leader, c.said); got.Band != c.band || got.BlockBand != c.block || got.Source != "project default" {
			t.Errorf("%+v: %+v", c.said, got)
		}
	}
	o.refuses(o.leader, MarketTerms{Market: ticks, ValidFrom: dayOne.Date().AddDays(9), BlockBand: &half}, invalid.At("block_least"))
	o.check()
}

// What was asked before there were usual bands had none: where it is stored, where it
// waits, and where it is sent again, by who now says nothing or that there is none.
func TestMarketTerms_BeforeBands(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 0, MarketTerms{})
	day := dayOne.Date().AddDays(1)
	stored := fmt.Appendf(nil, `{"Market":%q,"ValidFrom":%d,"Timetable":"","Band":0,"BlockBand":0,"BlockLeast":%d,"BlockOfficer":false,"MedianPrice":false,"Source":""}`, ticks, day, one)
	before, err := DecodeCommand(string(identity.MarketTerms), stored)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := encodePayload(before); !bytes.Equal(again, stored) {
		t.Errorf("the stored command is written anew as %s", again)
	}
	actor := identity.Actor{Person: o.leader}
	first, err := o.app.Do(t.Context(), actor, "k", before)
	if err != nil {
		t.Fatal(err)
	}
	now := MarketTerms{Market: ticks, ValidFrom: day, BlockLeast: one}
	for _, c := range []MarketTerms{now, {Market: ticks, ValidFrom: day, BlockLeast: one, Band: noBand, BlockBand: noBand}} {
		if again, err := o.app.Do(t.Context(), actor, "k", c); err != nil || !again.Replayed || again.Command != first.Command {
			t.Errorf("sent again: %+v, %v", again, err)
		}
	}
	now.Band = new(market.ListedBand)
	if again, err := o.app.Do(t.Context(), actor, "k", now); !errors.Is(err, ErrKeyReused) {
		t.Errorf("sent with a band: %+v, %v", again, err)
	}
	o.settle()
	waiting := tableOf(o.office, Proposals)
	p := waiting[len(waiting)-1]
	if p.Payload != string(stored) || p.Operation != string(identity.MarketTerms) {
		t.Fatalf("waits: %+v", p)
	}
	o.does(o.second, ProposalApprove{p.ID, p.EffectsDigest})
	for _, terms := range tableOf(o.office, TermsOfMarkets) {
		if terms.ValidFrom == day && (terms.Band != 0 || terms.BlockBand != 0) {
			t.Errorf("%+v", terms)
		}
	}
	later := MarketTerms{Market: ticks, ValidFrom: day.AddDays(1)} // asks for the usual bands
	if _, err := o.app.Do(t.Context(), actor, "k2", later); err != nil {
		t.Fatal(err)
	}
	if again, err := o.app.Do(t.Context(), actor, "k2", later); err != nil || !again.Replayed {
		t.Errorf("sent again without bands: %+v, %v", again, err)
	}
	for _, bands := range [][2]*quantity.Ratio{{noBand, nil}, {nil, noBand}, {noBand, noBand}} {
		later.Band, later.BlockBand = bands[0], bands[1]
		if again, err := o.app.Do(t.Context(), actor, "k2", later); !errors.Is(err, ErrKeyReused) {
			t.Errorf("sent again with no band: %+v, %v", again, err)
		}
	}
	o.check()
}
