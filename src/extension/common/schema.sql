-- CREATE EXTENSION adopts a schema opres that is already there. One that belongs to somebody who is no superuser could hold functions
-- of his own beside ours, to be called in their place; so could whoever was allowed to create in it.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
             WHERE n.nspname = 'opres' AND NOT r.rolsuper AND r.rolname <> current_user) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'schema opres belongs to somebody else',
      HINT = 'Rename or drop it, or give it to a superuser after a look at what is in it.';
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = 'opres'::regnamespace)
    OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = 'opres'::regnamespace)
    OR EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oprnamespace = 'opres'::regnamespace)
    OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = 'opres'::regnamespace) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'schema opres is not empty',
      HINT = 'Rename it, or drop what is in it after a look.';
  END IF;
END $$;
