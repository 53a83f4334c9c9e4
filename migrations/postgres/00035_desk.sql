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
