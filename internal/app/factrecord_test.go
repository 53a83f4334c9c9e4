package app

import (
	"slices"
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// rests are a sell and a buy that rest in the book of a trading office.
type rests struct {
	*office
	i             catalog.Instrument
	seller, buyer firm
	sell, buy     int64
}

func openRests(t *testing.T) *rests {
	t.Helper()
	r := &rests{}
	r.office, r.i, r.seller, r.buyer = tradingOffice(t)
	r.place()
	return r
}

func (r *rests) place() {
	r.t.Helper()
	r.sell = done[OrderResult](r.office, r.seller.user, r.order(r.seller, r.i, market.Sell, 3000, one)).Order.ID
	r.buy = done[OrderResult](r.office, r.buyer.user, r.order(r.buyer, r.i, market.Buy, 2000, one)).Order.ID
}

// open says which of the two orders are open.
func (r *rests) open() string {
	s := ""
	for _, o := range []struct {
		name string
		id   int64
	}{{"sell", r.sell}, {"buy", r.buy}} {
		if r.app.st.orders[o.id] != nil {
			s += o.name
		}
	}
	return s
}

func (r *rests) record(c FactRecord) []int64 {
	r.t.Helper()
	if c.ValidFrom == 0 {
		c.ValidFrom = 20260701
	}
	c.Document = "document"
	return done[FactResult](r.office, r.leader, c).Cancelled
}

// A fact takes out of the books, in its own command, what the rules then
// refuse, and nothing else; the next order is refused for it, until a further
// record says otherwise.
func TestFactRecord_CancelsWhatRestedOnIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fact    func(r *rests) FactRecord
		left    string
		refusal *fault.Error
		healed  string // the value that lets trade again
	}{
		"the seller's monitor is gone": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.Monitor, Licence: r.seller.licence.ID, Value: rulebook.No}
			}, "buy", rulebook.ErrNoMonitor, rulebook.Yes,
		},
		"of another pollutant": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.Monitor, Licence: r.seller.licence.ID, Value: rulebook.No, Pollutant: "COD"}
			}, "sellbuy", nil, "",
		},
		"the buyer's monitor is gone": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.Monitor, Licence: r.buyer.licence.ID, Value: rulebook.No}
			}, "sellbuy", nil, "",
		},
		"the reduction task is not done": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.ReductionTask, Licence: r.seller.licence.ID, Value: rulebook.NotDone}
			}, "buy", rulebook.ErrTaskNotDone, rulebook.Done,
		},
		"the region needs the surplus": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.SurplusNeeded, Licence: r.seller.licence.ID, Value: rulebook.Yes}
			}, "buy", rulebook.ErrForGovernment, rulebook.No,
		},
		"the seller is a power plant": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.SourceOf, Licence: r.seller.licence.ID, Value: string(rulebook.ThermalPower)}
			}, "buy", rulebook.ErrThermalPower, string(rulebook.Industrial),
		},
		"the seller is on the blacklist": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.Blacklisted, Party: r.seller.party, Value: rulebook.Listed}
			}, "buy", rulebook.ErrBlacklisted, rulebook.Lifted,
		},
		"the buyer's credit is red": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.CreditPoints, Party: r.buyer.party, Value: "8"}
			}, "sell", rulebook.ErrCredit, "-8",
		},
		"a slight violation": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.CreditSlight, Party: r.buyer.party, Value: "8"}
			}, "sellbuy", nil, "",
		},
		"the seller's credit is red": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.CreditPoints, Party: r.seller.party, Value: "8"}
			}, "sellbuy", nil, "",
		},
		"the buyer's region is over its cap": {
			func(r *rests) FactRecord {
				return FactRecord{Kind: rulebook.OverCap, Region: jiashan, Value: rulebook.Yes}
			}, "sell", rulebook.ErrOverCap, rulebook.No,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openRests(t)
			f := c.fact(r)
			cancelled, left := r.record(f), r.open()
			if left != c.left || (len(cancelled) == 1) != (c.left != "sellbuy") {
				t.Errorf("open are %q, cancelled %v; want %q", left, cancelled, c.left)
			}
			if c.refusal == nil {
				return
			}
			again := r.order(r.seller, r.i, market.Sell, 3000, one)
			person := r.seller.user
			if c.left == "sell" {
				again, person = r.order(r.buyer, r.i, market.Buy, 2000, one), r.buyer.user
			}
			r.refuses(person, again, c.refusal)
			f.Value = c.healed
			r.record(f)
			done[OrderResult](r.office, person, again)
		})
	}
}

