package app

import (
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// A year counts from the moment that its notice is entered, once.
func TestYearPublish(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	day := YearDay{On: 20270101, Note: "元旦"}
	for _, tt := range []struct {
		c    YearPublish
		want *fault.Error
	}{
		{YearPublish{Year: 1800, Source: "n"}, invalid},
		{YearPublish{Year: 2027}, invalid},
		{YearPublish{Year: 2027, Source: "n", Days: []YearDay{{On: 20270230}}}, invalid},
		{YearPublish{Year: 2027, Source: "n", Days: []YearDay{{On: 20260101}}}, ErrDayOfOtherYear},
		{YearPublish{Year: 2027, Source: "n", Days: []YearDay{day, day}}, ErrDayTwice},
		{YearPublish{Year: 2026, Source: "n"}, ErrYearPublished},
	} {
		o.refuses(o.admin, tt.c, tt.want)
	}
	r := done[YearResult](o, o.admin, YearPublish{Year: 2027, Source: "国办发明电〔2026〕1号", Days: []YearDay{day, {On: 20270102, Working: true, Source: "other"}}})
	if len(r.Days) != 2 || r.Days[0].Source != "国办发明电〔2026〕1号" || r.Days[1].Source != "other" || !r.Year.Published {
		t.Errorf("%+v", r)
	}
	v := &View{state: o.app.st}
	for d, want := range map[calendar.Date]bool{20270101: false, 20270102: true, 20270103: false, 20270104: true} {
		if got, err := v.Calendar().IsWorkingDay(d); err != nil || got != want {
			t.Errorf("%s: %v %v", d, got, err)
		}
	}
}

// A market spans regions that exist, with an approval when there are several;
// an instrument's term ends on the grid and in the future.
func TestMarketOpen_InstrumentAdd_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	good := MarketOpen{
		Code: "JX-VOCS", Name: "嘉兴VOCs", Pollutant: "VOCs", Regions: []string{"330421", "330402"}, LotSize: 100,
		Tick: quantity.OnePrice, PriceBasis: catalog.PerYear, Approval: "approval", ValidFrom: 20260101,
	}
	for _, tt := range []struct {
		change func(*MarketOpen)
		want   *fault.Error
	}{
		{func(c *MarketOpen) { c.Tick = 0 }, invalid},
		{func(c *MarketOpen) { c.Regions = nil }, catalog.ErrMarketWithoutRegion},
		{func(c *MarketOpen) { c.Regions = make([]string, MaxMarketRegions+1) }, invalid},
		{func(c *MarketOpen) { c.Approval = "" }, catalog.ErrMarketApproval},
		{func(c *MarketOpen) { c.Pollutant = "CO2" }, ErrNoRecord},
		{func(c *MarketOpen) { c.Regions = []string{"330421", "339999"} }, ErrNoRecord},
		{func(c *MarketOpen) { c.Regions = []string{"341822"} }, ErrRegionNotValid},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.admin, c, tt.want)
	}
	r := done[MarketResult](o, o.admin, good)
	if r.Market.Source != sourceDefault || r.Market.State != catalog.MarketOpen {
		t.Errorf("%+v", r)
	}
	o.refuses(o.admin, good, ErrMarketExists)

	o.refuses(o.admin, InstrumentAdd{Pollutant: "CO2", TermEnd: 20310630}, ErrNoRecord)
	o.refuses(o.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20310629}, catalog.ErrTermEnd)
	o.refuses(o.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20260331}, ErrTermEnded)
	if i := done[catalog.Instrument](o, o.clerk, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20310630}); i.Code != "VOCs-20310630" {
		t.Errorf("%+v", i)
	}
	o.refusesAt(o.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20310630}, ErrInstrumentExists, "term_end")
}

