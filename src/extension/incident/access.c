/*
 * access.c - who sees an incident: what row-level security, and functions that run as their owner, ask.
 *
 * An incident that is not confidential is seen by all who may read incidents. A confidential one by who may read the audit trail
 * (which tells all of it), by the owner of the tables, by who opened it, and by whom opres.incident_reader names: a person, the
 * holders of a role of the playbooks, the members of a database role.
 *
 * Privileges are those of the outer user, functions that run as their owner looked through: a function of an auditor's that a
 * reader may call shows the reader no more than she sees.
 */
#include "incident/access.h"

#include "catalog/namespace.h"
#include "datatype/timestamp.h"
#include "incident/acting.h"
#include "incident/table_scan.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* id of incident, incident of incident_reader */
#define KEY_COLUMN 1

static OpresTableScan
scan_by_incident(const char *table, const char *index, int64 incident)
{
	ScanKeyData key;

	ScanKeyInit(&key, KEY_COLUMN, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(incident));
	return opres_table_scan(table, index, 1, &key);
}

static bool
may_read_audit_trail(Oid user)
{
	Oid table = get_relname_relid("audit_entry", get_namespace_oid("opres", false));

	return OidIsValid(table) && pg_class_aclcheck(table, user, ACL_SELECT) == ACLCHECK_OK;
}

static bool
holds_role(const char *person, const char *role)
{
	ArrayType *roles = DatumGetArrayTypeP(opres_roles_of_person(person, GetCurrentTimestamp()));
	ArrayIterator iterator = array_create_iterator(roles, 0, NULL);
	Datum held = (Datum) 0;
	bool isnull = false, found = false;

	while (!found && array_iterate(iterator, &held, &isnull))
		found = strcmp(TextDatumGetCString(held), role) == 0;
	return found;
}

static bool
is_member(Oid user, const char *name)
{
	Oid role = get_role_oid(name, true);

	return OidIsValid(role) && has_privs_of_role(user, role);
}

static bool
is_admitted(const char *kind, const char *reader, const char *person, Oid user)
{
	if (strcmp(kind, "person") == 0)
		return strcmp(reader, person) == 0;
	if (strcmp(kind, "holders") == 0)
		return holds_role(person, reader);
	return is_member(user, reader);
}

static bool
is_named(int64 incident, const char *person, Oid user)
{
	OpresTableScan scan = scan_by_incident("incident_reader", "incident_reader_pkey", incident);
	HeapTuple row;
	bool found = false;

	while (!found && (row = opres_table_next(&scan)) != NULL)
		found = is_admitted(TextDatumGetCString(opres_table_value(&scan, row, "kind")),
							TextDatumGetCString(opres_table_value(&scan, row, "reader")), person, user);
	opres_table_end(&scan);
	return found;
}

bool
opres_may_see_incident(int64 incident)
{
	OpresTableScan scan = scan_by_incident("incident", "incident_pkey", incident);
	HeapTuple row = opres_table_next(&scan);
	bool seen = false;

	if (row != NULL)
	{
		Oid user = GetOuterUserId();

		seen = !DatumGetBool(opres_table_value(&scan, row, "confidential")) || may_read_audit_trail(user) ||
			   has_privs_of_role(user, scan.table->rd_rel->relowner);
		if (!seen)
		{
			char *person = opres_acting_person_code();

			seen = strcmp(TextDatumGetCString(opres_table_value(&scan, row, "opened_by")), person) == 0 ||
				   is_named(incident, person, user);
		}
	}
	opres_table_end(&scan);
	return seen;
}

void
opres_require_incident(int64 incident)
{
	if (!opres_may_see_incident(incident))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no incident %lld", (long long) incident),
						errhint("SELECT id, title FROM opres.incident lists those you may see.")));
}

OPRES_FUNCTION(opres_sees_incident);
Datum
opres_sees_incident(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(opres_may_see_incident(PG_GETARG_INT64(0)));
}

OPRES_FUNCTION(opres_check_incident);
Datum
opres_check_incident(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the incident must not be null")));
	opres_require_incident(PG_GETARG_INT64(0));
	PG_RETURN_VOID();
}
