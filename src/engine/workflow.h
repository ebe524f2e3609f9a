/*
 * workflow.h - runs of playbooks: the machine of workflow-semantics.md, the binding page.
 *
 * A playbook is built once (by the loader, from JSON) and shared by runs. A run folds events; it owns an arena. Persons, roles and
 * facts are numbers here; who they are is the caller's.
 */
#ifndef OPRES_WORKFLOW_H
#define OPRES_WORKFLOW_H

#include "base.h"
#include "condition.h"

typedef enum OpresStepType
{
	OPRES_STEP_START,
	OPRES_STEP_END,
	OPRES_STEP_ACTION,
	OPRES_STEP_PLAYBOOK_ACTION,
	OPRES_STEP_PARALLEL,
	OPRES_STEP_IF,
	OPRES_STEP_WHILE,
	OPRES_STEP_SWITCH
} OpresStepType;

#define OPRES_NO_STEP (-1)

/* Constructs within one another in a valid playbook, at most. */
#define OPRES_PLAYBOOK_NESTING 100

typedef struct OpresApprovalRule
{
	int32_t role;
	int32_t count; /* how many persons */
} OpresApprovalRule;

typedef struct OpresVariable
{
	OpresVariableType type;
	bool constant, external;
	int32_t scope;       /* playbook (>= 0, index of playbooks, 0 = the outermost), or -1 - step for a step's */
	const char *initial; /* NULL = no value */
	int32_t in_from;     /* external variable of an inner playbook: the variable its value comes from; -1 none */
	int32_t out_to;      /* variable of an inner playbook: where its value goes at the end; -1 none */
} OpresVariable;

typedef struct OpresStep
{
	OpresStepType type;
	int32_t playbook;                              /* index of playbooks: whose step it is */
	int32_t on_completion, on_success, on_failure; /* OPRES_NO_STEP = none; start has its next in on_completion */
	int32_t branch_count;
	const int32_t *branches;   /* first steps; if: true, then false if there is one */
	const char *const *cases;  /* switch: the literal of each branch, NULL = default */
	int32_t switch_variable;   /* switch; -1 = a question to a person */
	OpresCondition *condition; /* if, while; NULL = a question to a person */
	int32_t round_limit;       /* while */
	OpresTime delay;           /* 0 = none */
	OpresTime timeout;         /* OPRES_NEVER = none */
	bool evidence;             /* required */
	bool optional;             /* an action that may be left out (omit) */
	int32_t out_count;
	const int32_t *out_variables;
	int32_t approval_count;
	const OpresApprovalRule *approvals;
	int32_t requires_count, establishes_count;
	const int32_t *requires_facts, *establishes_facts;
	int32_t override_role; /* -1 = the playbook's */
} OpresStep;

typedef struct OpresPlaybook
{
	int32_t step_count;
	const OpresStep *steps;
	int32_t start;                 /* a start step */
	int32_t playbook_count;        /* itself, and those put in place of playbook actions */
	const int32_t *exceptions;     /* per playbook: its exception step, or OPRES_NO_STEP */
	const int32_t *override_roles; /* per playbook; -1 = nobody */
	int32_t variable_count;
	const OpresVariable *variables;
	int32_t fact_count;
} OpresPlaybook;

/* What workflow-semantics.md asks of regions and numbers, and that indexes are in range; error.node = the step, message = what is
 * wrong. */
OpresStatus opres_playbook_check(const OpresPlaybook *playbook, OpresArena *scratch, OpresError *error);

typedef enum OpresStepState
{
	OPRES_STEP_IDLE,
	OPRES_STEP_REACHED,
	OPRES_STEP_SUBMITTED,
	OPRES_STEP_RUNNING,
	OPRES_STEP_DONE,
	OPRES_STEP_FAILED,
	OPRES_STEP_HELD,
	OPRES_STEP_SKIPPED,
	OPRES_STEP_CANCELLED
} OpresStepState;

typedef enum OpresRunState
{
	OPRES_RUN_NEW,
	OPRES_RUN_ACTIVE,
	OPRES_RUN_COMPLETED,
	OPRES_RUN_ABORTED
} OpresRunState;

