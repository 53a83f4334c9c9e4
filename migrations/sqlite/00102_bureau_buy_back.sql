-- +goose Up
-- Operations that come under four eyes now: what was done before is no violation.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + governed.n, 'I-18 ' || governed.operation, coalesce(registry.length, 0), 0
  FROM registry, (SELECT 1 AS n, 'buy_back.open' AS operation UNION ALL SELECT 2, 'idle.sweep') governed;
