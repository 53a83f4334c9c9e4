-- Statistics count mirrored deals, sales that enforce a pledge and what reverse auctions bought.

-- +goose Up
-- What there was on the days that are added up is counted by the first command.
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) + 1 FROM timer), 1, 'statistics.count_more', 0, 'pending', 0
  FROM registry r WHERE EXISTS (SELECT 1 FROM mirrored_deal) OR EXISTS (SELECT 1 FROM pledge_sale) OR EXISTS (SELECT 1 FROM award WHERE lot > 0);
