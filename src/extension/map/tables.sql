-- The map: one row per thing, the code its natural key. People edit these tables with plain SQL or \copy; triggers
-- (edit.sql) turn a transaction that changes them into a new revision.
--
-- since_revision: the revision that wrote the row; filled in by a trigger. NULL on arrival = an edit; a value on arrival = a row
-- restored from a dump, which is no edit. Editors have no privilege on that column. It stays the last column, and is indexed: what
-- a revision has touched is found without reading the whole map (the check at commit, map_diff).
--
-- References are checked at the end of the transaction: within it rows may come and go in any order. That a row added refers to
-- something is not checked by the foreign keys themselves but, for all rows at a time, with the other rules of the map (edit.sql).
-- Two reasons. pg_restore -j loads the tables of an extension in any order and in transactions of their own, so a restored row must
-- not be checked at all. And a foreign key runs a query for every row: two thirds of the time a \copy of a large map took.

CREATE TYPE opres.node_kind AS ENUM
  ('operation', 'process', 'people', 'system', 'data', 'facility', 'network', 'third_party');
COMMENT ON TYPE opres.node_kind IS
  'what a node of the map is: a critical operation, a step of its process, or a resource (the other six)';

CREATE FUNCTION opres.is_code(code text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_is_code';
COMMENT ON FUNCTION opres.is_code(text) IS
  'whether a text can be a code: 1 to 200 bytes, no control character, no blank at either end';

CREATE FUNCTION opres.is_names(names jsonb) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_is_names';
COMMENT ON FUNCTION opres.is_names(jsonb) IS
  'whether a JSON value can be names in other languages: an object with language codes (ja, zh-Hant) as keys and strings as values';

CREATE FUNCTION opres.is_duration(value interval) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_is_duration';
COMMENT ON FUNCTION opres.is_duration(interval) IS
  'whether an interval can be a duration of the map: no months or years, not negative, at most 36500 days of 24 hours';

CREATE TABLE opres.node (
  code text COLLATE "C" PRIMARY KEY CHECK (opres.is_code(code)),
  kind opres.node_kind NOT NULL,
  name text,
  names jsonb NOT NULL DEFAULT '{}' CHECK (opres.is_names(names)),
  owner text,
  location text,
  country text,
  restart interval NOT NULL DEFAULT '0' CHECK (opres.is_duration(restart)),
  unavailability float8 CHECK (unavailability BETWEEN 0 AND 1),
  rto interval CHECK (opres.is_duration(rto)),
  rpo interval CHECK (opres.is_duration(rpo)),
  mtpd interval CHECK (opres.is_duration(mtpd)),
  reviewed_on date CHECK (isfinite(reviewed_on)),
  reviewed_by text,
  attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  since_revision bigint NOT NULL,
  CONSTRAINT node_unavailability_of_resource CHECK (unavailability IS NULL OR kind NOT IN ('operation', 'process'))
);

CREATE TABLE opres.requirement (
  node text COLLATE "C" NOT NULL REFERENCES opres.node ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  name text COLLATE "C" NOT NULL CHECK (opres.is_code(name)),
  mode text NOT NULL DEFAULT 'quorum' CHECK (mode IN ('quorum', 'pool')),
  needed float8 CHECK (needed > 0 AND needed < 'infinity'),
  needed_for text NOT NULL DEFAULT 'run' CHECK (needed_for IN ('run', 'start')),
  impact float8 NOT NULL DEFAULT 1 CHECK (impact > 0 AND impact <= 1),
  buffer interval NOT NULL DEFAULT '0' CHECK (opres.is_duration(buffer)),
  switchover interval NOT NULL DEFAULT '0' CHECK (opres.is_duration(switchover)),
  switchover_failure float8 NOT NULL DEFAULT 0 CHECK (switchover_failure BETWEEN 0 AND 1),
  since_revision bigint NOT NULL,
  PRIMARY KEY (node, name),
  CONSTRAINT requirement_quorum_is_whole CHECK (mode <> 'quorum' OR needed = floor(needed))
);

CREATE TABLE opres.requirement_member (
  node text COLLATE "C" NOT NULL,
  requirement text COLLATE "C" NOT NULL,
  member text COLLATE "C" NOT NULL REFERENCES opres.node ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  capacity float8 NOT NULL DEFAULT 1 CHECK (capacity > 0 AND capacity < 'infinity'),
  standby boolean NOT NULL DEFAULT false,
  replica_lag interval NOT NULL DEFAULT '0' CHECK (opres.is_duration(replica_lag)),
  since_revision bigint NOT NULL,
  PRIMARY KEY (node, requirement, member),
  FOREIGN KEY (node, requirement) REFERENCES opres.requirement ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT requirement_member_is_another CHECK (member <> node)
);
CREATE INDEX requirement_member_member_idx ON opres.requirement_member (member);

CREATE TABLE opres.tolerance (
  operation text COLLATE "C" NOT NULL REFERENCES opres.node ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  tolerance opres.impact_tolerance NOT NULL,
  since_revision bigint NOT NULL,
  PRIMARY KEY (operation, tolerance)
);

-- A calendar is a named set of dates.
CREATE TABLE opres.calendar_day (
  calendar text COLLATE "C" NOT NULL CHECK (opres.is_code(calendar)),
  day date NOT NULL CHECK (isfinite(day)),
  since_revision bigint NOT NULL,
  PRIMARY KEY (calendar, day)
);

CREATE TABLE opres.scenario (
  code text COLLATE "C" PRIMARY KEY CHECK (opres.is_code(code)),
  name text,
  names jsonb NOT NULL DEFAULT '{}' CHECK (opres.is_names(names)),
  start timestamptz CHECK (isfinite(start)),
  since_revision bigint NOT NULL
);

CREATE TABLE opres.shock (
  scenario text COLLATE "C" NOT NULL REFERENCES opres.scenario ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  code text COLLATE "C" NOT NULL CHECK (opres.is_code(code)),
  node text COLLATE "C" NOT NULL REFERENCES opres.node ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  onset interval NOT NULL DEFAULT '0' CHECK (opres.is_duration(onset)),
  level float8 NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 1),
  duration interval CHECK (opres.is_duration(duration)),
  data_loss interval CHECK (opres.is_duration(data_loss)),
  probability float8 NOT NULL DEFAULT 1 CHECK (probability BETWEEN 0 AND 1),
  duration_distribution opres.duration_distribution,
  common_cause text CHECK (opres.is_code(common_cause)),
  since_revision bigint NOT NULL,
  PRIMARY KEY (scenario, code),
  CONSTRAINT shock_lasts_or_takes_data CHECK (duration IS NULL OR duration > interval '0' OR data_loss IS NOT NULL)
);
CREATE INDEX shock_node_idx ON opres.shock (node);

