-- Opening packages: what was submitted, in parts that never change, and the control totals that two persons sign off.
-- Amounts, dates and instants are as in 00001; 0 and '' are "none".

-- +goose Up
CREATE TABLE opening_package (
    id           INTEGER NOT NULL CONSTRAINT opening_package_pkey PRIMARY KEY,
    region       TEXT    NOT NULL,
    cut_off      INTEGER NOT NULL,
    document     TEXT    NOT NULL,
    digest       TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    parts        INTEGER NOT NULL,
    done         INTEGER NOT NULL,
    parties      INTEGER NOT NULL,
    licences     INTEGER NOT NULL,
    caps         INTEGER NOT NULL,
    lots         INTEGER NOT NULL,
    holdings     INTEGER NOT NULL,
    deposits     INTEGER NOT NULL,
    freezes      INTEGER NOT NULL,
    budgets      INTEGER NOT NULL,
    money        BIGINT  NOT NULL,
    budget_money BIGINT  NOT NULL,
    faults       INTEGER NOT NULL,
    warnings     INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    submitted_by BIGINT  NOT NULL,
    submitted_at BIGINT  NOT NULL,
    signed_at    BIGINT  NOT NULL,
    ended_at     BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT opening_package_state_known CHECK (state IN ('faulty', 'checked', 'verifying', 'taking', 'taken', 'refused')),
    CONSTRAINT opening_package_faulty CHECK ((state = 'faulty') = (faults > 0) AND (state = 'faulty') = (parts = 0) AND (state = 'faulty') = (digest = '')),
    CONSTRAINT opening_package_done_within CHECK (done >= 0 AND done <= parts AND (state <> 'taken' OR done = parts)),
    CONSTRAINT opening_package_signed CHECK ((signed_at > 0) = (state NOT IN ('faulty', 'checked'))),
    CONSTRAINT opening_package_ended CHECK ((ended_at > 0) = (state IN ('taken', 'refused')) AND (reason <> '') = (state = 'refused')),
    CONSTRAINT opening_package_not_negative CHECK (parties >= 0 AND licences >= 0 AND caps >= 0 AND lots >= 0 AND holdings >= 0
        AND deposits >= 0 AND freezes >= 0 AND budgets >= 0 AND money >= 0 AND budget_money >= 0 AND faults >= 0 AND warnings >= 0)
);
CREATE INDEX opening_package_by_region ON opening_package (region, id);
-- one at a time
CREATE UNIQUE INDEX opening_package_running_unique ON opening_package ((signed_at > 0)) WHERE state IN ('verifying', 'taking');

CREATE TABLE opening_part (
    id      INTEGER NOT NULL CONSTRAINT opening_part_pkey PRIMARY KEY,
    package BIGINT  NOT NULL,
    kind    TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    text    TEXT    NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT opening_part_kind_known CHECK (kind IN ('lines', 'faults')),
    CONSTRAINT opening_part_unique UNIQUE (package, kind, number)
);

CREATE TABLE opening_total (
    id             INTEGER NOT NULL CONSTRAINT opening_total_pkey PRIMARY KEY,
    package        BIGINT  NOT NULL,
    region         TEXT    NOT NULL,
    pollutant      TEXT    NOT NULL,
    cap            BIGINT  NOT NULL,
    unallocated    BIGINT  NOT NULL,
    reserve        BIGINT  NOT NULL,
    paid           BIGINT  NOT NULL,
    free           BIGINT  NOT NULL,
    unknown_origin BIGINT  NOT NULL,
    lots           INTEGER NOT NULL,
    holdings       INTEGER NOT NULL,
    signed         BOOLEAN NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT opening_total_unique UNIQUE (package, region, pollutant),
    CONSTRAINT opening_total_parts_not_negative CHECK (unallocated >= 0 AND reserve >= 0 AND paid >= 0 AND free >= 0 AND unknown_origin >= 0),
    CONSTRAINT opening_total_sum CHECK (cap = unallocated + reserve + paid + free + unknown_origin AND cap > 0)
);

CREATE VIEW v_opening_total AS
SELECT t.id, t.package, p.state, p.document, t.region, t.pollutant, (t.cap / 1000000) || '.' || substr('000000' || (t.cap % 1000000), -6) AS cap, (t.unallocated / 1000000) || '.' || substr('000000' || (t.unallocated % 1000000), -6) AS unallocated, (t.reserve / 1000000) || '.' || substr('000000' || (t.reserve % 1000000), -6) AS reserve, (t.paid / 1000000) || '.' || substr('000000' || (t.paid % 1000000), -6) AS paid, (t.free / 1000000) || '.' || substr('000000' || (t.free % 1000000), -6) AS free, (t.unknown_origin / 1000000) || '.' || substr('000000' || (t.unknown_origin % 1000000), -6) AS unknown_origin,
       t.lots, t.holdings, t.signed, t.command
  FROM opening_total t JOIN opening_package p ON p.id = t.package;

-- What is written once stays as it was.
-- +goose StatementBegin
CREATE TRIGGER opening_part_no_update BEFORE UPDATE ON opening_part BEGIN SELECT RAISE(ABORT, 'a row of opening_part is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_part_no_delete BEFORE DELETE ON opening_part BEGIN SELECT RAISE(ABORT, 'a row of opening_part is never deleted'); END;
-- +goose StatementEnd
