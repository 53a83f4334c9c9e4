// Package market is the continuous market: one order book for each
// instrument, matched by price and then by time.
//
// The [Book] is a plain value in memory. It knows quantities, prices and order
// numbers, and nothing of parties, holds, fees, time or storage: the caller
// decides whether an order may come in, posts the fills and keeps the rows.
// Equal sequences of calls give equal fills and equal books.
//
// # Terms
//
//   - An order rests while it waits in the book. Its key is its number, which
//     the caller gives.
//   - A level is all orders of one side at one price, oldest first.
//   - The taker is the order that comes in, the maker one that rests. They
//     trade at the maker's price.
//   - The best price is the highest of the buys and the lowest of the sells.
//
// # Invariants
//
// They hold between calls (I-6 in docs/invariants.md); [Book.Validate]
// recomputes all of them.
//
//   - The book is not crossed: the best buy is below the best sell. Only a book
//     that collects orders for a call may be, and only there market orders wait
//     ([Book.ValidateCall]), beside the levels.
//   - A level has at least one order, and every order has quantity left.
//   - A level's sum and count are those of its orders.
//   - An order keeps its place in its level until it is filled or cancelled;
//     its quantity only goes down.
//   - Each order is found by its number, and each level by its price.
//
// # Shape
//
// Orders and levels are records of 32 bytes in slabs, linked by slot numbers
// instead of pointers, so that the garbage collector has nothing to follow in a
// book of a million orders and a message allocates nothing once the book has
// had its size. Each side keeps its prices sorted (ladder.go); orders and
// levels are found by hash (table.go). What grows with the orders does so in
// pieces: no message waits while a million of them are copied.
package market