// One of its bureaus may halt a market; opening it again takes all of them.
func TestMarketState_WhoAndWhen(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	done[MarketResult](o, o.admin, MarketOpen{
		Code: "M", Name: "M", Pollutant: "VOCs", Regions: []string{"330421", "310118"}, LotSize: 100, Tick: 1,
		PriceBasis: catalog.PerYear, Approval: "approval",
	})
	jiashan := o.person("jiashan", GrantAdd{Role: identity.BureauLeader, Region: "330421"})
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	halt := MarketState{"M", catalog.MarketHalted, "check"}
	o.refuses(o.clerk, halt, identity.ErrForbidden)
	o.refuses(nanhu, halt, ErrNoRecord)
	o.refuses(o.admin, MarketState{"N", catalog.MarketHalted, "check"}, ErrNoRecord)
	o.refuses(o.admin, MarketState{"M", "gone", "check"}, invalid)
	o.refuses(o.admin, MarketState{"M", catalog.MarketHalted, ""}, invalid)
	done[MarketResult](o, jiashan, halt)
	o.refuses(jiashan, halt, ErrStateUnchanged)
	o.refuses(jiashan, MarketState{"M", catalog.MarketOpen, "done"}, ErrNoRecord)
	done[MarketResult](o, o.leader, MarketState{"M", catalog.MarketOpen, "done"})
	done[MarketResult](o, o.admin, MarketState{"M", catalog.MarketClosed, "done"})
	o.refuses(o.admin, MarketState{"M", catalog.MarketOpen, "again"}, ErrStateFinal)
}

// A pair has two regions of its own body, an approval, and no other beside it.
func TestPairAdd_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	good := PairAdd{
		Pollutant: "VOCs", SellerRegion: "310118", BuyerRegion: "330421", Coefficient: quantity.OneRatio, Upper: true,
		Document: "d", ValidFrom: 20260101, ValidTo: 20261231,
	}
	zhejiang := o.person("zhejiang", GrantAdd{Role: identity.Upper, Region: "330000", WithChildren: true})
	o.refuses(zhejiang, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*PairAdd)
		want   *fault.Error
	}{
		{func(c *PairAdd) { c.Pollutant = "CO2" }, ErrNoRecord},
		{func(c *PairAdd) { c.SellerRegion = "339999" }, ErrNoRecord},
		{func(c *PairAdd) { c.BuyerRegion = "341822" }, ErrRegionNotValid},
		{func(c *PairAdd) { c.BuyerRegion = "310118" }, ErrPairOfOne},
		{func(c *PairAdd) { c.Coefficient = 0 }, invalid},
		{func(c *PairAdd) { c.Upper = false }, ErrPairUnapproved},
		{func(c *PairAdd) { c.ValidFrom = 0 }, invalid},
		{func(c *PairAdd) { c.ValidTo = 20269999 }, invalid},
		{func(c *PairAdd) { c.ValidTo = 20251231 }, catalog.ErrValidity},
		{func(c *PairAdd) { c.Document = "" }, invalid},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.upper, c, tt.want)
	}
	done[settlement.Pair](o, o.upper, good)
	again := good
	again.ValidFrom, again.ValidTo = 20261231, 0
	o.refuses(o.upper, again, ErrPairExists)
	again.ValidFrom = 20270101
	done[settlement.Pair](o, o.upper, again)
}

// A pair is a rule: one person only proposes it, and who approves it stands above both
// regions, too, or is an administrator.
func TestPairAdd_NeedsTwo(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	zhejiang := o.person("zhejiang", GrantAdd{Role: identity.Upper, Region: "330000", WithChildren: true})
	c := PairAdd{
		Pollutant: "VOCs", SellerRegion: "330421", BuyerRegion: "310118", Coefficient: quantity.OneRatio, Upper: true, Document: "d", ValidFrom: 20260101,
	}
	for proposer, approver := range map[int64]int64{o.upper: o.admin, o.admin: o.upper} {
		pairs := len(tableOf(o, Pairs))
		p := o.propose(proposer, c)
		o.refuses(proposer, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
		o.refuses(o.leader, ProposalApprove{p.ID, p.EffectsDigest}, identity.ErrForbidden)
		o.refuses(zhejiang, ProposalApprove{p.ID, p.EffectsDigest}, ErrNoRecord)
		if len(tableOf(o, Pairs)) != pairs {
			t.Fatal("a pair holds that one person has proposed")
		}
		done[settlement.Pair](o, approver, ProposalApprove{p.ID, p.EffectsDigest})
		c.SellerRegion, c.BuyerRegion = c.BuyerRegion, c.SellerRegion
	}
}
