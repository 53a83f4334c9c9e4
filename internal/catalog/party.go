package catalog

import (
	"errors"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A PartyState says whether a party takes part.
type PartyState string

// The states of a party.
const (
	PartyActive    PartyState = "active"
	PartySuspended PartyState = "suspended" // keeps what it has, trades nothing
	PartyClosed    PartyState = "closed"    // struck off
)

// PartyStates are all states of a party.
var PartyStates = []PartyState{PartyActive, PartySuspended, PartyClosed}

// A Party is an enterprise that takes part in the exchange.
type Party struct {
	ID          int64
	Name        string
	USCC        string         // unified social credit code, GB 32100
	USCCWarning bool           // the code fails its check, an early one, and the bureau has confirmed it
	Region      string         // code of the region of registration
	Industry    string         // GB/T 4754: division, group or class, 2 to 4 digits
	SignerLimit quantity.Money // an amount over it needs a signer; 0: no limit
	State       PartyState
	OwnerGroup  string // whom it belongs to in the end; parties of one group do not trade with each other. "": itself
	Command     int64
}

// CheckOwnerGroup returns a fault unless a group's name can be printed, or is empty.
func CheckOwnerGroup(field, group string) error {
	if group == "" {
		return nil
	}
	return checkText(field, group, textMax)
}

// Validate returns a fault that names the first field that is wrong. A code with a
// wrong check digit is valid only when USCCWarning says that the bureau confirmed it.
func (p Party) Validate() error {
	if err := checkText("name", p.Name, textMax); err != nil {
		return err
	}
	_, err := CheckUSCC("uscc", p.USCC)
	if err != nil && (!p.USCCWarning || !errors.Is(err, ErrUSCCCheckDigit)) {
		return err
	}
	if err == nil && p.USCCWarning {
		return fault.Invalidf("uscc_warning", "must be false: the code passes its check")
	}
	if err := CheckRegionCode("region", p.Region); err != nil {
		return err
	}
	if err := CheckIndustry("industry", p.Industry); err != nil {
		return err
	}
	return checkOneOf("state", p.State, PartyStates)
}