// A fact that begins or ends on a day to come is looked at on that day, and so
// is the end of a licence: no order outlives what it rests on.
func TestFactRecord_OnItsDay(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	if cancelled := r.record(FactRecord{Kind: rulebook.Blacklisted, Party: r.seller.party, Value: rulebook.Listed, ValidFrom: 20260703}); len(cancelled) != 0 {
		t.Errorf("cancelled before its day: %v", cancelled)
	}
	r.now.set(calendar.Date(20260703).Start() - 1)
	r.runTimers()
	if r.open() != "sellbuy" {
		t.Errorf("the day before, open are %q", r.open())
	}
	r.restart() // the timer is caught up
	r.now.set(calendar.Date(20260703).Start())
	r.runTimers()
	if r.open() != "buy" {
		t.Errorf("on the day, open are %q", r.open())
	}
	r.record(FactRecord{Kind: rulebook.CreditPoints, Party: r.buyer.party, Value: "8", ValidFrom: 20260703, ValidTo: 20260710})
	r.record(FactRecord{Kind: rulebook.CreditReview, Party: r.buyer.party, Value: rulebook.Yes, ValidFrom: 20260703})
	r.refuses(r.buyer.user, r.order(r.buyer, r.i, market.Buy, 2000, one), rulebook.ErrCredit)
	r.now.set(calendar.Date(20260711).Start())
	r.buy = done[OrderResult](r.office, r.buyer.user, r.order(r.buyer, r.i, market.Buy, 2000, one)).Order.ID

	short := uscc(jiashan, 2) + "002P"
	l := done[LicenceResult](r.office, r.clerk, LicenceRegister{
		Party: r.buyer.party, Number: short, Kind: catalog.KindLicence, Site: "short", Region: jiashan, ValidFrom: 20260101, ValidTo: 20260801,
	}).Licence
	c := r.order(r.buyer, r.i, market.Buy, 2000, one)
	c.Licence = l.ID
	last := done[OrderResult](r.office, r.buyer.user, c).Order.ID
	r.now.set(calendar.Date(20260802).Start())
	r.runTimers()
	if r.app.st.orders[last] != nil || r.open() != "buy" {
		t.Errorf("the order of a licence that has ended is open, or another is not: %q", r.open())
	}
	r.refuses(r.buyer.user, c, ErrLicenceNotInForce)
}

// A fact takes out more orders than one command may, in the commands that
// follow it before any other.
func TestFactRecord_ManyOrders(t *testing.T) {
	t.Parallel()
	o, i, seller, _ := tradingOffice(t)
	for range 2 {
		var b OrderBatch
		for n := range MaxCancels/2 + 1 {
			b.Items = append(b.Items, OrderBatchItem{Place: o.order(seller, i, market.Sell, quantity.Price(3000+n), 100)})
		}
		done[OrderBatchResult](o, seller.user, b)
	}
	r := done[FactResult](o, o.leader, FactRecord{Kind: rulebook.Blacklisted, Party: seller.party, Value: rulebook.Listed, ValidFrom: 20260701, Document: "d"})
	if len(r.Cancelled) != MaxCancels {
		t.Errorf("%d were cancelled at once", len(r.Cancelled))
	}
	o.now.set(o.now.get() + 1)
	o.runTimers()
	if n := len(o.app.st.orders); n != 0 {
		t.Errorf("%d orders are left", n)
	}
}

