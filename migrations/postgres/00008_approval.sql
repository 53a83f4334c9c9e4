-- Proposals under four eyes, public notices with objections, and stand-ins. Days are yyyymmdd, instants µs; 0 and '' are "none".

-- +goose Up
CREATE TABLE proposal (
    id             BIGINT NOT NULL CONSTRAINT proposal_pkey PRIMARY KEY,
    operation      TEXT   NOT NULL,
    region         TEXT   NOT NULL,
    party          BIGINT NOT NULL,
    payload        TEXT   NOT NULL,
    effects        TEXT   NOT NULL,
    effects_digest TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    proposed_by    BIGINT NOT NULL,
    proposed_at    BIGINT NOT NULL,
    shown_at       BIGINT NOT NULL,
    lapses_at      BIGINT NOT NULL,
    decided_by     BIGINT NOT NULL,
    decided_at     BIGINT NOT NULL,
    reason         TEXT   NOT NULL,
    command        BIGINT NOT NULL,
    CONSTRAINT proposal_state_known CHECK (state IN ('pending', 'executed', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT proposal_decided CHECK ((state = 'pending') = (decided_at = 0)),
    CONSTRAINT proposal_four_eyes CHECK (state NOT IN ('executed', 'rejected') OR decided_by NOT IN (0, proposed_by)),
    CONSTRAINT proposal_withdrawn_by CHECK (state <> 'withdrawn' OR decided_by = proposed_by)
);
CREATE INDEX proposal_by_state ON proposal (state, id);
CREATE INDEX proposal_by_region ON proposal (region, id);
CREATE INDEX proposal_by_party ON proposal (party, id);

CREATE TABLE public_notice (
    id        BIGINT NOT NULL CONSTRAINT public_notice_pkey PRIMARY KEY,
    region    TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    subject   BIGINT  NOT NULL,
    title     TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    starts_on INTEGER NOT NULL,
    ends_on   INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    posted_at BIGINT  NOT NULL,
    reason    TEXT    NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT public_notice_state_known CHECK (state IN ('posted', 'withdrawn')),
    CONSTRAINT public_notice_days CHECK (ends_on > starts_on),
    CONSTRAINT public_notice_reason CHECK ((state = 'withdrawn') = (reason <> ''))
);
CREATE INDEX public_notice_by_region ON public_notice (region, id);

CREATE TABLE objection (
    id          BIGINT NOT NULL CONSTRAINT objection_pkey PRIMARY KEY,
    notice      BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    filed_by    BIGINT  NOT NULL,
    objector    TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    filed_at    BIGINT  NOT NULL,
    due_on      INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    upheld      BOOLEAN NOT NULL,
    answer      TEXT    NOT NULL,
    answered_by BIGINT  NOT NULL,
    answered_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT objection_state_known CHECK (state IN ('open', 'answered')),
    CONSTRAINT objection_answer CHECK ((state = 'answered') = (answered_at > 0))
);
CREATE INDEX objection_by_notice ON objection (notice, id);
CREATE INDEX objection_by_state ON objection (state, id);

CREATE TABLE stand_in (
    id            BIGINT NOT NULL CONSTRAINT stand_in_pkey PRIMARY KEY,
    role_grant    BIGINT  NOT NULL,
    stands_in_for BIGINT  NOT NULL,
    person        BIGINT  NOT NULL,
    valid_from    INTEGER NOT NULL,
    valid_to      INTEGER NOT NULL,
    document      TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    own_grant     BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT stand_in_state_known CHECK (state IN ('pending', 'active', 'ended')),
    CONSTRAINT stand_in_other CHECK (person <> stands_in_for),
    CONSTRAINT stand_in_days CHECK (valid_to >= valid_from),
    CONSTRAINT stand_in_grant CHECK (state <> 'active' OR own_grant > 0)
);
CREATE INDEX stand_in_by_person ON stand_in (person);

-- From which journal row on an invariant holds: what a registry did before it had the rule is no violation.
CREATE TABLE invariant_start (
    id        BIGINT NOT NULL CONSTRAINT invariant_start_pkey PRIMARY KEY,
    invariant TEXT   NOT NULL,
    number    BIGINT NOT NULL,
    command   BIGINT NOT NULL,
    CONSTRAINT invariant_start_unique UNIQUE (invariant),
    CONSTRAINT invariant_start_number CHECK (number >= 0)
);
INSERT INTO invariant_start SELECT 1, 'I-18', coalesce(max(length), 0), 0 FROM registry;
