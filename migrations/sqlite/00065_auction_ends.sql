-- How auctions end: a buy-back keeps its limit as announced, an offer's seal is its own (I-102), and what the
-- treasury has paid for an award that is revoked is asked back (ADR 42). A limit of 0 is "not kept".

-- +goose Up
ALTER TABLE offer ADD COLUMN budget_limit BIGINT NOT NULL DEFAULT 0
    CONSTRAINT offer_committed_within CHECK (budget_limit >= 0 AND (budget_limit = 0 OR committed <= budget_limit));

-- The names of keys are longer since: what is older may have shared a key.
CREATE UNIQUE INDEX offer_key_digest_unique ON offer (key_digest) WHERE length(seal_name) > 32;
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-102', coalesce(max(length), 0), 0 FROM registry;

ALTER TABLE treasury_refund ADD COLUMN award BIGINT NOT NULL DEFAULT 0
    CONSTRAINT treasury_refund_of_one CHECK ((award > 0) <> (buy_back > 0));
CREATE UNIQUE INDEX treasury_refund_award_unique ON treasury_refund (award) WHERE award > 0;
