-- Leases and pledges, and what pledged permits were sold for. Amounts, dates and instants are as in 00001; 0 and '' are
-- "none".

-- +goose Up
CREATE TABLE lease (
    id              INTEGER NOT NULL CONSTRAINT lease_pkey PRIMARY KEY,
    lessor          BIGINT  NOT NULL,
    lessor_licence  BIGINT  NOT NULL,
    lessee          BIGINT  NOT NULL,
    lessee_licence  BIGINT  NOT NULL,
    region          TEXT    NOT NULL,
    instrument      BIGINT  NOT NULL,
    pollutant       TEXT    NOT NULL,
    quantity        BIGINT  NOT NULL,
    price           BIGINT  NOT NULL,
    months          INTEGER NOT NULL,
    amount          BIGINT  NOT NULL,
    from_on         INTEGER NOT NULL,
    starts_on       INTEGER NOT NULL,
    ends_on         INTEGER NOT NULL,
    due_on          INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    hold            BIGINT  NOT NULL,
    surplus_held    BIGINT  NOT NULL,
    money_hold      BIGINT  NOT NULL,
    rent            BIGINT  NOT NULL,
    end_asked_by    TEXT    NOT NULL,
    refund          BIGINT  NOT NULL,
    refund_transfer BIGINT  NOT NULL,
    document        TEXT    NOT NULL,
    end_document    TEXT    NOT NULL,
    offered_by      BIGINT  NOT NULL,
    offered_at      BIGINT  NOT NULL,
    ended_at        BIGINT  NOT NULL,
    command         BIGINT  NOT NULL,
    CONSTRAINT lease_amounts CHECK (quantity > 0 AND price >= 0 AND amount >= 0 AND months >= 1),
    CONSTRAINT lease_licences_differ CHECK (lessor_licence <> lessee_licence),
    CONSTRAINT lease_state_known CHECK (state IN ('offered', 'agreed', 'approved', 'paid', 'active', 'returned', 'ended_early', 'revoked', 'rejected', 'withdrawn', 'lapsed', 'closed')),
    CONSTRAINT lease_ended CHECK ((state IN ('offered', 'agreed', 'approved', 'paid', 'active')) = (ended_at = 0)),
    CONSTRAINT lease_period CHECK ((starts_on = 0) = (ends_on = 0) AND ends_on >= starts_on),
    CONSTRAINT lease_begun_dated CHECK (state NOT IN ('paid', 'active', 'returned', 'ended_early') OR starts_on > 0),
    CONSTRAINT lease_surplus_within CHECK (surplus_held >= 0 AND surplus_held <= quantity),
    CONSTRAINT lease_refund_within CHECK (refund >= 0 AND refund <= amount)
);
CREATE INDEX lease_by_lessor ON lease (lessor_licence);
CREATE INDEX lease_by_lessee ON lease (lessee_licence);

CREATE TABLE encumbrance_step (
    id         INTEGER NOT NULL CONSTRAINT encumbrance_step_pkey PRIMARY KEY,
    kind       TEXT    NOT NULL,
    reference  BIGINT  NOT NULL,
    event      TEXT    NOT NULL,
    person     BIGINT  NOT NULL,
    body       TEXT    NOT NULL,
    from_state TEXT    NOT NULL,
    to_state   TEXT    NOT NULL,
    document   TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT encumbrance_step_kind_known CHECK (kind IN ('lease', 'pledge')),
    CONSTRAINT encumbrance_step_body_known CHECK (body IN ('lessor', 'lessee', 'holder', 'bank', 'buyer', 'bureau', 'system'))
);
CREATE INDEX encumbrance_step_by_reference ON encumbrance_step (kind, reference);

