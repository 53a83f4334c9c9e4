package app

import (
	"testing"

	"permitx/internal/rulebook"
)

// Texts of facts, rules of zones and parameters that were recorded before characters that are
// not seen were refused are no violation, whatever else of such rows is one; those of later are.
func TestCheck_TextsUnseen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document string
		before   bool
		wrong    int
	}{
		"before": {"a\u202eb", true, 0}, "since": {"a\u202eb", false, 3},
		"before, without a document": {"", true, 3}, "since, seen": {"a b", false, 0},
	} {
		o := openOffice(t)
		f := o.firm(jiashan, 1)
		o.does(o.leader, FactRecord{Kind: rulebook.ZoneOf, Licence: f.licence.ID, Value: "lake", ValidFrom: 20260701, Document: "d"})
		o.does(o.leader, ZoneRuleSet{Zone: "lake", Region: jiashan, Industry: "23", ValidFrom: 20260701, Document: "d"})
		o.does(o.leader, ParameterSet{Key: rulebook.HoldingMost, Value: "5", ValidFrom: o.now.get().Date(), Document: "d"})
		facts, zones, parameters := tableOf(o, Facts), tableOf(o, ZoneRules), tableOf(o, Parameters)
		fact, zone, parameter := facts[len(facts)-1], zones[len(zones)-1], parameters[len(parameters)-1]
		fact.Document, zone.Document, parameter.Document = c.document, c.document, c.document
		o.store.mu.Lock()
		o.store.table(Facts.name).put(fact.ID, fact)
		o.store.table(ZoneRules.name).put(zone.ID, zone)
		o.store.table(Parameters.name).put(parameter.ID, parameter)
		if c.before {
			o.store.table(InvariantStarts.name).put(990, InvariantStart{ID: 990, Invariant: "I-33 seen", Number: parameter.Command})
		}
		o.store.mu.Unlock()
		found, err := Check(t.Context(), o.store, o.store.row())
		wrong := 0
		for _, v := range found {
			if v.Invariant == "I-33" {
				wrong++
			}
		}
		if err != nil || wrong != c.wrong {
			t.Errorf("%s: %d rows are not well formed, want %d: %v %v", name, wrong, c.wrong, found, err)
		}
	}
}
