-- Who requested an instalment plan and who decided about it, two persons; 0 is "not recorded". Surplus that was lost with
-- what was sold out of a pledge. The earmarks of a project hold together no more than it needs (I-101).

-- +goose Up
ALTER TABLE instalment_plan ADD COLUMN requested_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE instalment_plan ADD COLUMN decided_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE instalment_plan ADD CONSTRAINT instalment_plan_decided_by_another CHECK (decided_by = 0 OR decided_at > 0 AND decided_by <> requested_by);

ALTER TABLE surplus_loss DROP CONSTRAINT surplus_loss_kind_known;
ALTER TABLE surplus_loss ADD CONSTRAINT surplus_loss_kind_known CHECK (kind IN ('judicial_sale', 'pledge_sale', 'correction', 'discharge'));

CREATE INDEX earmark_by_project ON earmark (project) WHERE project > 0;
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-101', coalesce(max(length), 0), 0 FROM registry;
