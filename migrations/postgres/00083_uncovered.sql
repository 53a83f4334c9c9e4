-- What a buy-back of a reduction has taken beside what was verified for sale: a right that is the assessment's amount is lowered by it.

-- +goose Up
ALTER TABLE buy_back ADD COLUMN uncovered BIGINT NOT NULL DEFAULT 0
    CONSTRAINT buy_back_uncovered_within CHECK (uncovered BETWEEN 0 AND quantity AND (uncovered = 0 OR state = 'in_reserve'));

-- I-105. What was recorded before is left as it is.
ALTER TABLE surplus_verification ADD CONSTRAINT surplus_verification_within_year CHECK (year = 0 OR quantity <= permitted - actual - task) NOT VALID;
