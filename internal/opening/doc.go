// Package opening reads an opening package: what an older register says of
// some regions on a cut-off day, as sheets of text cells, to begin a registry
// with.
//
// # Terms
//
// A grid is a sheet as the file has it; a line is a row of it that was
// understood cell by cell; the contents are the lines as records. A package is
// the submitted file with its state. Its control totals are what two persons
// sign off.
//
// # Invariants
//
// Reading lists everything that is wrong, each with its sheet, row and column;
// contents come out only of a file without a fault. Sheets is the one
// description of sheets and columns: the template and the documentation are
// made of it.
package opening
