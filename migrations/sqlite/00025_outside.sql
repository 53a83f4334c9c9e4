-- Mirrored deals between regions; packages to other platforms and from them. Amounts, dates and instants are
-- as in 00001; 0 and '' are "none".

-- +goose Up
ALTER TABLE mirrored_deal ADD COLUMN buyer_region TEXT NOT NULL DEFAULT '';
ALTER TABLE mirrored_deal ADD COLUMN pair BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mirrored_deal ADD COLUMN arriving BIGINT NOT NULL DEFAULT 0
    CONSTRAINT mirrored_deal_across CHECK ((buyer_region <> '') = (pair > 0) AND (pair > 0) = (arriving > 0) AND buyer_region <> region);

CREATE TABLE outside_export (
    id          INTEGER NOT NULL CONSTRAINT outside_export_pkey PRIMARY KEY,
    system      TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    first_day   INTEGER NOT NULL,
    last_day    INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    made_by     BIGINT  NOT NULL,
    made_at     BIGINT  NOT NULL,
    receipt     TEXT    NOT NULL,
    received_on INTEGER NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT outside_export_number_unique UNIQUE (system, region, number),
    CONSTRAINT outside_export_days CHECK (first_day <= last_day),
    CONSTRAINT outside_export_state_known CHECK (state IN ('made', 'received')),
    CONSTRAINT outside_export_received CHECK ((state = 'received') = (receipt <> '') AND (state = 'received') = (received_on > 0)),
    CONSTRAINT outside_export_digest_form CHECK (length(digest) = 64)
);

CREATE TABLE outside_export_file (
    id      INTEGER NOT NULL CONSTRAINT outside_export_file_pkey PRIMARY KEY,
    export  BIGINT NOT NULL,
    name    TEXT   NOT NULL,
    content TEXT   NOT NULL,
    digest  TEXT   NOT NULL,
    command BIGINT NOT NULL,
    CONSTRAINT outside_export_file_unique UNIQUE (export, name),
    CONSTRAINT outside_export_file_digest_form CHECK (length(digest) = 64)
);

CREATE TABLE outside_import (
    id          INTEGER NOT NULL CONSTRAINT outside_import_pkey PRIMARY KEY,
    system      TEXT    NOT NULL,
    number      TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    as_of       INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    lines       INTEGER NOT NULL,
    differences INTEGER NOT NULL,
    received_by BIGINT  NOT NULL,
    received_at BIGINT  NOT NULL,
    closed_by   BIGINT  NOT NULL,
    closed_at   BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT outside_import_number_unique UNIQUE (system, number),
    CONSTRAINT outside_import_state_known CHECK (state IN ('open', 'closed')),
    CONSTRAINT outside_import_closed CHECK ((state = 'closed') = (closed_at > 0)),
    CONSTRAINT outside_import_counts CHECK (lines > 0 AND differences >= 0 AND (differences > 0 OR state = 'closed')),
    CONSTRAINT outside_import_digest_form CHECK (length(digest) = 64)
);
CREATE INDEX outside_import_by_state ON outside_import (state);

CREATE TABLE outside_difference (
    id           INTEGER NOT NULL CONSTRAINT outside_difference_pkey PRIMARY KEY,
    import       BIGINT  NOT NULL,
    line         INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    object       BIGINT  NOT NULL,
    number       TEXT    NOT NULL,
    field        TEXT    NOT NULL,
    theirs       TEXT    NOT NULL,
    ours         TEXT    NOT NULL,
    explanation  TEXT    NOT NULL,
    explained_by BIGINT  NOT NULL,
    explained_at BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT outside_difference_unique UNIQUE (import, line, field),
    CONSTRAINT outside_difference_explained CHECK ((explanation <> '') = (explained_at > 0))
);

-- +goose StatementBegin
CREATE TRIGGER outside_export_file_no_update BEFORE UPDATE ON outside_export_file BEGIN SELECT RAISE(ABORT, 'a row of outside_export_file is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outside_export_file_no_delete BEFORE DELETE ON outside_export_file BEGIN SELECT RAISE(ABORT, 'a row of outside_export_file is never deleted'); END;
-- +goose StatementEnd
