/*
 * outage_run.h - the inside of a running outage, shared by outage*.c and cause*.c.
 *
 * Only what the outage touches has state. A node gets a NodeState and a requirement a RequirementState the first time something
 * reaches it; model-sized scratch arrays map indexes to slots. States live in blocks that never move, so pointers stay good.
 *
 * An instant is solved in the order of components (suppliers first). "Past" means the committed values before the instant;
 * "now" values are tentative until commit.
 */
#ifndef OPRES_OUTAGE_RUN_H
#define OPRES_OUTAGE_RUN_H

#include "heap.h"
#include "outage.h"

/* A stretch of the past of a windowed function: it had `value` until just before `end`. */
typedef struct PastValue
{
	double value;
	OpresTime end;
} PastValue;

/* Monotone queue of past values that are still in the window and not dominated by a later one. */
typedef struct Window
{
	PastValue *items;
	int32_t head;
	int32_t count; /* items [head, head + count) */
	int32_t capacity;
} Window;

typedef struct RequirementState
{
	int32_t requirement;
	int32_t owner;         /* slot of the owner's NodeState */
	int32_t next_of_owner; /* touched requirements of the same owner, -1 ends */
	int32_t next_dirty;    /* dirty requirements of the same owner, -1 ends */
	int64_t instant;       /* the last instant it was evaluated in */
	OpresTime below_since; /* since when the active members are below 1, NEVER = they are not */
	OpresTime timer;       /* the window timer last set */
	Window *window;        /* past H, largest first; NULL without a buffer */
	double past_h;         /* H before this instant */
	double h;              /* H now */
	double buffered;       /* H' now */
	bool below;            /* active members below 1 now */
	bool switched;         /* standby carries load now */
	bool dirty;
	bool for_start;   /* as in the model; here because it is read most */
	bool lag_counted; /* outage_loss.c */
} RequirementState;

typedef struct NodeState
{
	int32_t node;
	int32_t first_requirement; /* touched requirements, -1 ends */
	int32_t first_dirty;
	int32_t first_shock; /* its shocks in OpresOutage.shocks */
	int32_t end_shock;
	int32_t next_shock;    /* the first that has not begun */
	int32_t active_shocks; /* in OpresOutage.active, from first_shock on */
	int32_t last_loss;     /* latest data-loss record, -1 = none */
	int64_t instant;       /* the last instant it was evaluated in */
	int32_t changes;
	OpresTime timer;    /* the window timer last set */
	Window *window;     /* past min(R, S), smallest first; NULL without a restart time */
	double past_inputs; /* min(R, S) before this instant */
	double past_level;  /* L before this instant */
	double level;       /* L now */
	double own;         /* O now */
	double run;         /* R now */
	double start;       /* S now */
	double reported;
	OpresCurveStep *steps;
	int32_t step_count;
	int32_t step_capacity;
	int32_t period; /* oscillation: the period its extremes below belong to */
	double period_low;
	double period_high;
	int64_t lowered; /* the round of the component solver that last lowered it */
	int32_t unknown; /* its number in the linear system being solved, -1 = none */
	bool queued;
	bool rescan;   /* R and S have to be taken from all requirements again */
	bool may_rise; /* something it depends on rose at this instant */
	bool raised;
} NodeState;

#define BLOCK_BITS 8
#define BLOCK_SIZE (1 << BLOCK_BITS)

typedef struct Blocks
{
	void **blocks;
	int32_t block_count;
	int32_t block_capacity;
	int32_t count;
} Blocks;

typedef enum TimerKind
{
	TIMER_OWN,       /* a shock of node slot id begins or ends */
	TIMER_INPUTS,    /* the restart window of node slot id */
	TIMER_BUFFER,    /* the buffer window of requirement slot id */
	TIMER_SWITCHOVER /* the switchover of requirement slot id */
} TimerKind;

typedef struct LossRecord
{
	OpresTime at; /* onset of the shock that brought it */
	OpresTime loss;
	int32_t previous; /* earlier record of the same node, -1 ends */
} LossRecord;

struct OpresOutage
{
	const OpresModel *model;
	OpresScratch *scratch;
	OpresArena *arena;
	const OpresLimits *limits;
	OpresError *error;
	OpresStatus status;
	OpresTime horizon;
	OpresTime now;
	int64_t instant; /* number of the instant being solved, from 1 */
	int64_t events;
	int64_t work;       /* since the last cancel check */
	OpresShock *shocks; /* by node, then as given */
	int32_t shock_count;
	OpresHeapItem *active; /* per shock: for each node a heap of those that have begun, lowest level first */
	Blocks nodes;
	Blocks requirements;
	OpresHeap timers;
	OpresHeap queue; /* nodes to evaluate at this instant, by component */
	int32_t *evaluated_nodes;
	int32_t evaluated_node_count;
	int32_t evaluated_node_capacity;
	int32_t *evaluated_requirements;
	int32_t evaluated_requirement_count;
	int32_t evaluated_requirement_capacity;
	double *levels; /* work space for the k-th highest */
	int32_t level_capacity;
	int32_t *waiting; /* the component solver's queue: slots [waiting_head, waiting_count) */
	int32_t waiting_head;
	int32_t waiting_count;
	int32_t waiting_capacity;
	int32_t *rising; /* its stack of nodes that may rise */
	int32_t rising_count;
	int32_t rising_capacity;
	int32_t *lowered; /* the nodes lowered in a round */
	int32_t lowered_count;
	int32_t lowered_capacity;
	int64_t round;
	struct OpresRow *rows; /* work space of the linear solver */
	int32_t row_capacity;
	double *numbers;
	int32_t number_capacity;
	LossRecord *losses;
	int32_t loss_count;
	int32_t loss_capacity;
	int32_t *touched; /* after the run: nodes with a state, in node order, and their slots */
	int32_t *touched_slot;
	int32_t touched_count;
	int32_t *changed; /* after the run: nodes whose level changed */
	int32_t changed_count;
	bool beyond; /* past the horizon: only to see whether it repeats */
	int32_t period;
	bool repeats;
	uint64_t level_hash; /* of all levels, beyond the horizon */
};

