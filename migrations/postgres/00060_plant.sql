-- The days of a plant are counted once over all schemes (I-100). '' is "of no project", or from before.

-- +goose Up
ALTER TABLE issuance ADD COLUMN plant TEXT NOT NULL DEFAULT '';
-- A range of texts, plant and day, keeps plants and days apart; no plant has the character between them in it.
CREATE TYPE plant_days AS RANGE (subtype = text, collation = "C");
ALTER TABLE issuance ADD CONSTRAINT issuance_plant_once
    EXCLUDE USING gist (plant_days(plant || E'\x01' || period_from::text, plant || E'\x01' || period_to::text, '[]') WITH &&)
    WHERE (plant <> '' AND state NOT IN ('rejected', 'revoked'));

-- Units of a mirror whose issuance was revoked stayed locked before.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-80 revoked', coalesce(max(length), 0), 0 FROM registry;
