-- What bidders for auctions may bid for, and winners have won, is kept of what their projects need, until a payment notice asks for it (I-117).
-- 0 is "names no project", "keeps nothing any more", or "registered before".

-- +goose Up
ALTER TABLE project_need ADD COLUMN bidding BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT project_need_bidding CHECK (bidding >= 0 AND needed >= bought + open + bidding);
ALTER TABLE registration ADD COLUMN bidding BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT registration_bidding CHECK (bidding = 0 OR bidding > 0 AND bidding <= quantity_most AND (state = 'registered' OR state = 'won' AND bidding = won));
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-117', coalesce(max(length), 0), 0 FROM registry;
DROP VIEW v_project_need;
CREATE VIEW v_project_need AS
SELECT n.id, p.eia, p.name, p.state, n.project, n.pollutant, (n.need::numeric / 1000000)::numeric(24,6) AS need, (n.ratio::numeric / 1000000)::numeric(24,6) AS ratio, (n.needed::numeric / 1000000)::numeric(24,6) AS needed,
       (n.open::numeric / 1000000)::numeric(24,6) AS open, (n.bought::numeric / 1000000)::numeric(24,6) AS bought, (n.assigned::numeric / 1000000)::numeric(24,6) AS assigned,
       (n.retired::numeric / 1000000)::numeric(24,6) AS retired, (n.bidding::numeric / 1000000)::numeric(24,6) AS bidding, n.command
  FROM project_need n JOIN project p ON p.id = n.project;
