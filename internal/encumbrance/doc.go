// Package encumbrance is what lies on permits and money although they are
// somebody's: freezes by a court or a bureau.
//
// # Terms
//
// A freeze (冻结) keeps an amount of one holding, or of a party's funds, from
// being moved or offered, until it is released, its last day passes, or a
// court has the permits transferred to the buyer of a judicial sale. It names
// the order that it rests on.
//
// A freeze may exceed what is available. What is there is frozen at once, the
// rest as it becomes available: while a freeze is short, nothing of its
// account is. Several freezes of one account are served in the order in which
// they took effect, so that a later one waits (轮候) and gets what an earlier
// one gives back.
//
// An emergency freeze is one officer's. It holds at once, and lapses unless a
// second person confirms it within one working day (project default).
//
// A lease (租赁) gives the use of a licence's paid permits to another licence for
// at most 12 months. It is a hold on the lessor and a use-right of the lessee.
//
// A pledge (抵押, 质押) secures a bank's loan by paid permits, up to a share of
// their value. Several stand in rank; the first has the hold. A bank never holds
// permits: it is paid out of their sale.
//
// A certificate (凭证) is what shows an acquisition to somebody outside: it is
// derived from the rows and kept nowhere.
//
// # Invariants
//
// I-29, I-30 and I-52 to I-55 in docs/invariants.md. A freeze is its own hold, as an order
// is: what it has frozen is a part of its account's held amount.
//
// The package is pure: no clock, no database.
package encumbrance
