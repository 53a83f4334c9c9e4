-- What is taken back of a guarantee takes back its offset share and its project's figures, and what was paid for it is refunded (I-116, ADR 65).
-- What was corrected before has taken nothing with it.

-- +goose Up
ALTER TABLE allocation_correction ADD COLUMN offset_share BIGINT NOT NULL DEFAULT 0
    CONSTRAINT allocation_correction_offset_share CHECK (offset_share = 0 OR offset_share > 0 AND earmark_allocation > 0 AND reversed > 0);
ALTER TABLE debt_settlement ADD COLUMN offset_share BIGINT NOT NULL DEFAULT 0
    CONSTRAINT debt_settlement_offset_share CHECK (offset_share = 0 OR offset_share > 0 AND way = 'purchase');
ALTER TABLE treasury_refund ADD COLUMN correction BIGINT NOT NULL DEFAULT 0;
CREATE INDEX treasury_refund_by_correction ON treasury_refund (correction) WHERE correction > 0;
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(notice > 0) = 1)', '(notice > 0) + (correction > 0) = 1)') WHERE type = 'table' AND name = 'treasury_refund';
UPDATE sqlite_schema SET sql = replace(replace(sql, '''assignment'', ''release'')', '''assignment'', ''release'', ''correction'')'),
    'kind IN (''reversal'', ''release'')', 'kind IN (''reversal'', ''release'', ''correction'')') WHERE type = 'table' AND name = 'project_entry';
PRAGMA writable_schema = RESET;

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-116', coalesce(max(length), 0), 0 FROM registry;