CREATE TABLE pledge (
    id            INTEGER NOT NULL CONSTRAINT pledge_pkey PRIMARY KEY,
    behind        BIGINT  NOT NULL,
    rank          INTEGER NOT NULL,
    party         BIGINT  NOT NULL,
    licence       BIGINT  NOT NULL,
    region        TEXT    NOT NULL,
    bank          BIGINT  NOT NULL,
    instrument    BIGINT  NOT NULL,
    pollutant     TEXT    NOT NULL,
    quantity      BIGINT  NOT NULL,
    sold          BIGINT  NOT NULL,
    base_price    BIGINT  NOT NULL,
    months        INTEGER NOT NULL,
    value         BIGINT  NOT NULL,
    assessment    TEXT    NOT NULL,
    most          BIGINT  NOT NULL,
    loan          BIGINT  NOT NULL,
    rate          BIGINT  NOT NULL,
    due_on        INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    hold          BIGINT  NOT NULL,
    claim         BIGINT  NOT NULL,
    paid          BIGINT  NOT NULL,
    on_sale       BIGINT  NOT NULL,
    sale_price    BIGINT  NOT NULL,
    document      TEXT    NOT NULL,
    contract      TEXT    NOT NULL,
    end_document  TEXT    NOT NULL,
    applied_by    BIGINT  NOT NULL,
    applied_at    BIGINT  NOT NULL,
    registered_at BIGINT  NOT NULL,
    ended_at      BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT pledge_amounts CHECK (quantity > 0 AND sold >= 0 AND sold <= quantity AND value > 0 AND loan > 0 AND claim >= 0 AND paid >= 0),
    CONSTRAINT pledge_loan_within CHECK (loan <= most),
    CONSTRAINT pledge_not_to_itself CHECK (bank <> party AND behind <> id),
    CONSTRAINT pledge_valued CHECK ((base_price > 0) = (assessment = '')),
    CONSTRAINT pledge_state_known CHECK (state IN ('applied', 'authority_confirmed', 'bank_approved', 'registered', 'demanded', 'on_sale', 'released', 'enforced', 'rejected', 'withdrawn', 'ended')),
    CONSTRAINT pledge_ended CHECK ((state IN ('applied', 'authority_confirmed', 'bank_approved', 'registered', 'demanded', 'on_sale')) = (ended_at = 0)),
    CONSTRAINT pledge_registered_ranked CHECK ((rank > 0) = (registered_at > 0) AND (state NOT IN ('registered', 'demanded', 'on_sale', 'released', 'enforced') OR rank > 0)),
    CONSTRAINT pledge_on_sale_priced CHECK ((state = 'on_sale') = (on_sale > 0) AND (on_sale > 0) = (sale_price > 0) AND on_sale <= quantity - sold)
);
CREATE INDEX pledge_by_licence ON pledge (licence);
CREATE INDEX pledge_by_bank ON pledge (bank);

CREATE TABLE pledge_sale (
    id            INTEGER NOT NULL CONSTRAINT pledge_sale_pkey PRIMARY KEY,
    pledge        BIGINT  NOT NULL,
    bank          BIGINT  NOT NULL,
    party         BIGINT  NOT NULL,
    licence       BIGINT  NOT NULL,
    region        TEXT    NOT NULL,
    buyer_party   BIGINT  NOT NULL,
    buyer_licence BIGINT  NOT NULL,
    instrument    BIGINT  NOT NULL,
    quantity      BIGINT  NOT NULL,
    price         BIGINT  NOT NULL,
    months        INTEGER NOT NULL,
    amount        BIGINT  NOT NULL,
    to_owner      BIGINT  NOT NULL,
    document      TEXT    NOT NULL,
    lot           BIGINT  NOT NULL,
    transfer      BIGINT  NOT NULL,
    recorded_at   BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT pledge_sale_amounts CHECK (quantity > 0 AND price > 0 AND amount > 0 AND to_owner >= 0 AND to_owner <= amount),
    CONSTRAINT pledge_sale_never_to_holder CHECK (buyer_licence <> licence),
    CONSTRAINT pledge_sale_to_buyer_or_reserve CHECK ((buyer_licence > 0) = (lot = 0) AND (buyer_licence > 0) = (buyer_party > 0)),
    CONSTRAINT pledge_sale_posted CHECK (transfer > 0)
);
CREATE INDEX pledge_sale_by_pledge ON pledge_sale (pledge);

CREATE TABLE pledge_payment (
    id      INTEGER NOT NULL CONSTRAINT pledge_payment_pkey PRIMARY KEY,
    sale    BIGINT  NOT NULL,
    pledge  BIGINT  NOT NULL,
    bank    BIGINT  NOT NULL,
    amount  BIGINT  NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT pledge_payment_amount CHECK (amount >= 0),
    CONSTRAINT pledge_payment_unique UNIQUE (sale, pledge)
);

-- A bank officer acts for one party, as an enterprise's user does; grants of before are tied to none. SQLite cannot
-- change a CHECK: a wider table takes the place of the old.
CREATE TABLE role_grant_wider (
    id            INTEGER NOT NULL CONSTRAINT role_grant_pkey PRIMARY KEY,
    person        BIGINT  NOT NULL,
    role          TEXT    NOT NULL,
    region        TEXT    NOT NULL,
    with_children BOOLEAN NOT NULL,
    party         BIGINT  NOT NULL,
    signer        BOOLEAN NOT NULL,
    state         TEXT    NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT role_grant_role_known CHECK (role IN ('enterprise', 'bureau_clerk', 'bureau_leader', 'finance', 'upper', 'partner', 'bank',
        'operator', 'verifier', 'auditor', 'admin')),
    CONSTRAINT role_grant_party_of_user CHECK (role = 'bank' OR (role = 'enterprise') = (party > 0)),
    CONSTRAINT role_grant_region_of_officer CHECK (region = '' OR role <> 'enterprise'),
    CONSTRAINT role_grant_signer_of_enterprise CHECK (NOT signer OR role = 'enterprise'),
    CONSTRAINT role_grant_state_known CHECK (state IN ('active', 'revoked'))
);
INSERT INTO role_grant_wider SELECT id, person, role, region, with_children, party, signer, state, command FROM role_grant;
DROP TABLE role_grant;
ALTER TABLE role_grant_wider RENAME TO role_grant;
CREATE UNIQUE INDEX role_grant_active_unique ON role_grant (person, role, region, with_children, party, signer) WHERE state = 'active';

INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + n, key, '', '', '', value, 20200101, 0, 'project default', '', 0
  FROM (SELECT 1 AS n, 'lease.most_months' AS key, '12' AS value UNION ALL SELECT 2, 'pledge.most_share', '0.8') seed;

INSERT INTO posting_reason (reason, name) VALUES (29, 'rent'), (30, 'pledge_sale'), (31, 'rent_refund');

CREATE VIEW v_lease AS
SELECT l.id, l.lessor, l.lessor_licence, l.lessee, l.lessee_licence, l.region, i.code AS instrument, CASE WHEN l.quantity < 0 THEN '-' ELSE '' END || (abs(l.quantity) / 1000000) || '.' || substr('000000' || (abs(l.quantity) % 1000000), -6) AS quantity, CASE WHEN l.price < 0 THEN '-' ELSE '' END || (abs(l.price) / 10000) || '.' || substr('0000' || (abs(l.price) % 10000), -4) AS price,
       l.months, CASE WHEN l.amount < 0 THEN '-' ELSE '' END || (abs(l.amount) / 100) || '.' || substr('00' || (abs(l.amount) % 100), -2) AS amount, l.starts_on, l.ends_on, l.state, CASE WHEN l.refund < 0 THEN '-' ELSE '' END || (abs(l.refund) / 100) || '.' || substr('00' || (abs(l.refund) % 100), -2) AS refund, l.document, l.command
  FROM lease l LEFT JOIN instrument i ON i.id = l.instrument;

CREATE VIEW v_pledge AS
SELECT p.id, p.behind, p.rank, p.party, p.licence, p.region, p.bank, i.code AS instrument, CASE WHEN p.quantity < 0 THEN '-' ELSE '' END || (abs(p.quantity) / 1000000) || '.' || substr('000000' || (abs(p.quantity) % 1000000), -6) AS quantity, CASE WHEN p.sold < 0 THEN '-' ELSE '' END || (abs(p.sold) / 1000000) || '.' || substr('000000' || (abs(p.sold) % 1000000), -6) AS sold,
       CASE WHEN p.value < 0 THEN '-' ELSE '' END || (abs(p.value) / 100) || '.' || substr('00' || (abs(p.value) % 100), -2) AS value, CASE WHEN p.most < 0 THEN '-' ELSE '' END || (abs(p.most) / 100) || '.' || substr('00' || (abs(p.most) % 100), -2) AS most, CASE WHEN p.loan < 0 THEN '-' ELSE '' END || (abs(p.loan) / 100) || '.' || substr('00' || (abs(p.loan) % 100), -2) AS loan, CASE WHEN p.rate < 0 THEN '-' ELSE '' END || (abs(p.rate) / 1000000) || '.' || substr('000000' || (abs(p.rate) % 1000000), -6) AS rate, p.due_on, p.state, CASE WHEN p.claim < 0 THEN '-' ELSE '' END || (abs(p.claim) / 100) || '.' || substr('00' || (abs(p.claim) % 100), -2) AS claim, CASE WHEN p.paid < 0 THEN '-' ELSE '' END || (abs(p.paid) / 100) || '.' || substr('00' || (abs(p.paid) % 100), -2) AS paid, p.command
  FROM pledge p LEFT JOIN instrument i ON i.id = p.instrument;

CREATE VIEW v_pledge_sale AS
SELECT s.id, s.pledge, s.bank, s.party, s.licence, s.region, s.buyer_party, s.buyer_licence, i.code AS instrument, CASE WHEN s.quantity < 0 THEN '-' ELSE '' END || (abs(s.quantity) / 1000000) || '.' || substr('000000' || (abs(s.quantity) % 1000000), -6) AS quantity,
       CASE WHEN s.price < 0 THEN '-' ELSE '' END || (abs(s.price) / 10000) || '.' || substr('0000' || (abs(s.price) % 10000), -4) AS price, s.months, CASE WHEN s.amount < 0 THEN '-' ELSE '' END || (abs(s.amount) / 100) || '.' || substr('00' || (abs(s.amount) % 100), -2) AS amount, CASE WHEN s.to_owner < 0 THEN '-' ELSE '' END || (abs(s.to_owner) / 100) || '.' || substr('00' || (abs(s.to_owner) % 100), -2) AS to_owner, s.document, s.lot, s.transfer, s.command
  FROM pledge_sale s LEFT JOIN instrument i ON i.id = s.instrument;
