-- What readers ask for by something else than an id.

-- +goose Up
-- The keys of a journal without its wide rows: all that a start reads of it.
CREATE INDEX journal_keys ON journal (number, actor, key);
-- A party's orders, and the trades of an order.
CREATE INDEX market_order_by_party ON market_order (party, id);
CREATE INDEX trade_by_buy_order ON trade (buy_order);
CREATE INDEX trade_by_sell_order ON trade (sell_order);
