-- Who operates a scheme is of the party that runs it: an operator of before, of no party, must be given the role again. What a
-- complaint is about: the scenario (code), day and evidence (SHA-256 in hex) of the refused activity; 0 is "not recorded".

-- +goose Up
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (role = ''bank'' OR', 'CHECK (role IN (''bank'', ''operator'') OR') WHERE type = 'table' AND name = 'role_grant';
PRAGMA writable_schema = RESET;

ALTER TABLE complaint ADD COLUMN scenario TEXT NOT NULL DEFAULT '';
ALTER TABLE complaint ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE complaint ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
