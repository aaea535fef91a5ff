-- What the scheduler knew: how the model id was resolved, how many calls it saw
-- ahead and how long a wait it expected, the amount of the limit that was waited
-- for, and after how long a refused call was told to come back (real nanoseconds).
ALTER TABLE calls ADD COLUMN route TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN expected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN limit_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN retry_after INTEGER NOT NULL DEFAULT 0;

-- Pages of calls by what they are filtered by. Most calls are ok: an index of
-- those would only cost.
CREATE INDEX calls_tenant ON calls (tenant, arrived);
CREATE INDEX calls_model ON calls (model, arrived);
CREATE INDEX calls_model_id ON calls (model_id, arrived) WHERE model_id <> model;
CREATE INDEX calls_failed ON calls (outcome, arrived, tenant, run, model, model_id) WHERE outcome <> 'ok';
CREATE INDEX calls_started ON calls (arrived + queued) WHERE attempts > 0;

-- A call as sums count it. free is what has no price and needs none, unpriced what
-- may have cost something.
CREATE VIEW call_sums AS
SELECT *, cost < 0 AND NOT free AS unpriced FROM (
  SELECT seq, id, arrived, account, region, model, path, model_id, tenant, class, run, run = '' AS lone, outcome, run_inferred,
    1 AS calls,
    outcome = 'ok' AS ok,
    outcome = 'refused' AS refused,
    outcome NOT IN ('ok', 'refused') AS failed,
    throttled_requests + throttled_tokens + throttled_day AS throttles,
    attempts > 0 AND reason <> '' AS waited,
    attempts > 0 AND reason <> '' AND throttled_requests + throttled_tokens + throttled_day = 0 AS avoided,
    attempts,
    cost < 0 AND input_tokens = 0 AND output_tokens = 0 AND cache_read_tokens = 0 AND cache_write_tokens = 0
      AND (attempts = 0 OR operation = 'count-tokens'
        OR outcome IN ('refused', 'throttled', 'invalid', 'denied') AND status BETWEEN 400 AND 499) AS free,
    queued, latency, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, hold, settled,
    cost, max(cost, 0) AS nano,
    CASE WHEN cost >= 0 THEN price_as_of ELSE '' END AS prices_from,
    CASE WHEN cost >= 0 THEN price_as_of ELSE '' END AS prices_to
  FROM calls
);

-- What sums are of. With whole it is all tenants, and tenant is empty. What names no
-- model has no pool and is anything that a client wrote: of such there are a thousand
-- at most, then they are one.
CREATE TABLE dims (
  id INTEGER PRIMARY KEY,
  whole INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  model TEXT NOT NULL,
  model_id TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  path TEXT NOT NULL,
  UNIQUE (whole, tenant, model, model_id, account, region, path)
) STRICT;

-- Calls summed up by minute (step 60), quarter of an hour (900: every zone's hours
-- and days are made of them) and day (86400) of their arrival, in UTC: of all tenants
-- (level 0), of each (1) and of each the calls of no run (2); minutes only of all.
-- They are kept up with each insert, and outlive the calls. Sums stop at 2^63-1.
CREATE TABLE rollups (
  level INTEGER NOT NULL,
  step INTEGER NOT NULL,
  dim INTEGER NOT NULL,
  start INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  throttles INTEGER NOT NULL,
  waited INTEGER NOT NULL,
  avoided INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  free INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  queued INTEGER NOT NULL,
  latency INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  nano INTEGER NOT NULL,
  prices_from TEXT NOT NULL,
  prices_to TEXT NOT NULL,
  PRIMARY KEY (level, step, dim, start)
) STRICT, WITHOUT ROWID;

-- A call, and each level that it is summed up in with the name of its model there.
CREATE VIEW call_dims AS
SELECT *, CASE WHEN model = '' AND NOT EXISTS (
    SELECT 1 FROM dims d WHERE d.whole = (level = 0) AND d.tenant = CASE level WHEN 0 THEN '' ELSE call_sums.tenant END
      AND d.model = '' AND d.model_id = call_sums.model_id)
    AND (SELECT count(*) FROM dims d WHERE d.whole = (level = 0) AND d.tenant = CASE level WHEN 0 THEN '' ELSE call_sums.tenant END AND d.model = '') >= 1000
  THEN '(other)' ELSE model_id END AS named
FROM call_sums, (SELECT column1 AS level FROM (VALUES (0), (1)));

