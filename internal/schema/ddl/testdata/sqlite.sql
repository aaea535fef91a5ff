-- all for SQLite
-- OFFLINE - no language model judged this schema; names and relations come from data and rules.

CREATE TABLE "order" (
  "a_boolean" INTEGER CHECK ("a_boolean" IS NULL OR "a_boolean" IN (0, 1)),
  "a_integer" INTEGER,
  "a_decimal" REAL,
  "a_float" REAL,
  "a_date" TEXT CHECK ("a_date" IS NULL OR date("a_date") = "a_date"),
  "a_timestamp" TEXT CHECK ("a_timestamp" IS NULL OR datetime("a_timestamp") IS NOT NULL),
  "a_timestamp_tz" TEXT CHECK ("a_timestamp_tz" IS NULL OR datetime("a_timestamp_tz") IS NOT NULL),
  "a_time" TEXT CHECK ("a_time" IS NULL OR time("a_time") IS NOT NULL),
  "a_uuid" TEXT CHECK ("a_uuid" IS NULL OR length("a_uuid") = 36),
  "a_json" TEXT CHECK ("a_json" IS NULL OR json_valid("a_json")),
  "a_binary" BLOB,
  "a_text" TEXT,
  "a_unknown" TEXT,
  "select" INTEGER NOT NULL,
  "boss" INTEGER NOT NULL,
  "home" TEXT NOT NULL,
  "story" TEXT NOT NULL,
  PRIMARY KEY ("select"),
  CONSTRAINT "fk_order_boss" FOREIGN KEY ("boss") REFERENCES "order" ("select") DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "fk_order_home" FOREIGN KEY ("home") REFERENCES "place" ("code") DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE INDEX "ix_order_boss" ON "order" ("boss");

CREATE INDEX "ix_order_home" ON "order" ("home");

CREATE TABLE "place" (
  "code" TEXT NOT NULL,
  "mayor" INTEGER NOT NULL,
  PRIMARY KEY ("code"),
  CONSTRAINT "uq_place_mayor_code" UNIQUE ("mayor", "code"),
  CONSTRAINT "fk_place_mayor" FOREIGN KEY ("mayor") REFERENCES "order" ("select") DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE "visit" (
  "mayor" INTEGER NOT NULL,
  "code" TEXT NOT NULL,
  CONSTRAINT "fk_visit_mayor_code" FOREIGN KEY ("mayor", "code") REFERENCES "place" ("mayor", "code") DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE INDEX "ix_visit_mayor_code" ON "visit" ("mayor", "code");
