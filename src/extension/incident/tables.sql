-- Incidents, the people who deal with them, runs of playbooks.
--
-- What happened is in incident_event and run_event, which are only ever added to (redaction of personal data aside). incident,
-- incident_node, run, run_step and run_report are what that comes to, kept for querying; run_step and run_report can be made anew
-- (rebuild).
--
-- Nobody writes these tables but our functions, so there are no foreign keys: pg_restore -j loads the tables of an extension in any
-- order, and a row that comes back before what it refers to must not be refused. No checks on the tables of runs either: PostgreSQL reads such expressions anew for
-- every statement, a tenth of what an advance costs.

CREATE TABLE opres.person (
  code text COLLATE "C" PRIMARY KEY CHECK (opres.is_code(code) AND code !~ '^@'),
  name text,
  names jsonb NOT NULL DEFAULT '{}' CHECK (opres.is_names(names)),
  organisation text,
  department text,
  phones text[] NOT NULL DEFAULT '{}',
  email text,
  note text,
  erased_at timestamptz
);
COMMENT ON TABLE opres.person IS
  'people and what to call them by: personal data, restricted and erasable. code is what everything else says of them: it stays when the rest is erased';

CREATE TABLE opres.person_login (
  login name COLLATE "C" PRIMARY KEY,
  person text COLLATE "C" NOT NULL
);
CREATE INDEX person_login_person_idx ON opres.person_login (person);
COMMENT ON TABLE opres.person_login IS 'which database role is which person; a person may have several';

CREATE TABLE opres.role_holder (
  role text COLLATE "C" NOT NULL CHECK (role ~ '^[a-z][a-z0-9_]*$'),
  person text COLLATE "C" NOT NULL,
  rank int NOT NULL DEFAULT 1 CHECK (rank > 0),
  valid_from timestamptz NOT NULL DEFAULT '-infinity',
  valid_until timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (role, person),
  CHECK (valid_from < valid_until)
);
CREATE INDEX role_holder_person_idx ON opres.role_holder (person);
COMMENT ON TABLE opres.role_holder IS
  'who holds which role of the playbooks: rank 1 first, then the deputies in the order in which they are called';

CREATE TABLE opres.on_call (
  role text COLLATE "C" NOT NULL CHECK (role ~ '^[a-z][a-z0-9_]*$'),
  person text COLLATE "C" NOT NULL,
  valid_from timestamptz NOT NULL CHECK (isfinite(valid_from)),
  valid_until timestamptz NOT NULL,
  rank int NOT NULL CHECK (rank > 0),
  PRIMARY KEY (role, person, valid_from),
  CHECK (valid_from < valid_until)
);
COMMENT ON TABLE opres.on_call IS 'who is on call for a role of the playbooks when; rank 1 is called first';

CREATE TABLE opres.contact (
  code text COLLATE "C" PRIMARY KEY CHECK (opres.is_code(code) AND code !~ '^@'),
  kind text NOT NULL CHECK (kind IN ('authority', 'isac', 'police', 'vendor', 'counterpart', 'media', 'other')),
  name text,
  names jsonb NOT NULL CHECK (opres.is_names(names)),
  organisation text,
  contact_person text,
  phones text[] NOT NULL,
  night_phones text[] NOT NULL,
  email text,
  hours text,
  note text
);
COMMENT ON TABLE opres.contact IS
  'whom outside the institution to call: authorities, ISAC, police, vendors, counterparts. Personal data (contact_person), restricted; a row that is removed is gone';

CREATE TABLE opres.incident (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL CHECK (title <> ''),
  attack_type text NOT NULL COLLATE "C",
  severity int NOT NULL CHECK (severity BETWEEN 0 AND 100),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'no_incident')),
  exercise boolean NOT NULL DEFAULT false,
  confidential boolean NOT NULL DEFAULT false,
  time_zone text NOT NULL,
  occurred_at timestamptz CHECK (isfinite(occurred_at)),
  detected_at timestamptz NOT NULL CHECK (isfinite(detected_at)),
  recognised_at timestamptz CHECK (isfinite(recognised_at)),
  classified_at timestamptz CHECK (isfinite(classified_at)),
  classification text,
  customers bigint CHECK (customers >= 0),
  transactions bigint CHECK (transactions >= 0),
  amount numeric CHECK (amount >= 0),
  currency text,
  breach_at timestamptz,
  opened_by text NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz
);
COMMENT ON TABLE opres.incident IS
  'incidents as they stand now; severity 0 to 100 (CACAO''s scale, higher = worse); amount in currency; breach_at: the earliest tolerance breach as last computed; time_zone: in which days and months of deadlines are counted';

