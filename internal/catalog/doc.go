// Package catalog has the reference data of the exchange: regions, pollutants,
// markets, instruments, parties, licences and persons, and what makes each valid.
//
// # Terms
//
//   - A Region is a province, city or county and keeps its own basic account
//     (基本账户). A city's own account (市本级) is a leaf beside its counties.
//   - An Instrument is what is traded: a pollutant and the end of the term.
//   - A Licence (排污许可证, or the receipt of a registration, 登记回执) is the document of
//     one site; permits are held by licence.
//   - A Party is an enterprise, a Person one human being who acts for a party or
//     an authority. Four eyes are two persons, whatever accounts they use.
//
// # Invariants
//
//   - Records are plain rows. Lists, such as the regions of a market, are rows of
//     their own. ID is the row's number and Command the journal's row that last
//     wrote it, 0 for a row that a migration planted.
//   - Facts end, they are not overwritten: ValidFrom and ValidTo are the first and
//     the last day, and zero is an open end.
//   - Validate looks at one record and changes nothing. That a code is used once
//     and that a region or party exists is for the caller to see.
//   - Every dated fact names its source. "project default" says that there is no
//     text behind it.
//
// # Sources
//
// GB/T 2260 (region codes), GB 32100-2015 (unified social credit codes), HJ 608-2017
// (codes of polluting units), HJ 524-2009 and HJ 525-2009 (codes of air and water
// pollutants), 浙环发〔2013〕45号 (basic accounts; the four pollutants always traded),
// 排污许可管理条例 (国务院令第736号).
package catalog
