-- The bureau's and the bank's tables, and what they refer to. A record is written
-- whole, by its id; command is the journal row that last wrote it. Amounts, dates
-- and instants are as in 00001.

-- +goose Up
-- Reference data: rows with validity dates and a source. 0 and '' are "none".
CREATE TABLE region (
    id         INTEGER NOT NULL CONSTRAINT region_pkey PRIMARY KEY,
    code       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    parent     TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER NOT NULL,
    source     TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT region_code_unique UNIQUE (code),
    CONSTRAINT region_code_form CHECK (length(code) = 6),
    CONSTRAINT region_level_known CHECK (level IN ('province', 'city', 'county')),
    CONSTRAINT region_parent_of_level CHECK ((level = 'province') = (parent = '')),
    CONSTRAINT region_period CHECK (valid_to = 0 OR valid_to >= valid_from),
    CONSTRAINT region_source_named CHECK (source <> '')
);

CREATE TABLE pollutant (
    id             INTEGER NOT NULL CONSTRAINT pollutant_pkey PRIMARY KEY,
    code           TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    reporting_code TEXT    NOT NULL,
    medium         TEXT    NOT NULL,
    unit           TEXT    NOT NULL,
    decimals       INTEGER NOT NULL,
    valid_from     INTEGER NOT NULL,
    valid_to       INTEGER NOT NULL,
    source         TEXT    NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT pollutant_code_unique UNIQUE (code),
    CONSTRAINT pollutant_medium_known CHECK (medium IN ('water', 'air')),
    CONSTRAINT pollutant_unit_known CHECK (unit = 't/a'),
    CONSTRAINT pollutant_decimals_within CHECK (decimals BETWEEN 0 AND 6),
    CONSTRAINT pollutant_period CHECK (valid_to = 0 OR valid_to >= valid_from),
    CONSTRAINT pollutant_source_named CHECK (source <> '')
);

CREATE TABLE market (
    id          INTEGER NOT NULL CONSTRAINT market_pkey PRIMARY KEY,
    code        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    lot_size    BIGINT  NOT NULL,
    tick        BIGINT  NOT NULL,
    price_basis TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    approval    TEXT    NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT market_code_unique UNIQUE (code),
    CONSTRAINT market_steps_positive CHECK (lot_size > 0 AND tick > 0),
    CONSTRAINT market_price_basis_known CHECK (price_basis IN ('per_year', 'outright')),
    CONSTRAINT market_state_known CHECK (state IN ('open', 'halted', 'closed')),
    CONSTRAINT market_period CHECK (valid_to = 0 OR valid_to >= valid_from),
    CONSTRAINT market_source_named CHECK (source <> '')
);

CREATE TABLE market_region (
    id      INTEGER NOT NULL CONSTRAINT market_region_pkey PRIMARY KEY,
    market  BIGINT  NOT NULL,
    region  TEXT    NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT market_region_unique UNIQUE (market, region)
);

CREATE TABLE instrument (
    id        INTEGER NOT NULL CONSTRAINT instrument_pkey PRIMARY KEY,
    code      TEXT    NOT NULL,
    pollutant TEXT    NOT NULL,
    term_end  INTEGER NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT instrument_code_unique UNIQUE (code),
    CONSTRAINT instrument_terms_unique UNIQUE (pollutant, term_end),
    CONSTRAINT instrument_term_end_set CHECK (term_end > 0)
);

CREATE TABLE party (
    id           INTEGER NOT NULL CONSTRAINT party_pkey PRIMARY KEY,
    name         TEXT    NOT NULL,
    uscc         TEXT    NOT NULL,
    uscc_warning BOOLEAN NOT NULL,
    region       TEXT    NOT NULL,
    industry     TEXT    NOT NULL,
    signer_limit BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT party_uscc_unique UNIQUE (uscc),
    CONSTRAINT party_uscc_form CHECK (length(uscc) = 18),
    CONSTRAINT party_signer_limit_not_negative CHECK (signer_limit >= 0),
    CONSTRAINT party_state_known CHECK (state IN ('active', 'suspended', 'closed'))
);

CREATE TABLE licence (
    id         INTEGER NOT NULL CONSTRAINT licence_pkey PRIMARY KEY,
    number     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    party      BIGINT  NOT NULL,
    site       TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT licence_number_unique UNIQUE (number),
    CONSTRAINT licence_kind_known CHECK (kind IN ('licence', 'registration')),
    CONSTRAINT licence_period CHECK (valid_from > 0 AND valid_to >= valid_from),
    CONSTRAINT licence_state_known CHECK (state IN ('valid', 'expired', 'suspended', 'revoked'))
);
CREATE INDEX licence_by_party ON licence (party);

