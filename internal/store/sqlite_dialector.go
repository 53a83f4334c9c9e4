package store

import (
	"database/sql"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// sqliteDialector is GORM's view of SQLite: reads, inserts and updates.
// Schemas are made by migrations only.
type sqliteDialector struct{ db *sql.DB }

// Name is the dialect's name.
func (sqliteDialector) Name() string { return "sqlite" }

// Initialize connects GORM's callbacks.
func (d sqliteDialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.db
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES", "ON CONFLICT"},
		UpdateClauses: []string{"UPDATE", "SET", "FROM", "WHERE"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE"},
	})
	return nil
}

// Migrator is none: the schema lives in migrations/.
func (sqliteDialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

// DataTypeOf is not needed without a migrator.
func (sqliteDialector) DataTypeOf(*schema.Field) string { return "" }

// DefaultValueOf is the NULL that stands for a missing value.
func (sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

// BindVarTo writes a placeholder.
func (sqliteDialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') } //nolint:errcheck // a string builder

// QuoteTo writes a quoted name.
func (sqliteDialector) QuoteTo(w clause.Writer, name string) {
	w.WriteString(strconv.Quote(name)) //nolint:errcheck // a string builder
}

// Explain is for GORM's logger.
func (sqliteDialector) Explain(query string, vars ...any) string {
	return logger.ExplainSQL(query, nil, `"`, vars...)
}
