package app

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// The tables of what the rules judge by. Their rows are never changed: a
// correction is a further row.
var (
	Facts      = resident[rulebook.Fact]("fact")
	ZoneRules  = resident[rulebook.ZoneRule]("zone_rule")
	Parameters = resident[rulebook.Parameter]("parameter")
)

// knowledge finds what is recorded by what it is about: the writer's, to which
// rows are added as they are written, or a reader's.
type knowledge struct {
	licences    map[int64][]rulebook.Fact
	parties     map[int64][]rulebook.Fact
	regions     map[string][]rulebook.Fact
	zones       map[string][]rulebook.ZoneRule
	keys        map[rulebook.Key][]rulebook.Parameter
	attainments map[area][]settlement.Attainment
	debts       map[int64]map[int64]permit.Debt // open ones, by party
	debtors     map[int64]int64                 // their parties
}

// area is a region for one pollutant.
type area struct{ region, pollutant string }

func newKnowledge() *knowledge {
	return &knowledge{
		licences: map[int64][]rulebook.Fact{}, parties: map[int64][]rulebook.Fact{}, regions: map[string][]rulebook.Fact{},
		zones: map[string][]rulebook.ZoneRule{}, keys: map[rulebook.Key][]rulebook.Parameter{},
		attainments: map[area][]settlement.Attainment{}, debts: map[int64]map[int64]permit.Debt{}, debtors: map[int64]int64{},
	}
}

// add takes in a row of one of the tables of knowledge; others it passes over.
func (k *knowledge) add(row any) {
	switch r := row.(type) {
	case rulebook.Fact:
		switch r.Kind.Subject() {
		case rulebook.OfLicence:
			k.licences[r.Licence] = append(k.licences[r.Licence], r)
		case rulebook.OfParty:
			k.parties[r.Party] = append(k.parties[r.Party], r)
		case rulebook.OfRegion:
			k.regions[r.Region] = append(k.regions[r.Region], r)
		}
	case rulebook.ZoneRule:
		k.zones[r.Zone] = append(k.zones[r.Zone], r)
	case rulebook.Parameter:
		k.keys[r.Key] = append(k.keys[r.Key], r)
	case settlement.Attainment:
		at := area{r.Region, r.Pollutant}
		k.attainments[at] = append(k.attainments[at], r)
	case permit.Debt:
		k.addDebt(r)
	}
}

// addDebt keeps the debts that are open.
func (k *knowledge) addDebt(d permit.Debt) {
	party := k.debtors[d.ID] // it may have gone to a successor
	if delete(k.debts[party], d.ID); len(k.debts[party]) == 0 {
		delete(k.debts, party)
	}
	if d.Open() == 0 {
		delete(k.debtors, d.ID)
		return
	}
	k.debtors[d.ID] = d.Party
	if k.debts[d.Party] == nil {
		k.debts[d.Party] = map[int64]permit.Debt{}
	}
	k.debts[d.Party][d.ID] = d
}

// owedBy is what a party owes of permits.
func (k *knowledge) owedBy(party int64) (sum quantity.Quantity) {
	for _, d := range k.debts[party] {
		sum += d.Open()
	}
	return sum
}

// Of is part of rulebook.Parameters.
func (k *knowledge) Of(key rulebook.Key) []rulebook.Parameter { return k.keys[key] }

// with is k as it would be with one fact more, to judge what the fact is about.
func (k *knowledge) with(f rulebook.Fact) *knowledge {
	more := *k
	switch f.Kind.Subject() {
	case rulebook.OfLicence:
		more.licences = map[int64][]rulebook.Fact{f.Licence: append(slices.Clip(k.licences[f.Licence]), f)}
	case rulebook.OfParty:
		more.parties = map[int64][]rulebook.Fact{f.Party: append(slices.Clip(k.parties[f.Party]), f)}
	case rulebook.OfRegion:
		more.regions = map[string][]rulebook.Fact{f.Region: append(slices.Clip(k.regions[f.Region]), f)}
	}
	return &more
}

// withZoneRule is k as it would be with one rule more, to judge what lies in its zone.
func (k *knowledge) withZoneRule(z rulebook.ZoneRule) *knowledge {
	more := *k
	more.zones = map[string][]rulebook.ZoneRule{z.Zone: append(slices.Clip(k.zones[z.Zone]), z)}
	return &more
}

