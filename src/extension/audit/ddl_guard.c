/*
 * ddl_guard.c - what the optional DDL guard (ddl_guard.sql) asks and SQL cannot tell: which script a command belongs to, what a
 * command that is about to begin would do to the guard itself, and which objects a GRANT or REVOKE is about.
 *
 * An event trigger's function may be called by anybody's DDL; nothing here writes, and only ddl_guard_start raises an error.
 */
#include "common/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static bool granting; /* inside of opres_run_grant */

static bool
in_own_script(void)
{
	return creating_extension && CurrentExtensionObject == get_extension_oid("opres", true);
}

/* Commands of our own install and upgrade scripts, and grants by grant_access, which records them itself. */
OPRES_FUNCTION(opres_ddl_is_own);
Datum
opres_ddl_is_own(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(granting || in_own_script());
}

/* Runs a GRANT or REVOKE that its caller records. */
OPRES_FUNCTION(opres_run_grant);
Datum
opres_run_grant(PG_FUNCTION_ARGS)
{
	char *command = text_to_cstring(PG_GETARG_TEXT_PP(0));
	List *parsed = pg_parse_query(command);
	bool before = granting;

	if (list_length(parsed) != 1 || !IsA(linitial_node(RawStmt, parsed)->stmt, GrantStmt))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("neither GRANT nor REVOKE: %s", command)));
	SPI_connect();
	granting = true;
	PG_TRY();
	{
		if (SPI_execute(command, false, 0) != SPI_OK_UTILITY)
			elog(ERROR, "GRANT or REVOKE could not be run");
	}
	PG_FINALLY();
	{
		granting = before;
	}
	PG_END_TRY();
	SPI_finish();
	PG_RETURN_VOID();
}

static Oid
extension_owner(void)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid owner = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("opres"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return owner;
}

static bool
names(const List *named, const char *name)
{
	ListCell *cell;

	foreach (cell, named)
		if (IsA(lfirst(cell), String) && strcmp(strVal(lfirst(cell)), name) == 0)
			return true;
	return false;
}

static bool
names_role(const List *roles, Oid role)
{
	ListCell *cell;

	foreach (cell, roles)
		if (get_rolespec_oid(lfirst_node(RoleSpec, cell), true) == role)
			return true;
	return false;
}

/* A table or view of ours. */
static bool
is_ours(const RangeVar *name)
{
	Oid relation = RangeVarGetRelid(name, NoLock, true);

	return OidIsValid(relation) && get_rel_namespace(relation) == get_namespace_oid("opres", true) &&
		   get_rel_relkind(relation) != RELKIND_INDEX;
}

static const char *
against_drop(const DropStmt *drop)
{
	switch (drop->removeType)
	{
		case OBJECT_EXTENSION:
		case OBJECT_SCHEMA:
		case OBJECT_LANGUAGE:
			/* The extension has functions in PL/pgSQL. */
			if (names(drop->objects, "opres") || (drop->behavior == DROP_CASCADE && names(drop->objects, "plpgsql")))
				return "The audit trail would be dropped with it.";
			return NULL;
		default:
			return NULL;
	}
}

/*
 * Why a command that is about to begin is refused; NULL if it is not. Most are left to the other two event triggers. Here are those
 * that would take the event triggers themselves away (by CASCADE to the extension) or our schema's name.
 */
static const char *
against(Node *command)
{
	switch (nodeTag(command))
	{
		case T_DropStmt:
			return against_drop((DropStmt *) command);
		case T_DropOwnedStmt:
			if (((DropOwnedStmt *) command)->behavior == DROP_CASCADE &&
				names_role(((DropOwnedStmt *) command)->roles, extension_owner()))
				return "The extension belongs to that role: the audit trail would be dropped.";
			return NULL;
		case T_AlterExtensionContentsStmt:
			if (strcmp(((AlterExtensionContentsStmt *) command)->extname, "opres") == 0)
				return "What belongs to the extension is changed by its upgrades alone.";
			return NULL;
		case T_RenameStmt:
			if (((RenameStmt *) command)->renameType == OBJECT_SCHEMA && strcmp(((RenameStmt *) command)->subname, "opres") == 0)
				return "Schema opres keeps its name.";
			return NULL;
		case T_AlterTableStmt:
			if (is_ours(((AlterTableStmt *) command)->relation))
				return psprintf("ALTER TABLE: table opres.%s", ((AlterTableStmt *) command)->relation->relname);
			return NULL;
		default:
			return NULL;
	}
}

