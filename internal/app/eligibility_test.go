package app

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
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

// ruledOffice is an office in which all that the rules look at differs from
// firm to firm, and changes.
type ruledOffice struct {
	*office
	r         *rand.Rand
	firms     []firm
	twins     map[int64]catalog.Licence // of a party, beside the firm's
	insts     []catalog.Instrument
	refusedBy map[string]int // rule or obstacle
	allowed   map[rulebook.Action]int
	projects  map[int64]int64 // by licence
	proposed  map[int64]int64 // the last project of a licence that is not approved
	bank      int64           // party
	steps     map[settlement.DealEvent]int
	old       catalog.Instrument // of which each firm has 3 t/a for free, for many years
	ending    catalog.Instrument // the last day to renew which comes in the middle of the walk
	owed      map[int64]int64    // debt by party
}

var ruledRegions = []string{jiashan, "330402", qingpu}

// otherCity is a region of the same province and of another city, that no pair
// and no market has.
const otherCity = "330000"

func openRuledOffice(t *testing.T, seed int64) *ruledOffice {
	t.Helper()
	o := &ruledOffice{
		office: openOffice(t), r: rand.New(rand.NewSource(seed)), twins: map[int64]catalog.Licence{},
		refusedBy: map[string]int{}, allowed: map[rulebook.Action]int{}, projects: map[int64]int64{}, proposed: map[int64]int64{},
		steps: map[settlement.DealEvent]int{}, owed: map[int64]int64{},
	}
	o.old = done[catalog.Instrument](o.office, o.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20301231})
	o.ending = done[catalog.Instrument](o.office, o.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20260930})
	for _, pollutant := range []string{vocs, "COD"} {
		o.insts = append(o.insts, done[catalog.Instrument](o.office, o.admin, InstrumentAdd{Pollutant: pollutant, TermEnd: 20310630}))
		for _, region := range append(ruledRegions, otherCity) {
			done[reserve.CapDecision](o.office, o.leader, CapDecide{Region: region, Pollutant: pollutant, Change: 100_000 * one, Document: "cap", DecidedOn: 20260101})
			done[reserve.Movement](o.office, o.leader, ReserveMove{region, pollutant, reserve.ToReserve, 10_000 * one, "reserve", LotChoice{}})
		}
		done[MarketResult](o.office, o.admin, MarketOpen{
			Code: "YRD-" + pollutant, Name: "all", Pollutant: pollutant, Regions: ruledRegions, LotSize: 100, Tick: quantity.OnePrice,
			PriceBasis: catalog.PerYear, Approval: "approval",
		})
		done[MarketResult](o.office, o.admin, MarketOpen{
			Code: "JS-" + pollutant, Name: "one", Pollutant: pollutant, Regions: ruledRegions[:1], LotSize: 100, Tick: quantity.OnePrice, PriceBasis: catalog.PerYear,
		})
		done[MarketResult](o.office, o.admin, MarketOpen{
			Code: "NEED-" + pollutant, Name: "of projects", Pollutant: pollutant, Regions: ruledRegions, LotSize: 100, Tick: quantity.OnePrice,
			PriceBasis: catalog.PerYear, Approval: "approval", ProjectRequired: true,
		})
	}
	for n := range 7 {
		o.firms = append(o.firms, o.ruledFirm(n, ruledRegions[n%3]))
	}
	o.firms = append(o.firms, o.ruledFirm(7, otherCity))
	o.bank = done[PartyResult](o.office, o.clerk, PartyRegister{Name: "bank", USCC: uscc(jiashan, 90), Region: jiashan, Industry: "6621"}).Party.ID
	o.person("banker", GrantAdd{Role: identity.BankOfficer, Party: o.bank})
	for _, pair := range [][2]string{{jiashan, "330402"}, {jiashan, qingpu}, {qingpu, "330402"}} {
		for _, pollutant := range []string{vocs, "COD"} {
			done[settlement.Pair](o.office, o.upper, PairAdd{
				Pollutant: pollutant, SellerRegion: pair[0], BuyerRegion: pair[1], Coefficient: quantity.OneRatio, Upper: true, Document: "pilot", ValidFrom: 20260101,
			})
		}
	}
	return o
}

