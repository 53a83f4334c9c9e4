-- The journal keeps what a row was that a migration has written, with the first command that changes it (ADR 63).

-- +goose Up
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-10 planted', coalesce(max(length), 0), 0 FROM registry;
