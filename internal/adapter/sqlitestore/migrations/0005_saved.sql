-- What calls saved that were answered from the cache or with another one, and these
-- sums by day (seconds of its beginning in UTC), which outlive the calls.
ALTER TABLE calls ADD COLUMN saved_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN saved_cost INTEGER NOT NULL DEFAULT 0; -- nano-USD

CREATE TABLE savings (
  day INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  model TEXT NOT NULL,
  cache TEXT NOT NULL, -- hit, joined or miss
  calls INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  nano INTEGER NOT NULL,
  PRIMARY KEY (day, tenant, model, cache)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER calls_saved AFTER INSERT ON calls WHEN NEW.cache IN ('hit', 'joined', 'miss') BEGIN
  INSERT INTO savings
  VALUES (NEW.arrived / 86400000000000 * 86400, NEW.tenant, NEW.model, NEW.cache, 1, NEW.saved_tokens, NEW.saved_cost)
  ON CONFLICT DO UPDATE SET
    calls = calls + 1,
    tokens = min(tokens + excluded.tokens, 9223372036854775807),
    nano = min(nano + excluded.nano, 9223372036854775807);
END;
