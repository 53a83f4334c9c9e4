package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/rulebook"
)

// The timers of days on which the rules judge differently without a command.
const (
	timerFactDay    = "fact.day"     // a fact begins to hold, or has held for the last time
	timerLicenceEnd = "licence.ends" // the day after a licence's last
)

// FactRecord records what is known of a licence, a party or a region. What
// rested on the opposite is cancelled: orders, and bidders of open windows.
type FactRecord struct {
	Kind      rulebook.Kind
	Licence   int64  // of facts about a licence
	Party     int64  // of facts about a party
	Region    string // of facts about a region
	Pollutant string // empty: all
	Value     string
	ValidFrom calendar.Date
	ValidTo   calendar.Date // 0: no end
	Document  string
}

// FactResult is a fact, and the open orders that it has cancelled. Where there
// are more than one command cancels, the next ones cancel the rest before any
// other command runs.
type FactResult struct {
	Fact      rulebook.Fact
	Cancelled []int64
}

var (
	_ = declare(FactRecord{})
	_ = declareTimer(timerFactDay, reviewFact)
	_ = declareTimer(timerLicenceEnd, reviewLicence)
)

// Operation is FactRecord.
func (FactRecord) Operation() identity.Operation { return identity.FactRecord }

// Decide checks the fact and finds the open orders that the rules would now
// refuse. The result is a FactResult.
func (c FactRecord) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.FactRecord, identity.Target{}); err != nil {
		return nil, err
	}
	f, err := c.fact(v)
	if err != nil {
		return nil, err
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if f.Pollutant != "" {
		if _, err := v.Pollutant("pollutant", f.Pollutant); err != nil {
			return nil, err
		}
	}
	refused := v.ordersRefused(v.known.with(f), v.restsOn(f))
	excluded, err := v.biddersRefused(v.known.with(f), biddersAbout(f))
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		f = Put(tx, Facts, f)
		tx.armFact(f)
		return FactResult{f, tx.takeOut(refused, excluded, timerFactDay, f.ID)}
	}, nil
}

// fact is the fact with all that it is about, which must be the actor's.
func (c FactRecord) fact(v *View) (rulebook.Fact, error) {
	f := rulebook.Fact{
		Kind: c.Kind, Region: c.Region, Party: c.Party, Licence: c.Licence, Pollutant: c.Pollutant, Value: c.Value,
		ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Document: c.Document, RecordedAt: v.Now,
	}
	if err := catalog.CheckOneOf("kind", c.Kind, rulebook.Kinds); err != nil {
		return f, err
	}
	subject := c.Kind.Subject()
	for _, s := range [3]struct {
		subject rulebook.Subject
		named   bool
	}{{rulebook.OfLicence, c.Licence != 0}, {rulebook.OfParty, c.Party != 0}, {rulebook.OfRegion, c.Region != ""}} {
		if s.named != (s.subject == subject) {
			return f, rulebook.ErrFactSubject.With("a fact of the kind %s is about a %s, and names that only", c.Kind, subject).At(string(s.subject))
		}
	}
	switch subject {
	case rulebook.OfLicence:
		l, err := Get(v, Licences, "licence", c.Licence)
		if err != nil {
			return f, err
		}
		f.Party, f.Region = l.Party, l.Region
	case rulebook.OfParty:
		p, err := Get(v, Parties, "party", c.Party)
		if err != nil {
			return f, err
		}
		f.Region = p.Region
	case rulebook.OfRegion:
		if _, err := v.Region("region", c.Region); err != nil {
			return f, err
		}
	}
	return f, v.AuthoriseAt(string(subject), identity.FactRecord, identity.OfRegion(f.Region))
}

// restsOn selects the orders that may rest on a fact.
func (v *View) restsOn(f rulebook.Fact) func(o *market.Record) bool {
	switch f.Kind.Subject() {
	case rulebook.OfLicence:
		return func(o *market.Record) bool { return o.Licence == f.Licence }
	case rulebook.OfParty:
		return func(o *market.Record) bool { return o.Party == f.Party }
	case rulebook.OfRegion:
	}
	return func(o *market.Record) bool {
		return o.Side == market.Buy && rowsOf(v.state, Licences).rows[o.Licence].Region == f.Region
	}
}

// ordersRefused returns the open orders, of those that touch selects, that the
// rules refuse by what is known: at most MaxCancels and one more.
func (v *View) ordersRefused(k *knowledge, touch func(o *market.Record) bool) []*market.Record {
	return v.restingOrders(MaxCancels, func(o *market.Record) bool { return touch(o) && v.judgeResting(k, o, 0) != nil })
}

// takeOut cancels as many orders and excludes as many bidders as one command
// may. The timer comes at once for the rest, before any other command; behind
// the last of them come the signed deals.
func (tx *Tx) takeOut(orders []*market.Record, bidders []exclusion, purpose string, reference int64) []int64 {
	if len(orders) > MaxCancels || len(bidders) > chainBacks {
		tx.Arm(tx.Now, purpose, reference)
	} else {
		tx.reviewDeals()
	}
	if tx.dry != nil {
		tx.dry.further = len(orders) > MaxCancels
	}
	tx.exclude(bidders[:min(len(bidders), chainBacks)])
	return tx.cancelAll(orders[:min(len(orders), MaxCancels)])
}

