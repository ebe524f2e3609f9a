/*
 * actor.c - who acts, and why: the login behind a session, and the reason given.
 */
#include "audit/append.h"

#include "common/settings.h"
/* Port has the same layout without GSSAPI, whose headers we need not ask for. */
#undef ENABLE_GSS
#include "libpq/libpq-be.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

static void
role_name(Oid role, NameData *name)
{
	char *found = GetUserNameFromId(role, true);

	/* A role may be dropped under a session of its own; what is left of it is its number. */
	namestrcpy(name, found != NULL ? found : psprintf("role %u", role));
}

/*
 * The outer user: what SET ROLE has chosen, whatever SECURITY DEFINER functions we are inside. Apply and background workers have no
 * port: nobody has logged in there.
 */
OpresActor
opres_actor(void)
{
	OpresActor actor;

	namestrcpy(&actor.login, MyProcPort != NULL && MyProcPort->user_name != NULL ? MyProcPort->user_name : "");
	role_name(GetSessionUserId(), &actor.session_role);
	role_name(GetOuterUserId(), &actor.acting_role);
	return actor;
}

/* Length of the blank a text begins with: ASCII white space, a no-break space, an ideographic space. */
static int
blank(const char *text)
{
	if (*text != '\0' && strchr(" \t\r\n\v\f", *text) != NULL)
		return 1;
	if (strncmp(text, "\xc2\xa0", 2) == 0)
		return 2;
	if (strncmp(text, "\xe3\x80\x80", 3) == 0)
		return 3;
	return 0;
}

static char *
trimmed(const char *text)
{
	const char *end;

	while (blank(text) > 0)
		text += blank(text);
	end = text;
	for (const char *c = text; *c != '\0';)
	{
		int skip = blank(c);

		c += skip > 0 ? skip : 1;
		if (skip == 0)
			end = c;
	}
	return pnstrdup(text, end - text);
}

char *
opres_reason(const char *given, const char *act)
{
	char *reason = given != NULL ? trimmed(given) : NULL;

	if ((reason == NULL || *reason == '\0') && opres_reason_setting != NULL)
	{
		/* It may have come with the connection, as any bytes. */
		(void) pg_verifymbstr(opres_reason_setting, (int) strlen(opres_reason_setting), false);
		reason = trimmed(opres_reason_setting);
	}
	if (reason != NULL && *reason != '\0')
		return reason;
	if (act != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s needs a reason", act), errdetail("The audit trail keeps it."),
				 errhint("Give it as the argument \"reason\", or SET opres.reason = '...' for the session.")));
	return NULL;
}

OPRES_FUNCTION(opres_reason_for);
Datum
opres_reason_for(PG_FUNCTION_ARGS)
{
	char *given = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *act = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *reason = opres_reason(given, act);

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
