/*
 * case_runner.c - the engine at the end of a pipe: reads cases (a map, shocks, tolerances) on stdin, prints what the engine says.
 *
 * Tokens separated by blanks, one thing a line, times in microseconds, "-" = absent:
 *   case ID / horizon US / node CODE RESTART
 *   req OWNER NAME quorum|pool NEEDED(0 = default) run|start IMPACT BUFFER SWITCHOVER
 *   mem NODE CAPACITY STANDBY(0|1) LAG                        a member of the last req
 *   shock CODE NODE ONSET LEVEL DURATION|- DATA_LOSS|-
 *   tol NODE within LEVEL LIMIT | tol NODE total LEVEL LIMIT WINDOW | tol NODE loss LIMIT
 *   end
 * Answers, per case:
 *   level CODE AT LEVEL                                        every change reported, nodes in order
 *   tol INDEX breached AT|- worst LEVEL below US recovered AT|- loss US cause CODE,...|-
 *   error STATUS NODE|- MESSAGE                                instead of the above
 *   done ID
 * Every case is run twice with the same scratch: the second run must say the same, or the first one left something behind.
 * Memory of a case is one arena; the strings point into the lines read, kept until the case is done.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curve.h"
#include "model.h"
#include "outage.h"

typedef struct Node
{
	const char *code;
	OpresTime restart;
} Node;

typedef struct Requirement
{
	const char *owner;
	const char *name;
	int32_t number; /* as read: members refer to it */
	OpresRequirement body;
} Requirement;

typedef struct Member
{
	const char *node;
	OpresMemberInput body;
} Member;

typedef struct Shock
{
	const char *node;
	OpresShock body;
} Shock;

typedef struct Tolerance
{
	const char *node;
	char form; /* w, t, l */
	double level;
	OpresTime limit;
	OpresTime window;
} Tolerance;

typedef struct List
{
	void *items;
	int32_t count;
	int32_t capacity;
} List;

typedef struct Case
{
	OpresArena arena;
	const char *id;
	OpresTime horizon;
	List nodes;
	List requirements;
	List members;
	List shocks;
	List tolerances;
} Case;

static void
die(const char *what, const char *detail)
{
	fprintf(stderr, "case_runner: %s: %s\n", what, detail);
	exit(2);
}

static void *
add(Case *c, List *list, size_t size)
{
	if (!opres_arena_grow(&c->arena, &list->items, &list->capacity, list->count + 1, size))
		die("out of memory", c->id);
	return (char *) list->items + size * list->count++;
}

static void *
array(Case *c, int32_t count, size_t size)
{
	void *items = opres_arena_array(&c->arena, count > 0 ? count : 1, size);

	if (items == NULL)
		die("out of memory", c->id);
	return items;
}

/* Reading */

static const char *
text(Case *c)
{
	const char *token = strtok(NULL, " \n");
	char *copy;

	if (token == NULL)
		die("token missing in case", c->id);
	copy = array(c, (int32_t) strlen(token) + 1, 1);
	return strcpy(copy, token);
}

static double
number(Case *c)
{
	const char *token = text(c);
	char *end;
	double value = strtod(token, &end);

	if (*end != '\0')
		die("not a number", token);
	return value;
}

static OpresTime
microseconds(Case *c, OpresTime absent)
{
	const char *token = text(c);
	char *end;
	OpresTime value;

	if (strcmp(token, "-") == 0)
		return absent;
	value = strtoll(token, &end, 10);
	if (*end != '\0')
		die("not a time", token);
	return value;
}

static void
read_requirement(Case *c)
{
	Requirement *r = add(c, &c->requirements, sizeof(Requirement));

	r->owner = text(c);
	r->name = text(c);
	r->number = c->requirements.count - 1;
	r->body.mode = strcmp(text(c), "pool") == 0 ? OPRES_POOL : OPRES_QUORUM;
	r->body.needed = number(c);
	r->body.for_start = strcmp(text(c), "start") == 0;
	r->body.impact = number(c);
	r->body.buffer = microseconds(c, 0);
	r->body.switchover = microseconds(c, 0);
}