-- map_head: the current revision. No row = a map never edited. stamp, fresh with every revision, names what a committed revision is,
-- as its number cannot (a number comes back after a rollback).
CREATE TABLE opres.map_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL,
  stamp uuid NOT NULL
);

-- One row per revision, with the stamp the head had then.
CREATE TABLE opres.map_revision (
  revision bigint PRIMARY KEY CHECK (revision > 0),
  stamp uuid NOT NULL,
  made_at timestamptz NOT NULL,
  made_by name NOT NULL,
  made_in xid8 NOT NULL,
  label text COLLATE "C" UNIQUE CHECK (opres.is_code(label)),
  approved_at timestamptz,
  approved_by name,
  CONSTRAINT map_revision_approval CHECK ((approved_at IS NULL) = (approved_by IS NULL))
);

-- Rows as they were: a row of <table>_history was part of the map from since_revision until before until_revision.
-- The map of revision r = rows of the table with since_revision <= r, and rows of its history with since_revision <= r < until_revision.
-- The primary key: a revision ends a row at most once. It begins with until_revision, for what a revision has ended.
CREATE TABLE opres.node_history (LIKE opres.node, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, code));
CREATE TABLE opres.requirement_history
  (LIKE opres.requirement, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, node, name));
CREATE TABLE opres.requirement_member_history
  (LIKE opres.requirement_member, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, node, requirement, member));
CREATE TABLE opres.tolerance_history
  (LIKE opres.tolerance, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, operation, tolerance));
CREATE TABLE opres.calendar_day_history
  (LIKE opres.calendar_day, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, calendar, day));
CREATE TABLE opres.scenario_history (LIKE opres.scenario, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, code));
CREATE TABLE opres.shock_history (LIKE opres.shock, until_revision bigint NOT NULL, PRIMARY KEY (until_revision, scenario, code));

COMMENT ON TABLE opres.node IS 'operations, process steps and resources of the map';
COMMENT ON TABLE opres.requirement IS 'what a node needs: one row per named requirement of a node';
COMMENT ON TABLE opres.requirement_member IS 'the suppliers of a requirement, active or standby';
COMMENT ON TABLE opres.tolerance IS 'impact tolerances of operations';
COMMENT ON TABLE opres.calendar_day IS 'business-day calendars: the days of each';
COMMENT ON TABLE opres.scenario IS 'scenarios: named sets of shocks';
COMMENT ON TABLE opres.shock IS 'shocks of a scenario: what hits which node, when, how hard and for how long';
COMMENT ON TABLE opres.map_head IS 'the current revision of the map: one row, none before the first edit';
COMMENT ON TABLE opres.map_revision IS 'the revisions of the map: who made each and when, its label and approval';

-- pg_dump writes the rows of all of them (and none of the objects: those come with CREATE EXTENSION). The tables of the map get an
-- index on since_revision.
DO $$
DECLARE
  map_table name;
BEGIN
  FOREACH map_table IN ARRAY '{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::name[] LOOP
    PERFORM pg_catalog.pg_extension_config_dump('opres.' || map_table, '');
    PERFORM pg_catalog.pg_extension_config_dump('opres.' || map_table || '_history', '');
    EXECUTE format('CREATE INDEX %I ON opres.%I (since_revision)', map_table || '_since_revision_idx', map_table);
    EXECUTE format('COMMENT ON TABLE opres.%I IS %L', map_table || '_history', 'rows of ' || map_table || ' as they were: part of '
      'the map from since_revision until before until_revision');
  END LOOP;
  PERFORM pg_catalog.pg_extension_config_dump('opres.map_head', '');
  PERFORM pg_catalog.pg_extension_config_dump('opres.map_revision', '');
END
$$;
