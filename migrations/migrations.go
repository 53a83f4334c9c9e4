// Package migrations holds the schema as numbered SQL, one folder a dialect,
// forward only. A test compares what the two make.
package migrations

import "embed"

// Postgres holds the migrations for PostgreSQL in the folder postgres.
//
//go:embed postgres/*.sql
var Postgres embed.FS

// SQLite holds the migrations for SQLite in the folder sqlite.
//
//go:embed sqlite/*.sql
var SQLite embed.FS

// Intake holds those of the intake's registry, in a folder a dialect below
// intake.
//
//go:embed intake/postgres/*.sql intake/sqlite/*.sql
var Intake embed.FS
