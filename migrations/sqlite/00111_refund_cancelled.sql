-- A refund is cancelled by two persons and a document, also of what a payment notice was paid wrongly (I-118). Those cancelled before have no document.

-- +goose Up
-- SQLite cannot drop a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT treasury_refund_notice_owed CHECK (notice = 0 OR state <> ''cancelled'')', '') WHERE type = 'table' AND name = 'treasury_refund';
PRAGMA writable_schema = RESET;
ALTER TABLE treasury_refund ADD COLUMN cancel_document TEXT NOT NULL DEFAULT ''
    CONSTRAINT treasury_refund_cancel_documented CHECK (CASE WHEN state = 'cancelled' THEN award = 0 AND (buy_back > 0 OR cancel_document <> '') ELSE cancel_document = '' END);

-- It comes under four eyes now: what was done before is no violation.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-18 treasury_refund.cancel', coalesce(max(length), 0), 0 FROM registry;
