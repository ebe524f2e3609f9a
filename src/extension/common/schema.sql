-- CREATE EXTENSION adopts a schema opres that is already there. One that belongs to somebody who is no superuser could hold functions
-- of his own beside ours, to be called in their place.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
             WHERE n.nspname = 'opres' AND NOT r.rolsuper AND r.rolname <> current_user) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'schema opres belongs to somebody else',
      HINT = 'Rename or drop it, or give it to a superuser after a look at what is in it.';
  END IF;
END $$;
