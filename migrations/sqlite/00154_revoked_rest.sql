-- An issuance is revoked when units of it are, and all others have expired: nothing of it is left (I-80). A unit
-- that was sold, is owed and has expired in the hands of its buyer is counted as both.

-- +goose Up

-- SQLite cannot ADD CONSTRAINT issuance_revoked_wholly anew: its words are changed where they stand
-- (sqlite.org/lang_altertable.html, section 7); no row is touched. Where a part had expired and the rest was revoked before, the row stays as it is.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(state = ''revoked'') = (revoked_units = units)', 'CASE state WHEN ''revoked'' THEN revoked_units > 0 AND revoked_units + expired_units >= units ELSE revoked_units < units END') WHERE type = 'table' AND name = 'issuance';
PRAGMA writable_schema = RESET;
