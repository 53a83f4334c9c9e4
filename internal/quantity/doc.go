// Package quantity holds the exact decimals of the exchange as int64 atoms.
//
// # Terms
//
// An atom is the smallest step of a type: 10⁻⁶ t of a [Quantity], 10⁻⁴ CNY of
// a [Price], 10⁻² CNY (a fen) of [Money], 10⁻⁶ of a [Ratio]. The number of
// decimals of a type is its scale. A per-year instrument has quantities in
// t/a and prices in CNY/(t·a); an outright one has t and CNY/t.
//
// # Invariants
//
//   - There is no binary float: input is read digit by digit, products run in
//     192 bits, and each operation rounds once, at its end.
//   - Every rounding is named at the call. There is no default, because
//     measured data are rounded half to even (GB/T 8170), money and
//     head-counts half up, fills down, and what the state needs from a firm up.
//   - A result that does not fit is [ErrOverflow]; nothing wraps.
//   - Print, then parse, gives back every value.
//   - A step or a divisor that is not more than 0 is a programmer's error.
//     Operations that return an error return [ErrDivisor]; the others panic.
//
// # Sources
//
// GB/T 8170, rounding of numerical values: one step, half to even, negative
// numbers by their absolute value. 浙江 notices of auction: 四舍五入, half up.
package quantity
