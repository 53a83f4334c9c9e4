-- What was paid of a notice that is cancelled the tax authority pays back: a refund of its own (I-118). Those cancelled before have none.

-- +goose Up
ALTER TABLE treasury_refund ADD COLUMN notice BIGINT NOT NULL DEFAULT 0
    CONSTRAINT treasury_refund_notice_owed CHECK (notice = 0 OR state <> 'cancelled');
CREATE UNIQUE INDEX treasury_refund_notice_unique ON treasury_refund (notice) WHERE notice > 0;
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK ((award > 0) <> (buy_back > 0))', 'CHECK ((award > 0) + (buy_back > 0) + (notice > 0) = 1)') WHERE type = 'table' AND name = 'treasury_refund';
PRAGMA writable_schema = RESET;

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-118', coalesce(max(length), 0), 0 FROM registry;