// ruledFirm is a firm with money and permits of every kind, each with a part
// that cannot be sold; some have a second licence.
func (o *ruledOffice) ruledFirm(n int, region string) firm {
	o.t.Helper()
	f := o.firm(region, n+1)
	for i, q := range map[catalog.Instrument]quantity.Quantity{o.old: 3 * one, o.ending: one} {
		done[AllocationResult](o.office, o.leader, Allocate{
			Licence: f.licence.ID, Instrument: i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Free, Quantity: q,
			AcquiredOn: 20200101, Document: "opening",
		})
	}
	done[DepositResult](o.office, o.finance, DepositConfirm{Party: f.party, Amount: 100_000_000 * quantity.OneMoney, BankReference: fmt.Sprint("in-", n), ReceivedOn: 20260701})
	for _, i := range o.insts {
		for _, a := range []Allocate{
			{Origin: ledger.Paid, Quantity: 40 * one, Price: 1000 * quantity.OnePrice, PriceKnown: true},
			{Origin: ledger.Paid, Quantity: 10 * one},
			{Origin: ledger.Free, Quantity: 5 * one},
		} {
			if n == 6 && a.Origin == ledger.Paid { // has only free ones
				continue
			}
			a.Licence, a.Instrument, a.Kind, a.Part, a.AcquiredOn, a.Document = f.licence.ID, i.Code, reserve.Opening, reserve.Unallocated, 20260601, "opening"
			done[AllocationResult](o.office, o.leader, a)
		}
		if n != 6 {
			done[SurplusResult](o.office, o.leader, SurplusVerify{
				Licence: f.licence.ID, Pollutant: i.Pollutant, Quantity: 30 * one, Rung: reserve.LicenceAmount, Monitored: true, TaskDone: true,
				VerifiedOn: 20260701, Document: "surplus", NoYear: "no records yet",
			})
		}
	}
	if n < 2 {
		o.twins[f.party] = done[LicenceResult](o.office, o.clerk, LicenceRegister{
			Party: f.party, Number: uscc(f.licence.Region, n+1) + "002P", Kind: catalog.KindLicence, Site: "second", Region: f.licence.Region,
			ValidFrom: 20260101, ValidTo: 20310630,
		}).Licence
		for _, i := range o.insts {
			done[AllocationResult](o.office, o.leader, Allocate{
				Licence: o.twins[f.party].ID, Instrument: i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Free, Quantity: one,
				AcquiredOn: 20260601, Document: "opening",
			})
		}
	}
	return f
}

// try sends a command and returns the code that refused it, or "". What waits
// for a second person was not refused.
func (o *ruledOffice) try(person int64, c Command) string {
	o.t.Helper()
	o.keys++
	a, err := o.app.Do(o.t.Context(), identity.Actor{Person: person}, fmt.Sprintf("k-%d", o.keys), c)
	if f, ok := fault.As(err); ok {
		return f.Code
	} else if err != nil {
		o.t.Fatalf("%T: %v", c, err)
	}
	if a.Status == 422 {
		code, _, _ := strings.Cut(string(a.Body), " ")
		return code
	}
	return ""
}

func pick[T any](r *rand.Rand, all ...T) T { return all[r.Intn(len(all))] }

