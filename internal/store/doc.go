// Package store keeps a registry in PostgreSQL or SQLite. It implements
// app.Store and holds no rule.
//
// GORM is the way to the database. The flush of a batch is plain multi-row
// SQL in the same transaction, because it is what an order waits for; the
// measurements are beside it in flush.go.
//
// The records of the domain are the rows: a table has a column for each field
// of its record, named in snake case, and TestRowsMatchSchema holds the two
// together.
package store
