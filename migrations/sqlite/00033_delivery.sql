-- Numbers of messages that an operator brings, from an intake elsewhere, are apart from those of the registry's own intake,
-- which no person declares (I-67, I-76).

-- +goose Up
DROP INDEX issuance_outbox_unique;
CREATE UNIQUE INDEX issuance_outbox_unique ON issuance (outbox, declared_by = 0) WHERE outbox > 0;

-- Complaints about refused activities. They name the activity, and no participant.
CREATE TABLE complaint (
    id          INTEGER NOT NULL CONSTRAINT complaint_pkey PRIMARY KEY,
    scheme      BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    batch       BIGINT  NOT NULL,
    source_id   TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    filed_by    BIGINT  NOT NULL,
    filed_at    BIGINT  NOT NULL,
    due_on      INTEGER NOT NULL,
    upheld      BOOLEAN NOT NULL,
    answer      TEXT    NOT NULL,
    answered_by BIGINT  NOT NULL,
    answered_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT complaint_once UNIQUE (scheme, batch, source_id),
    CONSTRAINT complaint_answered_by_another CHECK (answered_at = 0 AND answer = '' AND answered_by = 0 AND NOT upheld
        OR answered_at > 0 AND answer <> '' AND answered_by > 0 AND answered_by <> filed_by)
);
CREATE INDEX complaint_region ON complaint (region, id);
