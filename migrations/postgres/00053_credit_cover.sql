-- What a party's open orders sell of a series lies in a bounded number of its ranges (I-97). Orders that rest already may
-- need more until they are filled or cancelled.

-- +goose Up
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-97', coalesce(max(length), 0), 0 FROM registry;
