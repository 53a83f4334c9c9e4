// Package market is the continuous market: one order book for each
// instrument, matched by price and then by time.
//
// The book is a plain value in memory. It knows quantities, prices and order
// numbers, and nothing of parties, holds, fees, time or storage: the caller
// decides whether an order may come in, posts the fills and keeps the rows.
// Equal sequences of calls give equal fills and equal books.
//
// # Terms
//
//   - An order rests when it waits in the book. Its key is its number, which
//     the caller gives.
//   - A level is all orders of one side at one price, oldest first.
//   - The taker is the order that comes in, the maker one that rests. They
//     trade at the maker's price.
//   - The best price is the highest of the buys and the lowest of the sells.
//
// # Invariants
//
// They hold between calls; [Book.Validate] recomputes all of them.
//
//   - The book is not crossed: the best buy is below the best sell.
//   - A level has at least one order, and every order has quantity left.
//   - A level's sum and count are those of its orders.
//   - An order keeps its place in its level until it is filled or cancelled;
//     only its quantity goes down.
//   - Each order is found by its number, and each level by its price.
//
// # Shape
//
// Orders and levels are records of 32 bytes without pointers in two slabs,
// linked by slot numbers, so that a collection does not look at a book of a
// million orders at all and a message allocates nothing once the book has had
// its size. Each side keeps its prices sorted in chunks with the best at the
// end ([ladder]); numbers and prices are found by hash ([table]).
package market
