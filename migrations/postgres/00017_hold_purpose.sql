-- +goose Up
-- What is held aside for: auctions, block trades, leases and pledges are new. A wider
-- table takes the place of the old.
CREATE TABLE hold_wider (
    id        BIGINT  NOT NULL CONSTRAINT hold_identity PRIMARY KEY,
    account   BIGINT  NOT NULL,
    amount    BIGINT  NOT NULL,
    purpose   TEXT    NOT NULL,
    reference BIGINT  NOT NULL,
    state     TEXT    NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT hold_amount_above_zero CHECK (amount > 0),
    CONSTRAINT hold_purpose_listed CHECK (purpose IN ('deal', 'withdrawal', 'primary_sale', 'freeze', 'buy_back', 'renewal', 'auction', 'block_trade', 'lease', 'pledge')),
    CONSTRAINT hold_state_listed CHECK (state IN ('active', 'posted', 'voided', 'expired'))
);
INSERT INTO hold_wider SELECT id, account, amount, purpose, reference, state, command FROM hold;
DROP TABLE hold;
ALTER TABLE hold_wider RENAME TO hold;
CREATE INDEX hold_by_active ON hold (account) WHERE state = 'active';
