-- What a reverse auction has taken beside what was verified for sale: a right that is the assessment's amount is lowered by it (I-105).
-- Of purchases that were booked before, what was verified for sale counts alone.

-- +goose Up
ALTER TABLE award ADD COLUMN uncovered BIGINT NOT NULL DEFAULT 0
    CONSTRAINT award_uncovered_within CHECK (uncovered BETWEEN 0 AND quantity AND (uncovered = 0 OR state = 'delivered' AND lot > 0));
CREATE INDEX award_uncovered ON award (party) WHERE uncovered > 0;
