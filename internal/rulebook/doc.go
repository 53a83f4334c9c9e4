// Package rulebook holds the rules of law and of this project under which
// permits change hands: one rule a file, each with its source, its period, what
// it must know, a pure check and a table of cases.
//
// # Terms
//
// A rule judges Facts, which app gathers, for one Action. It says that the
// action passes, that it is refused, that it warns, or that it is not
// applicable. The order of All is the order in which rules are checked: the
// first refusal is the one that a command returns.
//
// A Fact is what an officer has recorded of a licence, a party or a region, by
// day and document. A Parameter is a number that a rule takes from a dated row.
// What nobody has recorded is treated as each rule's Default says.
//
// # Sources
//
// A rule whose text was read names its document by number and article. Every
// other rule, and every reading that goes beyond a text, says "project default".
package rulebook

//go:generate go run permitx/internal/rulebook/cmd/rules .. ../../docs/rules.md provision_gen.go
