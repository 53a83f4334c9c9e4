-- What a party bought last of a series of credits, in markets where that is not sold before tomorrow (I-121).

-- +goose Up
CREATE TABLE credit_purchase (
    id      BIGINT  NOT NULL CONSTRAINT credit_purchase_pkey PRIMARY KEY,
    series  BIGINT  NOT NULL,
    party   BIGINT  NOT NULL,
    day     INTEGER NOT NULL,
    units   BIGINT  NOT NULL CONSTRAINT credit_purchase_units_positive CHECK (units > 0),
    command BIGINT  NOT NULL,
    CONSTRAINT credit_purchase_holder_unique UNIQUE (series, party)
);

-- T+1 is no longer refused of credits.
ALTER TABLE market
    DROP CONSTRAINT market_of_permits_or_credits,
    ADD CONSTRAINT market_of_permits_or_credits CHECK ((scheme > 0) = (pollutant = '')
        AND (scheme = 0 OR price_basis = 'outright' AND NOT project_required AND lot_size % 1000000 = 0));
