-- What bidders for auctions may bid for, and winners have won, is kept of what their projects need, until a payment notice asks for it (I-117).
-- 0 is "names no project", "keeps nothing any more", or "registered before".

-- +goose Up
ALTER TABLE project_need ADD COLUMN bidding BIGINT NOT NULL DEFAULT 0
    CONSTRAINT project_need_bidding CHECK (bidding >= 0 AND needed >= bought + open + bidding);
ALTER TABLE registration ADD COLUMN bidding BIGINT NOT NULL DEFAULT 0
    CONSTRAINT registration_bidding CHECK (bidding = 0 OR bidding > 0 AND bidding <= quantity_most AND (state = 'registered' OR state = 'won' AND bidding = won));
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-117', coalesce(max(length), 0), 0 FROM registry;
DROP VIEW v_project_need;
CREATE VIEW v_project_need AS
SELECT n.id, p.eia, p.name, p.state, n.project, n.pollutant, CASE WHEN n.need < 0 THEN '-' ELSE '' END || (abs(n.need) / 1000000) || '.' || substr('000000' || (abs(n.need) % 1000000), -6) AS need, CASE WHEN n.ratio < 0 THEN '-' ELSE '' END || (abs(n.ratio) / 1000000) || '.' || substr('000000' || (abs(n.ratio) % 1000000), -6) AS ratio, CASE WHEN n.needed < 0 THEN '-' ELSE '' END || (abs(n.needed) / 1000000) || '.' || substr('000000' || (abs(n.needed) % 1000000), -6) AS needed,
       CASE WHEN n.open < 0 THEN '-' ELSE '' END || (abs(n.open) / 1000000) || '.' || substr('000000' || (abs(n.open) % 1000000), -6) AS open, CASE WHEN n.bought < 0 THEN '-' ELSE '' END || (abs(n.bought) / 1000000) || '.' || substr('000000' || (abs(n.bought) % 1000000), -6) AS bought, CASE WHEN n.assigned < 0 THEN '-' ELSE '' END || (abs(n.assigned) / 1000000) || '.' || substr('000000' || (abs(n.assigned) % 1000000), -6) AS assigned,
       CASE WHEN n.retired < 0 THEN '-' ELSE '' END || (abs(n.retired) / 1000000) || '.' || substr('000000' || (abs(n.retired) % 1000000), -6) AS retired, CASE WHEN n.bidding < 0 THEN '-' ELSE '' END || (abs(n.bidding) / 1000000) || '.' || substr('000000' || (abs(n.bidding) % 1000000), -6) AS bidding, n.command
  FROM project_need n JOIN project p ON p.id = n.project;