// withParameter is k as it would be with one parameter more.
func (k *knowledge) withParameter(p rulebook.Parameter) *knowledge {
	more := *k
	more.keys = maps.Clone(k.keys)
	more.keys[p.Key] = append(slices.Clip(k.keys[p.Key]), p)
	return &more
}

// withAttainment is k as it would be with one record more.
func (k *knowledge) withAttainment(a settlement.Attainment) *knowledge {
	more, at := *k, area{a.Region, a.Pollutant}
	a.ID = math.MaxInt64 // it is not the record that there is none
	more.attainments = map[area][]settlement.Attainment{at: append(slices.Clip(k.attainments[at]), a)}
	return &more
}

// side is what is known of one side of an action; what it has is for the
// caller to add.
func (k *knowledge) side(field string, p catalog.Party, l catalog.Licence, pollutant string, on calendar.Date) rulebook.Side {
	s := rulebook.Side{Known: true, Field: field, Party: p.ID, State: p.State, Licence: l}
	site, industry := rulebook.SiteOf(k.licences[l.ID], pollutant, on)
	s.Industry = cmp.Or(industry, p.Industry)
	site.Forbids = k.forbidden(site.Zone, l.Region, s.Industry, on)
	s.Debt = k.owedBy(p.ID)
	s.Site, s.Conduct, s.Area = site, rulebook.ConductOf(k.parties[p.ID], on), k.areaOf(l.Region, pollutant, on)
	return s
}

// placeOfLicence is what the rules look parameters up by of a party's licence.
func (k *knowledge) placeOfLicence(p catalog.Party, l catalog.Licence, pollutant string, on calendar.Date) rulebook.Place {
	_, industry := rulebook.SiteOf(k.licences[l.ID], pollutant, on)
	return rulebook.Place{Region: l.Region, Pollutant: pollutant, Industry: cmp.Or(industry, p.Industry)}
}

// creditSide is a side of credits, which are a party's and of no licence.
func (k *knowledge) creditSide(field string, p catalog.Party, on calendar.Date) rulebook.Side {
	return rulebook.Side{Known: true, Field: field, Party: p.ID, State: p.State, Conduct: rulebook.ConductOf(k.parties[p.ID], on)}
}

// forbidden is the document by which a zone of a region does not admit an industry, or "".
func (k *knowledge) forbidden(zone, region, industry string, on calendar.Date) string {
	if zone == "" { // the usual case
		return ""
	}
	return rulebook.ForbiddenBy(k.zones[zone], region, industry, on)
}

// areaOf is what is recorded of a region. The latest record of the latest year
// counts.
func (k *knowledge) areaOf(region, pollutant string, on calendar.Date) (a rulebook.Area) {
	var latest settlement.Attainment
	for _, r := range k.attainments[area{region, pollutant}] {
		if r.Year >= latest.Year && int(r.Year) <= on.Year() {
			latest = r
		}
	}
	if latest.ID != 0 && !latest.Attained {
		a.Missed, a.MissedBy = latest.Year, latest.Document
	}
	a.OverCapDoc, a.OverCap = rulebook.OverCapBy(k.regions[region], pollutant, on)
	return a
}

// knownTable is a table that the rules judge by.
type knownTable struct {
	name  string
	learn func(s *state)                   // from the writer's memory
	read  func(r *Reference, k *knowledge) // from what is published
}

// knownTables are the tables of knowledge.
var knownTables = []knownTable{knownBy(Facts), knownBy(ZoneRules), knownBy(Parameters), knownBy(Attainments), knownBy(Debts)}

func knownBy[R any](t Table[R]) knownTable {
	return knownTable{
		name: t.name,
		learn: func(s *state) {
			c := rowsOf(s, t)
			for _, id := range c.order {
				s.known.add(c.rows[id])
			}
		},
		read: func(r *Reference, k *knowledge) {
			for _, row := range ReadTable(r, t).All() {
				k.add(row)
			}
		},
	}
}

func isKnown(table string) bool {
	return slices.ContainsFunc(knownTables, func(t knownTable) bool { return t.name == table })
}

// learn reads the tables of knowledge into the writer's memory.
func (s *state) learn() {
	s.known = newKnowledge()
	for _, t := range knownTables {
		t.learn(s)
	}
}
