-- Agreement trades, their steps and what they used up, and the ends of terms.
-- Ratios are in 10⁻⁶; 0 and '' are "none".

-- +goose Up
CREATE TABLE deal (
    id                  BIGINT  NOT NULL CONSTRAINT deal_pkey PRIMARY KEY,
    kind                TEXT    NOT NULL,
    state               TEXT    NOT NULL,
    proposer            TEXT    NOT NULL,
    seller_party        BIGINT  NOT NULL,
    seller_licence      BIGINT  NOT NULL,
    seller_region       TEXT    NOT NULL,
    buyer_party         BIGINT  NOT NULL,
    buyer_licence       BIGINT  NOT NULL,
    buyer_region        TEXT    NOT NULL,
    instrument          BIGINT  NOT NULL,
    pollutant           TEXT    NOT NULL,
    quantity            BIGINT  NOT NULL,
    price               BIGINT  NOT NULL,
    months              INTEGER NOT NULL,
    amount              BIGINT  NOT NULL,
    payment             TEXT    NOT NULL,
    coefficient         BIGINT  NOT NULL,
    offset_ratio        BIGINT  NOT NULL,
    lot_size            BIGINT  NOT NULL,
    arriving            BIGINT  NOT NULL,
    delivered           BIGINT  NOT NULL,
    retired             BIGINT  NOT NULL,
    project             TEXT    NOT NULL,
    cap_effect          TEXT    NOT NULL,
    cap_document        TEXT    NOT NULL,
    note                TEXT    NOT NULL,
    pair                BIGINT  NOT NULL,
    needs_seller_bureau BOOLEAN NOT NULL,
    needs_buyer_bureau  BOOLEAN NOT NULL,
    needs_upper         BOOLEAN NOT NULL,
    proposed_by         BIGINT  NOT NULL,
    proposed_at         BIGINT  NOT NULL,
    document            TEXT    NOT NULL,
    due_on              INTEGER NOT NULL,
    permit_hold         BIGINT  NOT NULL,
    money_hold          BIGINT  NOT NULL,
    transfer            BIGINT  NOT NULL,
    settled_at          BIGINT  NOT NULL,
    reversal            BIGINT  NOT NULL,
    cap_return          BIGINT  NOT NULL,
    command             BIGINT  NOT NULL,
    CONSTRAINT deal_kind_known CHECK (kind IN ('local', 'cross_region')),
    CONSTRAINT deal_state_known CHECK (state IN (
        'proposed', 'seller_signed', 'buyer_confirmed', 'eligibility_checked', 'bureau_approved',
        'seller_region_confirmed', 'buyer_region_confirmed', 'upper_approved', 'escrow_funded', 'paid',
        'delivered', 'settled_accounts', 'permits_changed_seller', 'permits_changed_buyer', 'certified', 'closed',
        'rejected', 'withdrawn', 'rescinded', 'lapsed', 'reversed')),
    CONSTRAINT deal_state_of_kind CHECK (CASE kind
        WHEN 'local' THEN state NOT IN ('seller_region_confirmed', 'buyer_region_confirmed', 'upper_approved', 'escrow_funded',
            'settled_accounts', 'permits_changed_seller', 'permits_changed_buyer', 'closed', 'withdrawn')
        ELSE state NOT IN ('eligibility_checked', 'bureau_approved', 'delivered', 'certified', 'rescinded') END),
    CONSTRAINT deal_proposer_known CHECK (proposer IN ('seller', 'buyer')),
    CONSTRAINT deal_payment_known CHECK (payment IN ('escrow', 'direct')),
    CONSTRAINT deal_parties_differ CHECK (seller_party <> buyer_party),
    CONSTRAINT deal_regions_of_kind CHECK ((kind = 'local') = (seller_region = buyer_region)),
    CONSTRAINT deal_positive CHECK (quantity > 0 AND price > 0 AND months > 0 AND amount > 0),
    CONSTRAINT deal_quantity_on_lot CHECK (lot_size > 0 AND quantity % lot_size = 0 AND delivered % lot_size = 0),
    CONSTRAINT deal_ratios CHECK (coefficient > 0 AND offset_ratio >= 1000000 AND (kind = 'cross_region' OR coefficient = 1000000)),
    CONSTRAINT deal_outcome CHECK (delivered > 0 AND retired >= 0 AND arriving = delivered + retired),
    CONSTRAINT deal_outcome_of_local CHECK (kind = 'cross_region' OR arriving = quantity),
    CONSTRAINT deal_cap_effect CHECK (
        kind = 'local' AND cap_effect = '' AND cap_document = '' OR
        kind = 'cross_region' AND cap_effect IN ('permanent', 'returns_at_term_end') AND cap_document <> ''),
    CONSTRAINT deal_project_named CHECK (project <> '' OR kind = 'local' AND offset_ratio = 1000000),
    CONSTRAINT deal_approvers CHECK (
        kind = 'local' AND pair = 0 AND NOT (needs_seller_bureau OR needs_buyer_bureau OR needs_upper) OR
        kind = 'cross_region' AND pair > 0 AND (needs_seller_bureau OR needs_buyer_bureau OR needs_upper)),
    CONSTRAINT deal_permits_held CHECK ((permit_hold > 0) = (state <> 'proposed') OR state IN ('withdrawn', 'rescinded', 'lapsed')),
    CONSTRAINT deal_money_held CHECK (
        (money_hold = 0 OR payment = 'escrow') AND
        (money_hold > 0 OR payment = 'direct' OR transfer = 0 AND state NOT IN ('escrow_funded', 'paid'))),
    CONSTRAINT deal_settled CHECK (
        (transfer > 0) = (state IN ('delivered', 'settled_accounts', 'permits_changed_seller', 'permits_changed_buyer',
            'certified', 'closed', 'reversed')) AND (transfer > 0) = (settled_at > 0)),
    CONSTRAINT deal_reversed CHECK ((reversal > 0) = (state = 'reversed')),
    CONSTRAINT deal_cap_returned CHECK (cap_return = 0 OR cap_effect = 'returns_at_term_end' AND transfer > 0 AND reversal = 0)
);
CREATE INDEX deal_by_seller ON deal (seller_party);
CREATE INDEX deal_by_buyer ON deal (buyer_party);
CREATE INDEX deal_by_seller_region ON deal (seller_region);
CREATE INDEX deal_by_buyer_region ON deal (buyer_region);
CREATE INDEX deal_by_instrument ON deal (instrument, state);

