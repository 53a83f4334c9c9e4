-- Up to where lists of other registers were asked for what a pool of the own intake counts, before it was issued (I-132).

-- +goose Up
ALTER TABLE issuance ADD COLUMN lists_asked BIGINT NOT NULL DEFAULT 0
    CONSTRAINT issuance_lists_asked_before CHECK (lists_asked >= 0 AND (lists_asked = 0 OR outbox > 0 AND lists_asked < command));
CREATE INDEX exclusion_by_command ON exclusion (command);
