-- Who speaks for a party, from one record of it to the next (I-147). Parties of before have nobody until somebody is recorded.

-- +goose Up
CREATE TABLE party_contact (
    id          BIGINT  NOT NULL CONSTRAINT party_contact_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    telephone   TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    ended_at    BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT party_contact_named CHECK (party > 0 AND name <> ''),
    CONSTRAINT party_contact_telephone_form CHECK (telephone ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT party_contact_ended CHECK (ended_at = 0 OR ended_at >= recorded_at)
);
CREATE UNIQUE INDEX party_contact_now_unique ON party_contact (party) WHERE ended_at = 0;
CREATE INDEX party_contact_by_party ON party_contact (party);
CREATE INDEX party_contact_by_region ON party_contact (region);
