/*
 * run.h - runs of playbooks: the fold of a run's events, kept between calls, and what acts on it.
 *
 * opres.run_event is the truth. A live run is what folding it gives, with the times of the incident beside it; a session keeps the
 * last few. It is good as long as the run's row has its stamp, which every change of the run makes anew (random, so that a change
 * rolled back is not taken for the one that came instead).
 */
#ifndef OPRES_RUN_H
#define OPRES_RUN_H

#include "common/compat.h"
#include "playbook/compiled.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* A time that is not known. */
#define OPRES_NO_TIME DT_NOBEGIN

/* A row of run_event. Texts that are NULL there are NULL here. */
typedef struct OpresEventRow
{
	int32 number;
	const char *kind;
	int32 step; /* OPRES_NO_STEP = none */
	TimestampTz occurred_at, recorded_at;
	const char *person, *login, *role, *heard_by, *choice, *note;
	int role_count;
	const char **roles; /* that the person held */
	Jsonb *values, *evidence;
} OpresEventRow;

/* A row of run_step, and of run_report, without what the playbook says. */
typedef struct OpresStepRow
{
	OpresStepState state;
	int32 round, approvals, doer_count;
	const int32 *doers; /* persons of the live run */
	bool overridden;
	TimestampTz reached_at, ready_at, due_at, ended_at; /* OPRES_NO_TIME = NULL */
	const char *due_by;
} OpresStepRow;

typedef struct OpresReportRow
{
	int32 step; /* OPRES_NO_STEP = no step of the playbook submits it: no row */
	TimestampTz due_at, submitted_at;
	const char *due_by, *reference;
	bool needed;
} OpresReportRow;

/* Deadlines of a report that the institution has set. */
typedef struct OpresReportSetting
{
	bool set;
	OpresDeadline deadline;
} OpresReportSetting;

/* By which login somebody has said that a step is done. */
typedef struct OpresDoneBy
{
	int32 person; /* of the live run */
	const char *login;
} OpresDoneBy;

typedef struct OpresLiveRun
{
	int64 id, incident, stamp;
	/* While it is being changed: in which transaction, by its begin, and subtransaction. */
	TimestampTz changed_in;
	SubTransactionId changed_in_sub;
	int32 events;
	TimestampTz last_at, started_at;
	TimestampTz ended_at; /* OPRES_NO_TIME while it is active */
	const OpresCompiled *compiled;
	MemoryContext context; /* of everything here but the compiled playbook */
	OpresEnv env;
	OpresArena arena;
	OpresRun *run;
	/* of the incident */
	TimestampTz anchors[OPRES_ANCHOR_START + 1]; /* by OpresAnchor; OPRES_NO_TIME = not known */
	char *time_zone;
	bool confidential;
	OpresReportSetting *settings; /* per report */
	/* beside the machine's state */
	TimestampTz *acted_at;   /* per step: when its last success was, in life */
	const char **references; /* per step: what its last success said of the submission */
	const char **persons;
	int32 person_count, person_room;
	OpresDoneBy *done_by; /* each pair once */
	int32 done_by_count, done_by_room;
	OpresStepRow *steps;     /* as in run_step */
	OpresReportRow *reports; /* as in run_report */
} OpresLiveRun;

/* load: run_load.c */

typedef enum OpresOpening
{
	OPRES_TO_LOOK,   /* as the active snapshot sees it, with the caller's rights */
	OPRES_TO_CHANGE, /* locked until the transaction ends; the caller must be one who sees the incident */
	OPRES_TO_KEEP_UP /* locked; for what nobody in particular does */
} OpresOpening;

/* Throws if there is no such run, or none the caller sees. SPI is connected. */
extern OpresLiveRun *opres_run_open(int64 id, OpresOpening opening);
/* Locks a run as opening it to change it does, unless somebody else is changing it: then false, at once. */
extern bool opres_run_lock_if_free(int64 id);
/* Adds an event to the live run (not to the table). Refused: an error that says why, in the words of run_refuse.c. */
extern void opres_run_fold(OpresLiveRun *live, const OpresEventRow *row);
/* The same, but a refusal comes back; true = applied. */
extern bool opres_run_try(OpresLiveRun *live, const OpresEventRow *row, OpresRefusal *refusal, int32 *detail);
extern int32 opres_run_person(OpresLiveRun *live, const char *person);
/* Reads the times of the incident anew. */
extern void opres_run_read_incident(OpresLiveRun *live, bool read_only);
/* The next opening folds all events again. */
extern void opres_run_forget(int64 id);
/* What run.pins calls a playbook inside: its id, and where its version is asked for "id@version". */
extern char *opres_pin_key(const char *id, TimestampTz version);
/* Makes a live run of a run that has just been inserted, without events. */
extern OpresLiveRun *opres_run_made(int64 id);

/* events: run_event.c */

/* The machine's form; false = not one of the machine's events. */
extern bool opres_event_to_machine(OpresLiveRun *live, const OpresEventRow *row, OpresRunEvent *event);
/* Into the table and the audit trail; opres_run_close is to follow. */
extern void opres_event_record(OpresLiveRun *live, const OpresEventRow *row, const char *reason);
extern bool opres_evidence_given(const Jsonb *evidence);
/* A variable that a step asks for, or without one an external one of the outermost playbook. Throws if there is none so called. */
extern int32 opres_find_variable(const OpresLiveRun *live, int32 step, const char *name, int length);

/* projection: run_project.c */

/* What run_step and run_report should be; in `context`. */
extern void opres_run_project(OpresLiveRun *live, MemoryContext context, OpresStepRow **steps, OpresReportRow **reports);
/* Writes what differs from live->steps and live->reports (everything, if `all`), and the run's row with a new stamp. */
extern void opres_run_close(OpresLiveRun *live, bool all);
extern const char *opres_step_state_name(OpresStepState state);
/* As run.state: a run that is about to begin is active. */
extern const char *opres_run_state_name(const OpresLiveRun *live);

/* words: run_refuse.c */
extern void opres_refuse(OpresLiveRun *live, const OpresEventRow *row, OpresRefusal refusal, int32 detail) pg_attribute_noreturn();
/* What people call a step: its code, or its reference. */
extern const char *opres_step_said(const OpresLiveRun *live, int32 step);

/* acts: run_act.c */

/* The caller, as an event names her: person, login and the roles she holds. */
extern void opres_event_by_caller(OpresEventRow *row);
/* Whoever is meant by a code or a login, with the roles she holds. */
extern void opres_event_by_person(OpresEventRow *row, const char *said);
/* Lets constructs run whose time has come, as events of their own. */
extern void opres_run_wake(OpresLiveRun *live);
/* Fills in number and recorded_at, folds and records an event. */
extern void opres_run_act(OpresLiveRun *live, OpresEventRow *row, const char *reason);
/* Events that time alone brings about (wake, expire); how many. */
extern int32 opres_run_tick(OpresLiveRun *live);

/* A word of the state a step is in now, for people: ready, waiting, question, submitted, held; NULL if it is nobody's turn. */
extern const char *opres_step_turn(const OpresLiveRun *live, int32 step, TimestampTz now);

#endif
