-- What advice is drawn from: the client's max_tokens (-1: it set none), the
-- attempts that it says it makes (0: not said), and a digest by which equal
-- bodies are told, under a key that is not kept.
ALTER TABLE calls ADD COLUMN max_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN client_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN body INTEGER NOT NULL DEFAULT 0;

-- What happened to an account's quotas, and what was done to them.
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  code TEXT NOT NULL,
  text TEXT NOT NULL,
  data TEXT
) STRICT;

CREATE INDEX events_at ON events (at);

-- What AWS said of an account in a Region when it was last asked (JSON).
CREATE TABLE snapshots (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  taken INTEGER NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (account, region)
) STRICT, WITHOUT ROWID;
