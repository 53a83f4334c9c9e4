-- A renewal records what of the old holding was not renewed: what lay idle before it is found after it, too (I-111). Those before have none.

-- +goose Up
ALTER TABLE renewal ADD COLUMN returned BIGINT NOT NULL DEFAULT 0
    CONSTRAINT renewal_returned_not_negative CHECK (returned >= 0);
