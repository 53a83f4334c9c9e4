-- What two persons have decided before the day from which it holds is done on that day (I-140). effective_on is that day;
-- 0 is "when it is approved". approved_in stays where such a proposal is rejected or withdrawn before it is done.

-- +goose Up
ALTER TABLE proposal ADD COLUMN effective_on INTEGER NOT NULL DEFAULT 0;
ALTER TABLE proposal DROP CONSTRAINT proposal_state_known;
ALTER TABLE proposal ADD CONSTRAINT proposal_state_known CHECK (state IN ('pending', 'approved', 'clearing', 'executed', 'failed', 'rejected', 'withdrawn', 'lapsed'));
ALTER TABLE proposal DROP CONSTRAINT proposal_four_eyes;
ALTER TABLE proposal ADD CONSTRAINT proposal_four_eyes CHECK (state NOT IN ('approved', 'clearing', 'executed', 'failed', 'rejected') AND approved_in = 0 OR decided_by NOT IN (0, proposed_by));
ALTER TABLE proposal DROP CONSTRAINT proposal_withdrawn_by;
ALTER TABLE proposal ADD CONSTRAINT proposal_withdrawn_by CHECK (state <> 'withdrawn' OR approved_in > 0 OR decided_by = proposed_by);
ALTER TABLE proposal DROP CONSTRAINT proposal_cleared;
ALTER TABLE proposal ADD CONSTRAINT proposal_cleared CHECK (CASE WHEN state IN ('approved', 'clearing', 'failed') THEN approved_in > 0 WHEN state IN ('executed', 'rejected', 'withdrawn') THEN approved_in >= 0 ELSE approved_in = 0 END);
ALTER TABLE proposal ADD CONSTRAINT proposal_dated_ahead CHECK (effective_on > 0 OR effective_on = 0 AND state <> 'approved' AND (state NOT IN ('rejected', 'withdrawn') OR approved_in = 0));