static void
read_member(Case *c)
{
	Member *m = add(c, &c->members, sizeof(Member));

	m->node = text(c);
	m->body.requirement = c->requirements.count - 1;
	m->body.capacity = number(c);
	m->body.standby = strcmp(text(c), "1") == 0;
	m->body.replica_lag = microseconds(c, 0);
}

static void
read_shock(Case *c)
{
	Shock *s = add(c, &c->shocks, sizeof(Shock));

	text(c);
	s->node = text(c);
	s->body.onset = microseconds(c, 0);
	s->body.level = number(c);
	s->body.duration = microseconds(c, OPRES_NEVER);
	s->body.data_loss = microseconds(c, 0);
}

static void
read_tolerance(Case *c)
{
	Tolerance *t = add(c, &c->tolerances, sizeof(Tolerance));

	t->node = text(c);
	t->form = text(c)[0];
	t->level = t->form == 'l' ? 1 : number(c);
	t->limit = microseconds(c, 0);
	t->window = t->form == 't' ? microseconds(c, 0) : 0;
}

/* One line into the case; true at its end. */
static bool
read_line(Case *c, char *line)
{
	const char *word = strtok(line, " \n");

	if (word == NULL || word[0] == '#')
		return false;
	if (strcmp(word, "case") == 0)
		c->id = text(c);
	else if (strcmp(word, "horizon") == 0)
		c->horizon = microseconds(c, 0);
	else if (strcmp(word, "node") == 0)
	{
		Node *node = add(c, &c->nodes, sizeof(Node));

		node->code = text(c);
		node->restart = microseconds(c, 0);
	}
	else if (strcmp(word, "req") == 0)
		read_requirement(c);
	else if (strcmp(word, "mem") == 0)
		read_member(c);
	else if (strcmp(word, "shock") == 0)
		read_shock(c);
	else if (strcmp(word, "tol") == 0)
		read_tolerance(c);
	else if (strcmp(word, "end") == 0)
		return true;
	else
		die("unknown line", word);
	return false;
}

/* From codes to numbers */

static int
compare_nodes(const void *a, const void *b)
{
	return strcmp(((const Node *) a)->code, ((const Node *) b)->code);
}

static int
compare_requirements(const void *a, const void *b)
{
	const Requirement *x = a;
	const Requirement *y = b;
	int order = strcmp(x->owner, y->owner);

	return order != 0 ? order : strcmp(x->name, y->name);
}

static const char *
code(const Case *c, int32_t node)
{
	return node >= 0 && node < c->nodes.count ? ((const Node *) c->nodes.items)[node].code : "-";
}

static int32_t
find(const Case *c, const char *wanted)
{
	Node key = { wanted, 0 };
	const Node *found = bsearch(&key, c->nodes.items, c->nodes.count, sizeof(Node), compare_nodes);

	if (found == NULL)
		die("unknown node", wanted);
	return (int32_t) (found - (const Node *) c->nodes.items);
}

static OpresStatus
build(Case *c, OpresModel *model, OpresError *error)
{
	OpresTime *restart = array(c, c->nodes.count, sizeof(OpresTime));
	OpresRequirement *requirements = array(c, c->requirements.count, sizeof(OpresRequirement));
	OpresMemberInput *members = array(c, c->members.count, sizeof(OpresMemberInput));
	int32_t *place = array(c, c->requirements.count, sizeof(int32_t));
	int32_t bad;
	OpresArena scratch;
	OpresStatus status;

	if (c->nodes.count > 0)
		qsort(c->nodes.items, c->nodes.count, sizeof(Node), compare_nodes);
	if (c->requirements.count > 0)
		qsort(c->requirements.items, c->requirements.count, sizeof(Requirement), compare_requirements);
	for (int32_t i = 0; i < c->nodes.count; i++)
		restart[i] = ((const Node *) c->nodes.items)[i].restart;
	for (int32_t i = 0; i < c->requirements.count; i++)
	{
		const Requirement *r = &((const Requirement *) c->requirements.items)[i];

		requirements[i] = r->body;
		requirements[i].owner = find(c, r->owner);
		place[r->number] = i;
	}
	for (int32_t i = 0; i < c->members.count; i++)
	{
		const Member *m = &((const Member *) c->members.items)[i];

		members[i] = m->body;
		members[i].requirement = place[m->body.requirement];
		members[i].node = find(c, m->node);
	}
	opres_arena_init(&scratch, &opres_malloc_env, 0);
	status = opres_model_build(&c->arena, &scratch, c->nodes.count, restart, c->requirements.count, requirements, c->members.count,
							   members, model, &bad, error);
	opres_arena_free(&scratch);
	return status;
}

