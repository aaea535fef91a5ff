-- all for PostgreSQL
-- OFFLINE - no language model judged this schema; names and relations come from data and rules.

CREATE TABLE "order" (
  "a_boolean" boolean,
  "a_integer" integer,
  "a_decimal" numeric(10,2),
  "a_float" double precision,
  "a_date" date,
  "a_timestamp" timestamp,
  "a_timestamp_tz" timestamp with time zone,
  "a_time" time,
  "a_uuid" uuid,
  "a_json" jsonb,
  "a_binary" bytea,
  "a_text" text,
  "a_unknown" text,
  "select" integer NOT NULL,
  "boss" integer NOT NULL,
  "home" text NOT NULL,
  "story" text NOT NULL,
  PRIMARY KEY ("select"),
  CONSTRAINT "fk_order_boss" FOREIGN KEY ("boss") REFERENCES "order" ("select")
);

CREATE INDEX "ix_order_boss" ON "order" ("boss");

CREATE INDEX "ix_order_home" ON "order" ("home");

COMMENT ON TABLE "order" IS 'it''s; DROP TABLE "order"; --\';

COMMENT ON COLUMN "order"."a_boolean" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_integer" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_decimal" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_float" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_date" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_timestamp" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_timestamp_tz" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_time" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_uuid" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_json" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_binary" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_text" IS 'the ''real'' thing\';

COMMENT ON COLUMN "order"."a_unknown" IS 'the ''real'' thing\';

CREATE TABLE "place" (
  "code" text NOT NULL,
  "mayor" integer NOT NULL,
  PRIMARY KEY ("code"),
  CONSTRAINT "uq_place_mayor_code" UNIQUE ("mayor", "code"),
  CONSTRAINT "fk_place_mayor" FOREIGN KEY ("mayor") REFERENCES "order" ("select")
);

CREATE TABLE "visit" (
  "mayor" integer NOT NULL,
  "code" text NOT NULL,
  CONSTRAINT "fk_visit_mayor_code" FOREIGN KEY ("mayor", "code") REFERENCES "place" ("mayor", "code")
);

CREATE INDEX "ix_visit_mayor_code" ON "visit" ("mayor", "code");

ALTER TABLE "order" ADD CONSTRAINT "fk_order_home" FOREIGN KEY ("home") REFERENCES "place" ("code") DEFERRABLE;