-- People. No secret is stored, only its hash.
CREATE TABLE person (
    id      INTEGER NOT NULL CONSTRAINT person_pkey PRIMARY KEY,
    name    TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT person_state_known CHECK (state IN ('active', 'suspended', 'closed'))
);

CREATE TABLE role_grant (
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
    CONSTRAINT role_grant_party_of_enterprise CHECK ((role = 'enterprise') = (party > 0)),
    CONSTRAINT role_grant_region_of_officer CHECK (region = '' OR role <> 'enterprise'),
    CONSTRAINT role_grant_signer_of_enterprise CHECK (NOT signer OR role = 'enterprise'),
    CONSTRAINT role_grant_state_known CHECK (state IN ('active', 'revoked'))
);
CREATE UNIQUE INDEX role_grant_active_unique ON role_grant (person, role, region, with_children, party, signer) WHERE state = 'active';

CREATE TABLE api_key (
    id         INTEGER NOT NULL CONSTRAINT api_key_pkey PRIMARY KEY,
    person     BIGINT  NOT NULL,
    label      TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    prefix     TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    revoked_at BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT api_key_hash_unique UNIQUE (hash),
    CONSTRAINT api_key_hash_form CHECK (length(hash) = 64),
    CONSTRAINT api_key_times_not_negative CHECK (expires_at >= 0 AND revoked_at >= 0)
);

-- The working calendar. A year counts only when its notice is entered.
CREATE TABLE calendar_year (
    id        INTEGER NOT NULL CONSTRAINT calendar_year_pkey PRIMARY KEY,
    year      INTEGER NOT NULL,
    published BOOLEAN NOT NULL,
    source    TEXT    NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT calendar_year_year_unique UNIQUE (year),
    CONSTRAINT calendar_year_source_named CHECK (source <> '')
);

CREATE TABLE calendar_day (
    id      INTEGER NOT NULL CONSTRAINT calendar_day_pkey PRIMARY KEY,
    "on"    INTEGER NOT NULL,
    working BOOLEAN NOT NULL,
    note    TEXT    NOT NULL,
    source  TEXT    NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT calendar_day_on_unique UNIQUE ("on"),
    CONSTRAINT calendar_day_source_named CHECK (source <> '')
);

-- What the writer will do by itself.
CREATE TABLE timer (
    id        INTEGER NOT NULL CONSTRAINT timer_pkey PRIMARY KEY,
    due_at    BIGINT  NOT NULL,
    purpose   TEXT    NOT NULL,
    reference BIGINT  NOT NULL,
    state     TEXT    NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT timer_state_known CHECK (state IN ('pending', 'done', 'disarmed'))
);
CREATE INDEX timer_by_pending ON timer (due_at) WHERE state = 'pending';

-- What a trade across regions depends on.
CREATE TABLE region_pair (
    id            INTEGER NOT NULL CONSTRAINT region_pair_pkey PRIMARY KEY,
    pollutant     TEXT    NOT NULL,
    seller_region TEXT    NOT NULL,
    buyer_region  TEXT    NOT NULL,
    coefficient   BIGINT  NOT NULL,
    seller_bureau BOOLEAN NOT NULL,
    buyer_bureau  BOOLEAN NOT NULL,
    upper         BOOLEAN NOT NULL,
    document      TEXT    NOT NULL,
    valid_from    INTEGER NOT NULL,
    valid_to      INTEGER NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT region_pair_regions_differ CHECK (seller_region <> buyer_region),
    CONSTRAINT region_pair_coefficient_positive CHECK (coefficient > 0),
    CONSTRAINT region_pair_approved CHECK (seller_bureau OR buyer_bureau OR upper),
    CONSTRAINT region_pair_period CHECK (valid_to = 0 OR valid_to >= valid_from)
);

CREATE TABLE attainment (
    id          INTEGER NOT NULL CONSTRAINT attainment_pkey PRIMARY KEY,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    attained    BOOLEAN NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT attainment_year_set CHECK (year > 0)
);
CREATE INDEX attainment_by_latest ON attainment (region, pollutant, year);