// armFact makes sure that the orders are looked at again on the days on which a
// fact begins and ends to hold, where these are to come.
func (tx *Tx) armFact(f rulebook.Fact) {
	if f.ValidFrom > tx.Today {
		tx.Arm(f.ValidFrom.Start(), timerFactDay, f.ID)
	}
	if f.ValidTo >= tx.Today {
		tx.Arm(f.ValidTo.AddDays(1).Start(), timerFactDay, f.ID)
	}
}

func reviewFact(v *View, id int64) (Apply, error) {
	f, err := Get(v, Facts, "fact", id)
	if err != nil {
		return nil, err
	}
	refused := v.ordersRefused(v.known, v.restsOn(f))
	excluded, err := v.biddersRefused(v.known, biddersAbout(f))
	return func(tx *Tx) any {
		return tx.takeOut(refused, excluded, timerFactDay, id)
	}, err
}

func reviewLicence(v *View, id int64) (Apply, error) {
	refused := v.ordersRefused(v.known, func(o *market.Record) bool { return o.Licence == id })
	excluded, err := v.biddersRefused(v.known, bidder{licence: id})
	return func(tx *Tx) any {
		return tx.takeOut(refused, excluded, timerLicenceEnd, id)
	}, err
}

// ZoneRuleSet says whether a zone admits an industry. From its first day on the
// open orders and signed deals of its sites are judged by it.
type ZoneRuleSet struct {
	Zone      string
	Region    string
	Industry  string
	Forbidden bool
	ValidFrom calendar.Date
	ValidTo   calendar.Date // 0: no end
	Document  string
}

// ParameterSet sets a parameter of the rules from a day on. What was decided
// before stays as it was decided; what is open is judged by it from that day on.
type ParameterSet struct {
	Key       rulebook.Key
	Region    string // empty: all
	Pollutant string // empty: all
	Industry  string // empty: all
	Value     string
	ValidFrom calendar.Date
	ValidTo   calendar.Date // 0: no end
	Document  string
	Words     string // may be empty
}

var _ = declare(ZoneRuleSet{}, ParameterSet{})

// ErrParameterPlanned is returned when a parameter would take the place of one that was set to begin later.
var ErrParameterPlanned = fault.New(fault.Refused, "parameter.planned", "a later change of the parameter is set already: the last day lies before it").At("valid_to").
	Under("parameter.decided", sourceDefault)

// ErrZoneRulePlanned is returned when a rule of a zone would take the place of one that was set to begin later.
var ErrZoneRulePlanned = fault.New(fault.Refused, "zone_rule.planned", "a later change of the zone's list is set already: the last day lies before it").At("valid_to").
	Under("zone_rule.decided", sourceDefault)

// ErrParameterPast is returned when a parameter would change what held before today.
var ErrParameterPast = fault.New(fault.Refused, "parameter.past", "a parameter holds from today on at the earliest: what was decided before stays").At("valid_from").
	Under("parameter.decided", sourceDefault)

// Operation is ZoneRuleSet.
func (ZoneRuleSet) Operation() identity.Operation { return identity.ZoneRuleSet }

// Decide checks the rule of a zone. The result is a rulebook.ZoneRule.
func (c ZoneRuleSet) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.ZoneRuleSet, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	z := rulebook.ZoneRule{
		Zone: c.Zone, Region: c.Region, Industry: c.Industry, Forbidden: c.Forbidden,
		ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Document: c.Document,
	}
	if err := z.Validate(); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	for _, o := range v.known.zones[z.Zone] {
		if z.Hides(o) {
			return nil, ErrZoneRulePlanned.With("industry %s is forbidden: %t from %s on by %s: let this rule end on %s, or set another one from that day on first",
				o.Industry, o.Forbidden, o.ValidFrom, o.Document, o.ValidFrom.AddDays(-1))
		}
	}
	return func(tx *Tx) any {
		z = Put(tx, ZoneRules, z)
		tx.armReview(timerZoneDay, z.ID, z.ValidFrom, z.ValidTo)
		tx.dryReview(z.ValidFrom, tx.known.withZoneRule(z), tx.inZone(z))
		return z
	}, nil
}

// Operation is ParameterSet.
func (ParameterSet) Operation() identity.Operation { return identity.ParameterSet }

// Decide checks the parameter. The result is a rulebook.Parameter.
func (c ParameterSet) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.ParameterSet, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	p := rulebook.Parameter{
		Key: c.Key, Region: c.Region, Pollutant: c.Pollutant, Industry: c.Industry, Value: c.Value,
		ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Document: c.Document, Words: c.Words,
	}
	if err := fault.First(p.Validate(), p.CheckPlace()); err != nil {
		return nil, err
	}
	if c.Region != "" {
		if _, err := v.Region("region", c.Region); err != nil {
			return nil, err
		}
	}
	if c.Pollutant != "" {
		if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
			return nil, err
		}
	}
	if c.ValidFrom < v.Today {
		return nil, ErrParameterPast
	}
	for _, o := range v.known.Of(p.Key) {
		if p.Hides(&o) {
			return nil, ErrParameterPlanned.With("%s is %s from %s on by %s: let this value end on %s, or set another one from that day on first",
				o.Key, o.Value, o.ValidFrom, o.Document, o.ValidFrom.AddDays(-1))
		}
	}
	return func(tx *Tx) any {
		p = Put(tx, Parameters, p)
		if rulebook.IsJudged(p.Key) {
			tx.armReview(timerParameterDay, p.ID, p.ValidFrom, p.ValidTo)
			tx.dryReview(p.ValidFrom, tx.known.withParameter(p), tx.underParameter(p))
		}
		return p
	}, nil
}
