-- Webhooks: who may send to us and what came in; whom we tell and what is still to be told.
--
-- Secrets lie in tables of their own, which nobody is granted; signatures are checked and made inside the database.

CREATE TABLE opres.webhook_sender (
  name text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  scheme text NOT NULL CHECK (scheme IN ('standard', 'github', 'slack', 'generic')),
  options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
  tolerance interval NOT NULL DEFAULT '5 minutes' CHECK (tolerance > '0' AND tolerance <= '1 hour'),
  keep interval NOT NULL DEFAULT '7 days' CHECK (keep >= '1 day'),
  person text COLLATE "C",
  role text COLLATE "C",
  actions text[] NOT NULL,
  incidents bigint[],
  attack_types text[],
  enabled boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE opres.webhook_sender IS
  'systems that may send webhooks: how they sign, whom they speak for (one person; or, person NULL, those of webhook_identity, who must hold role where it is given), what they may do (advance, approve, annotate, open_incident, status) and of which incidents (NULL = all)';

CREATE TABLE opres.webhook_identity (
  sender text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  person text COLLATE "C" NOT NULL,
  PRIMARY KEY (sender, external_id)
);
COMMENT ON TABLE opres.webhook_identity IS 'who is who in a sending system: its user ids and our persons';

CREATE TABLE opres.webhook_secret (
  sender text COLLATE "C" NOT NULL,
  id int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('hmac', 'ed25519')),
  secret bytea NOT NULL,
  valid_until timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (sender, id)
);
COMMENT ON TABLE opres.webhook_secret IS
  'secrets and public keys by which senders sign, several at a time while one takes the place of another';

CREATE TABLE opres.webhook_receipt (
  sender text COLLATE "C" NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  body_hash bytea NOT NULL,
  received_at timestamptz NOT NULL,
  status int NOT NULL,
  response jsonb NOT NULL,
  PRIMARY KEY (sender, message_id)
);
CREATE INDEX webhook_receipt_received_at_idx ON opres.webhook_receipt (received_at);
COMMENT ON TABLE opres.webhook_receipt IS
  'messages dealt with and what was answered: the same message gets the same answer and is not done again; kept as long as the sender''s keep says. message_id: the id of the message if it is signed, else body. and the hash of the body; key. and the key for the key of a business transaction';

CREATE TABLE opres.webhook_endpoint (
  name text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  url text NOT NULL,
  events text[] NOT NULL DEFAULT '{*}',
  min_severity int NOT NULL DEFAULT 0,
  attack_types text[],
  confidential boolean NOT NULL DEFAULT false,
  allow_http boolean NOT NULL DEFAULT false,
  allow_private boolean NOT NULL DEFAULT false,
  concurrency int NOT NULL DEFAULT 4 CHECK (concurrency BETWEEN 1 AND 64),
  give_up_after interval NOT NULL DEFAULT '3 days' CHECK (give_up_after > '0'),
  enabled boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE opres.webhook_endpoint IS
  'systems that are told of events: which (patterns such as run.* and incident.open), of incidents of which severity and attack types, of confidential ones too or not; whether plain http or a private address is allowed';

CREATE TABLE opres.webhook_endpoint_secret (
  endpoint text COLLATE "C" NOT NULL,
  id int NOT NULL,
  secret bytea NOT NULL,
  valid_until timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (endpoint, id)
);
COMMENT ON TABLE opres.webhook_endpoint_secret IS 'secrets by which we sign what we send; with several every one signs';

CREATE TABLE opres.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint text COLLATE "C" NOT NULL,
  message_id text NOT NULL,
  type text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'claimed', 'delivered', 'dead')),
  attempts int NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  claimed_by text,
  claimed_until timestamptz,
  delivered_at timestamptz,
  last_status int,
  last_error text
) WITH (fillfactor = 80);
CREATE INDEX outbox_open_idx ON opres.outbox (endpoint, next_attempt_at, id) WHERE state IN ('pending', 'claimed');
CREATE INDEX outbox_claimed_idx ON opres.outbox (endpoint) WHERE state = 'claimed';
CREATE INDEX outbox_delivered_idx ON opres.outbox (delivered_at) WHERE state = 'delivered';
COMMENT ON TABLE opres.outbox IS
  'what is to be told: a row per event and endpoint, written with the event; body is sent byte for byte at every attempt, message_id is its stable id';

CREATE TABLE opres.event_raised (
  event text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  raised_at timestamptz NOT NULL,
  PRIMARY KEY (event, subject)
);
COMMENT ON TABLE opres.event_raised IS 'events that time has brought about and that were told: each once (raise_events)';

SELECT pg_catalog.pg_extension_config_dump('opres.webhook_sender', '');
SELECT pg_catalog.pg_extension_config_dump('opres.webhook_identity', '');
SELECT pg_catalog.pg_extension_config_dump('opres.webhook_secret', '');
SELECT pg_catalog.pg_extension_config_dump('opres.webhook_receipt', '');
SELECT pg_catalog.pg_extension_config_dump('opres.webhook_endpoint', '');
SELECT pg_catalog.pg_extension_config_dump('opres.webhook_endpoint_secret', '');
SELECT pg_catalog.pg_extension_config_dump('opres.outbox', '');
SELECT pg_catalog.pg_extension_config_dump('opres.outbox_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('opres.event_raised', '');
COMMENT ON SEQUENCE opres.outbox_id_seq IS 'numbers of the outbox';
