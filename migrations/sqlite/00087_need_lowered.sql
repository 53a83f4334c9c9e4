-- A step that lowers a project's need keeps by how much, and what was missing after it (I-113), also where it frees nothing.
-- Of steps before, nothing is known: all are 0.

-- +goose Up
ALTER TABLE project_entry ADD COLUMN needed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project_entry ADD COLUMN lowered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project_entry ADD COLUMN missing BIGINT NOT NULL DEFAULT 0
    CONSTRAINT project_entry_lowered CHECK (needed = 0 AND lowered = 0 AND missing = 0
        OR kind = 'release' AND lowered > 0 AND lowered >= -bought AND missing BETWEEN 0 AND needed AND (bought = 0 OR missing = 0));
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-113', coalesce(max(length), 0), 0 FROM registry;
