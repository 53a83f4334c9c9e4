-- What a party bought last of a series of credits, in markets where that is not sold before tomorrow (I-121).

-- +goose Up
CREATE TABLE credit_purchase (
    id      INTEGER NOT NULL CONSTRAINT credit_purchase_pkey PRIMARY KEY,
    series  BIGINT  NOT NULL,
    party   BIGINT  NOT NULL,
    day     INTEGER NOT NULL,
    units   BIGINT  NOT NULL CONSTRAINT credit_purchase_units_positive CHECK (units > 0),
    command BIGINT  NOT NULL,
    CONSTRAINT credit_purchase_holder_unique UNIQUE (series, party)
);

-- T+1 is no longer refused of credits.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'AND NOT project_required AND NOT resale_next_day AND lot_size', 'AND NOT project_required AND lot_size') WHERE type = 'table' AND name = 'market';
PRAGMA writable_schema = RESET;