// A fact is about what its kind is about, of the officer's own region.
func TestFactRecord_Refused(t *testing.T) {
	t.Parallel()
	o, _, seller, buyer := tradingOffice(t)
	west := o.person("west", GrantAdd{Role: identity.BureauLeader, Region: qingpu})
	good := FactRecord{Kind: rulebook.Monitor, Licence: seller.licence.ID, Value: rulebook.Yes, ValidFrom: 20260701, Document: "d"}
	for name, c := range map[string]struct {
		change func(c *FactRecord)
		by     int64
		want   *fault.Error
	}{
		"by a clerk":          {func(*FactRecord) {}, o.clerk, identity.ErrForbidden},
		"elsewhere":           {func(c *FactRecord) { c.Licence = buyer.licence.ID }, west, ErrNoRecord},
		"no such licence":     {func(c *FactRecord) { c.Licence = 999 }, o.leader, ErrNoRecord},
		"kind":                {func(c *FactRecord) { c.Kind = "smell" }, o.leader, invalid},
		"party too":           {func(c *FactRecord) { c.Party = seller.party }, o.leader, rulebook.ErrFactSubject.At("party")},
		"region of a licence": {func(c *FactRecord) { c.Region = qingpu }, o.leader, rulebook.ErrFactSubject.At("region")},
		"no subject":          {func(c *FactRecord) { c.Licence = 0 }, o.leader, rulebook.ErrFactSubject.At("licence")},
		"value":               {func(c *FactRecord) { c.Value = "perhaps" }, o.leader, rulebook.ErrFactValue},
		"pollutant":           {func(c *FactRecord) { c.Pollutant = "CO2" }, o.leader, ErrNoRecord},
		"period":              {func(c *FactRecord) { c.ValidTo = 20260630 }, o.leader, rulebook.ErrFactPeriod.At("valid_to")},
		"document":            {func(c *FactRecord) { c.Document = "" }, o.leader, invalid},
		"a region that is none": {
			func(c *FactRecord) { c.Kind, c.Licence, c.Region = rulebook.OverCap, 0, "339999" }, o.leader, ErrNoRecord,
		},
	} {
		f := good
		c.change(&f)
		if got := o.do(c.by, f); got == nil || got.Code != c.want.Code || c.want.Field != "" && got.Field != c.want.Field {
			t.Errorf("%s: got %+v, want %s at %q", name, got, c.want.Code, c.want.Field)
		}
	}
	done[FactResult](o, west, good)
	if got := done[FactResult](o, o.leader, FactRecord{Kind: rulebook.CreditGrade, Party: buyer.party, Value: "A", ValidFrom: 20260701, Document: "d"}).Fact; got.Region != jiashan || got.Licence != 0 {
		t.Errorf("%+v", got)
	}
}

// Orders of different basins do not meet, unless the province approves; what
// rests behind is met again when it does.
func TestOrder_OtherBasin(t *testing.T) {
	t.Parallel()
	o := openRuledOffice(t, 1)
	seller, buyer := o.firms[0], o.firms[3] // both of Jiashan
	place := func(f firm, side market.Side) PlaceOrder {
		return PlaceOrder{
			Market: "JS-COD", Instrument: "COD-20310630", Licence: f.licence.ID, Side: side, Price: 10 * quantity.OnePrice, Quantity: one, TimeInForce: market.GTC,
		}
	}
	for f, basin := range map[int64]string{seller.licence.ID: "太湖", buyer.licence.ID: "钱塘江"} {
		done[FactResult](o.office, o.leader, FactRecord{Kind: rulebook.BasinOf, Licence: f, Value: basin, ValidFrom: 20260701, Document: "d"})
	}
	done[OrderResult](o.office, seller.user, place(seller, market.Sell))
	o.refuses(buyer.user, place(buyer, market.Buy), rulebook.ErrOtherBasin)
	done[FactResult](o.office, o.leader, FactRecord{Kind: rulebook.BasinApproved, Licence: buyer.licence.ID, Value: "太湖", ValidFrom: 20260701, Document: "d"})
	if r := done[OrderResult](o.office, buyer.user, place(buyer, market.Buy)); len(r.Fills) != 1 {
		t.Errorf("not filled: %+v", r)
	}
}

// What was set to begin on a later day begins on it: a value of today ends before, and
// the rules of a day have the one value that counts.
func TestParameterSet_Planned(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	set := ParameterSet{Key: rulebook.BasePrice, Region: jiashan, Pollutant: vocs, Value: "1000", ValidFrom: 20260720, Document: "ahead"}
	r.does(r.leader, set)
	now := set
	now.Value, now.ValidFrom = "3700", 20260702
	r.refuses(r.leader, now, ErrParameterPlanned)
	now.ValidTo = 20260719
	r.does(r.leader, now)
	again := set // in place of what begins on the same day
	again.Value = "1100"
	r.does(r.leader, again)
	elsewhere := set
	elsewhere.Region, elsewhere.ValidFrom = jiaxing, 20260702
	r.does(r.leader, elsewhere)
	for on, want := range map[calendar.Date]string{20260701: "", 20260702: "3700", 20260719: "3700", 20260720: "1100", 20270101: "1100"} {
		_, rows := r.app.RulesOn(on)
		var got []string
		for _, p := range rows {
			if p.Key == rulebook.BasePrice && p.Region == jiashan {
				got = append(got, p.Value)
			}
		}
		_, value, set := rulebook.Lookup(rulebook.Rows(rows), rulebook.BasePrice, rulebook.Place{Region: jiashan, Pollutant: vocs}, on)
		if strings.Join(got, " ") != want || set && value.String() != want {
			t.Errorf("on %s: %v, %s counts; want %s", on, got, value, want)
		}
	}
}

