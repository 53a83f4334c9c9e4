-- Since when and until when a role was held (I-94), for who has acted for both sides of a trade. 0 is "not recorded".

-- +goose Up
ALTER TABLE role_grant ADD COLUMN granted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE role_grant ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0
    CONSTRAINT role_grant_held CHECK (revoked_at = 0 OR state = 'revoked' AND revoked_at >= granted_at);
CREATE INDEX bank_entry_by_payer ON bank_entry (payer_account, party, booked_on) WHERE payer_account <> '';
