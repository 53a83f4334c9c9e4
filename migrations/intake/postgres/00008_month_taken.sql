-- Months whose activities were taken away into an archive, with the digest of their keys. And the last activity whose key may be
-- that of a reversal by the rule of before, which an activity called "reversal of …" could have, too.

-- +goose Up
CREATE TABLE month_taken (
    month INTEGER NOT NULL CONSTRAINT month_taken_pkey PRIMARY KEY,
    at    BIGINT  NOT NULL,
    keys  BYTEA   NOT NULL
);

ALTER TABLE registry ADD COLUMN plain_reversals BIGINT NOT NULL DEFAULT 0;
UPDATE registry SET plain_reversals = activity;
