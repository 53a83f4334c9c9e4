-- What interruptions have taken of an offer's window is what its incidents come to (I-107): since 00051, which began with 0.
-- +goose Up
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-107', coalesce(max(length), 0), 0 FROM registry;
