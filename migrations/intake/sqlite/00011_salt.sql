-- The digest of each salt by which participants are known: another one, or a new one in its place, would make each of them a new participant.

-- +goose Up
CREATE TABLE salt (
    name   TEXT NOT NULL CONSTRAINT salt_pkey PRIMARY KEY,
    digest BLOB NOT NULL CONSTRAINT salt_digest_whole CHECK (length(digest) = 32)
);
-- +goose StatementBegin
CREATE TRIGGER salt_no_update BEFORE UPDATE ON salt BEGIN SELECT RAISE(ABORT, 'a row of salt is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER salt_no_delete BEFORE DELETE ON salt BEGIN SELECT RAISE(ABORT, 'a row of salt is never deleted'); END;
-- +goose StatementEnd
