// Package carbon holds carbon-inclusive credits (碳普惠): how a methodology
// computes what a small action reduced, and what becomes of the credits.
//
// # Terms
//
// A methodology computes a reduction by a formula, which is data: infix text
// with named inputs, named factors, decimals, + − × ÷, parentheses, min and
// max. It is parsed once, its units are checked, and it is evaluated exactly
// and rounded once, at its end. A scheme (a region's program) uses it in
// scenarios: riding the metro, walking. What a formula cannot compute is
// refused, and the refusal names the input.
//
// # Sources
//
// Rules of Shanghai (沪环规〔2025〕10号), Guangdong (粤发改气候函〔2017〕210号), Beijing
// (DB11/T 3043—2024). Zhejiang's own could not be read: what no source stands
// behind says "project default".
//
// The package is pure: no clock, no database, no randomness, no float.
package carbon
