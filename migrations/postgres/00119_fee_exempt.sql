-- Institutions that the state funds wholly pay no fee where a schedule says so (I-127). 0 and '' are "none".

-- +goose Up
ALTER TABLE fact DROP CONSTRAINT fact_kind_known, DROP CONSTRAINT fact_subject_of_kind,
    ADD CONSTRAINT fact_kind_known CHECK (kind IN ('monitor', 'reduction_task', 'surplus_needed', 'industry', 'source', 'basin',
        'basin_approval', 'zone', 'verified_right', 'idle', 'blacklist', 'credit_grade', 'credit_points', 'credit_slight',
        'credit_review', 'state_funded', 'region_over_cap')),
    ADD CONSTRAINT fact_subject_of_kind CHECK (
        (kind = 'region_over_cap') = (party = 0)
        AND (kind IN ('blacklist', 'credit_grade', 'credit_points', 'credit_slight', 'credit_review', 'state_funded', 'region_over_cap')) = (licence = 0));
ALTER TABLE fee_schedule ADD COLUMN exempt TEXT NOT NULL DEFAULT '' CONSTRAINT fee_schedule_exempt_known CHECK (exempt IN ('', 'state_funded'));
ALTER TABLE block_trade
    ADD COLUMN buyer_exempt  BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN seller_exempt BOOLEAN NOT NULL DEFAULT FALSE;