CREATE TRIGGER calls_rolled_up AFTER INSERT ON calls BEGIN
  INSERT INTO dims (whole, tenant, model, model_id, account, region, path)
  SELECT level = 0, CASE level WHEN 0 THEN '' ELSE tenant END, model, named, account, region, path
  FROM call_dims WHERE seq = NEW.seq
  ON CONFLICT DO NOTHING;
  INSERT INTO rollups
  SELECT l.column1, l.column2, d.id, arrived / 1000000000 / l.column2 * l.column2,
    calls, ok, refused, failed, throttles, waited, avoided, attempts, free, unpriced, queued, latency,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, hold, settled, nano, prices_from, prices_to
  FROM call_dims c, (VALUES (0, 60), (0, 900), (0, 86400), (1, 900), (1, 86400), (2, 900), (2, 86400)) l
  JOIN dims d ON d.whole = (c.level = 0) AND d.tenant = CASE c.level WHEN 0 THEN '' ELSE c.tenant END
    AND d.model = c.model AND d.model_id = c.named AND d.account = c.account AND d.region = c.region AND d.path = c.path
  WHERE c.seq = NEW.seq AND c.level = min(l.column1, 1) AND (l.column1 < 2 OR c.lone)
  ON CONFLICT DO UPDATE SET
    calls = calls + 1, ok = ok + excluded.ok, refused = refused + excluded.refused, failed = failed + excluded.failed,
    throttles = min(throttles + excluded.throttles, 9223372036854775807),
    waited = waited + excluded.waited, avoided = avoided + excluded.avoided,
    attempts = min(attempts + excluded.attempts, 9223372036854775807),
    free = free + excluded.free, unpriced = unpriced + excluded.unpriced,
    queued = min(queued + excluded.queued, 9223372036854775807),
    latency = min(latency + excluded.latency, 9223372036854775807),
    input_tokens = min(input_tokens + excluded.input_tokens, 9223372036854775807),
    output_tokens = min(output_tokens + excluded.output_tokens, 9223372036854775807),
    cache_read_tokens = min(cache_read_tokens + excluded.cache_read_tokens, 9223372036854775807),
    cache_write_tokens = min(cache_write_tokens + excluded.cache_write_tokens, 9223372036854775807),
    hold = min(hold + excluded.hold, 9223372036854775807),
    settled = min(settled + excluded.settled, 9223372036854775807),
    nano = min(nano + excluded.nano, 9223372036854775807),
    prices_from = CASE WHEN prices_from = '' OR excluded.prices_from <> '' AND excluded.prices_from < prices_from
      THEN excluded.prices_from ELSE prices_from END,
    prices_to = max(prices_to, excluded.prices_to);
END;

-- What calls used by pool and minute in which they went upstream.
CREATE TABLE use_minutes (
  start INTEGER NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  model TEXT NOT NULL,
  path TEXT NOT NULL,
  calls INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  throttles INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  queued INTEGER NOT NULL,
  most_input INTEGER NOT NULL, -- of one call, cached tokens included
  most_output INTEGER NOT NULL,
  PRIMARY KEY (start, account, region, model, path)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER calls_used AFTER INSERT ON calls WHEN NEW.attempts > 0 BEGIN
  INSERT INTO use_minutes
  VALUES ((NEW.arrived + NEW.queued) / 60000000000 * 60, NEW.account, NEW.region, NEW.model, NEW.path,
    1, NEW.attempts, NEW.throttled_requests + NEW.throttled_tokens + NEW.throttled_day, NEW.hold, NEW.settled,
    NEW.input_tokens, NEW.output_tokens, NEW.cache_read_tokens, NEW.cache_write_tokens,
    NEW.queued, min(NEW.input_tokens + NEW.cache_read_tokens + NEW.cache_write_tokens, 9223372036854775807), NEW.output_tokens)
  ON CONFLICT DO UPDATE SET
    queued = min(queued + excluded.queued, 9223372036854775807),
    most_input = max(most_input, excluded.most_input), most_output = max(most_output, excluded.most_output),
    calls = calls + 1,
    attempts = min(attempts + excluded.attempts, 9223372036854775807),
    throttles = min(throttles + excluded.throttles, 9223372036854775807),
    hold = min(hold + excluded.hold, 9223372036854775807),
    settled = min(settled + excluded.settled, 9223372036854775807),
    input_tokens = min(input_tokens + excluded.input_tokens, 9223372036854775807),
    output_tokens = min(output_tokens + excluded.output_tokens, 9223372036854775807),
    cache_read_tokens = min(cache_read_tokens + excluded.cache_read_tokens, 9223372036854775807),
    cache_write_tokens = min(cache_write_tokens + excluded.cache_write_tokens, 9223372036854775807);
END;

-- Runs summed up, with their newest call.
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  tenant TEXT NOT NULL,
  run_inferred INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  failed INTEGER NOT NULL, -- whose outcome is not ok
  free INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL, -- end
  queued INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  nano INTEGER NOT NULL,
  prices_from TEXT NOT NULL,
  prices_to TEXT NOT NULL,
  outcome TEXT NOT NULL,
  latest TEXT NOT NULL,
  latest_arrived INTEGER NOT NULL,
  latest_seq INTEGER NOT NULL,
  UNIQUE (run, tenant)
) STRICT;

