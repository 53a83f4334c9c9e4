-- Points of participants: derived from their activities, burned for rewards.

-- +goose Up
ALTER TABLE participant ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participant ADD COLUMN points_short BIGINT NOT NULL DEFAULT 0
    CONSTRAINT participant_points_not_negative CHECK (points >= 0 AND points_short >= 0 AND (points = 0 OR points_short = 0));

CREATE TABLE point_burn (
    batch       BIGINT NOT NULL CONSTRAINT point_burn_pkey PRIMARY KEY,
    participant BIGINT NOT NULL,
    points      BIGINT NOT NULL,
    reward      TEXT   NOT NULL,
    CONSTRAINT point_burn_positive CHECK (points > 0 AND reward <> '')
);

-- The kinds of the journal, with one more.
-- +goose StatementBegin
DO $$
DECLARE kinds TEXT;
BEGIN
    SELECT replace(pg_get_constraintdef(oid), '''outbox_sent''::text', '''outbox_sent''::text, ''points_burn''::text') INTO STRICT kinds
      FROM pg_constraint WHERE conname = 'journal_kind_known' AND conrelid = 'journal'::regclass;
    ALTER TABLE journal DROP CONSTRAINT journal_kind_known;
    EXECUTE 'ALTER TABLE journal ADD CONSTRAINT journal_kind_known ' || kinds;
END $$;
-- +goose StatementEnd
