-- The operator of a scheme changes on a day (I-128).

-- +goose Up
CREATE TABLE operator_change (
    id         BIGINT  NOT NULL CONSTRAINT operator_change_pkey PRIMARY KEY,
    scheme     BIGINT  NOT NULL,
    former     BIGINT  NOT NULL,
    operator   BIGINT  NOT NULL,
    valid_from INTEGER NOT NULL,
    with_units BOOLEAN NOT NULL,
    document   TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT operator_change_to_another CHECK (former > 0 AND operator > 0 AND operator <> former),
    CONSTRAINT operator_change_day CHECK (valid_from > 0),
    CONSTRAINT operator_change_document_named CHECK (document <> ''),
    CONSTRAINT operator_change_state_known CHECK (state IN ('planned', 'passing', 'done', 'withdrawn'))
);
CREATE UNIQUE INDEX operator_change_one_planned ON operator_change (scheme) WHERE state = 'planned';
