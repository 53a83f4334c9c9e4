-- +goose Up
-- What is held aside for: auctions, block trades, leases and pledges are new.
ALTER TABLE hold DROP CONSTRAINT hold_purpose_is_known;
ALTER TABLE hold ADD CONSTRAINT hold_purpose_known CHECK (purpose IN ('deal', 'withdrawal', 'primary_sale', 'freeze', 'buy_back', 'renewal', 'auction', 'block_trade', 'lease', 'pledge'));