/* Answers */

static void
print_time(FILE *out, const char *label, OpresTime at)
{
	if (at == OPRES_NEVER)
		fprintf(out, " %s -", label);
	else
		fprintf(out, " %s %" PRId64, label, at);
}

static void
print_chain(FILE *out, const Case *c, const OpresCauseLink *links, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i == 0 ? "" : ",", code(c, links[i].node));
}

static OpresStatus
print_tolerance(FILE *out, Case *c, const OpresOutage *outage, int32_t index, OpresError *error)
{
	const Tolerance *t = &((const Tolerance *) c->tolerances.items)[index];
	int32_t node = find(c, t->node);
	OpresCurve curve = opres_outage_levels(outage, node);
	bool oscillates = opres_outage_oscillates(outage, node, t->level);
	OpresTime worst_at;
	double worst = opres_curve_worst(curve, c->horizon, &worst_at);
	OpresTime breached;
	OpresCauseLink *links = NULL;
	int32_t count = 0;
	OpresStatus status = OPRES_OK;

	if (t->form == 'w')
		breached = opres_curve_breach_within(curve, t->level, t->limit, c->horizon);
	else if (t->form == 't')
		breached = opres_curve_breach_total(curve, t->level, t->limit, t->window, c->horizon);
	else
		breached = opres_outage_breach_data_loss(outage, node, t->limit);
	if (oscillates)
		links = NULL;
	else if (t->form == 'l' && breached != OPRES_NEVER)
		status = opres_outage_loss_cause(outage, node, breached, &c->arena, &links, &count, error);
	else if (breached != OPRES_NEVER || worst_at != OPRES_NEVER)
		status = opres_outage_cause(outage, node, breached != OPRES_NEVER ? breached : worst_at, &c->arena, &links, &count, error);
	if (status != OPRES_OK)
		return status;
	fprintf(out, "tol %d", index);
	print_time(out, "breached", breached);
	fprintf(out, " worst %.17g below %" PRId64, worst, opres_curve_time_below(curve, t->level, c->horizon));
	print_time(out, "recovered", oscillates ? OPRES_NEVER : opres_curve_recovered(curve, t->level, c->horizon));
	fprintf(out, " loss %" PRId64 " cause ", opres_outage_data_loss(outage, node));
	if (oscillates)
		fprintf(out, "oscillates");
	else if (count == 0)
		fprintf(out, "-");
	else
		print_chain(out, c, links, count);
	fprintf(out, "\n");
	return OPRES_OK;
}

