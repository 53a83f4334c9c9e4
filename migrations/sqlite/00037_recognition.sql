-- Credits of other schemes are recognised: by a dated table, and each unit once. 0 and '' are "none".

-- +goose Up
CREATE TABLE recognition (
    id          INTEGER NOT NULL CONSTRAINT recognition_pkey PRIMARY KEY,
    scheme      BIGINT  NOT NULL,
    origin      TEXT    NOT NULL,
    methodology TEXT    NOT NULL,
    unit        BIGINT  NOT NULL,
    factor      BIGINT  NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER NOT NULL,
    document    TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT recognition_day_unique UNIQUE (scheme, origin, methodology, valid_from),
    CONSTRAINT recognition_factor_within CHECK (factor > 0 AND factor <= 1000000 AND unit > 0),
    CONSTRAINT recognition_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT recognition_document_named CHECK (document <> '')
);

-- Units of another scheme that were locked there. Place keeps the numbers of registries apart, so that one range
-- type keeps all of them apart (I-80).
CREATE TABLE credit_mirror (
    id          INTEGER NOT NULL CONSTRAINT credit_mirror_pkey PRIMARY KEY,
    recognition BIGINT  NOT NULL,
    issuance    BIGINT  NOT NULL,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    home        BIGINT  NOT NULL,
    place       BIGINT  NOT NULL,
    serial      TEXT    NOT NULL,
    first_unit  BIGINT  NOT NULL,
    last_unit   BIGINT  NOT NULL,
    lock        TEXT    NOT NULL,
    released    BOOLEAN NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT credit_mirror_issuance_unique UNIQUE (issuance),
    CONSTRAINT credit_mirror_locked CHECK ((home = 0) = (lock <> '') AND (home = 0) = (place > 0)),
    CONSTRAINT credit_mirror_numbered CHECK (first_unit > 0 AND last_unit >= first_unit AND last_unit < 1099511627776)
);
CREATE INDEX credit_mirror_by_party ON credit_mirror (party, id);
-- SQLite's equal of the exclusion CONSTRAINT credit_mirror_no_overlap.
CREATE INDEX credit_mirror_by_unit ON credit_mirror (place, first_unit);
-- +goose StatementBegin
CREATE TRIGGER credit_mirror_no_overlap_insert BEFORE INSERT ON credit_mirror
WHEN NOT NEW.released AND EXISTS (SELECT 1 FROM credit_mirror m
    WHERE m.place = NEW.place AND m.first_unit <= NEW.last_unit AND m.last_unit >= NEW.first_unit AND m.id <> NEW.id AND NOT m.released)
BEGIN SELECT RAISE(ABORT, 'CHECK failed: credit_mirror_no_overlap'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER credit_mirror_no_overlap_update BEFORE UPDATE ON credit_mirror
WHEN NOT NEW.released AND EXISTS (SELECT 1 FROM credit_mirror m
    WHERE m.place = NEW.place AND m.first_unit <= NEW.last_unit AND m.last_unit >= NEW.first_unit AND m.id <> NEW.id AND NOT m.released)
BEGIN SELECT RAISE(ABORT, 'CHECK failed: credit_mirror_no_overlap'); END;
-- +goose StatementEnd

ALTER TABLE credit_range ADD COLUMN mirror BIGINT NOT NULL DEFAULT 0
    CONSTRAINT credit_range_locked_held CHECK (mirror = 0 OR state = 'held' AND offer = 0);
ALTER TABLE issuance ADD COLUMN origin TEXT NOT NULL DEFAULT '';
-- Its words are changed where they stand (sqlite.org/lang_altertable.html, section 7); no row is touched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT issuance_pool_or_project CHECK ((project = 0) = (outbox > 0))',
       'CONSTRAINT issuance_pool_project_or_mirror CHECK ((origin <> '''' AND project = 0 AND outbox = 0) OR (origin = '''' AND (project = 0) = (outbox > 0)))')
 WHERE type = 'table' AND name = 'issuance';
PRAGMA writable_schema = RESET;
