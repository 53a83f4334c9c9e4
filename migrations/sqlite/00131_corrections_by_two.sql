-- +goose Up
-- A correcting transfer of more than a party's own money is approved by a second person (I-134): those of before were not.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-134', coalesce(max(length), 0), 0 FROM registry;
