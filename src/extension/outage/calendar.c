/*
 * calendar.c - reads the dates of a calendar of the map's revision (outcome.h).
 */
#include "outage/outcome.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

static void
read_days(const OpresMap *map, OpresCalendar *calendar, MemoryContext keep)
{
	static SPIPlanPtr plan;
	Oid types[2] = { TEXTOID, INT8OID };
	Datum values[2] = { CStringGetTextDatum(calendar->name), Int64GetDatum(map->revision) };
	DateADT *days;

	SPI_connect();
	if (plan == NULL)
	{
		plan = SPI_prepare("SELECT day FROM opres.calendar_day WHERE calendar OPERATOR(pg_catalog.=) $1"
						   " AND since_revision OPERATOR(pg_catalog.<=) $2"
						   " UNION ALL SELECT day FROM opres.calendar_day_history WHERE calendar OPERATOR(pg_catalog.=) $1"
						   " AND since_revision OPERATOR(pg_catalog.<=) $2 AND until_revision OPERATOR(pg_catalog.>) $2"
						   " ORDER BY day",
						   2, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the query for a calendar");
	}
	if (SPI_execute_plan(plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a calendar");
	days = MemoryContextAlloc(keep, sizeof(DateADT) * (SPI_processed + 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;

		days[i] = DatumGetDateADT(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	calendar->dates = (OpresDates){ days, (int) SPI_processed };
	SPI_finish();
}

OpresDates
opres_calendar_dates(OpresCalendars *calendars, const OpresMap *map, const char *name)
{
	OpresCalendar *calendar;

	if (name == NULL)
		return (OpresDates){ NULL, 0 };
	for (int i = 0; i < calendars->count; i++)
		if (strcmp(calendars->items[i].name, name) == 0)
			return calendars->items[i].dates;
	if (calendars->items == NULL)
		calendars->items = palloc(sizeof(OpresCalendar));
	calendars->items = repalloc(calendars->items, sizeof(OpresCalendar) * (calendars->count + 1));
	calendar = &calendars->items[calendars->count++];
	calendar->name = pstrdup(name);
	read_days(map, calendar, CurrentMemoryContext);
	if (calendar->dates.count == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("calendar \"%s\" has no days", name),
						errdetail("A tolerance names it; its dates are rows of opres.calendar_day.")));
	return calendar->dates;
}
