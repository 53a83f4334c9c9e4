-- Who has looked at the sample of an issuance; entries of exclusion lists are answered for by a region, and can be corrected.
-- '' is "not recorded" and "never corrected".

-- +goose Up
CREATE TABLE sample_look (
    id        BIGINT  NOT NULL CONSTRAINT sample_look_pkey PRIMARY KEY,
    issuance  BIGINT  NOT NULL,
    person    BIGINT  NOT NULL,
    looked_at BIGINT  NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT sample_look_once UNIQUE (issuance, person)
);

ALTER TABLE exclusion ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE exclusion ADD COLUMN void BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE exclusion ADD COLUMN document TEXT NOT NULL DEFAULT ''
    CONSTRAINT exclusion_void_by_document CHECK (NOT void OR document <> '');
