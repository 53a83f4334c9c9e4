-- A declaration that has followed its permits stands beside those of the holding that it came to (I-114): the licence that it was declared of.

-- +goose Up
ALTER TABLE idle_declaration ADD COLUMN declared_of BIGINT NOT NULL DEFAULT 0
    CONSTRAINT idle_declaration_declared_of_licence CHECK (declared_of >= 0);
DROP INDEX idle_declaration_open_unique;
CREATE UNIQUE INDEX idle_declaration_open_unique ON idle_declaration (licence, instrument, origin) WHERE state = 'open' AND declared_of = 0;
CREATE INDEX idle_declaration_open_by_licence ON idle_declaration (licence) WHERE state = 'open';
