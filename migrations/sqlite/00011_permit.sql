-- The life of a permit: projects that permits are put to. Ratios and quantities are
-- in 10⁻⁶; 0 and '' are "none".

-- +goose Up
CREATE TABLE project (
    id            INTEGER NOT NULL CONSTRAINT project_pkey PRIMARY KEY,
    eia           TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    party         BIGINT  NOT NULL,
    licence       BIGINT  NOT NULL,
    region        TEXT    NOT NULL,
    industry      TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    document      TEXT    NOT NULL,
    registered_by BIGINT  NOT NULL,
    registered_at BIGINT  NOT NULL,
    decided_on    INTEGER NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT project_eia_unique UNIQUE (eia),
    CONSTRAINT project_kind_known CHECK (kind IN ('new', 'rebuilt', 'expanded')),
    CONSTRAINT project_state_known CHECK (state IN ('proposed', 'approved', 'reduced', 'cancelled', 'completed')),
    CONSTRAINT project_decided CHECK (decided_on > 0 OR state IN ('proposed', 'cancelled')),
    CONSTRAINT project_document_named CHECK (document <> '' OR state = 'proposed')
);
CREATE INDEX project_by_party ON project (party);
CREATE INDEX project_by_licence ON project (licence);
CREATE INDEX project_by_region ON project (region);

-- What a project needs of a pollutant and what it has (I-26, I-27).
CREATE TABLE project_need (
    id        INTEGER NOT NULL CONSTRAINT project_need_pkey PRIMARY KEY,
    project   BIGINT NOT NULL,
    pollutant TEXT   NOT NULL,
    need      BIGINT NOT NULL,
    ratio     BIGINT NOT NULL,
    basis     TEXT   NOT NULL,
    needed    BIGINT NOT NULL,
    open      BIGINT NOT NULL,
    bought    BIGINT NOT NULL,
    assigned  BIGINT NOT NULL,
    retired   BIGINT NOT NULL,
    command   BIGINT NOT NULL,
    CONSTRAINT project_need_unique UNIQUE (project, pollutant),
    CONSTRAINT project_need_ratio CHECK (ratio = 0 AND needed = 0 OR ratio >= 1000000 AND basis <> '' AND needed >= need),
    CONSTRAINT project_need_not_negative CHECK (need >= 0 AND open >= 0 AND bought >= 0 AND assigned >= 0 AND retired >= 0),
    CONSTRAINT project_need_covers CHECK (needed >= bought + open),
    CONSTRAINT project_need_assigned CHECK (bought >= assigned AND assigned >= retired)
);

CREATE TABLE project_step (
    id         INTEGER NOT NULL CONSTRAINT project_step_pkey PRIMARY KEY,
    project    BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    person     BIGINT NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT project_step_event_known CHECK (event IN ('approve', 'reduce', 'cancel', 'complete')),
    CONSTRAINT project_step_document_named CHECK (document <> '')
);
CREATE INDEX project_step_by_project ON project_step (project);

CREATE TABLE project_entry (
    id         INTEGER NOT NULL CONSTRAINT project_entry_pkey PRIMARY KEY,
    project    BIGINT NOT NULL,
    party      BIGINT NOT NULL,
    region     TEXT   NOT NULL,
    pollutant  TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    reference  BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    bought     BIGINT NOT NULL,
    assigned   BIGINT NOT NULL,
    retired    BIGINT NOT NULL,
    surplus    BIGINT NOT NULL,
    document   TEXT   NOT NULL,
    transfer   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT project_entry_kind_known CHECK (kind IN ('deal', 'reversal', 'sale', 'guarantee', 'assignment', 'release')),
    CONSTRAINT project_entry_signs CHECK (CASE WHEN kind IN ('reversal', 'release')
        THEN bought <= 0 AND assigned <= 0 AND retired <= 0 ELSE bought >= 0 AND assigned >= 0 AND retired >= 0 END),
    CONSTRAINT project_entry_surplus CHECK (surplus = 0 OR kind = 'release' AND surplus = retired - bought),
    CONSTRAINT project_entry_assignment CHECK (kind <> 'assignment' OR bought = 0 AND assigned > 0 AND (retired > 0) = (transfer > 0)),
    CONSTRAINT project_entry_document_named CHECK (document <> '')
);
CREATE INDEX project_entry_by_project ON project_entry (project);

