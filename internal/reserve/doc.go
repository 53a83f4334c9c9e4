// Package reserve has what the government does with its own permits: decisions
// on the cap, the reserve, movements between levels, allocation, sales out of
// the reserve, and the verification of surplus.
//
// # Terms
//
//   - The basic account (基本账户) of a region and pollutant is its cap, and the cap's
//     parts: unallocated, reserve, holdings, in transit, retired
//     (浙环发〔2013〕45号: province, city and county each keep one, and the reserve
//     lies within it).
//   - A Part is one of the two parts that are nobody's holding: unallocated or
//     reserve.
//   - A PaymentNotice is a sale by the government. Its buyer pays the tax authority,
//     outside: sale revenue is non-tax income of the treasury and never touches the
//     platform's bank account (财税〔2015〕61号).
//   - Surplus (富余排污权) is the part of a licence's permits that it no longer needs.
//
// # Invariants
//
//   - Every function here is pure: it turns a record into postings and reads nothing.
//   - A cap is what was decided. For each region and pollutant
//     cap = Σ change of its cap decisions + Σ level transfers to it
//     − Σ level transfers from it ± settled trades and deals across regions.
//     A level transfer is not written a second time as two cap decisions: it is a
//     decision of the body above both, under one number.
//   - A record is written once and stays, except that a payment notice goes through
//     its states.
//
// # Sources
//
// 浙环发〔2013〕45号 (basic accounts, reserve and sale), 财税〔2015〕61号 (sale revenue),
// 浙江省大气污染防治条例 art. 16 and 甬环发〔2015〕81号 (what may become of surplus),
// 金华市 VOCs 排污权核算办法 (from what a right is verified).
package reserve
