-- What a bidder may bid for under the limit of what his licence may hold is kept for him until the ranking (I-122).
-- 0 is "no limit was in force", or "registered before".

-- +goose Up
ALTER TABLE registration ADD COLUMN limit_most BIGINT NOT NULL DEFAULT 0
    CONSTRAINT registration_limit_most CHECK (limit_most = 0 OR limit_most > 0 AND licence > 0);
