package app

import (
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// lotUses are all commands by which lots leave what is available, each of one
// tonne a year.
var lotUses = map[string]func(d *auctionDesk, f firm, c LotChoice){
	"sale by a payment notice": func(d *auctionDesk, f firm, c LotChoice) {
		done[NoticeResult](d.office, d.clerk, NoticeIssue{f.licence.ID, d.i.Code, one, quantity.OnePrice, 20260801, "d", 0, c, false})
	},
	"fixed-price sale": func(d *auctionDesk, f firm, c LotChoice) {
		l := done[ListingResult](d.office, d.leader, ListingOpen{jiashan, vocs, reserve.FixedPrice, one, quantity.OnePrice, 0, "d", c}).Listing
		done[NoticeResult](d.office, d.clerk, ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: d.i.Code, Quantity: one, DueOn: 20260801})
	},
	"simplified sale": func(d *auctionDesk, f firm, c LotChoice) {
		l := done[ListingResult](d.office, d.leader, ListingOpen{jiashan, vocs, reserve.Simplified, one, quantity.OnePrice, 10 * one, "d", c}).Listing
		p := d.project(f, one, quantity.OneRatio)
		done[NoticeResult](d.office, d.clerk, ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: d.i.Code, Quantity: one, DueOn: 20260801, Project: p})
	},
	"auction": func(d *auctionDesk, _ firm, c LotChoice) {
		d.announce(d.offerOf(auction.Uniform, func(o *OfferAnnounce) { o.Quantity, o.LotChoice = one, c }))
	},
	"guarantee": func(d *auctionDesk, f firm, c LotChoice) {
		e := d.earmarkOf(EarmarkMake{
			Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 1, Need: one, Ratio: quantity.OneRatio, ExpiresOn: 20260930, LotChoice: c,
		})
		done[EarmarkAllocationResult](d.office, d.leader, EarmarkAllocate{e.ID, f.licence.ID, d.i.Code, one, ledger.Free, 0, "d", 0})
	},
	"allocation": func(d *auctionDesk, f firm, c LotChoice) {
		done[AllocationResult](d.office, d.leader, Allocate{f.licence.ID, d.i.Code, reserve.Initial, reserve.Reserve, ledger.Free, one, 0, false, today, "d", c})
	},
	"return to unallocated": func(d *auctionDesk, _ firm, c LotChoice) {
		done[reserve.Movement](d.office, d.leader, ReserveMove{jiashan, vocs, reserve.ToUnallocated, one, "d", c})
	},
	"transfer to another level": func(d *auctionDesk, _ firm, c LotChoice) {
		done[reserve.LevelTransfer](d.office, d.upper, LevelMove{jiashan, jiaxing, vocs, one, reserve.Reserve, "d", c})
	},
	"debt covered by the reserve": func(d *auctionDesk, f firm, c LotChoice) {
		a := done[AllocationResult](d.office, d.leader, Allocate{
			f.licence.ID, d.i.Code, reserve.Initial, reserve.Unallocated, ledger.Paid, one, quantity.OnePrice, true, today, "wrong", LotChoice{},
		}).Allocation
		d.freeze(freezing(f, d.i.Code, a.Document+string(c.Order), one))
		debt := done[CorrectionResult](d.office, d.leader, CorrectionRecord{a.ID, one, "f", "d", today, 0}).Correction.Debt
		done[DebtResult](d.office, d.leader, DebtSettle{Debt: debt, Way: permit.ByReserve, Quantity: one, Document: "d", LotChoice: c})
	},
	"retirement": func(d *auctionDesk, _ firm, c LotChoice) {
		done[LotOrderResult](d.office, d.leader, LotRetire{jiashan, vocs, one, c, "d"})
	},
}

// By whatever command lots leave, they leave oldest first, lowest cost first, or
// as they are named.
func TestLotChoice_EveryUse(t *testing.T) {
	t.Parallel()
	for name, use := range lotUses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t)
			d := &auctionDesk{office: o, i: o.instrument()}
			f := o.firm(jiashan, 1)
			o.setCap(jiashan, 100*one, 0)
			var lots []int64
			for _, l := range []struct {
				on   calendar.Date
				cost quantity.Money
			}{{20260301, 300_00}, {20260401, 100_00}, {20260501, 200_00}} { // the oldest, the cheapest, the one that is named
				lots = append(lots, done[reserve.Lot](o, o.leader, LotAdd{
					Region: jiashan, Pollutant: vocs, Provenance: reserve.GovernmentReduction, Quantity: 4 * one, AcquiredOn: l.on, Document: "减排", Cost: l.cost,
				}).ID)
			}
			for n, c := range []LotChoice{{}, {Order: reserve.CheapestFirst}, {Order: reserve.NamedLots, Lots: lots[2:]}} {
				use(d, f, c)
				var left []quantity.Quantity
				for _, l := range o.lotRows(jiashan) {
					left = append(left, l.Available)
				}
				want := slices.Repeat([]quantity.Quantity{4 * one}, 3)
				for taken := range n + 1 {
					want[taken] = 3 * one
				}
				if !slices.Equal(left, want) {
					t.Fatalf("by the order %q the lots are left with %v, want %v", c.Order, left, want)
				}
			}
			o.check()
		})
	}
}

// Where nothing leaves the reserve nobody may choose what does.
func TestLotChoice_NoneLeaves(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 100*one, 10*one)
	c := LotChoice{Order: reserve.NamedLots, Lots: []int64{1}}
	o.refuses(o.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, one, "d", c}, reserve.ErrPickNone)
	o.refuses(o.upper, LevelMove{jiashan, jiaxing, vocs, one, reserve.Unallocated, "d", c}, reserve.ErrPickNone)
	o.refuses(o.leader, Allocate{f.licence.ID, i.Code, reserve.Initial, reserve.Unallocated, ledger.Free, one, 0, false, today, "d", LotChoice{Lots: []int64{1}}}, reserve.ErrPickNone)
	o.refuses(o.leader, Allocate{f.licence.ID, i.Code, reserve.Initial, reserve.Reserve, ledger.Free, one, 0, false, today, "d", LotChoice{Order: "newest"}}, invalid)
}
