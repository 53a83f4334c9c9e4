-- Bidders are excluded from a window when the rules no longer admit them, and the deadlines of awards are dated
-- parameters. '' is "not excluded".

-- +goose Up
ALTER TABLE registration ADD COLUMN reason TEXT NOT NULL DEFAULT ''
    CONSTRAINT registration_excluded_has_nothing CHECK (reason = '' OR state = 'released' AND hold = 0 AND won = 0);

INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + n, key, '', '', '', value, 20200101, 0, document, '', 0
  FROM (SELECT 1 AS n, 'auction.certify_days' AS key, '5' AS value, 'DB62/T 4150-2020' AS document
        UNION ALL SELECT 2, 'auction.contract_days', '3', 'project default' UNION ALL SELECT 3, 'auction.payment_days', '7', 'project default'
        UNION ALL SELECT 4, 'auction.certificate_days', '3', 'project default' UNION ALL SELECT 5, 'auction.return_days', '5', 'project default'
        UNION ALL SELECT 6, 'auction.bar_months', '12', 'project default') seed;