-- What a licence permits of a pollutant, and how it came to that (I-28).
CREATE TABLE licence_quantity (
    id        INTEGER NOT NULL CONSTRAINT licence_quantity_pkey PRIMARY KEY,
    party     BIGINT NOT NULL,
    region    TEXT   NOT NULL,
    licence   BIGINT NOT NULL,
    pollutant TEXT   NOT NULL,
    quantity  BIGINT NOT NULL,
    rung      TEXT   NOT NULL,
    since     BIGINT NOT NULL,
    command   BIGINT NOT NULL,
    CONSTRAINT licence_quantity_unique UNIQUE (licence, pollutant),
    CONSTRAINT licence_quantity_rung_known CHECK (rung IN ('licence_amount', 'eia_amount', 'emission_factor'))
);

CREATE TABLE licence_quantity_change (
    id          INTEGER NOT NULL CONSTRAINT licence_quantity_change_pkey PRIMARY KEY,
    party       BIGINT NOT NULL,
    region      TEXT   NOT NULL,
    licence     BIGINT NOT NULL,
    pollutant   TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    reference   BIGINT NOT NULL,
    change      BIGINT NOT NULL,
    quantity    BIGINT NOT NULL,
    document    TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL,
    command     BIGINT NOT NULL,
    CONSTRAINT licence_quantity_change_kind_known CHECK (kind IN (
        'decision', 'sale', 'purchase', 'primary_sale', 'buy_back', 'fills', 'renewal', 'succession', 'correction', 'judicial_sale')),
    CONSTRAINT licence_quantity_change_document_named CHECK (document <> ''),
    CONSTRAINT licence_quantity_change_not_zero CHECK (change <> 0 OR kind = 'decision')
);
CREATE INDEX licence_quantity_change_by_licence ON licence_quantity_change (licence, pollutant);

-- How far the market's trades are booked to the licences.
CREATE TABLE licence_quantity_run (
    id      INTEGER NOT NULL CONSTRAINT licence_quantity_run_pkey PRIMARY KEY,
    trade   BIGINT NOT NULL,
    command BIGINT NOT NULL,
    CONSTRAINT licence_quantity_run_one CHECK (id = 1 AND trade >= 0)
);

-- Discharge of a quarter, t; a correction supersedes the row before.
CREATE TABLE discharge (
    id          INTEGER NOT NULL CONSTRAINT discharge_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    licence     BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    quarter     INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    reading     BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL,
    supersedes  BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT discharge_quarter_known CHECK (quarter BETWEEN 1 AND 4),
    CONSTRAINT discharge_source_known CHECK (source IN ('automatic_monitor', 'execution_report', 'meter_card')),
    CONSTRAINT discharge_not_negative CHECK (reading >= 0 AND quantity >= 0),
    CONSTRAINT discharge_supersedes_earlier CHECK (supersedes >= 0 AND supersedes < id),
    CONSTRAINT discharge_document_named CHECK (document <> '')
);
CREATE UNIQUE INDEX discharge_first_unique ON discharge (licence, pollutant, year, quarter) WHERE supersedes = 0;
CREATE UNIQUE INDEX discharge_supersedes_unique ON discharge (supersedes) WHERE supersedes > 0;

CREATE TABLE reduction_task (
    id          INTEGER NOT NULL CONSTRAINT reduction_task_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    licence     BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    quantity    BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT reduction_task_not_negative CHECK (quantity >= 0),
    CONSTRAINT reduction_task_document_named CHECK (document <> '')
);
CREATE INDEX reduction_task_by_licence ON reduction_task (licence, pollutant, year);