-- What is set aside for something other than an order of the market.
CREATE TABLE hold (
    id        INTEGER NOT NULL CONSTRAINT hold_pkey PRIMARY KEY,
    account   BIGINT  NOT NULL,
    amount    BIGINT  NOT NULL,
    purpose   TEXT    NOT NULL,
    reference BIGINT  NOT NULL,
    state     TEXT    NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT hold_amount_positive CHECK (amount > 0),
    CONSTRAINT hold_purpose_known CHECK (purpose IN ('deal', 'withdrawal', 'primary_sale', 'freeze')),
    CONSTRAINT hold_state_known CHECK (state IN ('active', 'posted', 'voided', 'expired'))
);
CREATE INDEX hold_by_active ON hold (account) WHERE state = 'active';

-- The basic accounts: what their caps, reserves and holdings rest on.
CREATE TABLE cap_decision (
    id          INTEGER NOT NULL CONSTRAINT cap_decision_pkey PRIMARY KEY,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    change      BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    decided_on  INTEGER NOT NULL,
    cap         BIGINT  NOT NULL,
    transfer    BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT cap_decision_change_not_zero CHECK (change <> 0),
    CONSTRAINT cap_decision_cap_not_negative CHECK (cap >= 0),
    CONSTRAINT cap_decision_posted CHECK (transfer > 0),
    CONSTRAINT cap_decision_document_named CHECK (document <> '')
);
CREATE INDEX cap_decision_by_account ON cap_decision (region, pollutant);

CREATE TABLE reserve_movement (
    id          INTEGER NOT NULL CONSTRAINT reserve_movement_pkey PRIMARY KEY,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    direction   TEXT    NOT NULL,
    quantity    BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    transfer    BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT reserve_movement_direction_known CHECK (direction IN ('to_reserve', 'to_unallocated')),
    CONSTRAINT reserve_movement_quantity_positive CHECK (quantity > 0),
    CONSTRAINT reserve_movement_posted CHECK (transfer > 0),
    CONSTRAINT reserve_movement_document_named CHECK (document <> '')
);
CREATE INDEX reserve_movement_by_account ON reserve_movement (region, pollutant);

CREATE TABLE level_transfer (
    id            INTEGER NOT NULL CONSTRAINT level_transfer_pkey PRIMARY KEY,
    from_region   TEXT    NOT NULL,
    to_region     TEXT    NOT NULL,
    pollutant     TEXT    NOT NULL,
    quantity      BIGINT  NOT NULL,
    part          TEXT    NOT NULL,
    document      TEXT    NOT NULL,
    from_transfer BIGINT  NOT NULL,
    to_transfer   BIGINT  NOT NULL,
    recorded_at   BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT level_transfer_regions_differ CHECK (from_region <> to_region),
    CONSTRAINT level_transfer_quantity_positive CHECK (quantity > 0),
    CONSTRAINT level_transfer_part_known CHECK (part IN ('unallocated', 'reserve')),
    CONSTRAINT level_transfer_posted CHECK (from_transfer > 0 AND to_transfer > 0),
    CONSTRAINT level_transfer_document_named CHECK (document <> '')
);
CREATE INDEX level_transfer_by_from ON level_transfer (from_region, pollutant);
CREATE INDEX level_transfer_by_to ON level_transfer (to_region, pollutant);

CREATE TABLE allocation (
    id          INTEGER  NOT NULL CONSTRAINT allocation_pkey PRIMARY KEY,
    party       BIGINT   NOT NULL,
    region      TEXT     NOT NULL,
    licence     BIGINT   NOT NULL,
    instrument  BIGINT   NOT NULL,
    pollutant   TEXT     NOT NULL,
    kind        TEXT     NOT NULL,
    part        TEXT     NOT NULL,
    origin      SMALLINT NOT NULL,
    quantity    BIGINT   NOT NULL,
    price       BIGINT   NOT NULL,
    price_known BOOLEAN  NOT NULL,
    acquired_on INTEGER  NOT NULL,
    document    TEXT     NOT NULL,
    account     BIGINT   NOT NULL,
    acquisition BIGINT   NOT NULL,
    transfer    BIGINT   NOT NULL,
    recorded_at BIGINT   NOT NULL,
    command     BIGINT   NOT NULL,
    CONSTRAINT allocation_kind_known CHECK (kind IN ('initial', 'opening', 'renewal')),
    CONSTRAINT allocation_part_known CHECK (part IN ('unallocated', 'reserve')),
    CONSTRAINT allocation_origin_known CHECK (origin IN (1, 2, 3)),
    CONSTRAINT allocation_quantity_positive CHECK (quantity > 0),
    CONSTRAINT allocation_price CHECK (price >= 0 AND (price_known OR price = 0)),
    CONSTRAINT allocation_only_opening_unknown CHECK (kind = 'opening' OR (price_known AND origin <> 3)),
    CONSTRAINT allocation_posted CHECK (account > 0 AND acquisition > 0 AND transfer > 0),
    CONSTRAINT allocation_document_named CHECK (document <> '')
);
CREATE INDEX allocation_by_licence ON allocation (licence);
CREATE INDEX allocation_by_region ON allocation (region);