static OpresStatus
print_outage(FILE *out, Case *c, const OpresModel *model, OpresScratch *scratch, const OpresShock *shocks, OpresError *error)
{
	OpresLimits limits = { 200 * 1000 * 1000 };
	OpresOutage *outage;
	const int32_t *touched;
	int32_t touched_count;
	int32_t next = 0;
	OpresStatus status = opres_outage_run(model, scratch, shocks, c->shocks.count, c->horizon, &limits, &c->arena, &outage, error);

	if (status != OPRES_OK)
		return status;
	touched_count = opres_outage_touched(outage, &touched);
	for (int32_t node = 0; node < c->nodes.count; node++)
	{
		OpresCurve curve = opres_outage_levels(outage, node);

		if (curve.count > 0 && (next >= touched_count || touched[next++] != node))
			return opres_fail(error, OPRES_INVALID, node, "not among the nodes touched, or not in its place there");
		for (int32_t i = 0; i < curve.count; i++)
			fprintf(out, "level %s %" PRId64 " %.17g\n", code(c, node), curve.steps[i].at, curve.steps[i].level);
	}
	if (next != touched_count)
		return opres_fail(error, OPRES_INVALID, touched[next], "among the nodes touched without a change");
	for (int32_t i = 0; i < c->tolerances.count && status == OPRES_OK; i++)
		status = print_tolerance(out, c, outage, i, error);
	return status;
}

static const char *
status_name(OpresStatus status)
{
	switch (status)
	{
		case OPRES_OK:
			return "OK";
		case OPRES_CANCELLED:
			return "CANCELLED";
		case OPRES_NO_MEMORY:
			return "NO_MEMORY";
		case OPRES_MEMORY_LIMIT:
			return "MEMORY_LIMIT";
		case OPRES_EVENT_LIMIT:
			return "EVENT_LIMIT";
		case OPRES_NOT_CONVERGED:
			return "NOT_CONVERGED";
		case OPRES_LOSS_UNBOUNDED:
			return "LOSS_UNBOUNDED";
		case OPRES_INVALID:
			return "INVALID";
	}
	return "UNKNOWN";
}

/* The answer to one run as text, malloc'd. */
static char *
answer(Case *c, const OpresModel *model, OpresScratch *scratch, const OpresShock *shocks)
{
	char *result;
	size_t length;
	FILE *out = open_memstream(&result, &length);
	OpresError error = { OPRES_OK, -1, "" };
	OpresStatus status;

	if (out == NULL)
		die("out of memory", c->id);
	status = print_outage(out, c, model, scratch, shocks, &error);
	fclose(out);
	if (status != OPRES_OK)
	{
		free(result);
		length = strlen(code(c, error.node)) + sizeof(error.message) + 64;
		result = malloc(length);
		if (result == NULL)
			die("out of memory", c->id);
		snprintf(result, length, "error %s %s %s\n", status_name(status), code(c, error.node), error.message);
	}
	return result;
}

static void
run(Case *c)
{
	OpresModel model;
	OpresScratch scratch;
	OpresError error = { OPRES_OK, -1, "" };
	OpresShock *shocks = array(c, c->shocks.count, sizeof(OpresShock));
	OpresStatus status = build(c, &model, &error);
	char *first, *second;

	if (status != OPRES_OK)
	{
		printf("error %s %s %s\ndone %s\n", status_name(status), code(c, error.node), error.message, c->id);
		return;
	}
	if (!opres_scratch_init(&c->arena, &model, &scratch))
		die("out of memory", c->id);
	for (int32_t i = 0; i < c->shocks.count; i++)
	{
		shocks[i] = ((const Shock *) c->shocks.items)[i].body;
		shocks[i].node = find(c, ((const Shock *) c->shocks.items)[i].node);
	}
	first = answer(c, &model, &scratch, shocks);
	second = answer(c, &model, &scratch, shocks);
	if (strcmp(first, second) == 0)
		printf("%s", first);
	else
		printf("error RERUN - the second run of the same case gave another answer\n");
	printf("done %s\n", c->id);
	free(first);
	free(second);
}

static void
begin(Case *c)
{
	*c = (Case){ .id = "?" };
	opres_arena_init(&c->arena, &opres_malloc_env, 0);
}

int
main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	Case c;

	begin(&c);
	while (getline(&line, &capacity, stdin) > 0)
		if (read_line(&c, line))
		{
			run(&c);
			fflush(stdout);
			opres_arena_free(&c.arena);
			begin(&c);
		}
	opres_arena_free(&c.arena);
	free(line);
	return 0;
}
