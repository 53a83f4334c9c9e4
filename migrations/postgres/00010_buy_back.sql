-- Buying back: budgets, standing offers, idle permits, buy-backs and refunds. Amounts, dates and
-- instants are as in 00001; 0 and '' are "none".

-- +goose Up
-- What a region may spend on buying back in a fiscal year, from one source.
CREATE TABLE budget (
    id          BIGINT  NOT NULL CONSTRAINT budget_pkey PRIMARY KEY,
    region      TEXT    NOT NULL,
    fiscal_year INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    approved    BIGINT  NOT NULL,
    committed   BIGINT  NOT NULL,
    paid        BIGINT  NOT NULL,
    lapsed      BIGINT  NOT NULL,
    carried     BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT budget_source_unique UNIQUE (region, fiscal_year, source),
    CONSTRAINT budget_buckets_not_negative CHECK (approved >= 0 AND committed >= 0 AND paid >= 0 AND lapsed >= 0 AND carried >= 0),
    CONSTRAINT budget_within_approved CHECK (committed + paid + lapsed + carried <= approved),
    CONSTRAINT budget_source_named CHECK (source <> '')
);

CREATE TABLE budget_movement (
    id        BIGINT NOT NULL CONSTRAINT budget_movement_pkey PRIMARY KEY,
    budget    BIGINT NOT NULL,
    move      TEXT   NOT NULL,
    amount    BIGINT NOT NULL,
    reference BIGINT NOT NULL,
    document  TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    command   BIGINT NOT NULL,
    CONSTRAINT budget_movement_move_known CHECK (move IN ('approve', 'commit', 'release', 'pay', 'fail', 'refund', 'lapse', 'carry_out', 'carry_in')),
    CONSTRAINT budget_movement_amount CHECK (amount > 0 OR amount < 0 AND move = 'approve'),
    CONSTRAINT budget_movement_referenced CHECK ((reference = 0) = (move IN ('approve', 'lapse')))
);
CREATE INDEX budget_movement_by_budget ON budget_movement (budget, id);

CREATE TABLE standing_offer (
    id        BIGINT  NOT NULL CONSTRAINT standing_offer_pkey PRIMARY KEY,
    region    TEXT    NOT NULL,
    pollutant TEXT    NOT NULL,
    price     BIGINT  NOT NULL,
    quantity  BIGINT  NOT NULL,
    remaining BIGINT  NOT NULL,
    budget    BIGINT  NOT NULL,
    until     INTEGER NOT NULL,
    document  TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    opened_at BIGINT  NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT standing_offer_price_positive CHECK (price > 0),
    CONSTRAINT standing_offer_remaining_within CHECK (quantity > 0 AND remaining BETWEEN 0 AND quantity),
    CONSTRAINT standing_offer_budget_named CHECK (budget > 0),
    CONSTRAINT standing_offer_state_known CHECK (state IN ('open', 'closed')),
    CONSTRAINT standing_offer_document_named CHECK (document <> '')
);

-- What of a holding is not used, since when.
CREATE TABLE idle_declaration (
    id           BIGINT   NOT NULL CONSTRAINT idle_declaration_pkey PRIMARY KEY,
    party        BIGINT   NOT NULL,
    region       TEXT     NOT NULL,
    licence      BIGINT   NOT NULL,
    instrument   BIGINT   NOT NULL,
    pollutant    TEXT     NOT NULL,
    origin       SMALLINT NOT NULL,
    quantity     BIGINT   NOT NULL,
    since        INTEGER  NOT NULL,
    declared_by  TEXT     NOT NULL,
    document     TEXT     NOT NULL,
    state        TEXT     NOT NULL,
    buy_back     BIGINT   NOT NULL,
    ended_on     INTEGER  NOT NULL,
    end_document TEXT     NOT NULL,
    recorded_at  BIGINT   NOT NULL,
    command      BIGINT   NOT NULL,
    CONSTRAINT idle_declaration_origin_known CHECK (origin IN (1, 2, 3)),
    CONSTRAINT idle_declaration_quantity_positive CHECK (quantity > 0),
    CONSTRAINT idle_declaration_since_set CHECK (since > 0),
    CONSTRAINT idle_declaration_declared_by_known CHECK (declared_by IN ('enterprise', 'bureau')),
    CONSTRAINT idle_declaration_state_known CHECK (state IN ('open', 'ended')),
    CONSTRAINT idle_declaration_ended CHECK ((state = 'ended') = (ended_on > 0) AND (state = 'ended') = (end_document <> '')),
    CONSTRAINT idle_declaration_document_named CHECK (document <> '')
);
CREATE UNIQUE INDEX idle_declaration_open_unique ON idle_declaration (licence, instrument, origin) WHERE state = 'open';
CREATE INDEX idle_declaration_by_party ON idle_declaration (party);
CREATE INDEX idle_declaration_by_region ON idle_declaration (region);

