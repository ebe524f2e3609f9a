-- Playbooks as loaded. A row is one version (id and modified), never changed: what a run was begun with can always be read.

CREATE TABLE opres.playbook (
  id text COLLATE "C" NOT NULL,
  modified timestamptz NOT NULL CHECK (isfinite(modified)),
  name text NOT NULL,
  attack_type text,
  revoked boolean NOT NULL,
  valid_from timestamptz,
  valid_until timestamptz,
  canonical_hash bytea NOT NULL CHECK (length(canonical_hash) = 32),
  signatures jsonb NOT NULL DEFAULT '[]',
  document text NOT NULL,
  loaded_at timestamptz NOT NULL,
  loaded_by text NOT NULL,
  PRIMARY KEY (id, modified)
);
COMMENT ON TABLE opres.playbook IS
  'versions of CACAO 2.0 playbooks: document is what was loaded, byte for byte; canonical_hash is the SHA-256 of its RFC 8785 form without signatures; signatures: what was found when it was loaded, one object per signature';
SELECT pg_catalog.pg_extension_config_dump('opres.playbook', '');
