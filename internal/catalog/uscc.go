package catalog

import "strings"

// The unified social credit code (统一社会信用代码) of GB 32100-2015: department (1), kind
// (1), region of registration (6 digits), organisation (9) and check digit (1).
const (
	usccLength = 18
	// Digits and letters without I, O, S, V and Z; a character's place is its value.
	usccCharset = "0123456789ABCDEFGHJKLMNPQRTUWXY"
)

// usccWeights are 3^(i-1) mod 31 for the places 1 to 17.
var usccWeights = [usccLength - 1]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// CheckUSCC returns ErrUSCC when s has not the form of a unified social credit
// code, and ErrUSCCCheckDigit when only its check digit is wrong. Then warning is
// true: some codes of the first years fail the check and are valid all the same,
// so that the bureau, with the business licence before it, may go on.
//
// The 17 weights are not divisible by 31, which is prime, so that a change of any
// one character is found.
func CheckUSCC(field, s string) (warning bool, err error) {
	if len(s) != usccLength {
		return false, ErrUSCC.With("a unified social credit code has %d characters, not %d", usccLength, len(s)).At(field)
	}
	sum := 0
	for i := range usccLength {
		value := strings.IndexByte(usccCharset, s[i])
		if value < 0 {
			return false, ErrUSCC.With("character %d must be a digit or a capital letter other than I, O, S, V and Z", i+1).At(field)
		}
		if i >= 2 && i < 8 && !isDigit(s[i]) {
			return false, ErrUSCC.With("character %d must be a digit: characters 3 to 8 are a region", i+1).At(field)
		}
		if i < len(usccWeights) {
			sum += value * usccWeights[i]
		}
	}
	want := usccCharset[(31-sum%31)%31]
	if got := s[usccLength-1]; got != want {
		// The digit that would fit is not told: a form that knows it invites to
		// "correct" a wrong code into a valid one of somebody else.
		return true, ErrUSCCCheckDigit.With("the check digit %q does not fit the other characters: compare the code with the business licence",
			string(got)).At(field)
	}
	return false, nil
}
