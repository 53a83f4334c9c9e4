-- A receipt that a list has matched with one payment notice, or instalment, proves no other (I-139). What was matched before is left.

-- +goose Up
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-139', coalesce(max(length), 0), 0 FROM registry;
