-- What opening packages bring beside permits and money: pledges, leases, sales that are not paid in full, freezes of funds.
-- The notice of such a sale names the package; it is no sale of this registry's statistics.

-- +goose Up
ALTER TABLE opening_package ADD COLUMN pledges INTEGER NOT NULL DEFAULT 0 CONSTRAINT opening_package_pledges CHECK (pledges >= 0);
ALTER TABLE opening_package ADD COLUMN leases INTEGER NOT NULL DEFAULT 0 CONSTRAINT opening_package_leases CHECK (leases >= 0);
ALTER TABLE opening_package ADD COLUMN sales INTEGER NOT NULL DEFAULT 0 CONSTRAINT opening_package_sales CHECK (sales >= 0);
ALTER TABLE opening_package ADD COLUMN instalments INTEGER NOT NULL DEFAULT 0 CONSTRAINT opening_package_instalments CHECK (instalments >= sales);
ALTER TABLE opening_package ADD COLUMN fund_freezes INTEGER NOT NULL DEFAULT 0 CONSTRAINT opening_package_fund_freezes CHECK (fund_freezes >= 0);
ALTER TABLE opening_package ADD COLUMN loans BIGINT NOT NULL DEFAULT 0 CONSTRAINT opening_package_loans CHECK ((loans > 0) = (pledges > 0));
ALTER TABLE opening_package ADD COLUMN unpaid BIGINT NOT NULL DEFAULT 0 CONSTRAINT opening_package_unpaid CHECK ((unpaid > 0) = (instalments > 0));
ALTER TABLE payment_notice ADD COLUMN opening BIGINT NOT NULL DEFAULT 0 CONSTRAINT payment_notice_opened CHECK (opening = 0 OR renewal = 0);
CREATE INDEX instalment_plan_by_document ON instalment_plan (document);
ALTER TABLE instalment_plan ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0 CONSTRAINT instalment_plan_revoked_when CHECK (revoked_at = 0 OR state = 'revoked');
CREATE INDEX instalment_plan_by_revocation ON instalment_plan (revoked_at) WHERE revoked_at > 0;
CREATE INDEX deal_by_project ON deal (project) WHERE project > 0;
CREATE INDEX payment_notice_by_project ON payment_notice (project) WHERE project > 0;

-- The thresholds of what an auditor should look at.
INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + n, key, '', '', '', value, 20200101, 0, 'project default', '', 0
  FROM (SELECT 1 AS n, 'exception.price_share' AS key, '0.3' AS value UNION ALL SELECT 2, 'exception.soon_days', '90') seed;

-- Reminders of instruments, and reviews of parameters and zones, that were there before; the first command arms them.
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) FROM timer) + n, r.last_at, purpose, 0, 'pending', 0
  FROM registry r, (SELECT 1 AS n, 'instrument.arm_reminders' AS purpose UNION ALL SELECT 2, 'rule.arm_reviews') early
 WHERE EXISTS (SELECT 1 FROM instrument);