// change records something that the rules look at: more often what lets trade
// than what stops it, so that both go on.
func (o *ruledOffice) change() {
	o.t.Helper()
	r, today := o.r, o.now.get().Date()
	f := pick(r, o.firms...)
	from := today.AddDays(r.Intn(4) - 2)
	bad := r.Intn(4) == 0
	or := func(good, evil string) string {
		if bad {
			return evil
		}
		return good
	}
	must := func(c Command) {
		if code := o.try(o.leader, c); code != "" {
			o.t.Fatalf("%+v: %s", c, code)
		}
	}
	fact := func(k rulebook.Kind, value string) {
		c := FactRecord{Kind: k, Value: value, ValidFrom: from, Document: "document"}
		switch k.Subject() {
		case rulebook.OfLicence:
			c.Licence, c.Pollutant = f.licence.ID, pick(r, "", vocs, "COD")
			if second, has := o.twins[f.party]; has && r.Intn(2) == 0 {
				c.Licence = second.ID
			}
		case rulebook.OfParty:
			c.Party = f.party
		case rulebook.OfRegion:
			c.Region, c.Pollutant = f.licence.Region, pick(r, "", vocs, "COD")
		}
		if bad && r.Intn(2) == 0 {
			c.ValidTo = from.AddDays(3)
		}
		must(c)
	}
	switch r.Intn(19) {
	case 18:
		o.changeDebt(f, bad)
	case 0:
		fact(rulebook.Monitor, or(rulebook.Yes, rulebook.No))
	case 1:
		fact(rulebook.ReductionTask, or(rulebook.Done, rulebook.NotDone))
	case 2:
		fact(rulebook.SurplusNeeded, or(rulebook.No, rulebook.Yes))
	case 3:
		fact(rulebook.SourceOf, or(string(rulebook.Industrial), pick(r, string(rulebook.Agricultural), string(rulebook.ThermalPower))))
	case 4:
		fact(rulebook.BasinOf, or("太湖", "钱塘江"))
	case 5:
		fact(rulebook.BasinApproved, pick(r, "太湖", "钱塘江"))
	case 6:
		fact(rulebook.ZoneOf, or("zone of all", "zone of few"))
	case 7:
		fact(rulebook.Blacklisted, or(rulebook.Lifted, rulebook.Listed))
	case 8:
		fact(rulebook.CreditPoints, or("-3", pick(r, "4", "7")))
	case 9:
		fact(rulebook.CreditGrade, or("A", pick(r, "D", "E")))
	case 10:
		fact(rulebook.CreditReview, or(rulebook.Yes, rulebook.No))
	case 11:
		fact(rulebook.OverCap, or(rulebook.No, rulebook.Yes))
	case 12:
		fact(rulebook.VerifiedRight, or("1000", "10"))
	case 13:
		must(AttainmentSet{f.licence.Region, pick(r, vocs, "COD"), 2025, !bad, "bulletin"})
	case 14:
		list := ZoneRuleSet{Zone: "zone of few", Region: jiashan, Industry: "23", Forbidden: bad, ValidFrom: from, Document: "list"}
		if from <= today && o.try(o.leader, list) == ErrZoneRulePlanned.Code { // of tomorrow
			list.ValidFrom = today.AddDays(1)
		}
		must(list)
		if code := o.try(o.second, ProposalApprove{o.proposal.ID, o.proposal.EffectsDigest}); code != "" {
			o.t.Fatalf("approve a zone rule: %s", code)
		}
	case 15:
		must(o.parameter(bad))
		if code := o.try(o.second, ProposalApprove{o.proposal.ID, o.proposal.EffectsDigest}); code != "" {
			o.t.Fatalf("approve a parameter: %s", code)
		}
	case 16, 17:
		o.changeState(f, bad && r.Intn(2) == 0)
	}
}

// parameter is a limit that is high or low, or an offset ratio.
func (o *ruledOffice) parameter(low bool) ParameterSet {
	key, value := pick(o.r, rulebook.PurchaseMost, rulebook.HoldingMost), "1000"
	switch {
	case low:
		value = "12.5"
	case o.r.Intn(2) == 0:
		key, value = pick(o.r, rulebook.OffsetAttained, rulebook.OffsetMissed), pick(o.r, "1", "1.2", "2")
	}
	return ParameterSet{
		Key: key, Value: value, Region: pick(o.r, "", "330000", jiashan), Pollutant: pick(o.r, "", vocs), ValidFrom: o.now.get().Date(), Document: "document",
	}
}

func (o *ruledOffice) changeState(f firm, bad bool) {
	if o.r.Intn(2) == 0 {
		state := catalog.PartyActive
		if bad {
			state = catalog.PartySuspended
		}
		o.try(o.leader, PartyState{f.party, state, "reason", ""})
		return
	}
	state := catalog.LicenceValid
	if bad {
		state = catalog.LicenceSuspended
	}
	o.try(o.leader, LicenceState{f.licence.ID, state, "reason", "document"})
}