CREATE TABLE opres.incident_node (
  incident bigint NOT NULL,
  node text COLLATE "C" NOT NULL,
  state text NOT NULL CHECK (state IN ('lost', 'degraded', 'restored')),
  level float8 NOT NULL CHECK (level BETWEEN 0 AND 1),
  since timestamptz NOT NULL CHECK (isfinite(since)),
  restored_at timestamptz CHECK (isfinite(restored_at)),
  expected_at timestamptz CHECK (isfinite(expected_at)),
  PRIMARY KEY (incident, node)
);
COMMENT ON TABLE opres.incident_node IS
  'resources an incident has hit: level since when, when restored, when expected back';

CREATE TABLE opres.incident_event (
  incident bigint NOT NULL,
  number int NOT NULL CHECK (number > 0),
  kind text NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  person text COLLATE "C" NOT NULL,
  login text NOT NULL,
  note text,
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (incident, number)
);
COMMENT ON TABLE opres.incident_event IS
  'what became known of an incident and what was done outside its playbooks: opened, updated, annotated, closed; person: code of a person, or @login of a login that is nobody''s';

CREATE TABLE opres.incident_reader (
  incident bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('person', 'holders', 'database_role')),
  reader text COLLATE "C" NOT NULL,
  admitted_by text COLLATE "C" NOT NULL,
  admitted_at timestamptz NOT NULL,
  PRIMARY KEY (incident, kind, reader)
);
COMMENT ON TABLE opres.incident_reader IS
  'who is let in on an incident that is confidential, besides who opened it and auditors: a person by her code, the holders of a role of the playbooks, the members of a database role';

CREATE TABLE opres.incident_level (
  incident bigint NOT NULL,
  node text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL CHECK (isfinite(at)),
  level float8 NOT NULL CHECK (level BETWEEN 0 AND 1),
  PRIMARY KEY (incident, node, at)
);
COMMENT ON TABLE opres.incident_level IS
  'how a resource fared in an incident, as it is known now: its level from `at` on, until the next row; 1 before the first';

CREATE TABLE opres.reporting_criterion (
  code text COLLATE "C" PRIMARY KEY CHECK (opres.is_code(code)),
  role text COLLATE "C" NOT NULL CHECK (role ~ '^[a-z][a-z0-9_]*$'),
  within interval NOT NULL CHECK (opres.is_duration(within)),
  texts jsonb NOT NULL DEFAULT '{}' CHECK (opres.is_names(texts)),
  min_severity int CHECK (min_severity BETWEEN 0 AND 100),
  attack_types text[] COLLATE "C" CHECK (cardinality(attack_types) > 0),
  min_customers bigint CHECK (min_customers >= 0),
  min_transactions bigint CHECK (min_transactions >= 0),
  min_amount numeric CHECK (min_amount >= 0),
  currency text,
  node_kinds opres.node_kind[] CHECK (cardinality(node_kinds) > 0),
  operations text CHECK (operations IN ('at_risk', 'breached')),
  CONSTRAINT reporting_criterion_currency CHECK (currency IS NULL OR (min_amount IS NOT NULL AND currency ~ '^[A-Z]{3}$'))
);
COMMENT ON TABLE opres.reporting_criterion IS
  'which incidents are reported to whom inside the institution, and how soon: all conditions that are not NULL must hold (opres.set_reporting_criterion). operations: some tolerance will be breached as things stand (at_risk), or is (breached)';

CREATE TABLE opres.incident_report (
  incident bigint NOT NULL,
  criterion text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  texts jsonb NOT NULL,
  needed boolean NOT NULL,
  since timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  reported_at timestamptz,
  event int,
  PRIMARY KEY (incident, criterion)
);
CREATE INDEX incident_report_due_idx ON opres.incident_report (due_at) WHERE reported_at IS NULL;
COMMENT ON TABLE opres.incident_report IS
  'which criteria an incident met, since when, whom to tell until when, and when it was done (event: the incident''s event that says so); needed: the criterion is still met';

CREATE TABLE opres.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident bigint NOT NULL,
  playbook text COLLATE "C" NOT NULL,
  modified timestamptz NOT NULL,
  pins jsonb NOT NULL,
  report_deadlines jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  events int NOT NULL,
  stamp bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX run_incident_idx ON opres.run (incident);
COMMENT ON TABLE opres.run IS
  'executions of playbooks: the version it was begun with, and in pins (id, where a version is asked for id@version -> modified) those of the playbooks inside it; report_deadlines: those the institution had set when it began; events: how many there are; stamp: changes with every change of the run';

CREATE TABLE opres.run_event (
  run bigint NOT NULL,
  number int NOT NULL,
  kind text NOT NULL,
  step text COLLATE "C",
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  person text COLLATE "C",
  login text NOT NULL,
  roles text[] COLLATE "C",
  role text COLLATE "C",
  heard_by text COLLATE "C",
  choice text,
  "values" jsonb,
  evidence jsonb,
  note text,
  PRIMARY KEY (run, number)
);
COMMENT ON TABLE opres.run_event IS
  'what happened in a run, one row per event: kind (begin, success, failure, decide, approve, reject, omit, override, retry, expire, wake, set, abort: the events of workflow-semantics.md; annotate, ratify, dispute: beside it), when it was done and when it was entered, the person, the roles she had then. Redacted evidence is an object that says so, not NULL: that it was given stays';

