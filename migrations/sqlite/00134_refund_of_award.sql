-- What was recorded as paid of a revoked award, and never was, is no longer asked back when two persons say so by a document (I-24).

-- +goose Up
-- SQLite cannot drop a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'THEN award = 0 AND (buy_back > 0 OR cancel_document <> '''') ELSE', 'THEN buy_back > 0 OR cancel_document <> '''' ELSE') WHERE type = 'table' AND name = 'treasury_refund';
PRAGMA writable_schema = RESET;