// trial is a question and the command that does what it asks about; after
// undoes what would be in the way of the next.
type trial struct {
	q      Question
	asks   int64 // person
	person int64
	c      Command
	before func() Command // prepares the command after the answer was given
	after  func()         // after a command that was not refused
	ended  func(refused bool)

	rulesFirst bool // the command asks the rules before it looks at what is no rule
	toConfirm  bool // what the buyer's project does not allow is refused when he confirms, and not here
}

// trial makes up an action.
func (o *ruledOffice) trial() trial {
	r := o.r
	seller, buyer, i := pick(r, o.firms...), pick(r, o.firms...), pick(r, o.insts...)
	q := quantity.Quantity(1+r.Intn(560)) * one / 10
	in := trial{q: Question{Instrument: i.Code, Quantity: q}, person: o.leader, asks: pick(r, o.leader, o.upper)}
	price := 10 * quantity.OnePrice
	switch r.Intn(16) {
	case 12, 13:
		return o.sweepTrial(in, seller)
	case 14:
		return o.reclaimTrial(in, seller)
	case 15:
		return o.renewTrial(in, seller)
	case 8:
		return o.leaseTrial(in, seller, i)
	case 9:
		return o.pledgeTrial(in, seller, i)
	case 10:
		return o.buyBackTrial(in, seller, i)
	case 11:
		return o.correctionTrial(in, i)
	case 0, 1:
		m := pick(r, "YRD-", "JS-", "NEED-") + i.Pollutant
		in.q.Market, in.person = m, seller.user
		side := pick(r, market.Sell, market.Buy)
		in.q.Action, in.q.Seller = rulebook.Sell, seller.licence.ID
		if side == market.Buy {
			in.q.Action, in.q.Seller, in.q.Buyer, in.q.Project = rulebook.Buy, 0, seller.licence.ID, o.anyProject(seller)
			in.q.ExistingUnit = o.saysUnit(in.q.Project)
		}
		in.asks = pick(r, in.asks, seller.user)
		in.c = PlaceOrder{Market: m, Instrument: i.Code, Licence: seller.licence.ID, Side: side, Price: price, Quantity: q, TimeInForce: market.IOC, Project: in.q.Project, ExistingUnit: in.q.ExistingUnit}
	case 2, 3, 4:
		return o.dealTrial(in, seller, buyer, i)
	case 5:
		in.q.Action, in.q.Buyer = rulebook.Allocation, buyer.licence.ID
		kind := reserve.Initial
		if r.Intn(3) == 0 {
			in.q.Action, kind = rulebook.TakeOver, reserve.Opening
		}
		in.c = Allocate{
			Licence: buyer.licence.ID, Instrument: i.Code, Kind: kind, Part: reserve.Unallocated, Origin: ledger.Free, Quantity: q,
			AcquiredOn: 20260701, Document: "allocation",
		}
		in.after = func() { o.try(o.leader, ProposalWithdraw{o.app.st.lastID["proposal"], "tried"}) }
	case 6:
		in.q.Action, in.q.Buyer, in.q.Project = rulebook.PrimarySale, buyer.licence.ID, o.anyProject(buyer)
		in.q.ExistingUnit = o.saysUnit(in.q.Project)
		in.c = NoticeIssue{Licence: buyer.licence.ID, Instrument: i.Code, Quantity: q, Price: price, DueOn: 20271231, Project: in.q.Project, ExistingUnit: in.q.ExistingUnit}
		in.after = func() { o.try(o.leader, NoticeCancel{o.app.st.lastID[Notices.name], "tried"}) }
	case 7:
		return o.projectTrial(in, buyer, i)
	}
	return in
}

// anyProject is a project of a firm, which may not be approved, or none.
func (o *ruledOffice) anyProject(f firm) int64 {
	return pick(o.r, 0, o.projects[f.licence.ID], o.projects[f.licence.ID], o.proposed[f.licence.ID])
}

// saysUnit reports whether a buyer who names no project says, as most do, that it is for his existing unit.
func (o *ruledOffice) saysUnit(project int64) bool { return project == 0 && o.r.Intn(4) > 0 }