typedef enum OpresEventKind
{
	OPRES_EVENT_BEGIN,
	OPRES_EVENT_SUCCESS,
	OPRES_EVENT_FAILURE,
	OPRES_EVENT_DECIDE,
	OPRES_EVENT_APPROVE,
	OPRES_EVENT_REJECT,
	OPRES_EVENT_OMIT,
	OPRES_EVENT_OVERRIDE,
	OPRES_EVENT_RETRY,
	OPRES_EVENT_EXPIRE,
	OPRES_EVENT_WAKE,
	OPRES_EVENT_SET,
	OPRES_EVENT_ABORT
} OpresEventKind;

typedef struct OpresAssignment
{
	int32_t variable;
	const char *value; /* NULL = unknown */
} OpresAssignment;

typedef struct OpresRunEvent
{
	OpresEventKind kind;
	OpresTime at;
	int32_t step;     /* OPRES_NO_STEP for begin, set, abort */
	int32_t person;   /* -1 = none (expire, wake) */
	int32_t heard_by; /* approve, reject: who heard it by phone; -1 = nobody */
	int32_t role;     /* approve, reject, override: in which role */
	int32_t role_count;
	const int32_t *roles; /* that the person has */
	int32_t choice;       /* decide: index of the branch; branch_count = none of them (false, or no case) */
	bool evidence;
	int32_t assignment_count;
	const OpresAssignment *assignments;
} OpresRunEvent;

/* Why an event is refused; the caller turns it into words. */
typedef enum OpresRefusal
{
	OPRES_REFUSED_NOT,
	OPRES_REFUSED_NOT_BEGUN,
	OPRES_REFUSED_BEGUN,
	OPRES_REFUSED_OVER,          /* the run is completed or aborted */
	OPRES_REFUSED_TIME,          /* earlier than the event before */
	OPRES_REFUSED_STATE,         /* the step is not in a state for it */
	OPRES_REFUSED_TYPE,          /* the step is not of a type for it */
	OPRES_REFUSED_NOT_YET,       /* before not_before, or before due */
	OPRES_REFUSED_FACT,          /* a required fact is not established: refusal_detail = the fact */
	OPRES_REFUSED_VALUE,         /* a value that is not its variable's to have: refusal_detail = the variable */
	OPRES_REFUSED_VALUE_MISSING, /* refusal_detail = the variable */
	OPRES_REFUSED_EVIDENCE,
	OPRES_REFUSED_ROLE,   /* the person has not the role, or the step does not ask for it */
	OPRES_REFUSED_DOER,   /* a doer may not approve, nor pass on an approval; nobody passes on her own */
	OPRES_REFUSED_TWICE,  /* has approved already, or there are enough of that role */
	OPRES_REFUSED_CHOICE, /* not one the step has, or nothing to decide; wake: a decision is awaited */
	OPRES_REFUSED_NO_TIMEOUT
} OpresRefusal;

typedef struct OpresApproval
{
	int32_t person, role, heard_by;
} OpresApproval;

typedef struct OpresActivation
{
	OpresStepState state;
	bool overridden;
	int32_t round;  /* while: rounds begun */
	int32_t choice; /* if, switch, while: the branch entered last; -1 = none yet */
	OpresTime reached_at, not_before;
	OpresTime ready_at; /* OPRES_NEVER while a fact is missing */
	OpresTime due;      /* OPRES_NEVER = none */
	OpresTime ended_at; /* done, failed, held, cancelled */
	int32_t doer_count, approval_count;
	const int32_t *doers;
	const OpresApproval *approvals;
} OpresActivation;

typedef struct OpresRun OpresRun;

/* A run in which nothing has happened. The playbook must be valid (opres_playbook_check) and stay. NULL without memory. */
OpresRun *opres_run_new(const OpresPlaybook *playbook, OpresArena *arena);
/*
 * Applies an event. OPRES_OK with *refusal = OPRES_REFUSED_NOT: applied. OPRES_OK with another: refused, nothing has changed,
 * *detail tells more. Anything else: the run is not to be used any more.
 */
OpresStatus opres_run_apply(OpresRun *run, const OpresRunEvent *event, OpresRefusal *refusal, int32_t *detail);

OpresRunState opres_run_state(const OpresRun *run);
const OpresActivation *opres_run_step(const OpresRun *run, int32_t step);
bool opres_run_fact(const OpresRun *run, int32_t fact);
const char *opres_run_value(const OpresRun *run, int32_t variable);
/* Whether the step is a question to a person now (decide): reached, ready at that time, and unknown. */
bool opres_run_asks(const OpresRun *run, int32_t step, OpresTime now);

#endif
