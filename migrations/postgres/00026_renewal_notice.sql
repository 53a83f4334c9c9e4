-- +goose Up
-- The new term of a renewal is paid by a numbered payment notice, and its publicity is a public notice. A notice of a
-- renewal holds nothing in the reserve.
DROP VIEW v_sale;
ALTER TABLE payment_notice ADD COLUMN renewal BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_notice DROP CONSTRAINT payment_notice_held;
ALTER TABLE payment_notice ADD CONSTRAINT payment_notice_holds_sale CHECK ((renewal = 0) = (hold > 0));
ALTER TABLE payment_notice DROP CONSTRAINT payment_notice_delivered_posted;
ALTER TABLE payment_notice ADD CONSTRAINT payment_notice_posted
    CHECK ((state <> 'delivered' OR transfer > 0) AND (state = 'delivered' OR transfer = 0 OR renewal > 0));
CREATE UNIQUE INDEX payment_notice_renewal_unique ON payment_notice (renewal) WHERE renewal > 0;

ALTER TABLE sale DROP CONSTRAINT sale_kind_known;
ALTER TABLE sale ADD CONSTRAINT sale_kind_is_known CHECK (kind IN ('agreement', 'fixed_price', 'simplified', 'renewal'));
ALTER TABLE sale DROP CONSTRAINT sale_listing_of_kind;
ALTER TABLE sale ADD CONSTRAINT sale_listing_of_its_kind CHECK ((kind IN ('agreement', 'renewal')) = (listing = 0));

CREATE VIEW v_sale AS
SELECT s.notice AS id, s.region, s.year, s.number, s.kind, s.listing, n.project, n.renewal, n.party, n.licence, n.pollutant, (n.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (n.price::numeric / 10000)::numeric(24,4) AS price,
       (n.amount::numeric / 100)::numeric(24,2) AS amount, (n.paid::numeric / 100)::numeric(24,2) AS paid, n.due_on, n.state, n.proof, n.matched, s.confirmation
  FROM sale s JOIN payment_notice n ON n.id = s.notice;

ALTER TABLE renewal ADD COLUMN public_notice BIGINT NOT NULL DEFAULT 0;
ALTER TABLE renewal ADD COLUMN notice BIGINT NOT NULL DEFAULT 0;

-- A renewal that waits for its payment gets its notice from the first command on.
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) FROM timer) + row_number() OVER (ORDER BY n.id), r.last_at, 'renewal.notice', n.id, 'pending', 0
  FROM renewal n, registry r WHERE n.state = 'noticed';

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-63', coalesce(max(length), 0), 0 FROM registry;
