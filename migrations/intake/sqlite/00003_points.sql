-- Points of participants: derived from their activities, burned for rewards.

-- +goose Up
ALTER TABLE participant ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participant ADD COLUMN points_short BIGINT NOT NULL DEFAULT 0
    CONSTRAINT participant_points_not_negative CHECK (points >= 0 AND points_short >= 0 AND (points = 0 OR points_short = 0));

CREATE TABLE point_burn (
    batch       INTEGER NOT NULL CONSTRAINT point_burn_pkey PRIMARY KEY,
    participant BIGINT NOT NULL,
    points      BIGINT NOT NULL,
    reward      TEXT   NOT NULL,
    CONSTRAINT point_burn_positive CHECK (points > 0 AND reward <> '')
);

-- +goose StatementBegin
CREATE TRIGGER point_burn_no_update BEFORE UPDATE ON point_burn BEGIN SELECT RAISE(ABORT, 'a row of point_burn is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER point_burn_no_delete BEFORE DELETE ON point_burn BEGIN SELECT RAISE(ABORT, 'a row of point_burn is never deleted'); END;
-- +goose StatementEnd

-- The kinds of the journal, with one more: their words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''outbox_sent''', '''outbox_sent'', ''points_burn''') WHERE type = 'table' AND name = 'journal';
PRAGMA writable_schema = RESET;