// dealTrial is a proposal by the seller, who looks at what he has.
func (o *ruledOffice) dealTrial(in trial, seller, buyer firm, i catalog.Instrument) trial {
	for buyer.party == seller.party {
		buyer = pick(o.r, o.firms...)
	}
	in.q.Action, in.q.Seller, in.q.Buyer = rulebook.Deal, seller.licence.ID, buyer.licence.ID
	in.person, in.asks = seller.user, seller.user
	c := DealPropose{
		Kind: settlement.Local, Proposer: settlement.SellerSide, SellerParty: seller.party, SellerLicence: seller.licence.ID,
		BuyerParty: buyer.party, BuyerLicence: buyer.licence.ID, Instrument: i.Code, Quantity: in.q.Quantity, Price: 10 * quantity.OnePrice,
		Payment: settlement.EscrowPayment,
	}
	if seller.licence.Region != buyer.licence.Region {
		c.Kind, c.Project, c.CapEffect, c.CapDocument = settlement.CrossRegion, o.projects[buyer.licence.ID], settlement.CapPermanent, "cap document"
		in.q.Project, in.asks = c.Project, o.upper // the buyer's project is not the seller's to ask about
	}
	if o.r.Intn(3) == 0 { // the buyer proposes: what the seller has is not looked at
		c.Proposer, in.person, in.asks = settlement.BuyerSide, buyer.user, buyer.user
		c.ExistingUnit = o.saysUnit(c.Project)
		in.q.ExistingUnit = c.ExistingUnit
	}
	in.c, in.toConfirm = c, c.Proposer == settlement.SellerSide
	in.after = func() { o.laterSteps(in.q, seller, buyer) }
	return in
}

// laterSteps signs and confirms the deal that was just proposed, each after its
// own answer and a change, and gives it up.
func (o *ruledOffice) laterSteps(q Question, seller, buyer firm) {
	id := o.app.st.lastID[Deals.name]
	for _, step := range []struct {
		event settlement.DealEvent
		who   firm
	}{{settlement.SellerSign, seller}, {settlement.BuyerConfirm, buyer}} { // a buyer does not see what the seller has, which the deal holds by then
		for range 4 {
			o.change()
		}
		if d := storedRow(o.office, Deals, id); !d.State.IsOpen() { // the change has ended it
			o.steps[settlement.Lapse]++
			return
		}
		asks := step.who.user
		if q.Project != 0 && step.who.party == seller.party {
			asks = o.upper
		}
		c := DealStep{Deal: id, Event: step.event}
		bySeller := storedRow(o.office, Deals, id).Proposer == settlement.SellerSide
		if step.event == settlement.BuyerConfirm && bySeller {
			if q.Project == 0 {
				c.Project = o.anyProject(buyer)
				q.Project = c.Project
			}
			c.ExistingUnit = o.saysUnit(q.Project)
			q.ExistingUnit = c.ExistingUnit
		}
		if !o.compare(-1, trial{q: q, asks: asks, person: step.who.user, c: c, toConfirm: bySeller && step.event == settlement.SellerSign}) {
			break
		}
		o.steps[step.event]++
	}
	o.try(seller.user, DealStep{Deal: id, Event: settlement.Withdraw})
}

// leaseTrial is an offer to another party of the region.
func (o *ruledOffice) leaseTrial(in trial, lessor firm, i catalog.Instrument) trial {
	lessee := pick(o.r, o.firms...)
	for lessee.party == lessor.party || lessee.licence.Region != lessor.licence.Region {
		lessor, lessee = pick(o.r, o.firms...), pick(o.r, o.firms...)
	}
	in.q.Action, in.q.Seller, in.q.Buyer = rulebook.Lease, lessor.licence.ID, lessee.licence.ID
	in.person, in.asks = lessor.user, lessor.user
	months := pick(o.r, int32(6), 6, 13)
	in.c = LeaseOffer{
		LessorLicence: lessor.licence.ID, LesseeLicence: lessee.licence.ID, Instrument: i.Code, Quantity: in.q.Quantity, Price: quantity.OnePrice,
		Months: months, From: o.now.get().Date(),
	}
	in.q.Months = months
	in.after = func() {
		o.try(lessor.user, LeaseStep{Lease: o.app.st.lastID[Leases.name], Event: encumbrance.WithdrawLease})
	}
	return in
}

