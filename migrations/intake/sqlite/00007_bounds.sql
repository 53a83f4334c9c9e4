-- How many points a participant has, and is short of, is bounded: 10⁹ points of 10⁶ atoms. SQLite cannot change a constraint:
-- its words are changed where they stand.

-- +goose Up
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT participant_points_not_negative CHECK (points >= 0 AND points_short >= 0 AND (points = 0 OR points_short = 0))',
    'CONSTRAINT participant_points_bounded CHECK (points BETWEEN 0 AND 1000000000000000
    AND points_short BETWEEN 0 AND 1000000000000000 AND (points = 0 OR points_short = 0))') WHERE type = 'table' AND name = 'participant';
PRAGMA writable_schema = RESET;

-- Pieces of evidence without a number were of an intake of before 00006, which is not taken over.
CREATE TABLE pool_now (
    scheme      BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    month       INTEGER NOT NULL,
    credited    BIGINT  NOT NULL,
    carried     BIGINT  NOT NULL,
    items       BIGINT  NOT NULL,
    evidence    BLOB    NOT NULL,
    units       BIGINT  NOT NULL,
    unit        BIGINT  NOT NULL,
    closed      BOOLEAN NOT NULL,
    batch       BIGINT  NOT NULL,
    CONSTRAINT pool_pkey PRIMARY KEY (scheme, methodology, month),
    CONSTRAINT pool_items_not_negative CHECK (items >= 0),
    CONSTRAINT pool_closed_units CHECK ((closed AND unit > 0) OR (NOT closed AND units = 0 AND unit = 0)),
    CONSTRAINT pool_units_covered CHECK (units >= 0 AND (units = 0 OR units * unit <= credited + carried))
);
CREATE TABLE pool_of_before (n BIGINT NOT NULL CONSTRAINT pool_evidence_is_of_an_earlier_version CHECK (n = 0));
INSERT INTO pool_of_before SELECT count(*) FROM pool WHERE unnumbered > 0;
DROP TABLE pool_of_before;
INSERT INTO pool_now SELECT scheme, methodology, month, credited, carried, items, evidence, units, unit, closed, batch FROM pool;
DROP TABLE pool;
ALTER TABLE pool_now RENAME TO pool;
