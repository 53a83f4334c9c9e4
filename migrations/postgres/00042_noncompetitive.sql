-- Bids that name no price are taken where an offer says so: they are opened with the price 0, which is "any".

-- +goose Up
ALTER TABLE offer ADD COLUMN noncompetitive_quota BIGINT NOT NULL DEFAULT 0;
ALTER TABLE offer ADD COLUMN noncompetitive_share BIGINT NOT NULL DEFAULT 0
    CONSTRAINT offer_noncompetitive_bounded CHECK (noncompetitive_quota BETWEEN 0 AND quantity AND noncompetitive_share BETWEEN 0 AND 999999
        AND (noncompetitive_quota > 0) = (noncompetitive_share > 0) AND (noncompetitive_quota = 0 OR format = 'uniform'));

ALTER TABLE opened_bid DROP CONSTRAINT opened_bid_positive;
ALTER TABLE opened_bid ADD CONSTRAINT opened_bid_positive CHECK (price >= 0 AND quantity > 0);
