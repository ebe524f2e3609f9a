/*
 * document.c - load_map: makes the tables hold what a document says.
 *
 * Phases:
 *   1. The document is read and checked as a whole (document_rows.c); its rows lie in tuplestores. Nothing is locked yet.
 *   2. A statement that deletes nothing takes the editors' lock, as everybody does who edits (edit.c), and fails if the caller may
 *      not. Nobody else can change the map from here until the end of the transaction, and nobody who holds this lock waits for us:
 *      so no deadlock.
 *   3. Each statement below compares a table with the document's rows and changes what differs. Under READ COMMITTED it runs on a
 *      snapshot taken after the lock and so sees all that was committed before. Under REPEATABLE READ and SERIALIZABLE the snapshot
 *      is older; if the map was edited since then, the first change fails with a serialization error, and the caller tries again.
 *
 * The rows are handed to the statements as ephemeral named relations (as transition tables are to triggers): no temporary table,
 * no catalog rows, no second copy of the document. Everything runs with the caller's privileges: who may not edit cannot load.
 */
#include "map/document.h"

#include "audit/append.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/*
 * Deletions begin with what refers to others and additions with what is referred to, except that nodes go last: until its update
 * a shock may still hit a node that goes. So each statement leaves the tables whole, although references, and the rules that
 * several tables must keep together, are checked only at the end of the transaction.
 */
static const char *const statements[] = {
	"DELETE FROM opres.shock t WHERE NOT EXISTS (SELECT FROM new_shock n WHERE (n.scenario, n.code) = (t.scenario, t.code))",
	"DELETE FROM opres.scenario t WHERE NOT EXISTS (SELECT FROM new_scenario n WHERE n.code = t.code)",
	"DELETE FROM opres.tolerance t WHERE NOT EXISTS"
	" (SELECT FROM new_tolerance n WHERE n.operation = t.operation AND n.tolerance::opres.impact_tolerance = t.tolerance)",
	"DELETE FROM opres.calendar_day t WHERE NOT EXISTS"
	" (SELECT FROM new_calendar_day n WHERE (n.calendar, n.day) = (t.calendar, t.day))",
	"DELETE FROM opres.requirement_member t WHERE NOT EXISTS"
	" (SELECT FROM new_member n WHERE (n.owner, n.requirement, n.node) = (t.node, t.requirement, t.member))",
	"DELETE FROM opres.requirement t WHERE NOT EXISTS (SELECT FROM new_requirement n WHERE (n.node, n.name) = (t.node, t.name))",

	"UPDATE opres.node t SET kind = n.kind::opres.node_kind, name = n.name, names = n.names, owner = n.owner, location = "
	"n.location,"
	" country = n.country, restart = n.restart, unavailability = n.unavailability, rto = n.rto, rpo = n.rpo, mtpd = n.mtpd,"
	" reviewed_on = n.reviewed_on, reviewed_by = n.reviewed_by, attributes = n.attributes FROM new_node n"
	" WHERE n.code = t.code AND (t.kind, t.name, t.names, t.owner, t.location, t.country, t.restart, t.unavailability, t.rto, "
	"t.rpo,"
	" t.mtpd, t.reviewed_on, t.reviewed_by, t.attributes) IS DISTINCT FROM (n.kind::opres.node_kind, n.name, n.names, n.owner,"
	" n.location, n.country, n.restart, n.unavailability, n.rto, n.rpo, n.mtpd, n.reviewed_on, n.reviewed_by, n.attributes)",
	"INSERT INTO opres.node (code, kind, name, names, owner, location, country, restart, unavailability, rto, rpo, mtpd, "
	"reviewed_on,"
	" reviewed_by, attributes) SELECT code, kind::opres.node_kind, name, names, owner, location, country, restart, unavailability,"
	" rto, rpo, mtpd, reviewed_on, reviewed_by, attributes FROM new_node n"
	" WHERE NOT EXISTS (SELECT FROM opres.node t WHERE t.code = n.code)",

	"UPDATE opres.requirement t SET mode = n.mode, needed = n.needed, needed_for = n.needed_for, impact = n.impact,"
	" buffer = n.buffer, switchover = n.switchover, switchover_failure = n.switchover_failure FROM new_requirement n"
	" WHERE (n.node, n.name) = (t.node, t.name) AND (t.mode, t.needed, t.needed_for, t.impact, t.buffer, t.switchover,"
	" t.switchover_failure) IS DISTINCT FROM (n.mode, n.needed, n.needed_for, n.impact, n.buffer, n.switchover,"
	" n.switchover_failure)",
	"INSERT INTO opres.requirement (node, name, mode, needed, needed_for, impact, buffer, switchover, switchover_failure)"
	" SELECT node, name, mode, needed, needed_for, impact, buffer, switchover, switchover_failure FROM new_requirement n"
	" WHERE NOT EXISTS (SELECT FROM opres.requirement t WHERE (t.node, t.name) = (n.node, n.name))",

	"UPDATE opres.requirement_member t SET capacity = n.capacity, standby = n.standby, replica_lag = n.replica_lag"
	" FROM new_member n WHERE (n.owner, n.requirement, n.node) = (t.node, t.requirement, t.member)"
	" AND (t.capacity, t.standby, t.replica_lag) IS DISTINCT FROM (n.capacity, n.standby, n.replica_lag)",
	"INSERT INTO opres.requirement_member (node, requirement, member, capacity, standby, replica_lag)"
	" SELECT owner, requirement, node, capacity, standby, replica_lag FROM new_member n WHERE NOT EXISTS (SELECT"
	" FROM opres.requirement_member t WHERE (t.node, t.requirement, t.member) = (n.owner, n.requirement, n.node))",

	"INSERT INTO opres.calendar_day (calendar, day) SELECT calendar, day FROM new_calendar_day n"
	" WHERE NOT EXISTS (SELECT FROM opres.calendar_day t WHERE (t.calendar, t.day) = (n.calendar, n.day))",
	"INSERT INTO opres.tolerance (operation, tolerance) SELECT operation, tolerance::opres.impact_tolerance FROM new_tolerance n"
	" WHERE NOT EXISTS (SELECT FROM opres.tolerance t"
	" WHERE t.operation = n.operation AND t.tolerance = n.tolerance::opres.impact_tolerance)",

	"UPDATE opres.scenario t SET name = n.name, names = n.names, start = n.start FROM new_scenario n"
	" WHERE n.code = t.code AND (t.name, t.names, t.start) IS DISTINCT FROM (n.name, n.names, n.start)",
	"INSERT INTO opres.scenario (code, name, names, start) SELECT code, name, names, start FROM new_scenario n"
	" WHERE NOT EXISTS (SELECT FROM opres.scenario t WHERE t.code = n.code)",
	"UPDATE opres.shock t SET node = n.node, onset = n.onset, level = n.level, duration = n.duration, data_loss = n.data_loss,"
	" probability = n.probability, duration_distribution = n.duration_distribution::opres.duration_distribution,"
	" common_cause = n.common_cause FROM new_shock n WHERE (n.scenario, n.code) = (t.scenario, t.code)"
	" AND (t.node, t.onset, t.level, t.duration, t.data_loss, t.probability, t.duration_distribution, t.common_cause) IS DISTINCT"
	" FROM (n.node, n.onset, n.level, n.duration, n.data_loss, n.probability,"
	" n.duration_distribution::opres.duration_distribution, n.common_cause)",
	"INSERT INTO opres.shock (scenario, code, node, onset, level, duration, data_loss, probability, duration_distribution,"
	" common_cause) SELECT scenario, code, node, onset, level, duration, data_loss, probability,"
	" duration_distribution::opres.duration_distribution, common_cause FROM new_shock n"
	" WHERE NOT EXISTS (SELECT FROM opres.shock t WHERE (t.scenario, t.code) = (n.scenario, n.code))",

	"DELETE FROM opres.node t WHERE NOT EXISTS (SELECT FROM new_node n WHERE n.code = t.code)",
};

