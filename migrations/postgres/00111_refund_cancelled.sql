-- A refund is cancelled by two persons and a document, also of what a payment notice was paid wrongly (I-118). Those cancelled before have no document.

-- +goose Up
ALTER TABLE treasury_refund DROP CONSTRAINT treasury_refund_notice_owed;
ALTER TABLE treasury_refund ADD COLUMN cancel_document TEXT NOT NULL DEFAULT ''
    CONSTRAINT treasury_refund_cancel_documented CHECK (CASE WHEN state = 'cancelled' THEN award = 0 AND (buy_back > 0 OR cancel_document <> '') ELSE cancel_document = '' END);

-- It comes under four eyes now: what was done before is no violation.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-18 treasury_refund.cancel', coalesce(max(length), 0), 0 FROM registry;
