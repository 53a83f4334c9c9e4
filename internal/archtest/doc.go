// Package archtest holds the rules of the repository that a compiler does not
// know: which package may import which, and a few about sources and comments.
// They are tests; there is nothing here to import.
//
// A new package needs a line in the table of imports_test.go: where it stands
// is a decision, and the line shows it in the review.
package archtest
