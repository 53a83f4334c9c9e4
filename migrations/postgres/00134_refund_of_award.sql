-- What was recorded as paid of a revoked award, and never was, is no longer asked back when two persons say so by a document (I-24).

-- +goose Up
ALTER TABLE treasury_refund DROP CONSTRAINT treasury_refund_cancel_documented;
ALTER TABLE treasury_refund ADD CONSTRAINT treasury_refund_cancel_documented
    CHECK (CASE WHEN state = 'cancelled' THEN buy_back > 0 OR cancel_document <> '' ELSE cancel_document = '' END);
