-- Deadlines and terms that the project has set are dated parameters, as long as before (I-136, ADR 45).

-- +goose Up
INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + n, key, '', '', '', value, 20200101, 0, document, '', 0
  FROM (SELECT 1 AS n, 'proposal.lapse_days' AS key, '14' AS value, 'project default' AS document
        UNION ALL SELECT 2, 'public_notice.days', '7', 'project default' UNION ALL SELECT 3, 'objection.answer_days', '5', '浙江省大气污染防治条例 第十四条'
        UNION ALL SELECT 4, 'buy_back.objection_days', '5', 'project default' UNION ALL SELECT 5, 'payment.days', '7', 'project default'
        UNION ALL SELECT 6, 'freeze.confirm_days', '1', 'project default' UNION ALL SELECT 7, 'renewal.reminder_days.first', '180', 'project default'
        UNION ALL SELECT 8, 'renewal.reminder_days.second', '90', 'project default' UNION ALL SELECT 9, 'renewal.reminder_days.last', '60', 'project default'
        UNION ALL SELECT 10, 'auction.announce_days', '7', 'project default' UNION ALL SELECT 11, 'carbon.expiry_notice_days', '90', 'project default') seed;
