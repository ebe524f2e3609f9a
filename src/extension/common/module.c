/*
 * module.c - loading the library: the module magic and the settings (GUCs).
 */
#include "common/compat.h"

#include <limits.h>

#include "audit/append.h"
#include "common/settings.h"
#include "map/edit.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

_Pragma("GCC visibility push(default)") PG_MODULE_MAGIC;
extern void _PG_init(void);
_Pragma("GCC visibility pop")

	int opres_max_events;
int opres_max_memory;
int opres_max_drawn_nodes;
int opres_max_drawn_edges;
char *opres_reason_setting;
bool opres_require_reason;
int opres_ratify_within;
bool opres_require_playbook_signature;

#if PG_VERSION_NUM < 160000
struct config_generic *
opres_find_setting(const char *name)
{
	struct config_generic **settings = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
		if (pg_strcasecmp(settings[i]->name, name) == 0)
			return settings[i];
	return NULL;
}
#endif

/*
 * Whether a client who may not give a setting has brought it along when connecting (PGOPTIONS). Before we are loaded PostgreSQL
 * does not know that, and has put it over what the database or the role says. It is not taken over, but what it hid is gone.
 */
static bool
hidden_by_client(const char *name)
{
	const struct config_generic *setting = OPRES_FIND_SETTING(name);

	return setting != NULL && setting->reset_source >= PGC_S_CLIENT && setting->reset_scontext != PGC_SU_BACKEND;
}

void
_PG_init(void)
{
	bool require_reason_hidden = hidden_by_client("opres.require_reason");
	bool require_signature_hidden = hidden_by_client("opres.require_playbook_signature");

	DefineCustomIntVariable("opres.max_events", "Most events one simulated outage may take.", "Zero means no limit.",
							&opres_max_events, 100000000, 0, INT_MAX, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("opres.max_memory", "Most memory one simulated outage may hold, besides the compiled map.",
							"Zero means no limit.", &opres_max_memory, 1024 * 1024, 0, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	/* A drawing is built in memory that is not PostgreSQL's and whose failure is a crash: no "no limit" here. */
	DefineCustomIntVariable("opres.max_drawn_nodes", "Most nodes a drawing may have.", NULL, &opres_max_drawn_nodes, 1000, 1,
							100000, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("opres.max_drawn_edges", "Most edges a drawing may have.", NULL, &opres_max_drawn_edges, 5000, 1,
							1000000, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("opres.reason", "Why one does what one does: the reason in the audit trail, where none is given.",
							   "Empty means none.", &opres_reason_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("opres.require_reason", "Refuses edits of the map for which no reason is given.", NULL,
							 &opres_require_reason, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("opres.ratify_within", "How soon who approved by telephone must confirm it herself.", NULL,
							&opres_ratify_within, 24 * 60, 1, INT_MAX, PGC_SUSET, GUC_UNIT_MIN, NULL, NULL, NULL);
	if (require_reason_hidden)
		SetConfigOption("opres.require_reason", "on", PGC_SUSET, PGC_S_OVERRIDE);
	DefineCustomBoolVariable("opres.require_playbook_signature",
							 "Refuses to load playbooks that have no valid signature by a trusted key.", NULL,
							 &opres_require_playbook_signature, false, PGC_SUSET, 0, NULL, NULL, NULL);
	if (require_signature_hidden)
		SetConfigOption("opres.require_playbook_signature", "on", PGC_SUSET, PGC_S_OVERRIDE);
	OPRES_RESERVE_SETTINGS("opres");
	/* The last callback registered is called first: edits are finished, then what they append is written. */
	opres_audit_init();
	opres_edit_init();
}
