/*
 * acting.c - who acts, as a person, and which roles of the playbooks a person holds.
 *
 * Asked with every act of a run: by index, without a query.
 */
#include "incident/acting.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "audit/append.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "incident/table_scan.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* Columns that are searched by, in the order of tables.sql. */
#define LOGIN 1
#define HOLDER_PERSON 2

static char *
person_of_login(const NameData *login)
{
	char *person = NULL;
	ScanKeyData key;
	OpresTableScan scan;
	HeapTuple row;

	ScanKeyInit(&key, LOGIN, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(login));
	scan = opres_table_scan("person_login", "person_login_pkey", 1, &key);
	row = opres_table_next(&scan);
	if (row != NULL)
		person = TextDatumGetCString(opres_table_value(&scan, row, "person"));
	opres_table_end(&scan);
	return person;
}

/* Who is spoken for, through what, and since which subtransaction; NULL = nobody but the caller. */
static struct
{
	char *person, *through;
	SubTransactionId since;
} spoken;

static void
speak_no_more(void)
{
	if (spoken.person == NULL)
		return;
	pfree(spoken.person);
	pfree(spoken.through);
	spoken.person = spoken.through = NULL;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		speak_no_more();
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && spoken.person != NULL && spoken.since == mine)
		speak_no_more();
	if (event == SUBXACT_EVENT_COMMIT_SUB && spoken.since == mine)
		spoken.since = parent;
}

void
opres_speak_as(const char *person, const char *through)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}
	speak_no_more();
	if (person == NULL)
		return;
	spoken.person = MemoryContextStrdup(TopMemoryContext, person);
	spoken.through = MemoryContextStrdup(TopMemoryContext, through);
	spoken.since = GetCurrentSubTransactionId();
}

OPRES_FUNCTION(opres_speak_as_sql);
Datum
opres_speak_as_sql(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		opres_speak_as(NULL, NULL);
	else if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("who speaks for a person through nothing?")));
	else
		opres_speak_as(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_VOID();
}

char *
opres_acting_login_name(void)
{
	OpresActor actor;

	if (spoken.person != NULL)
		return pstrdup(spoken.through);
	actor = opres_actor();
	return pstrdup(NameStr(actor.login)[0] != '\0' ? NameStr(actor.login) : NameStr(actor.session_role));
}

bool
opres_login_is_somebodys(void)
{
	OpresActor actor = opres_actor();

	return spoken.person == NULL && NameStr(actor.login)[0] != '\0' && person_of_login(&actor.login) != NULL;
}

char *
opres_acting_person_code(void)
{
	OpresActor actor = opres_actor();
	const NameData *names[] = { &actor.login, &actor.session_role, &actor.acting_role };

	if (spoken.person != NULL)
		return pstrdup(spoken.person);
	for (int i = 0; i < lengthof(names); i++)
	{
		char *person;

		/* Mostly all three are the same. */
		if (NameStr(*names[i])[0] == '\0' || (i > 0 && strcmp(NameStr(*names[i]), NameStr(*names[i - 1])) == 0))
			continue;
		person = person_of_login(names[i]);
		if (person != NULL)
			return person;
	}
	return psprintf("@%s", NameStr(actor.session_role));
}

OPRES_FUNCTION(opres_acting_person);
Datum
opres_acting_person(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(opres_acting_person_code()));
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

Datum
opres_roles_of_person(const char *person, TimestampTz at)
{
	int count = 0, size = 8;
	char **roles = palloc(sizeof(char *) * size);
	Datum *elements;
	ScanKeyData key;
	OpresTableScan scan;
	HeapTuple row;

	ScanKeyInit(&key, HOLDER_PERSON, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(person));
	scan = opres_table_scan("role_holder", "role_holder_person_idx", 1, &key);
	while ((row = opres_table_next(&scan)) != NULL)
	{
		if (DatumGetTimestampTz(opres_table_value(&scan, row, "valid_from")) > at ||
			DatumGetTimestampTz(opres_table_value(&scan, row, "valid_until")) <= at)
			continue;
		if (count == size)
			roles = repalloc(roles, sizeof(char *) * (size *= 2));
		roles[count++] = TextDatumGetCString(opres_table_value(&scan, row, "role"));
	}
	opres_table_end(&scan);
	qsort(roles, count, sizeof(char *), compare_texts);
	elements = palloc(sizeof(Datum) * (count + 1));
	for (int i = 0; i < count; i++)
		elements[i] = CStringGetTextDatum(roles[i]);
	return PointerGetDatum(construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT));
}

OPRES_FUNCTION(opres_person_roles);
Datum
opres_person_roles(PG_FUNCTION_ARGS)
{
	return opres_roles_of_person(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_TIMESTAMPTZ(1));
}

OPRES_FUNCTION(opres_is_own_login);
Datum
opres_is_own_login(PG_FUNCTION_ARGS)
{
	const char *login = NameStr(*PG_GETARG_NAME(0));
	OpresActor actor = opres_actor();

	PG_RETURN_BOOL(strcmp(login, NameStr(actor.login)) == 0 || strcmp(login, NameStr(actor.session_role)) == 0 ||
				   strcmp(login, NameStr(actor.acting_role)) == 0);
}

OPRES_FUNCTION(opres_acts_as_owner);
Datum
opres_acts_as_owner(PG_FUNCTION_ARGS)
{
	HeapTuple class = SearchSysCache2(RELNAMENSP, CStringGetDatum("person"), ObjectIdGetDatum(get_namespace_oid("opres", false)));
	bool owner;

	if (!HeapTupleIsValid(class))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table opres.person is missing")));
	owner = has_privs_of_role(GetOuterUserId(), ((Form_pg_class) GETSTRUCT(class))->relowner);
	ReleaseSysCache(class);
	PG_RETURN_BOOL(owner);
}

OPRES_FUNCTION(opres_acting_role);
Datum
opres_acting_role(PG_FUNCTION_ARGS)
{
	OpresActor actor = opres_actor();
	Name role = palloc(NAMEDATALEN);

	namestrcpy(role, NameStr(actor.acting_role));
	PG_RETURN_NAME(role);
}
