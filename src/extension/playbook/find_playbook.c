/*
 * find_playbook.c - loaded playbooks (find_playbook.h).
 */
#include "playbook/find_playbook.h"

#include "access/htup_details.h"
#include "incident/table_scan.h"
#include "common/json_path.h"
#include "playbook/times.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* Columns of opres.playbook */
#define COLUMN_ID 1
#define COLUMN_MODIFIED 2
#define COLUMN_NAME 3
#define COLUMN_ATTACK_TYPE 4
#define COLUMN_REVOKED 5
#define COLUMN_VALID_FROM 6
#define COLUMN_VALID_UNTIL 7
#define COLUMN_DOCUMENT 10

/* id, modified NULL: all */
static OpresTableScan
scan_playbooks(const char *id, const TimestampTz *modified)
{
	ScanKeyData keys[2];

	if (id != NULL)
		ScanKeyInit(&keys[0], COLUMN_ID, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(id));
	if (modified != NULL)
		ScanKeyInit(&keys[1], COLUMN_MODIFIED, BTEqualStrategyNumber, F_TIMESTAMPTZ_EQ, TimestampTzGetDatum(*modified));
	return opres_table_scan("playbook", "playbook_pkey", id == NULL ? 0 : modified == NULL ? 1 : 2, keys);
}

static Datum
row_value(const OpresTableScan *scan, HeapTuple row, int column, bool *isnull)
{
	return heap_getattr(row, column, RelationGetDescr(scan->table), isnull);
}

static TimestampTz
row_time(const OpresTableScan *scan, HeapTuple row, int column, TimestampTz otherwise)
{
	bool isnull;
	Datum value = row_value(scan, row, column, &isnull);

	return isnull ? otherwise : DatumGetTimestampTz(value);
}

static char *
row_text(const OpresTableScan *scan, HeapTuple row, int column)
{
	bool isnull;
	Datum value = row_value(scan, row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* False if there is none. */
static bool
newest_version(const char *id, TimestampTz *newest)
{
	OpresTableScan scan = scan_playbooks(id, NULL);
	bool any = false;
	HeapTuple row;

	while ((row = opres_table_next(&scan)) != NULL)
	{
		TimestampTz modified = row_time(&scan, row, COLUMN_MODIFIED, 0);

		*newest = any ? Max(*newest, modified) : modified;
		any = true;
	}
	opres_table_end(&scan);
	return any;
}

OpresPin
opres_playbook_version(const char *id, TimestampTz modified)
{
	OpresPin pin = { pstrdup(id), modified, NULL };
	OpresTableScan scan;
	HeapTuple row;

	if (modified == 0 && !newest_version(id, &pin.modified))
		return pin;
	scan = scan_playbooks(id, &pin.modified);
	row = opres_table_next(&scan);
	if (row != NULL)
		pin.document = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(row_text(&scan, row, COLUMN_DOCUMENT))));
	opres_table_end(&scan);
	return pin;
}

/* What a person says, against what there is. */
typedef struct Search
{
	const char *said;
	char *found;  /* id of the one whose newest version is called so */
	char *second; /* another one */
	OpresNearest nearest;
} Search;

static void
offer(Search *search, const char *candidate)
{
	if (candidate != NULL)
		opres_nearest_offer(&search->nearest, candidate, strlen(candidate));
}

static void
look_at(Search *search, const OpresTableScan *scan, HeapTuple row)
{
	char *id = row_text(scan, row, COLUMN_ID);
	char *name = row_text(scan, row, COLUMN_NAME);
	char *attack_type = row_text(scan, row, COLUMN_ATTACK_TYPE);
	TimestampTz newest;

	if (!newest_version(id, &newest) || row_time(scan, row, COLUMN_MODIFIED, 0) != newest)
		return;
	offer(search, id);
	offer(search, name);
	offer(search, attack_type);
	if (strcmp(search->said, name) != 0 && (attack_type == NULL || strcmp(search->said, attack_type) != 0))
		return;
	if (search->found == NULL)
		search->found = id;
	else if (search->second == NULL)
		search->second = id;
}

static char *
search_by_name(const char *said)
{
	Search search = { .said = said };
	OpresTableScan scan = scan_playbooks(NULL, NULL);
	HeapTuple row;

	opres_nearest_begin(&search.nearest, said, strlen(said));
	while ((row = opres_table_next(&scan)) != NULL)
		look_at(&search, &scan, row);
	opres_table_end(&scan);
	if (search.second != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				 errmsg("more than one playbook is called %s", opres_quoted(said, strlen(said))),
				 errdetail("Two of them are \"%s\" and \"%s\".", search.found, search.second), errhint("Name it by its id.")));
	if (search.found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no playbook %s", opres_quoted(said, strlen(said))),
				 errdetail("A playbook is named by its id, its id and version as \"id@modified\", its attack type or its name."),
				 search.nearest.best != NULL ? opres_nearest_hint(&search.nearest)
											 : errhint("opres.playbooks lists those that are loaded.")));
	return search.found;
}

OpresPin
opres_find_playbook(const char *said)
{
	const char *at = strrchr(said, '@');
	TimestampTz modified = 0;
	OpresPin pin;

	if (at != NULL && opres_timestamp_parse(at + 1, strlen(at + 1), &modified) == OPRES_TIME_GOOD)
	{
		pin = opres_playbook_version(pnstrdup(said, at - said), modified);
		if (pin.document == NULL)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no playbook %s", opres_quoted(said, strlen(said))),
							errhint("opres.playbooks lists the versions that are loaded.")));
		return pin;
	}
	pin = opres_playbook_version(said, 0);
	return pin.document != NULL ? pin : opres_playbook_version(search_by_name(said), 0);
}

/* Whoever revokes a playbook publishes a newer version that says so. */
static bool
revoked(const OpresPin *pin)
{
	OpresTableScan scan = scan_playbooks(pin->id, NULL);
	bool found = false;
	HeapTuple row;

	while ((row = opres_table_next(&scan)) != NULL)
	{
		bool isnull;

		if (row_time(&scan, row, COLUMN_MODIFIED, 0) >= pin->modified)
			found |= DatumGetBool(row_value(&scan, row, COLUMN_REVOKED, &isnull));
	}
	opres_table_end(&scan);
	return found;
}

void
opres_playbook_startable(const OpresPin *pin, TimestampTz now)
{
	OpresTableScan scan;
	HeapTuple row;
	TimestampTz from = DT_NOBEGIN;
	TimestampTz until = DT_NOEND;

	if (revoked(pin))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("playbook \"%s\" is revoked", pin->id),
						errhint("opres.playbooks lists those that may be used.")));
	scan = scan_playbooks(pin->id, &pin->modified);
	row = opres_table_next(&scan);
	if (row != NULL)
	{
		from = row_time(&scan, row, COLUMN_VALID_FROM, DT_NOBEGIN);
		until = row_time(&scan, row, COLUMN_VALID_UNTIL, DT_NOEND);
	}
	opres_table_end(&scan);
	if (now < from || now >= until)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						now < from ? errmsg("playbook \"%s\" is not valid before %s", pin->id, timestamptz_to_str(from))
								   : errmsg("playbook \"%s\" was valid until %s", pin->id, timestamptz_to_str(until)),
						errhint("Load a newer version of it with opres.load_playbook.")));
}
