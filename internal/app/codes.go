package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
)

// codes finds resident records by what people call them.
type codes struct {
	regions     map[string]int64
	pollutants  map[string]int64
	markets     map[string]int64
	instruments map[string]int64
	parties     map[string]int64 // by USCC
	licences    map[string]int64 // by number
	projects    map[string]int64 // by number of the EIA's approval
	needs       map[needKey]int64
	amounts     map[surplusKey]int64 // what a licence permits
	partyCode   map[int64]string     // the codes under which they are found
	licenceCode map[int64]string
	renewals    map[ledger.Key]int64 // the last of a holding
	grants      map[int64][]int64
	areas       map[int64][]string // regions of a market
	groups      map[int64]string   // of the parties that belong to one
}

// indexCodes builds the indexes after the resident tables have been read.
func (s *state) indexCodes() {
	s.byCode = codes{
		regions: map[string]int64{}, pollutants: map[string]int64{}, markets: map[string]int64{},
		instruments: map[string]int64{}, parties: map[string]int64{}, licences: map[string]int64{},
		projects: map[string]int64{}, needs: map[needKey]int64{}, amounts: map[surplusKey]int64{}, renewals: map[ledger.Key]int64{},
		partyCode: map[int64]string{}, licenceCode: map[int64]string{}, grants: map[int64][]int64{}, areas: map[int64][]string{}, groups: map[int64]string{},
	}
	indexAll(s, Regions)
	indexAll(s, Pollutants)
	indexAll(s, Markets)
	indexAll(s, MarketAreas)
	indexAll(s, Instruments)
	indexAll(s, Parties)
	indexAll(s, Licences)
	indexAll(s, Projects)
	indexAll(s, ProjectNeeds)
	indexAll(s, LicenceAmounts)
	indexAll(s, Renewals)
	indexAll(s, Grants)
}

func indexAll[R any](s *state, t Table[R]) {
	c := rowsOf(s, t)
	for _, id := range c.order {
		s.indexCode(c.rows[id])
	}
}

func (s *state) indexCode(row any) {
	switch r := row.(type) {
	case catalog.Region:
		s.byCode.regions[r.Code] = r.ID
	case catalog.Pollutant:
		s.byCode.pollutants[r.Code] = r.ID
	case catalog.Market:
		s.byCode.markets[r.Code] = r.ID
	case catalog.MarketRegion:
		s.byCode.areas[r.Market] = append(s.byCode.areas[r.Market], r.Region)
	case catalog.Instrument:
		s.byCode.instruments[r.Code] = r.ID
	case catalog.Party:
		rename(s.byCode.parties, s.byCode.partyCode, r.ID, r.USCC)
		if delete(s.byCode.groups, r.ID); r.OwnerGroup != "" {
			s.byCode.groups[r.ID] = r.OwnerGroup
		}
	case catalog.Licence:
		rename(s.byCode.licences, s.byCode.licenceCode, r.ID, r.Number)
	case permit.Project:
		s.byCode.projects[r.EIA] = r.ID
	case permit.Renewal:
		s.byCode.renewals[r.OldKey()] = r.ID
	case permit.Amount:
		s.byCode.amounts[surplusKey{r.Licence, r.Pollutant}] = r.ID
	case permit.Need:
		s.byCode.needs[needKey{r.Project, r.Pollutant}] = r.ID
	case identity.Grant:
		for _, id := range s.byCode.grants[r.Person] {
			if id == r.ID {
				return
			}
		}
		s.byCode.grants[r.Person] = append(s.byCode.grants[r.Person], r.ID)
	}
}

// rename finds a record by a code, and no longer by the one that it had.
func rename(ids map[string]int64, codes map[int64]string, id int64, code string) {
	if old, known := codes[id]; known && old != code && ids[old] == id {
		delete(ids, old)
	}
	ids[code], codes[id] = id, code
}

func byCode[R any](v *View, t Table[R], index map[string]int64, field, code string) (R, error) {
	if id, ok := index[code]; ok {
		return rowsOf(v.state, t).rows[id], nil
	}
	var none R
	if code == "" {
		return none, fault.Invalidf(field, "must be named")
	}
	return none, ErrNoRecord.With("there is no %s with the code %q", t.name, code).At(field)
}

// Region returns a region by its GB/T 2260 code, or ErrNoRecord.
func (v *View) Region(field, code string) (catalog.Region, error) {
	return byCode(v, Regions, v.byCode.regions, field, code)
}

// Pollutant returns a pollutant by its code, or ErrNoRecord.
func (v *View) Pollutant(field, code string) (catalog.Pollutant, error) {
	return byCode(v, Pollutants, v.byCode.pollutants, field, code)
}

// Market returns a market by its code, or ErrNoRecord.
func (v *View) Market(field, code string) (catalog.Market, error) {
	return byCode(v, Markets, v.byCode.markets, field, code)
}

// Tradable returns an instrument by its code, of permits or of credits, or ErrNoRecord.
func (v *View) Tradable(field, code string) (catalog.Instrument, error) {
	return byCode(v, Instruments, v.byCode.instruments, field, code)
}

// instrumentCode is the code of an instrument that there is.
func (v *View) instrumentCode(id int64) string { return rowsOf(v.state, Instruments).rows[id].Code }

// ErrInstrumentOfCredits is returned when credits are named where only permits can be.
var ErrInstrumentOfCredits = fault.New(fault.Invalid, "instrument.of_credits", "this is for permits: the instrument is of carbon-inclusive credits, which are traded in their market's book, by block trade, by auction and by transfer").At("instrument")

// Instrument returns an instrument of permits by its code, or ErrNoRecord.
// Returns ErrInstrumentOfCredits for one of credits.
func (v *View) Instrument(field, code string) (catalog.Instrument, error) {
	i, err := v.Tradable(field, code)
	if err == nil && i.OfCredits() {
		err = ErrInstrumentOfCredits.At(field)
	}
	return i, err
}
