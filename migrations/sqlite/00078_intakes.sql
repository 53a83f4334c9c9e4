-- A scheme may be split by participant over several intakes, each of which numbers its messages for itself. '' is "there is one".
-- And from now on check holds that who verified an issuance had looked at its sample (I-109).

-- +goose Up
ALTER TABLE issuance ADD COLUMN intake TEXT NOT NULL DEFAULT '';
DROP INDEX issuance_outbox_unique;
CREATE UNIQUE INDEX issuance_outbox_unique ON issuance (intake, outbox, declared_by = 0) WHERE outbox > 0;

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-109', coalesce(max(length), 0), 0 FROM registry;
