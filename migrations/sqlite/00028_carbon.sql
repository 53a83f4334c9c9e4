-- Carbon-inclusive credits (碳普惠), the register: schemes, methodologies with their inputs and factors, scenarios,
-- and what other registers count. Reductions are in 10⁻⁶ kgCO2e, measures in 10⁻⁶ of their unit; 0 and '' are "none".

-- +goose Up
CREATE TABLE carbon_scheme (
    id          INTEGER NOT NULL CONSTRAINT carbon_scheme_pkey PRIMARY KEY,
    code        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    operator    BIGINT  NOT NULL,
    serial_unit BIGINT  NOT NULL,
    salt        TEXT    NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT carbon_scheme_code_unique UNIQUE (code),
    CONSTRAINT carbon_scheme_serial_unit_known CHECK (serial_unit IN (1000000, 1000000000)),
    CONSTRAINT carbon_scheme_operator_named CHECK (operator > 0),
    CONSTRAINT carbon_scheme_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT carbon_scheme_source_named CHECK (source <> '')
);

-- A version of how a reduction is computed. The formula is data: it is parsed, never run by a database.
CREATE TABLE methodology (
    id          INTEGER NOT NULL CONSTRAINT methodology_pkey PRIMARY KEY,
    code        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    formula     TEXT    NOT NULL,
    result_unit TEXT    NOT NULL,
    round_to    BIGINT  NOT NULL,
    rounding    TEXT    NOT NULL,
    most        BIGINT  NOT NULL,
    limits      TEXT    NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT methodology_version_unique UNIQUE (code, version),
    CONSTRAINT methodology_result_unit_known CHECK (result_unit IN ('kgCO2e', 'tCO2e')),
    CONSTRAINT methodology_rounding_known CHECK (rounding IN ('down', 'half_up', 'half_even')),
    CONSTRAINT methodology_most_positive CHECK (most > 0 AND round_to > 0),
    CONSTRAINT methodology_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT methodology_source_named CHECK (source <> '' AND formula <> '')
);

CREATE TABLE methodology_input (
    id            INTEGER NOT NULL CONSTRAINT methodology_input_pkey PRIMARY KEY,
    methodology   BIGINT  NOT NULL,
    name          TEXT    NOT NULL,
    unit          TEXT    NOT NULL,
    least         BIGINT  NOT NULL,
    most          BIGINT  NOT NULL,
    most_excluded BOOLEAN NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT methodology_input_name_unique UNIQUE (methodology, name),
    CONSTRAINT methodology_input_limits CHECK (least <= most)
);

CREATE TABLE methodology_factor (
    id          INTEGER NOT NULL CONSTRAINT methodology_factor_pkey PRIMARY KEY,
    methodology BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    unit        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT methodology_factor_name_unique UNIQUE (methodology, name),
    CONSTRAINT methodology_factor_source_named CHECK (source <> '' AND value <> '')
);

CREATE TABLE scenario (
    id          INTEGER NOT NULL CONSTRAINT scenario_pkey PRIMARY KEY,
    scheme      BIGINT  NOT NULL,
    code        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    methodology TEXT    NOT NULL,
    daily_cap   BIGINT  NOT NULL,
    claim_from  INTEGER NOT NULL,
    claim_to    INTEGER NOT NULL,
    points_rate BIGINT  NOT NULL,
    points_of   TEXT    NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT scenario_code_unique UNIQUE (scheme, code, valid_from),
    CONSTRAINT scenario_claim_window CHECK (claim_from BETWEEN 0 AND claim_to),
    CONSTRAINT scenario_not_negative CHECK (daily_cap >= 0 AND points_rate >= 0),
    CONSTRAINT scenario_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT scenario_source_named CHECK (source <> '')
);

CREATE TABLE exclusion (
    id         INTEGER NOT NULL CONSTRAINT exclusion_pkey PRIMARY KEY,
    list       TEXT    NOT NULL,
    identifier TEXT    NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER NOT NULL,
    source     TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT exclusion_list_known CHECK (list IN ('national_ets', 'local_ets', 'ccer', 'green_certificate')),
    CONSTRAINT exclusion_identifier_unique UNIQUE (identifier, list, valid_from),
    CONSTRAINT exclusion_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT exclusion_source_named CHECK (source <> '')
);
