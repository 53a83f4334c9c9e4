-- A payment notice says why the rules refuse the delivery of what is paid for (I-126). Those that are paid are judged by the first command.

-- +goose Up
ALTER TABLE payment_notice ADD COLUMN refusal TEXT NOT NULL DEFAULT ''
    CONSTRAINT payment_notice_refused_waits CHECK (refusal = '' OR state IN ('issued', 'proved') AND delivered_at = 0 AND renewal = 0);
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) FROM timer) + early.n, r.last_at, early.purpose, 0, 'pending', 0
  FROM registry r, (SELECT 1 AS n, 'payment_notice.review' AS purpose UNION ALL SELECT 2, 'instalment.review') early
 WHERE EXISTS (SELECT 1 FROM payment_notice WHERE state IN ('issued', 'proved'));