// pledgeTrial is an application, for a loan that is small beside the value, or nearly as large.
func (o *ruledOffice) pledgeTrial(in trial, holder firm, i catalog.Instrument) trial {
	in.q.Action, in.q.Seller, in.person, in.asks = rulebook.Pledge, holder.licence.ID, holder.user, holder.user
	in.q.Value, in.q.Loan = 1000_00, pick(o.r, quantity.Money(100), 100, 900_00)
	in.c = PledgeApply{
		Licence: holder.licence.ID, Instrument: i.Code, Quantity: in.q.Quantity, Bank: o.bank, Loan: in.q.Loan, Value: in.q.Value, Assessment: "assessment",
	}
	in.after = func() {
		o.try(holder.user, PledgeStep{Pledge: o.app.st.lastID[Pledges.name], Event: encumbrance.WithdrawPledge})
	}
	return in
}

// buyBackTrial is the pricing of an application, after its verification by a finding
// that agrees with the facts. What is applied for is held before it is judged.
func (o *ruledOffice) buyBackTrial(in trial, holder firm, i catalog.Instrument) trial {
	in.q.Action, in.q.Seller, in.q.Quantity, in.rulesFirst = rulebook.BuyBack, holder.licence.ID, one, true
	if o.balance(HoldingKey(holder.licence, i, ledger.Paid)).Available() < int64(11*one) { // 10 t/a of it have no price
		return o.trial()
	}
	if today := o.now.get().Date(); o.r.Intn(3) == 0 { // a base price of this day
		o.takes(o.leader, ParameterSet{
			Key: rulebook.BasePrice, Value: "4000", Region: holder.licence.Region, Pollutant: i.Pollutant, ValidFrom: today, ValidTo: today, Document: "price",
		})
	}
	in.before = func() Command {
		site, _ := rulebook.SiteOf(o.app.st.known.licences[holder.licence.ID], i.Pollutant, o.now.get().Date())
		for _, c := range []struct {
			person int64
			c      Command
		}{
			{holder.user, BuyBackApply{Licence: holder.licence.ID, Instrument: i.Code, Origin: ledger.Paid, Quantity: one, Cause: reserve.Reduction, Document: "application"}},
			{holder.user, BuyBackStep{BuyBack: o.app.st.lastID[BuyBacks.name] + 1, Event: reserve.SubmitBuyBack, Document: "d"}},
			{o.clerk, BuyBackStep{BuyBack: o.app.st.lastID[BuyBacks.name] + 1, Event: reserve.AcceptBuyBack, Document: "d"}},
		} {
			if code := o.try(c.person, c.c); code != "" {
				o.t.Fatalf("%+v: %s", c.c, code)
			}
		}
		verify := BuyBackVerify{
			BuyBack: o.app.st.lastID[BuyBacks.name], Quantity: one, Rung: reserve.LicenceAmount, Monitored: site.Monitor != rulebook.IsNot,
			TaskDone: site.TaskDone != rulebook.IsNot, VerifiedOn: o.now.get().Date(), Document: "finding",
		}
		if o.try(o.leader, verify) != "" {
			return verify
		}
		return BuyBackStep{BuyBack: verify.BuyBack, Event: reserve.PriceBuyBack}
	}
	in.ended = func(bool) { o.withdrawBuyBack(holder, o.app.st.lastID[BuyBacks.name]) }
	return in
}

// correctionTrial moves free permits between two licences of a party.
func (o *ruledOffice) correctionTrial(in trial, i catalog.Instrument) trial {
	f := pick(o.r, o.firms[:2]...)
	twin := o.twins[f.party]
	in.q.Action, in.q.Seller, in.q.Buyer, in.q.Quantity = rulebook.Correction, f.licence.ID, twin.ID, 1
	in.c = TransferPost{
		Debit: o.account(HoldingKey(f.licence, i, ledger.Free)), Credit: o.account(HoldingKey(twin, i, ledger.Free)), Amount: 1, Document: "correction",
	}
	in.after = func() { o.try(o.leader, ProposalWithdraw{o.app.st.lastID["proposal"], "tried"}) }
	return in
}

