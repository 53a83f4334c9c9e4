-- What a licence permits is changed by the share that an assignment retires, by block trades and by correcting transfers (I-124). Those before changed nothing.

-- +goose Up
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''correction'', ''judicial_sale'')', '''correction'', ''judicial_sale'', ''offset'', ''block_trade'', ''transfer'')') WHERE type = 'table' AND name = 'licence_quantity_change';
PRAGMA writable_schema = RESET;

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-124', coalesce(max(length), 0), 0 FROM registry;
