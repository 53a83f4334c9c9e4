-- +goose Up
-- What was taken back of verified surplus without being sold, and why a verification rests on no year's discharge.
ALTER TABLE surplus_verification ADD COLUMN no_year TEXT NOT NULL DEFAULT '';

CREATE TABLE surplus_loss (
    id          BIGINT  NOT NULL CONSTRAINT surplus_loss_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    licence     BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    reference   BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT surplus_loss_kind_known CHECK (kind IN ('judicial_sale', 'correction', 'discharge')),
    CONSTRAINT surplus_loss_positive CHECK (quantity > 0)
);
CREATE INDEX surplus_loss_by_licence ON surplus_loss (licence);

REVOKE UPDATE, DELETE, TRUNCATE ON surplus_loss FROM CURRENT_USER;
