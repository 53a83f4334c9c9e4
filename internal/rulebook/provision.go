package rulebook

import "slices"

// Provision is what is refused outside of the rules that judge facts: by the
// terms of a market or an offer, the steps of a case, or the register. It lies
// where it is checked; the list of all is read from the code by go generate.
type Provision struct {
	ID       string // as a refusal names it
	Refusals []Refusal
}

// Refusal is a fault that cites a provision.
type Refusal struct {
	Code     string
	Says     string
	Citation string // document number and article, terms, or ProjectDefault
}

// Provisions are all provisions, by id. They do not change from day to day.
func Provisions() []Provision { return slices.Clone(provisions) }
