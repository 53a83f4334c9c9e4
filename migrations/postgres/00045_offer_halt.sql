-- An officer may halt the open window of an offer and let it go on; the time that was lost is an incident (ADR 32).

-- +goose Up
ALTER TABLE offer DROP CONSTRAINT offer_state_known;
ALTER TABLE offer ADD CONSTRAINT offer_state_known CHECK (state IN ('announced', 'registering', 'prepared', 'bidding', 'halted', 'closed', 'opened', 'ranking', 'ranked',
    'certifying', 'certified', 'cancelled', 'void', 'failed'));
ALTER TABLE offer DROP CONSTRAINT offer_sealed_until_close;
ALTER TABLE offer ADD CONSTRAINT offer_sealed_until_close CHECK (seal_key = '' OR state NOT IN ('announced', 'registering', 'prepared', 'bidding', 'halted', 'cancelled'));
ALTER TABLE offer_incident DROP CONSTRAINT offer_incident_kind_known;
ALTER TABLE offer_incident ADD CONSTRAINT offer_incident_kind_known CHECK (kind IN ('interruption', 'key_missing', 'halt'));
