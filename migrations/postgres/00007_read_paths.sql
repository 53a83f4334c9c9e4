-- What readers ask for by something else than an id.

-- +goose Up
-- A party's orders, and the trades of an order.
CREATE INDEX market_order_by_party ON market_order (party, id);
CREATE INDEX trade_by_buy_order ON trade (buy_order);
CREATE INDEX trade_by_sell_order ON trade (sell_order);
