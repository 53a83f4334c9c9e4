-- Who requested an instalment plan and who decided about it, two persons; 0 is "not recorded". Surplus that was lost with
-- what was sold out of a pledge. The earmarks of a project hold together no more than it needs (I-101). SQLite cannot
-- change a CHECK: a wider table takes the place of the old.

-- +goose Up
ALTER TABLE instalment_plan ADD COLUMN requested_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE instalment_plan ADD COLUMN decided_by BIGINT NOT NULL DEFAULT 0
    CONSTRAINT instalment_plan_decided_by_another CHECK (decided_by = 0 OR decided_at > 0 AND decided_by <> requested_by);

CREATE TABLE surplus_loss_wider (
    id          INTEGER NOT NULL CONSTRAINT surplus_loss_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    licence     BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    reference   BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT surplus_loss_kind_known CHECK (kind IN ('judicial_sale', 'pledge_sale', 'correction', 'discharge')),
    CONSTRAINT surplus_loss_positive CHECK (quantity > 0)
);
INSERT INTO surplus_loss_wider SELECT * FROM surplus_loss;
DROP TABLE surplus_loss;
ALTER TABLE surplus_loss_wider RENAME TO surplus_loss;
CREATE INDEX surplus_loss_by_licence ON surplus_loss (licence);

-- +goose StatementBegin
CREATE TRIGGER surplus_loss_no_update BEFORE UPDATE ON surplus_loss BEGIN SELECT RAISE(ABORT, 'a row of surplus_loss is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER surplus_loss_no_delete BEFORE DELETE ON surplus_loss BEGIN SELECT RAISE(ABORT, 'a row of surplus_loss is never deleted'); END;
-- +goose StatementEnd

CREATE INDEX earmark_by_project ON earmark (project) WHERE project > 0;
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-101', coalesce(max(length), 0), 0 FROM registry;
