-- One row is one call. No prompt text, no answers, no secrets.
-- Times are nanoseconds since 1970 (UTC), durations nanoseconds of real time,
-- tokens plain counts, hold, forecast and settled quota tokens, cost nano-USD
-- (-1: no known price).
CREATE TABLE calls (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  arrived INTEGER NOT NULL,
  class TEXT NOT NULL,
  tenant TEXT NOT NULL,
  principal TEXT NOT NULL,
  run TEXT NOT NULL,
  run_inferred INTEGER NOT NULL,
  operation TEXT NOT NULL,
  model_id TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  model TEXT NOT NULL,
  path TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  forecast INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  price_as_of TEXT NOT NULL,
  queued INTEGER NOT NULL,
  first_byte INTEGER NOT NULL,
  latency INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  throttled_requests INTEGER NOT NULL,
  throttled_tokens INTEGER NOT NULL,
  throttled_day INTEGER NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  error_kind TEXT NOT NULL,
  error_message TEXT NOT NULL,
  reason TEXT NOT NULL,
  limit_name TEXT NOT NULL,
  client TEXT NOT NULL,
  joined_retries INTEGER NOT NULL,
  cache TEXT NOT NULL
) STRICT;

CREATE INDEX calls_arrived ON calls (arrived);
CREATE INDEX calls_run ON calls (run, tenant, arrived);

-- What each pool's limits had admitted when they were last saved.
CREATE TABLE limit_state (
  pool TEXT PRIMARY KEY,
  state BLOB NOT NULL,
  saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
