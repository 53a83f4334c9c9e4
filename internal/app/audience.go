package app

import "reflect"

// An audience is whom the effects of a proposal are shown to: officers, who see all of
// them, or the signer of a party, which may deal with others. What these have is theirs
// to know: their balances, acquisitions, surplus and projects are neither shown to him
// nor part of what he approves, or they could make it stale.
type audience struct {
	state *state
	party int64 // 0: officers
}

// mayKnow reports whether what a party has is shown.
func (a audience) mayKnow(party int64) bool { return a.party == 0 || party == a.party }

// mayKnowOf does so for what a licence has.
func (a audience) mayKnowOf(licence int64) bool {
	return a.mayKnow(rowsOf(a.state, Licences).rows[licence].Party)
}

// ownerFields are the fields by which a record says whose it is.
var ownerFields = []struct {
	names []string
	knows func(a audience, id int64) bool
}{
	{[]string{"Party", "SellerParty", "BuyerParty", "Lessor", "Lessee", "Bank"}, audience.mayKnow},
	{[]string{"Licence", "SellerLicence", "BuyerLicence", "LessorLicence", "LesseeLicence"}, audience.mayKnowOf},
	{[]string{"Project"}, func(a audience, id int64) bool { return a.mayKnow(rowsOf(a.state, Projects).rows[id].Party) }},
}

// mayKnowRow reports whether a record is shown, given a pointer to it: one that says
// whose it is to those whom it names.
func (a audience) mayKnowRow(row any) bool {
	isOthers := false
	for _, fields := range ownerFields {
		for _, name := range fields.names {
			f := reflect.ValueOf(row).Elem().FieldByName(name)
			switch {
			case !f.IsValid() || f.Kind() != reflect.Int64 || f.Int() == 0:
			case fields.knows(a, f.Int()):
				return true
			default:
				isOthers = true
			}
		}
	}
	return !isOthers
}
