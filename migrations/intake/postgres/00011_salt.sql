-- The digest of each salt by which participants are known: another one, or a new one in its place, would make each of them a new participant.

-- +goose Up
CREATE TABLE salt (
    name   TEXT  NOT NULL CONSTRAINT salt_pkey PRIMARY KEY,
    digest BYTEA NOT NULL CONSTRAINT salt_digest_whole CHECK (octet_length(digest) = 32)
);
