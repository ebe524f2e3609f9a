-- People, the roles they hold, outside contacts, who is on call, and calls made.

CREATE FUNCTION opres.acting_person() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_acting_person';
COMMENT ON FUNCTION opres.acting_person() IS
  'who acts now, as a person: the code of the person whose the login that was authenticated is, else the session''s role, else the acting role (opres.person_login); if none of them is anybody''s, @ and the session''s role';

CREATE FUNCTION opres.person_roles(person text, at timestamptz) RETURNS text[]
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_person_roles';
COMMENT ON FUNCTION opres.person_roles(text, timestamptz) IS
  'internal: the roles of playbooks that a person held at a time, sorted; those she has as a deputy are not among them';
