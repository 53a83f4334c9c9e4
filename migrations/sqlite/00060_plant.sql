-- The days of a plant are counted once over all schemes (I-100). '' is "of no project", or from before.

-- +goose Up
ALTER TABLE issuance ADD COLUMN plant TEXT NOT NULL DEFAULT '';
-- SQLite's equal of the exclusion CONSTRAINT issuance_plant_once.
CREATE INDEX issuance_by_plant ON issuance (plant, period_from) WHERE plant <> '';
-- +goose StatementBegin
CREATE TRIGGER issuance_plant_once_insert BEFORE INSERT ON issuance
WHEN NEW.plant <> '' AND NEW.state NOT IN ('rejected', 'revoked') AND EXISTS (SELECT 1 FROM issuance i
    WHERE i.plant = NEW.plant AND i.plant <> '' AND i.period_from <= NEW.period_to AND i.period_to >= NEW.period_from AND i.id <> NEW.id AND i.state NOT IN ('rejected', 'revoked'))
BEGIN SELECT RAISE(ABORT, 'CHECK failed: issuance_plant_once'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER issuance_plant_once_update BEFORE UPDATE ON issuance
WHEN NEW.plant <> '' AND NEW.state NOT IN ('rejected', 'revoked') AND EXISTS (SELECT 1 FROM issuance i
    WHERE i.plant = NEW.plant AND i.plant <> '' AND i.period_from <= NEW.period_to AND i.period_to >= NEW.period_from AND i.id <> NEW.id AND i.state NOT IN ('rejected', 'revoked'))
BEGIN SELECT RAISE(ABORT, 'CHECK failed: issuance_plant_once'); END;
-- +goose StatementEnd

-- Units of a mirror whose issuance was revoked stayed locked before.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-80 revoked', coalesce(max(length), 0), 0 FROM registry;
