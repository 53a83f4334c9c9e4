package httpapi

import (
	"slices"
	"testing"
)

// What is wrong with a body is said in words that are true of it.
func TestCompare_Sentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ schema, body, want string }{
		{"QuoteInput", `{"steps":[{"price":4100}]}`, `/steps/0/price: must be a string such as "2397.22", not a number`},
		{"QuoteInput", `{"steps":[{"price":{}}]}`, `/steps/0/price: must be a string such as "2397.22", not an object`},
		{"QuoteInput", `{}`, `: must have at least one of the fields confirm_price, noncompetitive, steps`},
		{"OrderAmendInput", `{}`, `: must have at least one of the fields existing_unit, price, quantity`},
		{"OrderBatchItem", `{}`, `: must have exactly one of the fields cancel, place`},
		{"Slot", `{"phase":"call","from":"9:30","until":"10:00"}`, `/from: must have 5 characters`},
	} {
		value, err := parseJSON([]byte(c.body))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range compare(schema(t, c.schema), value) {
			got = append(got, f.Field+": "+f.Detail)
		}
		if !slices.Contains(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.schema, c.body, got, c.want)
		}
	}
}
