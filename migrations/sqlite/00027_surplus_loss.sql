-- +goose Up
-- What was taken back of verified surplus without being sold, and why a verification rests on no year's discharge.
ALTER TABLE surplus_verification ADD COLUMN no_year TEXT NOT NULL DEFAULT '';

CREATE TABLE surplus_loss (
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
    CONSTRAINT surplus_loss_kind_known CHECK (kind IN ('judicial_sale', 'correction', 'discharge')),
    CONSTRAINT surplus_loss_positive CHECK (quantity > 0)
);
CREATE INDEX surplus_loss_by_licence ON surplus_loss (licence);

-- +goose StatementBegin
CREATE TRIGGER surplus_loss_no_update BEFORE UPDATE ON surplus_loss BEGIN SELECT RAISE(ABORT, 'a row of surplus_loss is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER surplus_loss_no_delete BEFORE DELETE ON surplus_loss BEGIN SELECT RAISE(ABORT, 'a row of surplus_loss is never deleted'); END;
-- +goose StatementEnd

-- Operations that come under four eyes now: what was done before is no violation.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + governed.n, 'I-18 ' || governed.operation, coalesce(registry.length, 0), 0
  FROM registry, (SELECT 1 AS n, 'departure.step' AS operation UNION ALL SELECT 2, 'party.rename' UNION ALL SELECT 3, 'project.step'
        UNION ALL SELECT 4, 'project.assign' UNION ALL SELECT 5, 'payment_notice.issue' UNION ALL SELECT 6, 'zone_rule.set') governed;