CREATE INDEX runs_latest ON runs (latest_arrived, latest_seq, first);
CREATE INDEX runs_tenant ON runs (tenant, latest_arrived, latest_seq, first);
CREATE INDEX runs_failed ON runs (outcome, latest_arrived, latest_seq, first, tenant) WHERE outcome <> 'ok';
CREATE INDEX runs_dear ON runs (nano DESC, unpriced DESC, tenant, run, first, latest_arrived);

CREATE TRIGGER calls_of_run AFTER INSERT ON calls WHEN NEW.run <> '' BEGIN
  INSERT INTO runs (run, tenant, run_inferred, calls, failed, free, unpriced, first, last, queued,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, settled, nano, prices_from, prices_to,
    outcome, latest, latest_arrived, latest_seq)
  SELECT run, tenant, run_inferred, calls, NOT ok, free, unpriced, arrived, min(arrived + latency, 9223372036854775807), queued,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, settled, nano, prices_from, prices_to,
    outcome, id, arrived, seq
  FROM call_sums WHERE seq = NEW.seq
  ON CONFLICT DO UPDATE SET
    run_inferred = min(run_inferred, excluded.run_inferred),
    calls = calls + 1, failed = failed + excluded.failed, free = free + excluded.free, unpriced = unpriced + excluded.unpriced,
    first = min(first, excluded.first), last = max(last, excluded.last),
    queued = min(queued + excluded.queued, 9223372036854775807),
    input_tokens = min(input_tokens + excluded.input_tokens, 9223372036854775807),
    output_tokens = min(output_tokens + excluded.output_tokens, 9223372036854775807),
    cache_read_tokens = min(cache_read_tokens + excluded.cache_read_tokens, 9223372036854775807),
    cache_write_tokens = min(cache_write_tokens + excluded.cache_write_tokens, 9223372036854775807),
    settled = min(settled + excluded.settled, 9223372036854775807),
    nano = min(nano + excluded.nano, 9223372036854775807),
    prices_from = CASE WHEN prices_from = '' OR excluded.prices_from <> '' AND excluded.prices_from < prices_from
      THEN excluded.prices_from ELSE prices_from END,
    prices_to = max(prices_to, excluded.prices_to),
    outcome = CASE WHEN (excluded.latest_arrived, excluded.latest_seq) > (latest_arrived, latest_seq) THEN excluded.outcome ELSE outcome END,
    latest = CASE WHEN (excluded.latest_arrived, excluded.latest_seq) > (latest_arrived, latest_seq) THEN excluded.latest ELSE latest END,
    latest_seq = CASE WHEN (excluded.latest_arrived, excluded.latest_seq) > (latest_arrived, latest_seq) THEN excluded.latest_seq ELSE latest_seq END,
    latest_arrived = max(latest_arrived, excluded.latest_arrived);
END;

