package catalog

import "fmt"

// A LicenceNumber is the number of a licence or a registration, which is the code
// of the site (固定污染源) by HJ 608-2017: the unified social credit code of the unit,
// the number of the site within it, and a letter, P in the standard.
type LicenceNumber struct {
	USCC     string
	Sequence int32 // 1 to 999
	Letter   byte  // A to Z
}

const licenceNumberLength = usccLength + 4

// ParseLicenceNumber returns the parts of the number s. A number of another form
// is an ErrLicenceNumber.
//
// When only the check digit of the code in it is wrong the parts are returned
// with ErrUSCCCheckDigit. A party whose early code the bureau has confirmed has such
// numbers too, so a caller who knows the party may go on; see Licence.CheckHolder.
//
// Substitute codes (H9…), which units without a unified social credit code were
// given at first, are not accepted: a holder of permits is registered.
func ParseLicenceNumber(field, s string) (LicenceNumber, error) {
	if len(s) != licenceNumberLength {
		return LicenceNumber{}, ErrLicenceNumber.With(
			"it has %d characters, not %d: the unified social credit code, three digits and a letter, for example 91130200699229617X001P",
			licenceNumberLength, len(s)).At(field)
	}
	uscc, digits, letter := s[:usccLength], s[usccLength:licenceNumberLength-1], s[licenceNumberLength-1]
	if !allDigits(digits) || digits == "000" {
		return LicenceNumber{}, ErrLicenceNumber.With("characters 19 to 21 must be the number of the site, 001 to 999").At(field)
	}
	if !isUpper(letter) {
		return LicenceNumber{}, ErrLicenceNumber.With("the last character must be a capital letter, for example P").At(field)
	}
	warning, err := CheckUSCC(field, uscc)
	if err != nil && !warning {
		return LicenceNumber{}, err
	}
	sequence := int32(digits[0]-'0')*100 + int32(digits[1]-'0')*10 + int32(digits[2]-'0')
	return LicenceNumber{USCC: uscc, Sequence: sequence, Letter: letter}, err
}

// String writes the number as it stands on the licence.
func (n LicenceNumber) String() string {
	return fmt.Sprintf("%s%03d%c", n.USCC, n.Sequence, n.Letter)
}

// Kind tells a licence from a registration by the letter. The standard has only P;
// later licences carry other letters, and receipts of registration W, X, Y or Z:
// what is seen in practice, so a project default.
func (n LicenceNumber) Kind() LicenceKind {
	if n.Letter >= 'W' {
		return KindRegistration
	}
	return KindLicence
}
