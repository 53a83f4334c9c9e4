-- What a project has bought beyond its lowered need is taken back as surplus found at its completion. Buy-backs are found by licence.

-- +goose Up
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'kind = ''compulsory'' AND cause IN (''project_cancelled'', ''abandoned''', 'kind = ''compulsory'' AND cause IN (''project_cancelled'', ''completion_surplus'', ''abandoned''') WHERE type = 'table' AND name = 'buy_back';
PRAGMA writable_schema = RESET;

CREATE INDEX buy_back_by_licence ON buy_back (licence, pollutant);
