-- Who may use the API. Of secrets only their SHA-256 is here. Times are
-- nanoseconds since 1970 (UTC); 0 is never, or not yet.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  last_used INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What browsers are let in by; token is empty where a link opened it.
CREATE TABLE sessions (
  digest BLOB PRIMARY KEY,
  token TEXT NOT NULL,
  role TEXT NOT NULL,
  begun INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Each opens one session.
CREATE TABLE links (
  digest BLOB PRIMARY KEY,
  role TEXT NOT NULL,
  made INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- It rises with each change of tokens and sessions, so that a process sees with
-- one row what another has changed.
CREATE TABLE access_version (
  version INTEGER NOT NULL
) STRICT;
INSERT INTO access_version VALUES (1);
