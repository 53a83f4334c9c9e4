// Package intake takes the activities of carbon-inclusive schemes in: the bus
// rides, steps and kilowatt-hours of very many people, each counted once.
//
// It is a registry of its own beside the trading registry, with one writer, a
// fence and a journal of its own, because a city makes tens of millions of
// activities a day and the book must not feel them. It knows people by number
// only. What it hands to the trading registry are whole serial units, pooled by
// scheme and month, through a numbered outbox.
//
// # Terms
//
//   - A source is the operator that declares an activity; a source id is what
//     the operator calls it.
//   - A data source is who has given the source ids of a scenario's activities,
//     where that is not the operator: a metro, whose trips several schemes count.
//   - A key is a digest of (methodology, source, source id), or of (data source,
//     source id): an activity is counted when its key is new.
//   - A pool is what a scheme's activities of a month come to, until whole units
//     of it are issued; what is left over is carried into the next month.
//
// # How a batch goes in
//
// All batches that wait go in together: what they need to know is read with one
// query a table, [judge] decides line by line and changes nothing, and one
// transaction writes the fence, the journal and the rows. A batch is answered
// when it is committed. While one commit is written, the next one is read and
// judged on top of it ([flight]); what fails voids what was judged after it.
//
// # Invariants
//
//   - I-70: every accepted activity has one key, and every key one activity.
//   - I-71: what a participant, a day, a total and a pool have is the sum of
//     their activities.
//   - I-72: Σ computed = Σ issued + what is carried + what is pending.
//   - I-73: periods of one participant and scenario do not overlap, and a day
//     credits no more than the scenario's cap.
//   - I-74: the journal is a chain, and each row has the digest of its
//     activities, by month, so that a month can be taken away and still be proven.
//   - I-119: each activity has the amount and the points that the rules of its day
//     give, and was declared in its time.
package intake
