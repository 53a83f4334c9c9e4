-- Credits are sold by auction, too: by a party, which is paid through the ledger. 0 is "none": an auction of the
-- government, a range that is not on sale, an award that the treasury pays or is paid for.

-- +goose Up
ALTER TABLE offer ADD COLUMN series BIGINT NOT NULL DEFAULT 0;
ALTER TABLE offer ADD COLUMN seller BIGINT NOT NULL DEFAULT 0
    CONSTRAINT offer_of_permits_or_credits CHECK ((series > 0) = (seller > 0) AND (series > 0) = (instrument = 0) AND (series = 0 OR budget = 0 AND months = 12));
ALTER TABLE award ADD COLUMN seller BIGINT NOT NULL DEFAULT 0
    CONSTRAINT award_of_credits_settles CHECK (seller = 0 OR seller <> party AND notice = 0 AND lot = 0 AND state <> 'paid');
ALTER TABLE credit_range ADD COLUMN offer BIGINT NOT NULL DEFAULT 0
    CONSTRAINT credit_range_on_sale_held CHECK (offer = 0 OR state = 'held');
CREATE INDEX credit_range_by_offer ON credit_range (offer, id) WHERE offer > 0;

INSERT INTO posting_reason (reason, name) VALUES (55, 'credit_sale');
