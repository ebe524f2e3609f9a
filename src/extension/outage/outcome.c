/*
 * outcome.c - the verdict of one tolerance of one operation (outcome.h). What needs no calendar is the engine's work.
 */
#include "outage/outcome.h"

static OpresTime
breach(OpresPlay *play, OpresCalendars *calendars, int32 operation, const OpresTolerance *tolerance, OpresCurve curve)
{
	OpresCutOffDays days = { 0 };

	if (tolerance->form == OPRES_DATA_LOSS)
		return opres_outage_breach_data_loss(play->outage, operation, tolerance->limit);
	if (tolerance->form == OPRES_BY)
	{
		if (!play->scenario.has_start || curve.count == 0)
			return OPRES_NEVER;
		days.start = play->scenario.start;
		days.on = opres_calendar_dates(calendars, play->map, tolerance->calendar);
		days.except = opres_calendar_dates(calendars, play->map, tolerance->except_calendar);
	}
	return opres_tolerance_breach(tolerance, curve, &days, play->horizon);
}

/* At the breach, else at the first moment of the worst level, else nothing. */
static void
find_cause(OpresPlay *play, int32 operation, const OpresTolerance *tolerance, OpresTime worst_at, OpresOutcome *outcome)
{
	OpresTime at = outcome->breached_at != OPRES_NEVER ? outcome->breached_at : worst_at;
	OpresStatus status;

	if (outcome->oscillates || at == OPRES_NEVER)
		return;
	if (tolerance->form == OPRES_DATA_LOSS && outcome->breached_at != OPRES_NEVER)
		status = opres_outage_loss_cause(play->outage, operation, at, &play->arena, &outcome->cause, &outcome->cause_count,
										 &play->error);
	else
		status =
			opres_outage_cause(play->outage, operation, at, &play->arena, &outcome->cause, &outcome->cause_count, &play->error);
	opres_report(play->map, status, &play->error);
}

OpresOutcome
opres_outcome(OpresPlay *play, OpresCalendars *calendars, int32 operation, const OpresTolerance *tolerance)
{
	OpresCurve curve = opres_outage_levels(play->outage, operation);
	OpresTime worst_at;
	OpresOutcome outcome = {
		.decided = tolerance->form != OPRES_BY || play->scenario.has_start,
		.breached_at = breach(play, calendars, operation, tolerance, curve),
		.worst_level = opres_curve_worst(curve, play->horizon, &worst_at),
		.time_below = opres_curve_time_below(curve, tolerance->level, play->horizon),
		.recovered_at = opres_curve_recovered(curve, tolerance->level, play->horizon),
		.data_loss = opres_outage_data_loss(play->outage, operation),
		.oscillates = opres_outage_oscillates(play->outage, operation, tolerance->level),
	};

	if (outcome.oscillates)
		outcome.recovered_at = OPRES_NEVER;
	find_cause(play, operation, tolerance, worst_at, &outcome);
	return outcome;
}