-- Permits of one holding on their way back into the reserve.
CREATE TABLE buy_back (
    id                BIGINT   NOT NULL CONSTRAINT buy_back_pkey PRIMARY KEY,
    kind              TEXT     NOT NULL,
    cause             TEXT     NOT NULL,
    state             TEXT     NOT NULL,
    party             BIGINT   NOT NULL,
    region            TEXT     NOT NULL,
    licence           BIGINT   NOT NULL,
    instrument        BIGINT   NOT NULL,
    pollutant         TEXT     NOT NULL,
    origin            SMALLINT NOT NULL,
    quantity          BIGINT   NOT NULL,
    document          TEXT     NOT NULL,
    idle              BIGINT   NOT NULL,
    offer             BIGINT   NOT NULL,
    verification      BIGINT   NOT NULL,
    verified          BIGINT   NOT NULL,
    rung              TEXT     NOT NULL,
    monitored         BOOLEAN  NOT NULL,
    task_done         BOOLEAN  NOT NULL,
    verified_on       INTEGER  NOT NULL,
    verified_document TEXT     NOT NULL,
    object_until      INTEGER  NOT NULL,
    objection_due_on  INTEGER  NOT NULL,
    base_price        BIGINT   NOT NULL,
    price_document    TEXT     NOT NULL,
    months            INTEGER  NOT NULL,
    amount            BIGINT   NOT NULL,
    reclaimed         BOOLEAN  NOT NULL,
    priced_on         INTEGER  NOT NULL,
    budget            BIGINT   NOT NULL,
    approval_document TEXT     NOT NULL,
    contract          TEXT     NOT NULL,
    proof             TEXT     NOT NULL,
    paid_on           INTEGER  NOT NULL,
    licence_document  TEXT     NOT NULL,
    hold              BIGINT   NOT NULL,
    surplus_held      BIGINT   NOT NULL,
    transfer          BIGINT   NOT NULL,
    lot               BIGINT   NOT NULL,
    opened_by         BIGINT   NOT NULL,
    opened_at         BIGINT   NOT NULL,
    booked_at         BIGINT   NOT NULL,
    command           BIGINT   NOT NULL,
    CONSTRAINT buy_back_kind_known CHECK (kind IN ('application', 'compulsory')),
    CONSTRAINT buy_back_cause_known CHECK (cause IN ('project_cancelled', 'completion_surplus', 'reduction', 'licence_change', 'abandoned', 'idle',
        'unit_closed', 'licence_cancelled', 'reduction_task')),
    CONSTRAINT buy_back_cause_of_kind CHECK (kind = 'application' AND cause IN ('project_cancelled', 'completion_surplus', 'reduction', 'licence_change',
        'abandoned') OR kind = 'compulsory' AND cause IN ('project_cancelled', 'abandoned', 'idle', 'unit_closed', 'licence_cancelled',
        'reduction_task')),
    CONSTRAINT buy_back_state_known CHECK (state IN ('draft', 'submitted', 'accepted', 'verified', 'priced', 'agreed', 'approved', 'contracted', 'paid',
        'in_reserve', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT buy_back_origin_known CHECK (origin IN (1, 2, 3)),
    CONSTRAINT buy_back_quantity_positive CHECK (quantity > 0),
    CONSTRAINT buy_back_rung_known CHECK (rung IN ('', 'licence_amount', 'eia_amount', 'emission_factor')),
    CONSTRAINT buy_back_verified_covers CHECK (verified = 0 OR verified >= quantity),
    CONSTRAINT buy_back_verified_first CHECK (state NOT IN ('verified', 'priced', 'agreed', 'approved', 'contracted', 'paid', 'in_reserve') OR verified > 0 AND rung <> ''),
    CONSTRAINT buy_back_bought_if_paid_for CHECK (amount = 0 OR origin = 1),
    CONSTRAINT buy_back_reclaimed_free CHECK (NOT reclaimed OR amount = 0 AND budget = 0),
    CONSTRAINT buy_back_priced CHECK (state NOT IN ('priced', 'agreed', 'approved', 'contracted', 'paid', 'in_reserve') OR reclaimed OR amount > 0),
    CONSTRAINT buy_back_committed CHECK (state NOT IN ('approved', 'contracted', 'paid', 'in_reserve') OR reclaimed OR budget > 0),
    CONSTRAINT buy_back_paid_proved CHECK ((paid_on > 0) = (proof <> '') AND (state NOT IN ('paid', 'in_reserve') OR reclaimed OR paid_on > 0)),
    CONSTRAINT buy_back_held CHECK (state = 'draft' OR hold > 0 OR state IN ('withdrawn', 'lapsed')),
    CONSTRAINT buy_back_amounts_not_negative CHECK (amount >= 0 AND base_price >= 0 AND months >= 0 AND surplus_held >= 0 AND surplus_held <= quantity),
    CONSTRAINT buy_back_booked CHECK ((state = 'in_reserve') = (transfer > 0) AND (state = 'in_reserve') = (lot > 0) AND (state = 'in_reserve') = (licence_document <> '')),
    CONSTRAINT buy_back_document_named CHECK (document <> '')
);
CREATE UNIQUE INDEX buy_back_proof_unique ON buy_back (proof) WHERE proof <> '';
CREATE INDEX buy_back_by_party ON buy_back (party);
CREATE INDEX buy_back_by_region ON buy_back (region);
CREATE INDEX buy_back_by_instrument ON buy_back (instrument, state);
CREATE INDEX buy_back_by_verification ON buy_back (verification) WHERE verification > 0;

CREATE TABLE buy_back_step (
    id         BIGINT NOT NULL CONSTRAINT buy_back_step_pkey PRIMARY KEY,
    buy_back   BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    person     BIGINT NOT NULL,
    role       TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT buy_back_step_event_known CHECK (event IN ('submit', 'accept', 'return', 'verify', 'reject', 'price', 'reclaim', 'agree', 'refuse', 'impose',
        'object', 'uphold', 'dismiss', 'approve', 'contract', 'pay', 'payment_fail', 'book', 'withdraw', 'lapse')),
    CONSTRAINT buy_back_step_role_known CHECK (role IN ('enterprise', 'bureau_clerk', 'bureau_leader', 'finance', 'system'))
);
CREATE INDEX buy_back_step_by_buy_back ON buy_back_step (buy_back, id);

-- What was offered for each acquisition that would be used up, and what was used up in the end.
CREATE TABLE buy_back_price (
    id          BIGINT NOT NULL CONSTRAINT buy_back_price_pkey PRIMARY KEY,
    buy_back    BIGINT NOT NULL,
    acquisition BIGINT NOT NULL,
    quantity    BIGINT NOT NULL,
    price_paid  BIGINT NOT NULL,
    price       BIGINT NOT NULL,
    amount      BIGINT NOT NULL,
    command     BIGINT NOT NULL,
    CONSTRAINT buy_back_price_quantity_positive CHECK (quantity > 0),
    CONSTRAINT buy_back_price_lower CHECK (price >= 0 AND price <= price_paid AND amount >= 0)
);
CREATE INDEX buy_back_price_by_buy_back ON buy_back_price (buy_back, id);

CREATE TABLE buy_back_source (
    id          BIGINT NOT NULL CONSTRAINT buy_back_source_pkey PRIMARY KEY,
    buy_back    BIGINT NOT NULL,
    acquisition BIGINT NOT NULL,
    quantity    BIGINT NOT NULL,
    command     BIGINT NOT NULL,
    CONSTRAINT buy_back_source_quantity_positive CHECK (quantity > 0)
);
CREATE INDEX buy_back_source_by_buy_back ON buy_back_source (buy_back, id);

CREATE TABLE treasury_refund (
    id           BIGINT  NOT NULL CONSTRAINT treasury_refund_pkey PRIMARY KEY,
    buy_back     BIGINT  NOT NULL,
    party        BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    amount       BIGINT  NOT NULL,
    reason       TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    proof        TEXT    NOT NULL,
    received_on  INTEGER NOT NULL,
    requested_at BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT treasury_refund_amount_positive CHECK (amount > 0),
    CONSTRAINT treasury_refund_state_known CHECK (state IN ('requested', 'received', 'cancelled')),
    CONSTRAINT treasury_refund_received CHECK ((state = 'received') = (proof <> '') AND (state = 'received') = (received_on > 0)),
    CONSTRAINT treasury_refund_document_named CHECK (document <> '' AND reason <> '')
);
CREATE INDEX treasury_refund_by_buy_back ON treasury_refund (buy_back);

-- The names of the ledger's reasons: a migration that brings a reason adds its row.
CREATE TABLE posting_reason (
    reason SMALLINT NOT NULL CONSTRAINT posting_reason_pkey PRIMARY KEY,
    name   TEXT     NOT NULL,
    CONSTRAINT posting_reason_name_unique UNIQUE (name)
);
INSERT INTO posting_reason (reason, name) VALUES
    (1, 'cap_decision'), (2, 'reserve_movement'), (3, 'allocation'), (4, 'opening'), (5, 'level_transfer'),
    (6, 'primary_sale'), (7, 'fill'), (8, 'settlement'), (9, 'reversal'), (10, 'correction'),
    (11, 'deposit'), (12, 'withdrawal'), (13, 'escrow'), (14, 'suspense'), (15, 'term_end'),
    (16, 'renewal'), (17, 'retirement'), (18, 'cap_return'), (21, 'buy_back'), (22, 'reclamation'),
    (23, 'offset'), (24, 'succession'), (25, 'revocation'), (26, 'judicial_sale');
DROP VIEW v_posting;
CREATE VIEW v_posting AS
SELECT p.id, p.transfer, r.name AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 THEN (p.amount::numeric / 1000000)::numeric(24,6) ELSE (p.amount::numeric / 100)::numeric(24,2) END AS amount, CASE WHEN a.kind <= 6 THEN (p.debit_after::numeric / 1000000)::numeric(24,6) ELSE (p.debit_after::numeric / 100)::numeric(24,2) END AS debit_after, CASE WHEN a.kind <= 6 THEN (p.credit_after::numeric / 1000000)::numeric(24,6) ELSE (p.credit_after::numeric / 100)::numeric(24,2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, to_timestamp(j.at / 1000000.0) AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN posting_reason r ON r.reason = p.reason LEFT JOIN journal j ON j.number = p.command;

-- What permits are held aside for: buying back is new.
ALTER TABLE hold DROP CONSTRAINT hold_purpose_known;
ALTER TABLE hold ADD CONSTRAINT hold_purpose_known CHECK (purpose IN ('deal', 'withdrawal', 'primary_sale', 'freeze', 'buy_back'));

CREATE VIEW v_budget AS
SELECT b.id, b.region, b.fiscal_year, b.source, (b.approved::numeric / 100)::numeric(24,2) AS approved, (b.committed::numeric / 100)::numeric(24,2) AS committed, (b.paid::numeric / 100)::numeric(24,2) AS paid, (b.lapsed::numeric / 100)::numeric(24,2) AS lapsed, (b.carried::numeric / 100)::numeric(24,2) AS carried,
       ((b.approved - b.committed - b.paid - b.lapsed - b.carried)::numeric / 100)::numeric(24,2) AS remaining, b.command
  FROM budget b;

CREATE VIEW v_budget_movement AS
SELECT m.id, m.budget, m.move, (m.amount::numeric / 100)::numeric(24,2) AS amount, m.reference, m.document, m.command
  FROM budget_movement m;

CREATE VIEW v_buy_back AS
SELECT b.id, b.kind, b.cause, b.state, b.party, b.region, b.licence, i.code AS instrument, CASE b.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin, (b.quantity::numeric / 1000000)::numeric(24,6) AS quantity,
       (b.verified::numeric / 1000000)::numeric(24,6) AS verified, b.rung, (b.base_price::numeric / 10000)::numeric(24,4) AS base_price, b.months, (b.amount::numeric / 100)::numeric(24,2) AS amount,
       b.reclaimed, b.budget, b.contract, b.proof, b.paid_on, b.licence_document, b.lot, b.command
  FROM buy_back b LEFT JOIN instrument i ON i.id = b.instrument;

CREATE VIEW v_buy_back_price AS
SELECT r.id, r.buy_back, r.acquisition, (r.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (r.price_paid::numeric / 10000)::numeric(24,4) AS price_paid, (r.price::numeric / 10000)::numeric(24,4) AS price, (r.amount::numeric / 100)::numeric(24,2) AS amount
  FROM buy_back_price r;

CREATE VIEW v_idle_declaration AS
SELECT b.id, b.party, b.region, b.licence, i.code AS instrument, CASE b.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin, (b.quantity::numeric / 1000000)::numeric(24,6) AS quantity, b.since, b.declared_by, b.state, b.buy_back, b.command
  FROM idle_declaration b LEFT JOIN instrument i ON i.id = b.instrument;

-- What is written once stays as it was.
REVOKE UPDATE, DELETE, TRUNCATE ON budget_movement, buy_back_step, buy_back_price, buy_back_source FROM CURRENT_USER;
