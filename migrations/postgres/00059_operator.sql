-- Who operates a scheme is of the party that runs it: an operator of before, of no party, must be given the role again. What a
-- complaint is about: the scenario (code), day and evidence (SHA-256 in hex) of the refused activity; 0 is "not recorded".

-- +goose Up
ALTER TABLE role_grant DROP CONSTRAINT role_grant_party_of_user;
ALTER TABLE role_grant ADD CONSTRAINT role_grant_party_of_user CHECK (role IN ('bank', 'operator') OR (role = 'enterprise') = (party > 0));

ALTER TABLE complaint ADD COLUMN scenario TEXT NOT NULL DEFAULT '';
ALTER TABLE complaint ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE complaint ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
