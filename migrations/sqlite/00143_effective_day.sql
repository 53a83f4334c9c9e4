-- What two persons have decided before the day from which it holds is done on that day (I-140). effective_on is that day;
-- 0 is "when it is approved". approved_in stays where such a proposal is rejected or withdrawn before it is done. SQLite
-- cannot change a CHECK: a wider table takes the place of the old.

-- +goose Up
CREATE TABLE proposal_wider (
    id             INTEGER NOT NULL CONSTRAINT proposal_pkey PRIMARY KEY,
    operation      TEXT   NOT NULL,
    region         TEXT   NOT NULL,
    party          BIGINT NOT NULL,
    payload        TEXT   NOT NULL,
    effects        TEXT   NOT NULL,
    effects_digest TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    proposed_by    BIGINT NOT NULL,
    proposed_at    BIGINT NOT NULL,
    shown_at       BIGINT NOT NULL,
    lapses_at      BIGINT NOT NULL,
    decided_by     BIGINT NOT NULL,
    decided_at     BIGINT NOT NULL,
    reason         TEXT   NOT NULL,
    approved_in    BIGINT NOT NULL DEFAULT 0,
    effective_on   INTEGER NOT NULL DEFAULT 0,
    command        BIGINT NOT NULL,
    CONSTRAINT proposal_state_known CHECK (state IN ('pending', 'approved', 'clearing', 'executed', 'failed', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT proposal_decided CHECK ((state = 'pending') = (decided_at = 0)),
    CONSTRAINT proposal_four_eyes CHECK (state NOT IN ('approved', 'clearing', 'executed', 'failed', 'rejected') AND approved_in = 0 OR decided_by NOT IN (0, proposed_by)),
    CONSTRAINT proposal_withdrawn_by CHECK (state <> 'withdrawn' OR approved_in > 0 OR decided_by = proposed_by),
    CONSTRAINT proposal_cleared CHECK (CASE WHEN state IN ('approved', 'clearing', 'failed') THEN approved_in > 0 WHEN state IN ('executed', 'rejected', 'withdrawn') THEN approved_in >= 0 ELSE approved_in = 0 END),
    CONSTRAINT proposal_dated_ahead CHECK (effective_on > 0 OR effective_on = 0 AND state <> 'approved' AND (state NOT IN ('rejected', 'withdrawn') OR approved_in = 0))
);
INSERT INTO proposal_wider (id, operation, region, party, payload, effects, effects_digest, state, proposed_by, proposed_at, shown_at, lapses_at, decided_by, decided_at, reason, approved_in, command)
SELECT id, operation, region, party, payload, effects, effects_digest, state, proposed_by, proposed_at, shown_at, lapses_at, decided_by, decided_at, reason, approved_in, command FROM proposal;
DROP TABLE proposal;
ALTER TABLE proposal_wider RENAME TO proposal;
CREATE INDEX proposal_by_state ON proposal (state, id);
CREATE INDEX proposal_by_region ON proposal (region, id);
CREATE INDEX proposal_by_party ON proposal (party, id);