CREATE TABLE payment_notice (
    id           INTEGER NOT NULL CONSTRAINT payment_notice_pkey PRIMARY KEY,
    party        BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    licence      BIGINT  NOT NULL,
    instrument   BIGINT  NOT NULL,
    pollutant    TEXT    NOT NULL,
    quantity     BIGINT  NOT NULL,
    price        BIGINT  NOT NULL,
    months       INTEGER NOT NULL,
    amount       BIGINT  NOT NULL,
    due_on       INTEGER NOT NULL,
    document     TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    hold         BIGINT  NOT NULL,
    paid         BIGINT  NOT NULL,
    proof        TEXT    NOT NULL,
    paid_on      INTEGER NOT NULL,
    matched      BOOLEAN NOT NULL,
    reason       TEXT    NOT NULL,
    transfer     BIGINT  NOT NULL,
    acquisition  BIGINT  NOT NULL,
    issued_at    BIGINT  NOT NULL,
    proved_at    BIGINT  NOT NULL,
    delivered_at BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT payment_notice_positive CHECK (quantity > 0 AND price > 0 AND months > 0 AND amount > 0),
    CONSTRAINT payment_notice_state_known CHECK (state IN ('issued', 'proved', 'delivered', 'cancelled')),
    CONSTRAINT payment_notice_held CHECK (hold > 0),
    CONSTRAINT payment_notice_paid_in_full CHECK (paid IN (0, amount) AND (paid > 0) = (proof <> '')),
    CONSTRAINT payment_notice_proved_first CHECK (state IN ('issued', 'cancelled') OR paid > 0),
    CONSTRAINT payment_notice_delivered_posted CHECK ((state = 'delivered') = (transfer > 0))
);
CREATE UNIQUE INDEX payment_notice_proof_unique ON payment_notice (proof) WHERE proof <> '';
CREATE INDEX payment_notice_by_licence ON payment_notice (licence);
CREATE INDEX payment_notice_by_region ON payment_notice (region);

CREATE TABLE surplus_verification (
    id          INTEGER NOT NULL CONSTRAINT surplus_verification_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    licence     BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    quantity    BIGINT  NOT NULL,
    rung        TEXT    NOT NULL,
    monitored   BOOLEAN NOT NULL,
    task_done   BOOLEAN NOT NULL,
    outcome     TEXT    NOT NULL,
    verified_on INTEGER NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT surplus_verification_quantity_positive CHECK (quantity > 0),
    CONSTRAINT surplus_verification_rung_known CHECK (rung IN ('licence_amount', 'eia_amount', 'emission_factor')),
    CONSTRAINT surplus_verification_outcome_known CHECK (outcome IN ('sale', 'buy_back_only', 'not_tradable')),
    CONSTRAINT surplus_verification_sale_needs_both CHECK ((outcome = 'sale') = (monitored AND task_done)),
    CONSTRAINT surplus_verification_document_named CHECK (document <> '')
);
CREATE INDEX surplus_verification_by_licence ON surplus_verification (licence, pollutant);

-- The platform's bank account.
CREATE TABLE deposit (
    id             INTEGER NOT NULL CONSTRAINT deposit_pkey PRIMARY KEY,
    party          BIGINT  NOT NULL,
    amount         BIGINT  NOT NULL,
    bank_reference TEXT    NOT NULL,
    received_on    INTEGER NOT NULL,
    payer          TEXT    NOT NULL,
    entry          BIGINT  NOT NULL,
    transfer       BIGINT  NOT NULL,
    recorded_at    BIGINT  NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT deposit_bank_reference_unique UNIQUE (bank_reference),
    CONSTRAINT deposit_amount_positive CHECK (amount > 0),
    CONSTRAINT deposit_posted CHECK (entry > 0 AND transfer > 0)
);
CREATE INDEX deposit_by_party ON deposit (party);

