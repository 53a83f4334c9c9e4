package catalog

import "permitx/internal/fault"

// The faults of this package, in the order in which they are checked. A plain
// mistake in one field, such as an empty name, is a request.invalid that names it.
var (
	// ErrValidity is returned when a period ends before it begins.
	ErrValidity = fault.New(fault.Invalid, "catalog.validity", "the period ends before it begins")

	// ErrRegionCode is returned when a region code is not of the form of GB/T 2260.
	ErrRegionCode = fault.New(fault.Invalid, "catalog.region_code", "not a region code of GB/T 2260")
	// ErrRegionLevel is returned when a region's level is not the one that its code
	// shows.
	ErrRegionLevel = fault.New(fault.Invalid, "catalog.region_level", "the level does not fit the code")
	// ErrRegionParent is returned when a region does not lie in its parent, or a
	// province has one.
	ErrRegionParent = fault.New(fault.Invalid, "catalog.region_parent", "the region does not lie in that parent")

	// ErrReportingCode is returned when a reporting code is not of the form of HJ 524
	// (air) or HJ 525 (water).
	ErrReportingCode = fault.New(fault.Invalid, "catalog.reporting_code", "not a pollutant code of that medium")
	// ErrNotVOCs is returned when non-methane hydrocarbons are given as VOCs.
	ErrNotVOCs = fault.New(fault.Invalid, "catalog.nmhc_is_not_vocs", "non-methane hydrocarbons are not the same as VOCs")

	// ErrMarketWithoutRegion is returned when a market lists no region.
	ErrMarketWithoutRegion = fault.New(fault.Invalid, "catalog.market_without_region", "a market needs a region")
	// ErrMarketRegionTwice is returned when a market lists a region twice.
	ErrMarketRegionTwice = fault.New(fault.Invalid, "catalog.market_region_twice", "the market lists this region twice")
	// ErrMarketApproval is returned when a market spans regions and carries no
	// standing approval: its fills move caps, which only an approval allows.
	ErrMarketApproval = fault.New(fault.Refused, "catalog.market_approval_missing",
		"a market that spans regions needs a standing approval").
		Under("market.approval", "project default")

	// ErrTermEnd is returned when a term does not end on the grid of term ends.
	ErrTermEnd = fault.New(fault.Refused, "catalog.term_end_off_grid", "a term ends on the last day of a quarter").
			Under("instrument.term_end", "project default")

	// ErrUSCC is returned when a code has not the length or the characters of a
	// unified social credit code.
	ErrUSCC = fault.New(fault.Invalid, "catalog.uscc", "not a unified social credit code")
	// ErrUSCCCheckDigit is returned when only the check digit of a code is wrong.
	// Correct the code; if it really is the one on the business licence, an early one,
	// the bureau confirms it.
	ErrUSCCCheckDigit = fault.New(fault.Invalid, "catalog.uscc_check_digit", "the check digit is wrong")
	// ErrLicenceNumber is returned when a number is not of the form of HJ 608.
	ErrLicenceNumber = fault.New(fault.Invalid, "catalog.licence_number", "not the number of a licence or a registration")
	// ErrLicenceKind is returned when a licence's number is one of the other kind.
	ErrLicenceKind = fault.New(fault.Invalid, "catalog.licence_kind", "the number is one of the other kind")
	// ErrLicenceHolder is returned when a licence's number begins with the code of
	// another party.
	ErrLicenceHolder = fault.New(fault.Invalid, "catalog.licence_holder", "the licence is another party's")
)
