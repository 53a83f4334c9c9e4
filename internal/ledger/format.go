package ledger

import (
	"fmt"

	"permitx/internal/quantity"
)

// Format writes an amount of this account's asset as a decimal.
func (k Key) Format(atoms int64) string {
	switch {
	case k.Kind.IsPermit():
		return quantity.Quantity(atoms).String() + " t/a"
	case !k.Kind.IsMoney():
		return quantity.Reduction(atoms).String() + " kgCO2e"
	}
	return "CNY " + quantity.Money(atoms).String()
}

// String names the account for a person.
func (k Key) String() string {
	switch {
	case k.Kind == Holding:
		return fmt.Sprintf("the %s holding of licence %d", k.Origin, k.Licence)
	case k.Kind == Funds:
		return fmt.Sprintf("the funds of party %d", k.Party)
	case k.Kind == Deposit && k.Party != 0:
		return fmt.Sprintf("the deposit of party %d", k.Party)
	case k.Kind == Forfeits:
		return fmt.Sprintf("the forfeits of %s", k.Region)
	case k.Kind == Credits:
		return fmt.Sprintf("the credits %s of party %d", k.Pollutant, k.Party)
	case !k.Kind.IsMoney():
		return fmt.Sprintf("the %s account of %s for %s", k.Kind, k.Region, k.Pollutant)
	default:
		return fmt.Sprintf("the %s account", k.Kind)
	}
}