CREATE TABLE deal_step (
    id         BIGINT NOT NULL CONSTRAINT deal_step_pkey PRIMARY KEY,
    deal       BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    person     BIGINT NOT NULL,
    role       TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT deal_step_event_known CHECK (event IN (
        'seller_sign', 'buyer_confirm', 'check_eligibility', 'bureau_approve', 'seller_region_confirm', 'buyer_region_confirm',
        'upper_approve', 'fund', 'confirm_payment_buyer', 'confirm_payment_seller', 'confirm_payment_finance', 'settle',
        'acknowledge_seller', 'acknowledge_buyer', 'certify', 'reject', 'withdraw', 'consent_reversal', 'reverse', 'lapse')),
    CONSTRAINT deal_step_role_known CHECK (role IN (
        'seller', 'buyer', 'bureau', 'seller_bureau', 'buyer_bureau', 'upper', 'finance', 'system')),
    CONSTRAINT deal_step_person_of_role CHECK ((role = 'system') = (person = 0))
);
CREATE INDEX deal_step_by_deal ON deal_step (deal);

CREATE TABLE deal_source (
    id          BIGINT NOT NULL CONSTRAINT deal_source_pkey PRIMARY KEY,
    deal        BIGINT NOT NULL,
    acquisition BIGINT NOT NULL,
    quantity    BIGINT NOT NULL,
    command     BIGINT NOT NULL,
    CONSTRAINT deal_source_unique UNIQUE (deal, acquisition),
    CONSTRAINT deal_source_positive CHECK (quantity > 0)
);

CREATE TABLE term_end (
    id         BIGINT NOT NULL CONSTRAINT term_end_pkey PRIMARY KEY,
    instrument BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    after      BIGINT NOT NULL,
    orders     BIGINT NOT NULL,
    deals      BIGINT NOT NULL,
    holds      BIGINT NOT NULL,
    holdings   BIGINT NOT NULL,
    moved      BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT term_end_instrument_unique UNIQUE (instrument),
    CONSTRAINT term_end_state_known CHECK (state IN ('armed', 'running', 'done')),
    CONSTRAINT term_end_ended CHECK ((state = 'done') = (ended_at > 0)),
    CONSTRAINT term_end_not_negative CHECK (after >= 0 AND orders >= 0 AND deals >= 0 AND holds >= 0 AND holdings >= 0 AND moved >= 0)
);

-- The end of a term walks the holdings of one instrument.
CREATE INDEX account_by_instrument ON account (instrument, id);

-- What is written once stays as it was.
REVOKE UPDATE, DELETE, TRUNCATE ON deal_step, deal_source FROM CURRENT_USER;
