-- What interruptions have taken of an offer's window so far, all together, in µs: they count together against what the offer
-- allows. What was lost in windows of before was judged one by one.
-- +goose Up
ALTER TABLE offer
    ADD COLUMN lost BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT offer_lost_not_negative CHECK (lost >= 0);
