-- Sales of credits in the statistics: of each series, beside the trades in permits.

-- +goose Up
ALTER TABLE trade_total DROP CONSTRAINT trade_total_kind_known;
ALTER TABLE trade_total ADD CONSTRAINT trade_total_kind_known CHECK (kind IN ('primary_sale', 'market', 'deal_local', 'deal_cross_region', 'judicial_sale', 'buy_back',
    'lease', 'pledge', 'credit_market', 'credit_offer'));
CREATE INDEX award_by_payment ON award (paid_at) WHERE seller > 0;

-- What was sold on the days that are added up is counted by the first commands: of fills, those up to the one that is named.
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) + 1 FROM timer), 1, 'statistics.count_credit_sales', 0, 'pending', 0
  FROM registry r WHERE EXISTS (SELECT 1 FROM award WHERE seller > 0);
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) + 1 FROM timer), 1, 'statistics.count_credit_fills', r.fill, 'pending', 0
  FROM trade_roll r WHERE r.fill > 0 AND EXISTS (SELECT 1 FROM instrument WHERE series > 0);