// projectTrial is the approval of a project at the ratio that the answer names.
func (o *ruledOffice) projectTrial(in trial, buyer firm, i catalog.Instrument) trial {
	in.q.Action, in.q.Buyer = rulebook.Project, buyer.licence.ID
	o.keys++
	refused := o.try(o.clerk, ProjectRegister{
		EIA: fmt.Sprintf("环评 %d", o.keys), Name: "line", Kind: permit.Expanded, Licence: buyer.licence.ID,
		Industry: pick(o.r, "2319", "1511"), Zone: pick(o.r, "", "zone of few", "zone of all"),
		Needs: []ProjectNeed{{Pollutant: i.Pollutant, Need: in.q.Quantity}},
	})
	if refused != "" { // there is nothing to approve
		return o.trial()
	}
	in.q.Quantity, in.q.Project = 0, o.app.st.lastID[Projects.name]
	o.proposed[buyer.licence.ID] = in.q.Project
	return in
}

// goodsFaults are what an order of credits is refused with for what its party has, after the rules.
var goodsFaults = []string{ledger.ErrInsufficient.Code, ErrUnitsFrozen.Code, ErrResaleToday.Code}

// compare asks, does, and compares. It reports whether the answer is yes.
func (o *ruledOffice) compare(n int, in trial) bool {
	o.t.Helper()
	e, err := o.app.Eligibility(o.t.Context(), o.app.st.actor(in.asks), in.q)
	if err != nil {
		o.t.Fatalf("%d: %+v: %v", n, in.q, err)
	}
	lower := false
	if in.q.Action == rulebook.Project {
		ratio, _ := quantity.ParseRatio("ratio", e.Ratio.Value)
		if lower = ratio > quantity.OneRatio && o.r.Intn(4) == 0; lower {
			ratio--
		}
		in.c = ProjectStep{
			Project: o.app.st.lastID[Projects.name], Event: permit.Approve, Document: "approval",
			Needs: []ProjectNeed{{Pollutant: pollutantOf(in.q.Instrument), Ratio: ratio, Basis: "rule"}},
		}
	}
	if in.before != nil {
		in.c = in.before()
	}
	if in.toConfirm {
		o.leaveToBuyer(&e)
	}
	want, by := map[string]string{}, "" // code to what refuses: of rules the first
	for _, opinion := range e.Opinions {
		if opinion.Outcome == rulebook.Refused {
			by = opinion.Rule.ID
			want[opinion.Fault.Code] = by
			break
		}
	}
	if len(e.Obstacles) > 0 {
		in.rulesFirst = in.rulesFirst || in.q.Party != 0 && slices.Contains(goodsFaults, e.Obstacles[0].Code)
		if in.q.Project == 0 && !in.rulesFirst && e.Obstacles[0].Code != ErrForWhichUnit.Code { // of a project the rules come before it, or after
			clear(want)
		}
		if !in.rulesFirst || len(want) == 0 {
			want[e.Obstacles[0].Code], by = "obstacle", "obstacle"
		}
	}
	if e.Allowed != (len(want) == 0) {
		o.t.Fatalf("%d: allowed is %t, refused by %q", n, e.Allowed, by)
	}
	if lower && len(want) == 0 { // the answer names the ratio that is asked for
		want[rulebook.ErrOffsetTooLow.Code] = "deal.offset_ratio"
	}
	got := o.try(in.person, in.c)
	if lower && got == "" {
		o.t.Fatalf("%d: %+v was approved at less than %s", n, in.q, e.Ratio.Value)
	}
	if _, told := want[got]; !told && (got != "" || !e.Allowed) {
		o.t.Fatalf("%d on %s: %+v\nthe answer is %v, the command %T says %q\n%+v", n, o.now.get().Date(), in.q, want, in.c, got, e.Opinions)
	}
	if got == "" {
		o.allowed[in.q.Action]++
	} else {
		o.refusedBy[want[got]]++
		o.refusedBy[got]++
	}
	if in.after != nil && got == "" {
		in.after()
	}
	if in.ended != nil {
		in.ended(got != "")
	}
	return got == ""
}