CREATE TABLE opres.run_step (
  run bigint NOT NULL,
  step text COLLATE "C" NOT NULL,
  position int NOT NULL,
  code text COLLATE "C",
  type text NOT NULL,
  phase text,
  role text,
  mandatory boolean NOT NULL,
  state text NOT NULL,
  round int NOT NULL,
  reached_at timestamptz,
  ready_at timestamptz,
  due_at timestamptz,
  due_by text,
  ended_at timestamptz,
  overridden boolean NOT NULL,
  doers text[] NOT NULL,
  approvals int NOT NULL,
  PRIMARY KEY (run, step)
) WITH (fillfactor = 70);
-- No other column in it: an update of a state then touches no index.
CREATE INDEX run_step_due_idx ON opres.run_step (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE opres.run_step IS
  'where every step of a run stands: what run_event comes to; due_at: the earliest of its deadlines, due_by: which (timeout, or an anchor); approvals: how many are there';

CREATE TABLE opres.run_report (
  run bigint NOT NULL,
  report text COLLATE "C" NOT NULL,
  step text COLLATE "C" NOT NULL,
  position int NOT NULL,
  due_at timestamptz,
  due_by text,
  confirmed boolean NOT NULL,
  submitted_at timestamptz,
  reference text,
  needed boolean NOT NULL,
  PRIMARY KEY (run, report)
);
COMMENT ON TABLE opres.run_report IS
  'reports to authorities a run asks for: due when, submitted when, under which reference; needed: no branch taken has left its step out';

CREATE TABLE opres.run_ratification (
  run bigint NOT NULL,
  event int NOT NULL,
  person text COLLATE "C" NOT NULL,
  due_at timestamptz NOT NULL,
  ratified_at timestamptz,
  disputed_at timestamptz,
  settled_at timestamptz,
  PRIMARY KEY (run, event)
);
COMMENT ON TABLE opres.run_ratification IS
  'approvals by telephone that the approver must confirm herself: event is the approval; open until ratified_at is there, or, where she denies it (disputed_at), settled_at';

CREATE TABLE opres.exercise_finding (
  incident bigint NOT NULL,
  number int NOT NULL CHECK (number > 0),
  finding text NOT NULL,
  subject text,
  owner text,
  due_on date,
  state text NOT NULL CHECK (state IN ('open', 're-exercised', 'risk accepted')),
  recorded_by text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL,
  settled_by text COLLATE "C",
  settled_at timestamptz,
  settled_in bigint,
  reason text,
  PRIMARY KEY (incident, number)
);
COMMENT ON TABLE opres.exercise_finding IS
  'findings of exercises and incidents, followed up until another exercise (settled_in) has shown that they are dealt with, or the residual risk is accepted';

CREATE TABLE opres.report_deadline (
  report text COLLATE "C" PRIMARY KEY,
  anchor text NOT NULL,
  after interval NOT NULL,
  note text
);
COMMENT ON TABLE opres.report_deadline IS
  'deadlines of reports as the institution has set them, instead of those of the playbooks (opres.set_report_deadline); runs begun later use them';

SELECT pg_catalog.pg_extension_config_dump('opres.person', '');
SELECT pg_catalog.pg_extension_config_dump('opres.person_login', '');
SELECT pg_catalog.pg_extension_config_dump('opres.role_holder', '');
SELECT pg_catalog.pg_extension_config_dump('opres.on_call', '');
SELECT pg_catalog.pg_extension_config_dump('opres.contact', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident_node', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident_event', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident_reader', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident_level', '');
SELECT pg_catalog.pg_extension_config_dump('opres.reporting_criterion', '');
SELECT pg_catalog.pg_extension_config_dump('opres.incident_report', '');
SELECT pg_catalog.pg_extension_config_dump('opres.run', '');
SELECT pg_catalog.pg_extension_config_dump('opres.run_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('opres.run_event', '');
SELECT pg_catalog.pg_extension_config_dump('opres.run_step', '');
SELECT pg_catalog.pg_extension_config_dump('opres.run_report', '');
SELECT pg_catalog.pg_extension_config_dump('opres.run_ratification', '');
SELECT pg_catalog.pg_extension_config_dump('opres.report_deadline', '');
SELECT pg_catalog.pg_extension_config_dump('opres.exercise_finding', '');
COMMENT ON SEQUENCE opres.incident_id_seq IS 'numbers of incidents; one may be missing where a transaction did not commit';
COMMENT ON SEQUENCE opres.run_id_seq IS 'numbers of runs; one may be missing where a transaction did not commit';
