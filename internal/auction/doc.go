// Package auction clears auctions: what is offered or sought and the bids go in
// as a [Case], who gets how much at which price comes out as a [Result].
//
// It is pure: no clock, no randomness, no storage. Where a tie is drawn, the
// order of the draw is part of the case. The same case gives the same result
// in the running exchange and in `permitx clear`, with which an officer checks
// a published result again.
//
// # Terms
//
//   - The state offers a supply and bidders bid for it (uniform, pay_as_bid,
//     pay_as_bid_share, ascending); it seeks a demand and holders ask a price
//     (reverse_uniform); or both sides bring orders (call).
//   - A bid is valid if its price is at or above the reserve price, an ask if
//     it is at or below the ceiling. What is not valid counts for nothing.
//   - The margin is the worst price that gets something. Bids tie there when
//     they are at one price and together more than is left.
//   - The lot size is the step of all quantities of a case.
//
// # Invariants
//
// They hold for every format (TestInvariants_*): no more is sold than is
// offered; nobody pays above his bid or receives below his ask; the revenue is
// the sum of the awards' amounts, to the fen; only valid bids get anything, and
// none more than it asks for.
//
// # Rounding
//
// A winner's amount is quantity × price × months ÷ 12, half up to the fen; what
// the state pays in a buy-back is rounded down, so that the awards never cost
// more than the budget. A head-count is half up.
//
// # Shape
//
// Each format is a file with its rule and its source, and a line in formats
// (format.go). What they share: who comes first (rank.go), how a tie is split
// (tie.go), where the unsold goes (carry.go).
package auction
