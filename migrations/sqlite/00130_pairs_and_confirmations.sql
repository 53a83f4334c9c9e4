-- +goose Up
-- Operations that come under four eyes now: what was done before is no violation.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + governed.n, 'I-18 ' || governed.operation, coalesce(registry.length, 0), 0
  FROM registry,
       (SELECT 1 AS n, 'region_pair.add' AS operation UNION ALL SELECT 2, 'payment_notice.confirm' UNION ALL SELECT 3, 'instalment.confirm') governed;
