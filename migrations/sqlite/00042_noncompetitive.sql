-- Bids that name no price are taken where an offer says so: they are opened with the price 0, which is "any".

-- +goose Up
ALTER TABLE offer ADD COLUMN noncompetitive_quota BIGINT NOT NULL DEFAULT 0;
ALTER TABLE offer ADD COLUMN noncompetitive_share BIGINT NOT NULL DEFAULT 0
    CONSTRAINT offer_noncompetitive_bounded CHECK (noncompetitive_quota BETWEEN 0 AND quantity AND noncompetitive_share BETWEEN 0 AND 999999
        AND (noncompetitive_quota > 0) = (noncompetitive_share > 0) AND (noncompetitive_quota = 0 OR format = 'uniform'));

-- SQLite cannot change a CHECK: a wider table takes the place of the old.
DROP VIEW v_opened_bid;
CREATE TABLE opened_bid_wider (
    id           INTEGER NOT NULL CONSTRAINT opened_bid_pkey PRIMARY KEY,
    offer        BIGINT NOT NULL,
    registration BIGINT NOT NULL,
    quote        BIGINT NOT NULL,
    price        BIGINT NOT NULL,
    quantity     BIGINT NOT NULL,
    placed_at    BIGINT NOT NULL,
    won          BIGINT NOT NULL,
    paid         BIGINT NOT NULL,
    command      BIGINT NOT NULL,
    CONSTRAINT opened_bid_positive CHECK (price >= 0 AND quantity > 0),
    CONSTRAINT opened_bid_won_within CHECK (won BETWEEN 0 AND quantity AND (won > 0) = (paid > 0))
);
INSERT INTO opened_bid_wider SELECT id, offer, registration, quote, price, quantity, placed_at, won, paid, command FROM opened_bid;
DROP TABLE opened_bid;
ALTER TABLE opened_bid_wider RENAME TO opened_bid;
CREATE INDEX opened_bid_by_offer ON opened_bid (offer, id);

CREATE VIEW v_opened_bid AS
SELECT b.id, b.offer, b.registration, b.quote, CASE WHEN b.price < 0 THEN '-' ELSE '' END || (abs(b.price) / 10000) || '.' || substr('0000' || (abs(b.price) % 10000), -4) AS price, CASE WHEN b.quantity < 0 THEN '-' ELSE '' END || (abs(b.quantity) / 1000000) || '.' || substr('000000' || (abs(b.quantity) % 1000000), -6) AS quantity,
       CASE WHEN b.won < 0 THEN '-' ELSE '' END || (abs(b.won) / 1000000) || '.' || substr('000000' || (abs(b.won) % 1000000), -6) AS won, CASE WHEN b.paid < 0 THEN '-' ELSE '' END || (abs(b.paid) / 10000) || '.' || substr('0000' || (abs(b.paid) % 10000), -4) AS paid, b.placed_at, b.command
  FROM opened_bid b;