func pollutantOf(instrument string) string {
	pollutant, _, _ := catalog.ParseInstrumentCode("instrument", instrument)
	return pollutant
}

// What eligibility says, the commands do: for 2,000 made-up combinations of
// facts, parameters, projects and actions the answer is the one that the command then
// gets, down to the code of the first rule that refuses. Deals are asked about
// again at their later steps, after further changes; some of these end them.
func TestEligibility_AgreesWithCommands(t *testing.T) {
	t.Parallel()
	const seed, rounds = 20260701, 2000
	o := openRuledOffice(t, seed)
	for _, f := range o.firms {
		for _, i := range o.insts {
			if o.projects[f.licence.ID] == 0 && i.Pollutant == vocs {
				o.projects[f.licence.ID] = o.ruledProject(f)
			}
		}
	}
	for n := range rounds {
		o.change()
		if n%50 == 49 {
			o.now.set(o.now.get() + calendar.Instant(24*60*60*1_000_000))
			o.settle()
		}
		o.compare(n, o.trial())
	}
	o.check()
	if reads, knows := o.app.Reference().known(), o.app.st.known; !reflect.DeepEqual(reads, knows) {
		t.Error("readers know something else than the writer")
	}
	t.Logf("allowed %v, refused by %v, steps %v", o.allowed, o.refusedBy, o.steps)
	for _, e := range []settlement.DealEvent{settlement.SellerSign, settlement.BuyerConfirm} {
		if o.steps[e] == 0 {
			t.Errorf("no deal came to %s", e)
		}
	}
	for _, a := range []rulebook.Action{
		rulebook.Sell, rulebook.Buy, rulebook.Deal, rulebook.Allocation, rulebook.TakeOver, rulebook.PrimarySale, rulebook.Project,
		rulebook.Lease, rulebook.Pledge, rulebook.BuyBack, rulebook.Correction, rulebook.Compulsory, rulebook.Reclamation, rulebook.RenewLicence,
	} {
		if o.allowed[a] == 0 {
			t.Errorf("no %s was allowed", a)
		}
	}
	for _, id := range []string{
		"party.active", "party.blacklist", "licence.in_force", "seller.available", "seller.price_known", "seller.paid_and_surplus",
		"seller.paid_and_surplus_water", "seller.surplus_to_government", "limit.province", "limit.basin", "limit.source", "limit.thermal_power",
		"deal.region_pair", "region.inflow", "region.over_cap", "zone.admission", "party.credit", "purchase.limit", "holding.limit", "obstacle",
		ErrProjectNeeded.Code, ErrProjectNotApproved.Code, ErrPollutantNotNeeded.Code, ErrBeyondNeed.Code,
		"limit.city", "seller.debt", "holder.idle", "licence.renewal", "deal.offset_ratio", "lease.months", "pledge.share",
		ErrIdleBeyond.Code, ledger.ErrInsufficient.Code, ErrRenewalOpen.Code, ErrNoBasePrice.Code,
	} {
		if o.refusedBy[id] == 0 {
			t.Errorf("%s never refused", id)
		}
	}
}

// ruledProject is a project of a firm that needs most of what is ever bid for,
// mostly
// of every pollutant.
func (o *ruledOffice) ruledProject(f firm) int64 {
	o.t.Helper()
	o.keys++
	c := ProjectRegister{EIA: fmt.Sprintf("环评 %d", o.keys), Name: "line", Kind: permit.Expanded, Licence: f.licence.ID, Industry: "2319"}
	approved := ProjectStep{Event: permit.Approve, Document: "approval"}
	needed := o.insts
	if f.party%3 == 0 {
		needed = o.insts[:1]
	}
	for _, i := range needed {
		c.Needs = append(c.Needs, ProjectNeed{Pollutant: i.Pollutant, Need: 25 * one})
		approved.Needs = append(approved.Needs, ProjectNeed{Pollutant: i.Pollutant, Ratio: 2 * quantity.OneRatio, Basis: "rule"})
	}
	approved.Project = done[ProjectResult](o.office, o.clerk, c).Project.ID
	done[ProjectResult](o.office, o.leader, approved)
	return approved.Project
}
