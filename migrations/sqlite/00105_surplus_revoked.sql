-- Surplus that was verified of permits goes back with them where their instalments are not paid.

-- +goose Up
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''correction'', ''discharge'')', '''correction'', ''discharge'', ''revocation'')') WHERE type = 'table' AND name = 'surplus_loss';
PRAGMA writable_schema = RESET;
