CREATE TABLE IF NOT EXISTS decisions
(
    topic          LowCardinality(String),
    partition      Int32,
    offset         Int64,
    appended_at    DateTime64(3, 'UTC'),
    decision_id    String,
    moment_id      String,
    customer_id    String,
    rule           LowCardinality(String),
    rule_version   Int32,
    action         LowCardinality(String),
    action_class   LowCardinality(String),
    attempt        Int32,
    status         LowCardinality(String),
    reason         LowCardinality(String),
    checks         Nested(name String, passed Bool, reason String, inputs Map(String, String)),
    final          Bool,
    channel        LowCardinality(Nullable(String)),
    policy         LowCardinality(String),
    policy_version Int32,
    decided_at     DateTime64(3, 'UTC'),
    mode           LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (customer_id, decided_at, decision_id)
SETTINGS non_replicated_deduplication_window = 10000;