static void
register_rows(const OpresRows *rows)
{
	for (int i = 0; i < OPRES_PARTS; i++)
	{
		EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

		relation->md.name = rows[i].name;
		relation->md.tupdesc = rows[i].desc;
		relation->md.enrtype = ENR_NAMED_TUPLESTORE;
		relation->md.enrtuples = rows[i].count;
		relation->reldata = rows[i].store;
		if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER)
			elog(ERROR, "could not register %s", rows[i].name);
	}
}

static void
run(const char *statement)
{
	int result = SPI_execute(statement, false, 0);

	if (result < 0)
		elog(ERROR, "load_map: %s: %s", SPI_result_code_string(result), statement);
}

/* The current revision, 0 for a map never edited. */
static int64
current_revision(void)
{
	bool isnull;

	run("SELECT revision FROM opres.map_head");
	if (SPI_processed == 0)
		return 0;
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* The edit asks the setting for its reason (edit.c). Ends with AtEOXact_GUC, or with the transaction that an error ends. */
static int
set_reason(const char *given)
{
	int level = NewGUCNestLevel();
	char *reason = opres_reason(given, NULL);

	if (reason != NULL)
		(void) set_config_option("opres.reason", reason, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return level;
}

OPRES_FUNCTION(opres_load_map);
Datum
opres_load_map(PG_FUNCTION_ARGS)
{
	OpresRows *rows;
	int64 revision;
	int level;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rows = opres_document_rows(PG_GETARG_JSONB_P(0));
	level = set_reason(PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1)));
	SPI_connect();
	register_rows(rows);
	run("DELETE FROM opres.shock WHERE false"); /* takes the lock */
	for (int i = 0; i < lengthof(statements); i++)
		run(statements[i]);
	revision = current_revision();
	SPI_finish();
	AtEOXact_GUC(true, level);
	for (int i = 0; i < OPRES_PARTS; i++)
		tuplestore_end(rows[i].store);
	PG_RETURN_INT64(revision);
}