CREATE TABLE withdrawal (
    id             INTEGER NOT NULL CONSTRAINT withdrawal_pkey PRIMARY KEY,
    party          BIGINT  NOT NULL,
    amount         BIGINT  NOT NULL,
    payee_account  TEXT    NOT NULL,
    note           TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    hold           BIGINT  NOT NULL,
    bank_reference TEXT    NOT NULL,
    paid_on        INTEGER NOT NULL,
    entry          BIGINT  NOT NULL,
    transfer       BIGINT  NOT NULL,
    requested_at   BIGINT  NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT withdrawal_amount_positive CHECK (amount > 0),
    CONSTRAINT withdrawal_state_known CHECK (state IN ('requested', 'paid', 'cancelled')),
    CONSTRAINT withdrawal_held CHECK (hold > 0),
    CONSTRAINT withdrawal_paid_posted CHECK ((state = 'paid') = (bank_reference <> '') AND (state = 'paid') = (transfer > 0))
);
CREATE UNIQUE INDEX withdrawal_bank_reference_unique ON withdrawal (bank_reference) WHERE bank_reference <> '';
CREATE INDEX withdrawal_by_party ON withdrawal (party);

CREATE TABLE bank_statement (
    id          INTEGER NOT NULL CONSTRAINT bank_statement_pkey PRIMARY KEY,
    account     TEXT    NOT NULL,
    period_from INTEGER NOT NULL,
    period_to   INTEGER NOT NULL,
    lines       INTEGER NOT NULL,
    received    BIGINT  NOT NULL,
    paid        BIGINT  NOT NULL,
    imported_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT bank_statement_period CHECK (period_from > 0 AND period_to >= period_from),
    CONSTRAINT bank_statement_lines_positive CHECK (lines > 0),
    CONSTRAINT bank_statement_sums_not_negative CHECK (received >= 0 AND paid >= 0)
);
CREATE INDEX bank_statement_by_account ON bank_statement (account);

CREATE TABLE bank_entry (
    id               INTEGER NOT NULL CONSTRAINT bank_entry_pkey PRIMARY KEY,
    reference        TEXT    NOT NULL,
    amount           BIGINT  NOT NULL,
    expected         BIGINT  NOT NULL,
    posted           BIGINT  NOT NULL,
    suspended        BIGINT  NOT NULL,
    booked_on        INTEGER NOT NULL,
    payer            TEXT    NOT NULL,
    payer_account    TEXT    NOT NULL,
    remark           TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    difference       TEXT    NOT NULL,
    statement        BIGINT  NOT NULL,
    deposit          BIGINT  NOT NULL,
    withdrawal       BIGINT  NOT NULL,
    party            BIGINT  NOT NULL,
    returns          BIGINT  NOT NULL,
    return_reference TEXT    NOT NULL,
    returned_on      INTEGER NOT NULL,
    recorded_at      BIGINT  NOT NULL,
    command          BIGINT  NOT NULL,
    CONSTRAINT bank_entry_reference_unique UNIQUE (reference),
    CONSTRAINT bank_entry_reference_named CHECK (reference <> ''),
    CONSTRAINT bank_entry_amount_not_zero CHECK (amount <> 0),
    CONSTRAINT bank_entry_posted_direction CHECK (posted = 0 OR (posted > 0) = (amount > 0)),
    CONSTRAINT bank_entry_suspended_within CHECK (suspended = 0 OR (suspended BETWEEN 1 AND posted AND state = 'suspense')),
    CONSTRAINT bank_entry_state_known CHECK (state IN ('confirmed', 'reconciled', 'suspense', 'assigned', 'returned')),
    CONSTRAINT bank_entry_difference_known CHECK (difference IN ('none', 'unmatched', 'partial', 'excess', 'third_party')),
    CONSTRAINT bank_entry_reconciled_in_statement CHECK (state <> 'reconciled' OR statement > 0),
    CONSTRAINT bank_entry_settled_in_full CHECK (state IN ('suspense', 'returned') OR posted = amount)
);
CREATE INDEX bank_entry_by_statement ON bank_entry (statement, booked_on);
CREATE INDEX bank_entry_by_waiting ON bank_entry (booked_on) WHERE state = 'suspense';
CREATE INDEX bank_entry_by_party ON bank_entry (party);
