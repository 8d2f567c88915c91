-- The ledger, version 1. Never changed once released; a later version is a later file.
-- TEXT and BIGINT only, so that SQLite and PostgreSQL read the same text.
-- Instants: milliseconds of UTC. Money: billionths of a unit (nanos) beside a currency code.

CREATE TABLE spendtray_ledger (
    version BIGINT NOT NULL
);

-- The last good figures of an account.
CREATE TABLE reading (
    account      TEXT   NOT NULL PRIMARY KEY,
    taken_at     BIGINT NOT NULL,
    figures      TEXT   NOT NULL,
    completeness TEXT   NOT NULL
);

-- How the polls of an account go.
CREATE TABLE poll_state (
    account            TEXT   NOT NULL PRIMARY KEY,
    succeeded_at       BIGINT,
    next_at            BIGINT,
    failure            TEXT,
    failures_in_a_row  BIGINT NOT NULL,
    refused_credential TEXT
);

-- Where the next poll of an account goes on.
CREATE TABLE cursor (
    account TEXT NOT NULL PRIMARY KEY,
    resume  TEXT NOT NULL
);

-- Balances at the instants they changed.
CREATE TABLE balance_point (
    account  TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    currency TEXT   NOT NULL,
    nanos    BIGINT NOT NULL,
    PRIMARY KEY (account, at, name)
);

-- Windows at the instants they changed.
CREATE TABLE window_point (
    account      TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    used_percent TEXT   NOT NULL,
    PRIMARY KEY (account, at, name)
);

-- Prices of coins at the instants they changed. A price has more digits than nanos hold.
CREATE TABLE price (
    symbol   TEXT   NOT NULL,
    currency TEXT   NOT NULL,
    source   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    price    TEXT   NOT NULL,
    PRIMARY KEY (symbol, currency, source, at)
);

-- Usage with an identity. An empty text is an unknown part of the attribution.
CREATE TABLE usage_event (
    account        TEXT   NOT NULL,
    key            TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    slot_at        BIGINT NOT NULL,
    api_key        TEXT   NOT NULL,
    model          TEXT   NOT NULL,
    project        TEXT   NOT NULL,
    person         TEXT   NOT NULL,
    requests       BIGINT NOT NULL,
    input          BIGINT NOT NULL,
    cached_input   BIGINT NOT NULL,
    cache_write    BIGINT NOT NULL,
    cache_write_5m BIGINT NOT NULL,
    cache_write_1h BIGINT NOT NULL,
    output         BIGINT NOT NULL,
    reasoning      BIGINT NOT NULL,
    basis          TEXT   NOT NULL,
    currency       TEXT   NOT NULL,
    nanos          BIGINT,
    unpriced       TEXT   NOT NULL,
    as_of          TEXT   NOT NULL,
    PRIMARY KEY (account, key)
);

CREATE INDEX usage_event_by_slot ON usage_event (account, slot_at);

-- Usage summed by slot: one row for each slot, attribution and kind of money. Rows of one slot and attribution add up.
-- origin: `events`, a sum of usage_event kept in step with it; `range`, as the vendor summed it.
-- basis: `billed`, `metered`, `estimated`, `unpriced` (then `unpriced` names the model), or empty when no cost was told.
CREATE TABLE usage_slot (
    account        TEXT   NOT NULL,
    start_at       BIGINT NOT NULL,
    width          TEXT   NOT NULL,
    origin         TEXT   NOT NULL,
    api_key        TEXT   NOT NULL,
    model          TEXT   NOT NULL,
    project        TEXT   NOT NULL,
    person         TEXT   NOT NULL,
    requests       BIGINT,
    input          BIGINT,
    cached_input   BIGINT,
    cache_write    BIGINT,
    cache_write_5m BIGINT,
    cache_write_1h BIGINT,
    output         BIGINT,
    reasoning      BIGINT,
    basis          TEXT   NOT NULL,
    currency       TEXT   NOT NULL,
    nanos          BIGINT,
    unpriced       TEXT   NOT NULL
);

CREATE INDEX usage_slot_by_start ON usage_slot (account, start_at);

-- The span of an account's usage that was reported without a hole.
CREATE TABLE usage_coverage (
    account       TEXT   NOT NULL PRIMARY KEY,
    covered_from  BIGINT NOT NULL,
    covered_until BIGINT NOT NULL
);

-- Where each rule on each subject stands in each period, for each watcher: members of a team that share a ledger
-- have rules of their own and are told for themselves. A ledger of one person has one watcher, the empty text.
CREATE TABLE alert_state (
    watcher       TEXT   NOT NULL,
    rule          TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    period        TEXT   NOT NULL,
    severity      TEXT   NOT NULL,
    title         TEXT   NOT NULL,
    body          TEXT   NOT NULL,
    phase         TEXT   NOT NULL,
    raised_at     BIGINT,
    notified_at   BIGINT,
    cleared_at    BIGINT,
    snoozed_until BIGINT,
    touched_at    BIGINT NOT NULL,
    PRIMARY KEY (watcher, rule, subject, period)
);

-- What people were told. Without a rule: a message of the program itself.
CREATE TABLE notice (
    number   BIGINT NOT NULL PRIMARY KEY,
    watcher  TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    rule     TEXT,
    subject  TEXT,
    period   TEXT,
    severity TEXT   NOT NULL,
    title    TEXT   NOT NULL,
    body     TEXT   NOT NULL
);

CREATE INDEX notice_by_time ON notice (at);
