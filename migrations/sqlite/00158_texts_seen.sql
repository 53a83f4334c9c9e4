-- A fact, a rule of a zone and a parameter have no characters that are not seen (I-33). Rows of before stay as they are.

-- +goose Up
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-33 seen', coalesce(max(length), 0), 0 FROM registry;