static inline NodeState *
node_at(const OpresOutage *o, int32_t slot)
{
	return (NodeState *) o->nodes.blocks[slot >> BLOCK_BITS] + (slot & (BLOCK_SIZE - 1));
}

static inline RequirementState *
requirement_at(const OpresOutage *o, int32_t slot)
{
	return (RequirementState *) o->requirements.blocks[slot >> BLOCK_BITS] + (slot & (BLOCK_SIZE - 1));
}

static inline double
level_now(const OpresOutage *o, int32_t node)
{
	int32_t slot = o->scratch->node_slot[node];

	return slot < 0 ? 1.0 : node_at(o, slot)->level;
}

static inline int32_t
member_end(const OpresModel *model, int32_t requirement)
{
	return model->requirements[requirement + 1].first_member;
}

static inline double
member_capacity(const OpresModel *model, int32_t member)
{
	return model->member_capacity == NULL ? 1.0 : model->member_capacity[member];
}

static inline bool
has_standby(const OpresModel *model, int32_t requirement)
{
	const OpresRequirement *r = &model->requirements[requirement];

	return r->first_member + r->active_count < member_end(model, requirement);
}

static inline OpresTime
opres_shock_end(const OpresShock *shock)
{
	return shock->duration == OPRES_NEVER ? OPRES_NEVER : shock->onset + shock->duration;
}

#define OPRES_CANCEL_CHECK_WORK 65536 /* member reads between two cancel checks: well under a millisecond */

/* outage_state.c: states, windows, marking what has to be evaluated. NULL / false = o->status is set. */
NodeState *opres_touch_node(OpresOutage *o, int32_t node);
RequirementState *opres_touch_requirement(OpresOutage *o, int32_t requirement);
bool opres_set_timer(OpresOutage *o, OpresTime at, TimerKind kind, int32_t slot);
bool opres_mark_node(OpresOutage *o, NodeState *n, bool rise);
bool opres_mark_requirement(OpresOutage *o, RequirementState *q, bool rise);
bool opres_mark_users(OpresOutage *o, const NodeState *n, bool rise);
void opres_window_expire(Window *w, OpresTime oldest);
bool opres_window_push(OpresOutage *o, Window *w, double past, double now, OpresTime at, bool keep_largest);
bool opres_out_of_memory(OpresOutage *o);
/* The lowest level of a node's shocks at a time, 1 if none is active. They are sorted by onset and end at `end`; *next and the heap
   `active` go along with the time, which must not go back. false = no memory. */
bool opres_lowest_shock(const OpresShock *shocks, int32_t end, OpresTime at, int32_t *next, OpresHeap *active, double *level);
/* Counts one event of `work` member reads; false = cancelled or over the limit. */
bool opres_count_event(OpresOutage *o, int32_t work);

/* outage_evaluate.c: the right-hand sides of the page's rules at this instant. */
bool opres_begin_node(OpresOutage *o, NodeState *n);
bool opres_evaluate_requirement(OpresOutage *o, RequirementState *q);
bool opres_evaluate_node(OpresOutage *o, NodeState *n, double *level);
double opres_inputs_past(const OpresOutage *o, const NodeState *n);
double opres_kth_highest(double *levels, int32_t count, int32_t k);

/* outage_component.c: solves one strongly connected component at this instant. */
bool opres_solve_component(OpresOutage *o, int32_t component);
/* outage_linear.c: jumps to the solution of the linear system the component is converging to; *jumped says whether it could. */
bool opres_solve_linear(OpresOutage *o, const int32_t *slots, int32_t count, bool *jumped);
/* After the run the scratch arrays are clean again; a node's state is found by search. NULL = never touched. */
const NodeState *opres_find_state(const OpresOutage *o, int32_t node);

/* outage_repeat.c: goes on beyond the horizon to see whether the run repeats for ever. */
bool opres_detect_repetition(OpresOutage *o);
/* outage.c: solves the instant at the top of the timers. */
bool opres_solve_instant(OpresOutage *o);
/* outage_loss.c: data loss of everything the shocks reach. */
bool opres_compute_losses(OpresOutage *o);

#endif
