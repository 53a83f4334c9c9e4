// Package report says what the registry's rows come to for those who read
// them: statistics of trades, official figures beside computed ones, the close
// of a period, and what an auditor should look at. It is pure.
//
// # Terms
//
//   - A trade is counted once for each pollutant, on the day on which it was
//     recorded. A reversal is counted with the opposite sign on its own day, so
//     that the figures of a past day never change.
//   - Leases and pledges are counted beside the trades and never added to them: a
//     lease on its first day, less what goes back of its rent when it ends early; a
//     pledge when it is registered. What an opening package brought counts nowhere.
//   - A total is what the trades of a day or month come to.
//   - A published figure is kept as its source prints it. Beside it stands what
//     is computed; where they differ, the difference is flagged and nothing is
//     corrected.
//   - The close of a period freezes what a region's month came to as files and
//     a digest that two persons sign.
//
// # Sources
//
// A deal is counted once for each pollutant (浙江省2020年排污权交易统计). A trade
// counts in the region that the permits leave, unless the reader asks for the
// region that they reach: project default. What a period close asks for, and
// the parameters of exceptions, are project defaults.
package report