OPRES_FUNCTION(opres_ddl_guard_start);
Datum
opres_ddl_guard_start(PG_FUNCTION_ARGS)
{
	const char *why;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED), errmsg("function must be called as an event trigger")));
	why = in_own_script() ? NULL : against(((EventTriggerData *) fcinfo->context)->parsetree);
	if (why != NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the DDL guard of opres refuses this command"),
						errdetail("%s", why), errhint("SELECT opres.remove_ddl_guard('reason') first; that is recorded.")));
	PG_RETURN_NULL();
}

/* The catalog of what a GRANT is about; InvalidOid for kinds of objects the extension has none of. */
static Oid
catalog_of(ObjectType type)
{
	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
			return RelationRelationId;
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			return ProcedureRelationId;
		case OBJECT_SCHEMA:
			return NamespaceRelationId;
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			return TypeRelationId;
		default:
			return InvalidOid;
	}
}

static Datum
oid_array(const List *list)
{
	Datum *oids = palloc(Max(list_length(list), 1) * sizeof(Datum));
	ListCell *cell;
	int count = 0;

	foreach (cell, list)
		oids[count++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(oids, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* As they stand in the command: "SELECT, UPDATE (code, name)". */
static Datum
privileges(const InternalGrant *grant)
{
	static const struct
	{
		AclMode bit;
		const char *name;
	} known[] = {
		{ ACL_INSERT, "INSERT" },
		{ ACL_SELECT, "SELECT" },
		{ ACL_UPDATE, "UPDATE" },
		{ ACL_DELETE, "DELETE" },
		{ ACL_TRUNCATE, "TRUNCATE" },
		{ ACL_REFERENCES, "REFERENCES" },
		{ ACL_TRIGGER, "TRIGGER" },
		{ ACL_EXECUTE, "EXECUTE" },
		{ ACL_USAGE, "USAGE" },
		{ ACL_CREATE, "CREATE" },
#if PG_VERSION_NUM >= 170000
		{ ACL_MAINTAIN, "MAINTAIN" },
#endif
	};
	StringInfoData out;
	ListCell *cell, *column;

	initStringInfo(&out);
	if (grant->all_privs)
		appendStringInfoString(&out, "ALL");
	for (int i = 0; i < lengthof(known) && !grant->all_privs; i++)
		if (grant->privileges & known[i].bit)
			appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "", known[i].name);
	foreach (cell, grant->col_privs)
	{
		AccessPriv *part = lfirst_node(AccessPriv, cell);

		appendStringInfo(&out, "%s%s (", out.len > 0 ? ", " : "",
						 part->priv_name != NULL ? asc_toupper(part->priv_name, strlen(part->priv_name)) : "ALL");
		foreach (column, part->cols)
			appendStringInfo(&out, "%s%s", column == list_head(part->cols) ? "" : ", ", strVal(lfirst(column)));
		appendStringInfoChar(&out, ')');
	}
	return CStringGetTextDatum(out.data);
}

OPRES_FUNCTION(opres_ddl_granted);
Datum
opres_ddl_granted(PG_FUNCTION_ARGS)
{
	CollectedCommand *command = (CollectedCommand *) PG_GETARG_POINTER(0);
	InternalGrant *grant;
	TupleDesc desc;
	Datum values[5];
	bool nulls[5] = { false };

	if (command->type != SCT_Grant)
		PG_RETURN_NULL();
	grant = command->d.grant.istmt;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = ObjectIdGetDatum(catalog_of(grant->objtype));
	values[1] = oid_array(grant->objects);
	values[2] = privileges(grant);
	values[3] = oid_array(grant->grantees);
	values[4] = BoolGetDatum(grant->grant_option);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
