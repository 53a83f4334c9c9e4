package app

import (
	"context"
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// Question asks whether permits, or a party's credits, may change hands in a way today.
type Question struct {
	Action     rulebook.Action
	Instrument string
	Seller     int64  // licence; 0: the government, or whom a book brings
	Buyer      int64  // licence; likewise
	Market     string // of an order; may be empty
	Quantity   quantity.Quantity
	Need       quantity.Quantity // of the buyer's project, where that has no record; 0: there is none
	Project    int64             // that the buyer buys for; 0: none is named
	Listing    int64             // of the reserve, that it is bought of; 0: none is named
	Months     int32             // of a lease that begins today; 0: not said
	Value      quantity.Money    // of what is pledged; 0: not said
	Loan       quantity.Money    // all that it would secure
	Party      int64             // that would sell or buy credits; 0: permits

	ExistingUnit bool // the buyer buys for the unit that he has, and not for a project
}

// Eligibility is the answer: what every rule says, by the committed rows.
type Eligibility struct {
	On        calendar.Date
	Allowed   bool // no rule refuses, and nothing else stands in the way
	Quantity  quantity.Quantity
	Ratio     rulebook.Parameter // what the buyer's region asks of a project; no key: there is no buyer
	Need      quantity.Quantity  // as asked, or of the project for those who may see it
	Bought    quantity.Quantity  // for the project already
	Open      quantity.Quantity  // what open orders, deals and payment notices are for
	Required  quantity.Quantity  // to be bought for the need, beside what was bought
	Supported quantity.Quantity  // of a need, by the quantity
	Opinions  []rulebook.Opinion

	FeeExemptBy string // document by which an order in the market would pay no fee; "": it pays

	Simplified       reserve.SimplifiedLimit // of a primary sale
	SimplifiedSource string                  // where its most stands

	Obstacles []*fault.Error // that are no rules
}

// ErrQuestionSide is returned when a question names a side that its action has
// not, or does not name one that it has.
var ErrQuestionSide = fault.New(fault.Invalid, "eligibility.sides", "the action needs its own sides named, and no other")

// inquiry is a question with what it is about.
type inquiry struct {
	Question
	ctx           context.Context //nolint:containedctx // of one question
	ref           *Reference
	rows          Reader
	on            calendar.Date
	inst          catalog.Instrument
	pollutant     catalog.Pollutant
	market        catalog.Market // of an order that names one
	areas         []string
	seller, buyer catalog.Licence
	seesSeller    bool
	project       permit.Project          // where the question names one
	need          permit.Need             // of it, of the pollutant
	arriving      quantity.Quantity       // of the quantity, at the project
	listing       reserve.Listing         // where the question names one
	idle          reserve.IdleDeclaration // that a compulsory buy-back would sweep
	stillIdle     quantity.Quantity       // of it
	party         catalog.Party           // that would trade credits
	scheme        carbon.Scheme           // of these
}

// Eligibility answers a question. It changes nothing and does not ask the
// writer: it builds the same facts as commands do out of the committed rows.
func (a *App) Eligibility(ctx context.Context, actor identity.Actor, q Question) (Eligibility, error) {
	in := inquiry{Question: q, ctx: ctx, ref: a.Reference(), rows: a.Reader(), on: a.Now().Date()}
	if err := identity.Authorise(actor, identity.Eligibility, identity.Target{}); err != nil {
		return Eligibility{}, err
	}
	if err := in.look(actor); err != nil {
		return Eligibility{}, err
	}
	if in.Party != 0 {
		return in.ofCredits()
	}
	f, k, err := in.facts()
	if err != nil {
		return Eligibility{}, err
	}
	e := Eligibility{On: in.on, Need: in.Need, FeeExemptBy: in.exemptBy(in.ref.known())}
	if err := in.reckon(&e, &f, k); err != nil {
		return e, err
	}
	e.Obstacles = in.obstacles(actor)
	if err := in.simplified(&e, f.Quantity); err != nil {
		return e, err
	}
	if err := in.givenBack(&e, f.Quantity); err != nil {
		return e, err
	}
	e.explain(&f)
	return e, nil
}

// explain has the rules speak, and says whether it is allowed.
func (e *Eligibility) explain(f *rulebook.Facts) {
	e.Quantity, e.Opinions, e.Allowed = f.Quantity, rulebook.Explain(f), len(e.Obstacles) == 0
	for _, o := range e.Opinions {
		e.Allowed = e.Allowed && o.Outcome != rulebook.Refused
	}
}

// look finds what the question names, as far as the actor may ask about it.
func (in *inquiry) look(actor identity.Actor) error {
	if err := catalog.CheckOneOf("action", in.Action, rulebook.Actions); err != nil {
		return err
	}
	lookWho := in.lookLicences
	if in.Party != 0 {
		lookWho = in.lookParty
	}
	if err := lookWho(actor); err != nil {
		return err
	}
	var ok bool
	if in.inst, ok = find(in.ref, Instruments, func(i catalog.Instrument) bool { return i.Code == in.Instrument }); !ok {
		return ErrNoRecord.With("there is no instrument with the code %q", in.Instrument).At("instrument")
	}
	if err := in.checkTrader(actor); err != nil {
		return err
	}
	in.pollutant, _ = find(in.ref, Pollutants, func(p catalog.Pollutant) bool { return p.Code == in.inst.Pollutant })
	if err := fault.First(in.lookProject(actor), in.lookListing(), in.lookIdle()); err != nil || in.Market == "" {
		return err
	}
	return in.lookMarket()
}

// lookLicences finds the licences that the action is between.
func (in *inquiry) lookLicences(actor identity.Actor) error {
	for _, side := range [2]struct {
		field   string
		id      int64
		needed  bool
		licence *catalog.Licence
	}{{dealSideFields[0], in.Seller, in.Action.HasSeller(), &in.seller}, {dealSideFields[1], in.Buyer, in.Action.HasBuyer(), &in.buyer}} {
		if side.needed && side.id == 0 {
			return ErrQuestionSide.With("whoever asks about the action %s names its %s", in.Action, side.field).At(side.field)
		}
		if !side.needed && side.id != 0 {
			return ErrQuestionSide.With("the action %s has no %s: leave it out", in.Action, side.field).At(side.field)
		}
		l, known := ReadTable(in.ref, Licences).Get(side.id)
		if side.needed && !known {
			return ErrNoRecord.At(side.field)
		}
		*side.licence = l
	}
	return fault.First(in.authorise(actor), in.checkTerms())
}

// lookMarket finds the market that an order is for.
func (in *inquiry) lookMarket() error {
	var ok bool
	if in.market, ok = find(in.ref, Markets, func(m catalog.Market) bool { return m.Code == in.Market }); !ok {
		return ErrNoRecord.With("there is no market with the code %q", in.Market).At("market")
	}
	for _, r := range ReadTable(in.ref, MarketAreas).All() {
		if r.Market == in.market.ID {
			in.areas = append(in.areas, r.Region)
		}
	}
	return nil
}

// authorise lets ask who may ask about one of the sides.
func (in *inquiry) authorise(actor identity.Actor) error {
	var t identity.Target
	field := dealSideFields[1]
	for n, l := range [2]*catalog.Licence{&in.seller, &in.buyer} {
		if l.ID != 0 {
			t.Parties, t.Regions = append(t.Parties, l.Party), append(t.Regions, l.Region)
			field = dealSideFields[n]
		}
	}
	if err := identity.Authorise(actor, identity.Eligibility, t); err != nil {
		return ErrNoRecord.At(field)
	}
	in.seesSeller = identity.Authorise(actor, identity.HoldingRead, identity.OfParty(in.seller.Party, in.seller.Region)) == nil
	return nil
}

func find[R any](ref *Reference, t Table[R], is func(R) bool) (row R, ok bool) {
	for _, r := range ReadTable(ref, t).All() {
		if is(r) {
			return r, true
		}
	}
	return row, false
}

// facts are those that a command would be judged by, and the exchange
// coefficient.
func (in *inquiry) facts() (rulebook.Facts, quantity.Ratio, error) {
	known, coefficient := in.ref.known(), quantity.OneRatio
	f := rulebook.Facts{
		Action: in.Action, On: in.on, Pollutant: in.inst.Pollutant, Medium: in.pollutant.Medium, Quantity: in.Quantity,
		Months: in.Months, Value: in.Value, Loans: in.Loan, Parameters: known,
	}
	f.Project = in.Action == rulebook.Project
	if in.project.ID == 0 { // the ratio of a project with a record was judged when it was decided
		f.Project = f.Project || in.Need > 0
	}
	var err error
	if in.seller.ID != 0 {
		f.Seller = in.side(known, dealSideFields[0], in.seller)
		if in.seesSeller {
			if f.Seller.Holding, err = in.holding(in.seller); err != nil {
				return f, 0, err
			}
		}
	}
	if in.buyer.ID != 0 {
		f.Buyer = in.side(known, dealSideFields[1], in.buyer)
		if in.project.ID != 0 && in.Action == rulebook.Project {
			known.ofProject(&f.Buyer, in.project, in.on)
		}
		if len(known.keys[rulebook.HoldingMost]) > 0 {
			f.Buyer.Holding.Seen = true
			if f.Buyer.Holding.Total, err = in.total(in.buyer); err != nil {
				return f, 0, err
			}
		}
	}
	switch in.Action { //nolint:exhaustive // the others stay in their region, and have what is recorded of their licence
	case rulebook.RenewLicence:
		f.Seller = asRenewed(f.Seller, in.inst)
	case rulebook.Compulsory: // what is swept was declared idle
		f.Seller.Site.IdleSince = in.idle.Since
	case rulebook.Sell, rulebook.Buy:
		f.Spans, f.Approval = len(in.areas) > 1, in.market.Approval
	case rulebook.Deal:
		f.Spans = in.seller.Region != in.buyer.Region
		if p, ok := find(in.ref, Pairs, func(p settlement.Pair) bool {
			return p.Joins(in.inst.Pollutant, in.seller.Region, in.buyer.Region, in.on)
		}); ok {
			f.Approval, coefficient = p.Document, p.Coefficient
		}
	}
	return f, coefficient, nil
}

func (in *inquiry) side(known *knowledge, field string, l catalog.Licence) rulebook.Side {
	p, _ := ReadTable(in.ref, Parties).Get(l.Party)
	return known.side(field, p, l, in.inst.Pollutant, in.on)
}

// reckon fills in what the need asks for and what the quantity covers. A
// question without a quantity is about what the need asks for.
func (in *inquiry) reckon(e *Eligibility, f *rulebook.Facts, coefficient quantity.Ratio) error {
	if !f.Buyer.Known {
		return nil
	}
	if in.need.Ratio > 0 {
		return in.reckonProject(e, f, coefficient)
	}
	row, ratio := rulebook.Offset(f)
	e.Ratio, f.Offset = row, ratio
	var err error
	if in.Need > 0 {
		if e.Required, err = rulebook.Required(in.Need, ratio, coefficient); err != nil {
			return fault.Invalidf("need", "%s t/a are more than can be counted", in.Need)
		}
		if f.Quantity == 0 {
			f.Quantity = e.Required
		}
	}
	if f.Quantity > 0 {
		if e.Supported, err = rulebook.Supported(f.Quantity, ratio, coefficient); err != nil {
			return fault.Invalidf("quantity", "%s t/a are more than can be counted", f.Quantity)
		}
	}
	return nil
}

// obstacles are what a command would be refused for that is no rule, as far as
// the question says enough. Money is not looked at.
func (in *inquiry) obstacles(actor identity.Actor) []*fault.Error {
	var all []*fault.Error
	add := func(stands bool, f *fault.Error) {
		if stands {
			all = append(all, f)
		}
	}
	if ended := in.termEnded(); ended != nil {
		add(in.inst.Expired(in.on), ended.With("the term of %s ended on %s", in.inst.Code, in.inst.TermEnd))
	}
	in.leaseObstacles(add)
	add(in.buyer.ID != 0 && in.Action != rulebook.Buy && in.Action != rulebook.Deal && !in.pollutant.ValidOn(in.on), ErrPollutantNotValid)
	in.marketObstacles(add)
	if f, stands := fault.As(in.projectObstacles(actor)); stands {
		all = append(all, f)
	}
	return all
}

// marketObstacles are what the market that is named refuses an order for.
func (in *inquiry) marketObstacles(add func(stands bool, f *fault.Error)) {
	m := in.market
	if m.ID == 0 || in.Action != rulebook.Sell && in.Action != rulebook.Buy {
		return
	}
	add(m.State != catalog.MarketOpen || !m.ValidOn(in.on), notOpen(m, in.on))
	add(!m.Lists(in.inst), ErrWrongInstrument.With("the market %s does not trade %s", m.Code, in.inst.Code))
	add(!in.Quantity.IsMultipleOf(m.LotSize), ErrQuantityStep.With("the quantity must be a multiple of %s t", m.LotSize))
	if in.Party != 0 {
		return // credits are of no region that takes part
	}
	region := in.seller.Region + in.buyer.Region // an order has one side
	add(!slices.Contains(in.areas, region), ErrOutsideMarket.With("region %s does not take part in the market %s", region, m.Code))
}

// holding is what a licence has of the instrument, by the committed rows.
func (in *inquiry) holding(l catalog.Licence) (rulebook.Holding, error) {
	h := rulebook.Holding{Seen: true}
	accounts, balances, err := in.accounts(Where("licence", l.ID).And("instrument", Eq, in.inst.ID))
	if err != nil {
		return h, err
	}
	for i, a := range accounts {
		switch b := balances[i]; a.Origin {
		case ledger.Paid:
			h.Paid, h.Ready = quantity.Quantity(b.Balance), quantity.Quantity(b.Available())
			var left []ledger.Acquisition
			if err := in.find(Acquisitions.name, Where("account", int64(a.ID)).And("remaining", Gt, 0), &left); err != nil {
				return h, err
			}
			for _, acquired := range left {
				if !acquired.PriceKnown {
					h.Unpriced += acquired.Remaining
				}
			}
		case ledger.Free:
			h.Free = quantity.Quantity(b.Balance)
		case ledger.NoOrigin, ledger.UnknownOrigin:
		}
	}
	var surplus []market.Surplus
	err = in.find(Surpluses.name, Where("licence", l.ID).And("pollutant", Eq, in.inst.Pollutant), &surplus)
	for _, s := range surplus {
		h.Surplus = s.Available()
	}
	return h, err
}

// total is what a licence holds of the pollutant and may still get: View.totalOf by the committed rows.
func (in *inquiry) total(l catalog.Licence) (quantity.Quantity, error) {
	accounts, balances, err := in.accounts(Where("licence", l.ID).And("pollutant", Eq, in.inst.Pollutant))
	if err != nil {
		return 0, err
	}
	var sum quantity.Quantity
	for n, a := range accounts {
		if i, ok := ReadTable(in.ref, Instruments).Get(a.Instrument); ok && !i.Expired(in.on) {
			sum += quantity.Quantity(balances[n].Balance)
		}
	}
	var orders []market.Record
	q := Where("licence", l.ID).And("state", Eq, int64(market.Open)).And("side", Eq, int64(market.Buy))
	err = in.find(Orders.name, q, &orders)
	for _, o := range orders {
		if i, ok := ReadTable(in.ref, Instruments).Get(o.Instrument); ok && i.Pollutant == in.inst.Pollutant {
			sum += o.Remaining
		}
	}
	if err != nil {
		return 0, err
	}
	if err = in.addAgreed(l, &sum); err == nil {
		err = in.addComing(l, &sum)
	}
	return sum, err
}

// addAgreed adds what a licence's block trades and confirmed deals may still bring.
func (in *inquiry) addAgreed(l catalog.Licence, sum *quantity.Quantity) error {
	var blocks []market.Block
	if err := in.find(Blocks.name, openBlocks().And("buyer_licence", Eq, l.ID), &blocks); err != nil {
		return err
	}
	for _, b := range blocks {
		if i, ok := ReadTable(in.ref, Instruments).Get(b.Instrument); ok && i.Pollutant == in.inst.Pollutant {
			*sum += wantedOfBlock(b)
		}
	}
	var deals []settlement.Deal
	err := in.find(Deals.name, openDeals().And("buyer_licence", Eq, l.ID).And("pollutant", Eq, in.inst.Pollutant), &deals)
	for _, d := range deals {
		*sum += wantedOfDeal(d)
	}
	return err
}

// accounts are the accounts that a query selects, each with its balance.
func (in *inquiry) accounts(q Query) ([]ledger.Account, []ledger.Balance, error) {
	var accounts []ledger.Account
	if err := in.find(Accounts.name, q, &accounts); err != nil || len(accounts) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(accounts))
	for i, a := range accounts {
		ids[i] = int64(a.ID)
	}
	var rows []ledger.Balance
	if err := in.find(Balances.name, Query{}.And("id", In, ids), &rows); err != nil {
		return nil, nil, err
	}
	byID := map[ledger.AccountID]ledger.Balance{}
	for _, b := range rows {
		byID[b.ID] = b
	}
	balances := make([]ledger.Balance, len(accounts))
	for i, a := range accounts {
		balances[i] = byID[a.ID]
	}
	return accounts, balances, nil
}

func (in *inquiry) find(table string, q Query, rows any) error {
	if err := in.rows.Find(in.ctx, table, q, rows); err != nil {
		return fmt.Errorf("read table %s: %w", table, err)
	}
	return nil
}

// RulesOn are the rules that are in force on a day, and the rows of parameters
// that count on it.
func (a *App) RulesOn(on calendar.Date) ([]*rulebook.Rule, []rulebook.Parameter) {
	var rules []*rulebook.Rule
	for _, r := range rulebook.All() {
		if r.InForce(on) {
			rules = append(rules, r)
		}
	}
	parameters := []rulebook.Parameter{}
	for _, p := range ReadTable(a.Reference(), Parameters).All() {
		if p.HoldsOn(on) { // in place of an older row
			parameters = append(slices.DeleteFunc(parameters, func(o rulebook.Parameter) bool { return p.IsOf(&o) }), p)
		}
	}
	return rules, parameters
}
