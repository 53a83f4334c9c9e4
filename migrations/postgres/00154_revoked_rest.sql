-- An issuance is revoked when units of it are, and all others have expired: nothing of it is left (I-80). A unit
-- that was sold, is owed and has expired in the hands of its buyer is counted as both. Where a part had expired and the rest was
-- revoked before, the row stays as it is.

-- +goose Up
ALTER TABLE issuance
    DROP CONSTRAINT issuance_revoked_wholly,
    ADD CONSTRAINT issuance_revoked_wholly CHECK (CASE state WHEN 'revoked' THEN revoked_units > 0 AND revoked_units + expired_units >= units ELSE revoked_units < units END);