// What a zone was decided to admit from a later day on is not undone by a rule of today
// for the same industry, or for a wider or narrower one.
func TestZoneRuleSet_Planned(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	rule := func(industry string, forbidden bool, from, to calendar.Date) ZoneRuleSet {
		return ZoneRuleSet{Zone: "lake", Region: jiashan, Industry: industry, Forbidden: forbidden, ValidFrom: from, ValidTo: to, Document: "list"}
	}
	r.does(r.leader, rule("231", true, 20260720, 0))
	for _, industry := range []string{"231", "23", "2319"} {
		r.refuses(r.leader, rule(industry, false, 20260702, 0), ErrZoneRulePlanned)
		r.refuses(r.leader, rule(industry, false, 20260702, 20260720), ErrZoneRulePlanned)
		r.does(r.leader, rule(industry, false, 20260702, 20260719))
	}
	r.does(r.leader, rule("22", false, 20260702, 0))
	r.does(r.leader, rule("2312", false, 20260720, 0)) // in place of what begins on the same day
	elsewhere := rule("231", false, 20260702, 0)
	elsewhere.Zone = "hill"
	r.does(r.leader, elsewhere)
	if got := r.app.st.known.forbidden("lake", "330482", "2319", 20260720); got != "" {
		t.Errorf("a zone of this name in another county is forbidden by %q", got)
	}
	for _, c := range []struct {
		industry string
		on       calendar.Date
		want     string
	}{{"2319", 20260719, ""}, {"2319", 20260720, "list"}, {"2312", 20260720, ""}, {"2319", 20270101, "list"}} {
		if got := r.app.st.known.forbidden("lake", jiashan, c.industry, c.on); got != c.want {
			t.Errorf("%s on %s: forbidden by %q, want %q", c.industry, c.on, got, c.want)
		}
	}
}

// A parameter holds from its day on; what is open is judged by it then. It
// takes two officers.
func TestParameterSet(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	set := ParameterSet{Key: rulebook.PurchaseMost, Value: "0.5", Region: "330000", ValidFrom: 20260703, Document: "notice"}
	p := r.propose(r.leader, set)
	r.refuses(r.leader, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	r.does(r.leader, set)
	done[OrderResult](r.office, r.buyer.user, r.order(r.buyer, r.i, market.Buy, 2000, one))
	r.now.set(calendar.Date(20260703).Start())
	r.refuses(r.buyer.user, r.order(r.buyer, r.i, market.Buy, 2000, one), rulebook.ErrPurchaseLimit)
	if r.open() != "sell" || len(r.app.st.orders) != 1 {
		t.Errorf("%q is open, of %d orders", r.open(), len(r.app.st.orders))
	}
	past := set
	past.ValidFrom = 20260702
	r.refuses(r.leader, past, ErrParameterPast)
	for _, change := range []func(c *ParameterSet){
		func(c *ParameterSet) { c.Key = "nothing" }, func(c *ParameterSet) { c.Value = "1e3" }, func(c *ParameterSet) { c.Document = "" },
	} {
		c := set
		change(&c)
		if got := r.do(r.leader, c); got == nil || got.Kind != fault.Invalid {
			t.Errorf("%+v: %v", c, got)
		}
	}
	rules, rows := r.app.RulesOn(20260702)
	later, laterRows := r.app.RulesOn(20260703)
	if len(rules) != len(rulebook.All()) || len(later) != len(rules) || len(laterRows) != len(rows)+1 {
		t.Errorf("%d rules and %d rows, a day later %d and %d", len(rules), len(rows), len(later), len(laterRows))
	}
	before, _ := r.app.RulesOn(20201126)
	if slices.ContainsFunc(before, func(r *rulebook.Rule) bool { return r.ID == "seller.paid_and_surplus" }) {
		t.Error("Art. 16 is listed before it was in force")
	}
}
