-- A block trade names the buyer's project that it is for, and is capped by it (I-120).

-- +goose Up
ALTER TABLE block_trade ADD COLUMN project BIGINT NOT NULL DEFAULT 0
    CONSTRAINT block_trade_project_of_buyer CHECK (project = 0 OR project > 0 AND (proposer = 1 OR confirmed_by > 0));
CREATE INDEX block_trade_by_project ON block_trade (project) WHERE project > 0;
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''guarantee'', ''assignment''', '''guarantee'', ''block_trade'', ''assignment''') WHERE type = 'table' AND name = 'project_entry';
PRAGMA writable_schema = RESET;