-- What runs called, by the names of models that clients and pools have for them.
CREATE TABLE run_models (
  name TEXT NOT NULL,
  run TEXT NOT NULL,
  tenant TEXT NOT NULL,
  calls INTEGER NOT NULL,
  free INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  first INTEGER NOT NULL,
  latest_arrived INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  nano INTEGER NOT NULL,
  prices_from TEXT NOT NULL,
  prices_to TEXT NOT NULL,
  PRIMARY KEY (run, tenant, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_models_dear ON run_models (name, nano DESC, unpriced DESC, tenant, run, first, latest_arrived);

CREATE TRIGGER calls_model_of_run AFTER INSERT ON calls WHEN NEW.run <> '' BEGIN
  INSERT INTO run_models
  SELECT n.name, run, tenant, calls, free, unpriced, arrived, arrived, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, nano, prices_from, prices_to
  FROM call_sums, (SELECT NEW.model AS name UNION SELECT NEW.model_id) n WHERE seq = NEW.seq
  ON CONFLICT DO UPDATE SET
    calls = calls + 1, free = free + excluded.free, unpriced = unpriced + excluded.unpriced,
    first = min(first, excluded.first), latest_arrived = max(latest_arrived, excluded.latest_arrived),
    input_tokens = min(input_tokens + excluded.input_tokens, 9223372036854775807),
    output_tokens = min(output_tokens + excluded.output_tokens, 9223372036854775807),
    cache_read_tokens = min(cache_read_tokens + excluded.cache_read_tokens, 9223372036854775807),
    cache_write_tokens = min(cache_write_tokens + excluded.cache_write_tokens, 9223372036854775807),
    nano = min(nano + excluded.nano, 9223372036854775807),
    prices_from = CASE WHEN prices_from = '' OR excluded.prices_from <> '' AND excluded.prices_from < prices_from
      THEN excluded.prices_from ELSE prices_from END,
    prices_to = max(prices_to, excluded.prices_to);
END;

-- From when on calls (step 0), minutes, quarters and days are kept in whole, in
-- seconds; without a row it is from the beginning on.
CREATE TABLE kept (
  step INTEGER PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT;

-- What is there already.
INSERT INTO dims (whole, tenant, model, model_id, account, region, path)
SELECT DISTINCT 1, '', model, model_id, account, region, path FROM calls
UNION ALL SELECT DISTINCT 0, tenant, model, model_id, account, region, path FROM calls;

INSERT INTO rollups
SELECT l.column1 AS level, l.column2 AS step, d.id AS dim, arrived / 1000000000 / l.column2 * l.column2 AS start,
  count(*), sum(ok), sum(refused), sum(failed), sum(throttles), sum(waited), sum(avoided), sum(attempts), sum(free), sum(unpriced),
  sum(queued), sum(latency), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(hold), sum(settled),
  sum(nano), coalesce(min(nullif(prices_from, '')), ''), max(prices_to)
FROM call_sums c, (VALUES (0, 60), (0, 900), (0, 86400), (1, 900), (1, 86400), (2, 900), (2, 86400)) l
JOIN dims d ON d.whole = (l.column1 = 0) AND d.tenant = CASE l.column1 WHEN 0 THEN '' ELSE c.tenant END
  AND d.model = c.model AND d.model_id = c.model_id AND d.account = c.account AND d.region = c.region AND d.path = c.path
WHERE l.column1 < 2 OR c.lone
GROUP BY level, step, dim, start;

INSERT INTO use_minutes
SELECT (arrived + queued) / 60000000000 * 60 AS start, account, region, model, path, count(*), sum(attempts),
  sum(throttled_requests + throttled_tokens + throttled_day), sum(hold), sum(settled),
  sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens),
  sum(queued), max(input_tokens + cache_read_tokens + cache_write_tokens), max(output_tokens)
FROM calls WHERE attempts > 0 GROUP BY start, account, region, model, path;

INSERT INTO runs (run, tenant, run_inferred, calls, failed, free, unpriced, first, last, queued,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, settled, nano, prices_from, prices_to,
  outcome, latest, latest_arrived, latest_seq)
SELECT s.run, s.tenant, min(s.run_inferred), count(*), sum(NOT s.ok), sum(s.free), sum(s.unpriced), min(s.arrived), max(s.arrived + s.latency), sum(s.queued),
  sum(s.input_tokens), sum(s.output_tokens), sum(s.cache_read_tokens), sum(s.cache_write_tokens), sum(s.settled), sum(s.nano),
  coalesce(min(nullif(s.prices_from, '')), ''), max(s.prices_to),
  l.outcome, l.id, l.arrived, l.seq
FROM call_sums s JOIN calls l ON l.seq = (
  SELECT n.seq FROM calls n WHERE n.run = s.run AND n.tenant = s.tenant ORDER BY n.arrived DESC, n.seq DESC LIMIT 1)
WHERE s.run <> '' GROUP BY s.run, s.tenant;

INSERT INTO run_models
SELECT n.name, c.run, c.tenant, count(*), sum(c.free), sum(c.unpriced), min(c.arrived), max(c.arrived),
  sum(c.input_tokens), sum(c.output_tokens), sum(c.cache_read_tokens), sum(c.cache_write_tokens), sum(c.nano),
  coalesce(min(nullif(c.prices_from, '')), ''), max(c.prices_to)
FROM call_sums c JOIN (SELECT seq, model AS name FROM calls UNION SELECT seq, model_id FROM calls) n ON n.seq = c.seq
WHERE c.run <> '' GROUP BY n.name, c.run, c.tenant;