-- Renewals of holdings for a further term, and reminders of its end.
CREATE TABLE renewal (
    id           INTEGER NOT NULL CONSTRAINT renewal_pkey PRIMARY KEY,
    party        BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    licence      BIGINT  NOT NULL,
    pollutant    TEXT    NOT NULL,
    origin       INTEGER NOT NULL,
    old_instrument BIGINT  NOT NULL,
    term_end     INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    renewing     BOOLEAN NOT NULL,
    requested    BIGINT  NOT NULL,
    quantity     BIGINT  NOT NULL,
    rung         TEXT    NOT NULL,
    new_instrument BIGINT  NOT NULL,
    published_on INTEGER NOT NULL,
    public_until INTEGER NOT NULL,
    new_origin   INTEGER NOT NULL,
    price        BIGINT  NOT NULL,
    months       INTEGER NOT NULL,
    amount       BIGINT  NOT NULL,
    due_on       INTEGER NOT NULL,
    proof        TEXT    NOT NULL,
    paid_on      INTEGER NOT NULL,
    hold         BIGINT  NOT NULL,
    increase     BIGINT  NOT NULL,
    other_hold   BIGINT  NOT NULL,
    joined       BIGINT  NOT NULL,
    document     TEXT    NOT NULL,
    applied_at   BIGINT  NOT NULL,
    ended_at     BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT renewal_state_known CHECK (state IN (
        'applied', 'verified', 'published', 'noticed', 'ready', 'joined', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT renewal_ended CHECK ((ended_at > 0) = (state IN ('joined', 'rejected', 'withdrawn', 'lapsed'))),
    CONSTRAINT renewal_verified CHECK (state IN ('applied', 'rejected', 'withdrawn') OR quantity > 0 AND new_instrument > 0 AND rung <> ''),
    CONSTRAINT renewal_paid CHECK (state NOT IN ('ready', 'joined') OR (amount = 0) = (proof = '')),
    CONSTRAINT renewal_joined CHECK (joined >= 0 AND joined <= quantity AND (joined = 0 OR state IN ('ready', 'joined'))),
    CONSTRAINT renewal_paid_is_paid CHECK (price = 0 OR new_origin = 1),
    CONSTRAINT renewal_not_negative CHECK (requested > 0 AND price >= 0 AND amount >= 0 AND increase >= 0)
);
CREATE INDEX renewal_by_licence ON renewal (licence);
CREATE UNIQUE INDEX renewal_open_unique ON renewal (licence, old_instrument, origin) WHERE ended_at = 0;
CREATE UNIQUE INDEX renewal_proof_unique ON renewal (proof) WHERE proof <> '';

CREATE TABLE renewal_step (
    id         INTEGER NOT NULL CONSTRAINT renewal_step_pkey PRIMARY KEY,
    renewal    BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    person     BIGINT NOT NULL,
    body       TEXT   NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    quantity   BIGINT NOT NULL,
    document   TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT renewal_step_event_known CHECK (event IN (
        'verify', 'publish', 'decide', 'pay', 'join', 'reject', 'withdraw', 'lapse')),
    CONSTRAINT renewal_step_body_known CHECK (body IN ('holder', 'clerk', 'leader', 'finance', 'system')),
    CONSTRAINT renewal_step_person_of_body CHECK ((body = 'system') = (person = 0))
);
CREATE INDEX renewal_step_by_renewal ON renewal_step (renewal);

CREATE TABLE reminder (
    id         INTEGER NOT NULL CONSTRAINT reminder_pkey PRIMARY KEY,
    party      BIGINT  NOT NULL,
    region     TEXT    NOT NULL,
    licence    BIGINT  NOT NULL,
    instrument BIGINT  NOT NULL,
    pollutant  TEXT    NOT NULL,
    origin     INTEGER NOT NULL,
    days       INTEGER NOT NULL,
    term_end   INTEGER NOT NULL,
    apply_by   INTEGER NOT NULL,
    quantity   BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT reminder_unique UNIQUE (licence, instrument, origin, days),
    CONSTRAINT reminder_positive CHECK (quantity > 0 AND days > 0)
);
CREATE INDEX reminder_by_party ON reminder (party);

CREATE TABLE reminder_run (
    id         INTEGER NOT NULL CONSTRAINT reminder_run_pkey PRIMARY KEY,
    instrument BIGINT  NOT NULL,
    days       INTEGER NOT NULL,
    after      BIGINT  NOT NULL,
    done       BOOLEAN NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT reminder_run_unique UNIQUE (instrument, days)
);

-- A renewal holds what it renews: a wider table of holds takes the place of the old.
CREATE TABLE hold_wider (
    id        INTEGER NOT NULL CONSTRAINT hold_key PRIMARY KEY,
    account   BIGINT  NOT NULL,
    amount    BIGINT  NOT NULL,
    purpose   TEXT    NOT NULL,
    reference BIGINT  NOT NULL,
    state     TEXT    NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT hold_amount_is_positive CHECK (amount > 0),
    CONSTRAINT hold_purpose_is_known CHECK (purpose IN ('deal', 'withdrawal', 'primary_sale', 'freeze', 'buy_back', 'renewal')),
    CONSTRAINT hold_state_is_known CHECK (state IN ('active', 'posted', 'voided', 'expired'))
);
INSERT INTO hold_wider SELECT id, account, amount, purpose, reference, state, command FROM hold;
DROP TABLE hold;
ALTER TABLE hold_wider RENAME TO hold;
CREATE INDEX hold_by_active ON hold (account) WHERE state = 'active';

-- A surplus may rest on the discharge of a year: right − actual − task.
ALTER TABLE surplus_verification ADD COLUMN year INTEGER NOT NULL DEFAULT 0;
ALTER TABLE surplus_verification ADD COLUMN permitted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE surplus_verification ADD COLUMN actual BIGINT NOT NULL DEFAULT 0;
ALTER TABLE surplus_verification ADD COLUMN task BIGINT NOT NULL DEFAULT 0;

-- What a buy is for. A market may ask for it; the markets that there are do not.
ALTER TABLE market ADD COLUMN project_required BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE market_order ADD COLUMN project BIGINT NOT NULL DEFAULT 0;
CREATE INDEX market_order_by_project ON market_order (project) WHERE project > 0;
ALTER TABLE payment_notice ADD COLUMN project BIGINT NOT NULL DEFAULT 0;
-- A deal names a registered project; its name is kept as it was.
DROP VIEW v_deal;
ALTER TABLE deal RENAME COLUMN project TO project_name;
ALTER TABLE deal ADD COLUMN project BIGINT NOT NULL DEFAULT 0;
CREATE VIEW v_deal AS
SELECT d.id, d.kind, d.state, d.seller_party, d.seller_licence, d.seller_region, d.buyer_party, d.buyer_licence, d.buyer_region,
       i.code AS instrument, CASE WHEN d.quantity < 0 THEN '-' ELSE '' END || (abs(d.quantity) / 1000000) || '.' || substr('000000' || (abs(d.quantity) % 1000000), -6) AS quantity, CASE WHEN d.price < 0 THEN '-' ELSE '' END || (abs(d.price) / 10000) || '.' || substr('0000' || (abs(d.price) % 10000), -4) AS price, d.months, CASE WHEN d.amount < 0 THEN '-' ELSE '' END || (abs(d.amount) / 100) || '.' || substr('00' || (abs(d.amount) % 100), -2) AS amount, d.payment,
       CASE WHEN d.coefficient < 0 THEN '-' ELSE '' END || (abs(d.coefficient) / 1000000) || '.' || substr('000000' || (abs(d.coefficient) % 1000000), -6) AS coefficient, CASE WHEN d.offset_ratio < 0 THEN '-' ELSE '' END || (abs(d.offset_ratio) / 1000000) || '.' || substr('000000' || (abs(d.offset_ratio) % 1000000), -6) AS offset_ratio, CASE WHEN d.arriving < 0 THEN '-' ELSE '' END || (abs(d.arriving) / 1000000) || '.' || substr('000000' || (abs(d.arriving) % 1000000), -6) AS arriving,
       CASE WHEN d.delivered < 0 THEN '-' ELSE '' END || (abs(d.delivered) / 1000000) || '.' || substr('000000' || (abs(d.delivered) % 1000000), -6) AS delivered, CASE WHEN d.retired < 0 THEN '-' ELSE '' END || (abs(d.retired) / 1000000) || '.' || substr('000000' || (abs(d.retired) % 1000000), -6) AS retired, d.project, d.project_name, d.cap_effect, d.cap_document, d.command
  FROM deal d LEFT JOIN instrument i ON i.id = d.instrument;

CREATE VIEW v_project_need AS
SELECT n.id, p.eia, p.name, p.state, n.project, n.pollutant, CASE WHEN n.need < 0 THEN '-' ELSE '' END || (abs(n.need) / 1000000) || '.' || substr('000000' || (abs(n.need) % 1000000), -6) AS need, CASE WHEN n.ratio < 0 THEN '-' ELSE '' END || (abs(n.ratio) / 1000000) || '.' || substr('000000' || (abs(n.ratio) % 1000000), -6) AS ratio, CASE WHEN n.needed < 0 THEN '-' ELSE '' END || (abs(n.needed) / 1000000) || '.' || substr('000000' || (abs(n.needed) % 1000000), -6) AS needed,
       CASE WHEN n.open < 0 THEN '-' ELSE '' END || (abs(n.open) / 1000000) || '.' || substr('000000' || (abs(n.open) % 1000000), -6) AS open, CASE WHEN n.bought < 0 THEN '-' ELSE '' END || (abs(n.bought) / 1000000) || '.' || substr('000000' || (abs(n.bought) % 1000000), -6) AS bought, CASE WHEN n.assigned < 0 THEN '-' ELSE '' END || (abs(n.assigned) / 1000000) || '.' || substr('000000' || (abs(n.assigned) % 1000000), -6) AS assigned,
       CASE WHEN n.retired < 0 THEN '-' ELSE '' END || (abs(n.retired) / 1000000) || '.' || substr('000000' || (abs(n.retired) % 1000000), -6) AS retired, n.command
  FROM project_need n JOIN project p ON p.id = n.project;

-- What is written once stays as it was.
-- +goose StatementBegin
CREATE TRIGGER project_step_no_update BEFORE UPDATE ON project_step BEGIN SELECT RAISE(ABORT, 'a row of project_step is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER project_step_no_delete BEFORE DELETE ON project_step BEGIN SELECT RAISE(ABORT, 'a row of project_step is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER project_entry_no_update BEFORE UPDATE ON project_entry BEGIN SELECT RAISE(ABORT, 'a row of project_entry is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER project_entry_no_delete BEFORE DELETE ON project_entry BEGIN SELECT RAISE(ABORT, 'a row of project_entry is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER licence_quantity_change_no_update BEFORE UPDATE ON licence_quantity_change BEGIN SELECT RAISE(ABORT, 'a row of licence_quantity_change is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER licence_quantity_change_no_delete BEFORE DELETE ON licence_quantity_change BEGIN SELECT RAISE(ABORT, 'a row of licence_quantity_change is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER discharge_no_update BEFORE UPDATE ON discharge BEGIN SELECT RAISE(ABORT, 'a row of discharge is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER discharge_no_delete BEFORE DELETE ON discharge BEGIN SELECT RAISE(ABORT, 'a row of discharge is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reduction_task_no_update BEFORE UPDATE ON reduction_task BEGIN SELECT RAISE(ABORT, 'a row of reduction_task is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reduction_task_no_delete BEFORE DELETE ON reduction_task BEGIN SELECT RAISE(ABORT, 'a row of reduction_task is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER renewal_step_no_update BEFORE UPDATE ON renewal_step BEGIN SELECT RAISE(ABORT, 'a row of renewal_step is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER renewal_step_no_delete BEFORE DELETE ON renewal_step BEGIN SELECT RAISE(ABORT, 'a row of renewal_step is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reminder_no_update BEFORE UPDATE ON reminder BEGIN SELECT RAISE(ABORT, 'a row of reminder is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reminder_no_delete BEFORE DELETE ON reminder BEGIN SELECT RAISE(ABORT, 'a row of reminder is never deleted'); END;
-- +goose StatementEnd
