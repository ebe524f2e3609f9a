/*
 * playbook_runner.c - the workflow machine at the end of a pipe: reads playbooks and events on stdin, prints what becomes of them.
 *
 * Tokens separated by one blank, one thing a line; numbers in decimal, -1 = none; a text is "-" (NULL) or "=" and its bytes in
 * hexadecimal. A LIST is its length and that many tokens. First a playbook, its things in this order:
 *
 *   book STEPS START PLAYBOOKS VARIABLES FACTS
 *   playbook EXCEPTION OVERRIDE_ROLE                              for each playbook
 *   variable TYPE CONSTANT EXTERNAL SCOPE INITIAL IN_FROM OUT_TO  for each variable; in conditions number 7 is __v7__
 *   step TYPE PLAYBOOK COMPLETION SUCCESS FAILURE SWITCH_VARIABLE CONDITION ROUND_LIMIT DELAY TIMEOUT EVIDENCE ...
 *     ... OPTIONAL OVERRIDE_ROLE BRANCHES CASES OUTS APPROVAL_ROLES APPROVAL_COUNTS REQUIRES ESTABLISHES  for each step, one line;
 * these seven are LISTs
 *
 * then any of
 *
 *   check   says "valid", or "invalid STEP MESSAGE"
 *   run     begins a new run of the playbook, of which the following events are
 *   event KIND AT STEP PERSON HEARD_BY ROLE CHOICE EVIDENCE ROLES VARIABLES TEXTS  the last three are LISTs
 *   done    says "done" and forgets the playbook
 *
 * Kinds and types are numbers of the headers' enums; a timeout of -1 is none. Of an event is said "applied", or
 * "refused REASON DETAIL"; then, of the following lines, those that are other than after the event before; and "end":
 *
 *   state STATE
 *   step N STATE OVERRIDDEN ROUND CHOICE REACHED NOT_BEFORE READY DUE ENDED ASKS DOERS APPROVALS
 *   fact N ESTABLISHED
 *   variable N TEXT
 *
 * -1 is "never", and a time that a step in its state does not have; doers, and approvals as PERSON:ROLE:HEARD_BY, have commas.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workflow.h"

typedef struct Lines
{
	char **last; /* what was printed of each thing */
	int32_t count;
} Lines;

typedef struct Book
{
	OpresArena arena;
	OpresPlaybook playbook;
	OpresRun *run;
	Lines lines;
} Book;

static void
die(const char *what)
{
	fprintf(stderr, "playbook_runner: %s\n", what);
	exit(2);
}

static void *
array(Book *book, int64_t count, size_t size)
{
	void *items = opres_arena_array(&book->arena, (size_t) (count > 0 ? count : 1), size);

	if (items == NULL)
		die("out of memory");
	return items;
}

/* Reading */

static const char *
word(void)
{
	const char *token = strtok(NULL, " \n");

	if (token == NULL)
		die("a token is missing");
	return token;
}

static int64_t
number(void)
{
	const char *token = word();
	char *end;
	int64_t value = strtoll(token, &end, 10);

	if (*end != '\0')
		die("not a number");
	return value;
}

static int32_t
small(void)
{
	return (int32_t) number();
}

static const char *
text(Book *book)
{
	const char *token = word();
	size_t length = (strlen(token) - 1) / 2;
	char *bytes;

	if (*token == '-')
		return NULL;
	/* A block of its own, so that a read beyond its end is noticed. */
	bytes = array(book, (int64_t) length + 1, 1);
	for (size_t i = 0; i < length; i++)
	{
		unsigned int byte;

		if (sscanf(token + 1 + 2 * i, "%2x", &byte) != 1)
			die("not hexadecimal");
		bytes[i] = (char) byte;
	}
	return bytes;
}

static int32_t *
numbers(Book *book, int32_t *count)
{
	int32_t *items;

	*count = small();
	items = array(book, *count, sizeof *items);
	for (int32_t i = 0; i < *count; i++)
		items[i] = small();
	return items;
}

static const char **
texts(Book *book, int32_t *count)
{
	const char **items;

	*count = small();
	items = array(book, *count, sizeof *items);
	for (int32_t i = 0; i < *count; i++)
		items[i] = text(book);
	return items;
}

static int32_t
find_variable(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	const Book *book = ctx;
	char *end;
	long found;

	if (length < 6 || memcmp(name, "__v", 3) != 0)
		return -1;
	found = strtol(name + 3, &end, 10);
	if (end != name + length - 2 || found < 0 || found >= book->playbook.variable_count)
		return -1;
	*type = book->playbook.variables[found].type;
	return (int32_t) found;
}

static OpresCondition *
condition(Book *book)
{
	const char *source = text(book), *warning;
	OpresCondition *parsed;
	OpresError error;
	int32_t where;

	if (source == NULL)
		return NULL;
	if (opres_condition_parse(&book->arena, source, find_variable, book, &parsed, &warning, &where, &error) != OPRES_OK)
	{
		fprintf(stderr, "playbook_runner: condition %s: %s at %" PRId32 "\n", source, error.message, where);
		exit(2);
	}
	return parsed;
}

static void
read_step(Book *book, OpresStep *step)
{
	int32_t count, *roles, *counts;
	OpresApprovalRule *rules;

	step->type = (OpresStepType) small();
	step->playbook = small();
	step->on_completion = small();
	step->on_success = small();
	step->on_failure = small();
	step->switch_variable = small();
	step->condition = condition(book);
	step->round_limit = small();
	step->delay = number();
	step->timeout = number();
	if (step->timeout == -1)
		step->timeout = OPRES_NEVER;
	step->evidence = small() != 0;
	step->optional = small() != 0;
	step->override_role = small();
	step->branches = numbers(book, &step->branch_count);
	step->cases = texts(book, &count);
	step->out_variables = numbers(book, &step->out_count);
	roles = numbers(book, &count);
	counts = numbers(book, &step->approval_count);
	rules = array(book, count, sizeof *rules);
	for (int32_t i = 0; i < count; i++)
		rules[i] = (OpresApprovalRule){ roles[i], counts[i] };
	step->approvals = rules;
	step->requires_facts = numbers(book, &step->requires_count);
	step->establishes_facts = numbers(book, &step->establishes_count);
}

/* The next line, up to its first token; what it is has been asked for by the caller. */
static void
expect(const char *what)
{
	static char *line;
	static size_t room;
	const char *token;

	if (getline(&line, &room, stdin) < 0)
		die("the input ends early");
	token = strtok(line, " \n");
	if (token == NULL || strcmp(token, what) != 0)
		die("a line of another kind was expected");
}

static void
read_playbook(Book *book)
{
	OpresPlaybook *p = &book->playbook;
	OpresVariable *variables;
	OpresStep *steps;
	int32_t *exceptions, *override_roles;

	p->step_count = small();
	p->start = small();
	p->playbook_count = small();
	p->variable_count = small();
	p->fact_count = small();
	p->exceptions = exceptions = array(book, p->playbook_count, sizeof *exceptions);
	p->override_roles = override_roles = array(book, p->playbook_count, sizeof *override_roles);
	p->variables = variables = array(book, p->variable_count, sizeof *variables);
	p->steps = steps = array(book, p->step_count, sizeof *steps);
	for (int32_t i = 0; i < p->playbook_count; i++)
	{
		expect("playbook");
		exceptions[i] = small();
		override_roles[i] = small();
	}
	for (int32_t i = 0; i < p->variable_count; i++)
	{
		expect("variable");
		variables[i].type = (OpresVariableType) small();
		variables[i].constant = small() != 0;
		variables[i].external = small() != 0;
		variables[i].scope = small();
		variables[i].initial = text(book);
		variables[i].in_from = small();
		variables[i].out_to = small();
	}
	for (int32_t i = 0; i < p->step_count; i++)
	{
		expect("step");
		read_step(book, &steps[i]);
	}
}

/* Printing */

/* Prints a thing's line if it is another than the last time. */
static void
say(Book *book, int32_t thing, const char *line)
{
	char **last = &book->lines.last[thing];

	if (*last != NULL && strcmp(*last, line) == 0)
		return;
	free(*last);
	*last = strdup(line);
	if (*last == NULL)
		die("out of memory");
	puts(line);
}

static void
forget(Book *book)
{
	for (int32_t i = 0; i < book->lines.count; i++)
		free(book->lines.last[i]);
	free(book->lines.last);
	book->lines = (Lines){ NULL, 0 };
}

static int64_t
shown(OpresTime time)
{
	return time == OPRES_NEVER ? -1 : time;
}

static void
say_step(Book *book, int32_t n, OpresTime now)
{
	static char line[1 << 16];
	const OpresActivation *a = opres_run_step(book->run, n);
	bool begun = a->state != OPRES_STEP_IDLE && a->state != OPRES_STEP_SKIPPED;
	bool ended = begun && a->state != OPRES_STEP_REACHED && a->state != OPRES_STEP_SUBMITTED && a->state != OPRES_STEP_RUNNING;
	int at;

	at = snprintf(line, sizeof line,
				  "step %" PRId32 " %d %d %" PRId32 " %" PRId32 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d ",
				  n, (int) a->state, a->overridden, a->round, a->choice, begun ? a->reached_at : -1, begun ? a->not_before : -1,
				  begun ? shown(a->ready_at) : -1, begun ? shown(a->due) : -1, ended ? a->ended_at : -1,
				  opres_run_asks(book->run, n, now));
	for (int32_t i = 0; i < a->doer_count; i++)
		at += snprintf(line + at, sizeof line - (size_t) at, "%s%" PRId32, i > 0 ? "," : "", a->doers[i]);
	at += snprintf(line + at, sizeof line - (size_t) at, " ");
	for (int32_t i = 0; i < a->approval_count; i++)
		at += snprintf(line + at, sizeof line - (size_t) at, "%s%" PRId32 ":%" PRId32 ":%" PRId32, i > 0 ? "," : "",
					   a->approvals[i].person, a->approvals[i].role, a->approvals[i].heard_by);
	if ((size_t) at >= sizeof line)
		die("a step's line is too long");
	say(book, 1 + n, line);
}

static void
say_value(Book *book, int32_t variable, int32_t thing)
{
	const char *value = opres_run_value(book->run, variable);
	size_t length = value == NULL ? 0 : strlen(value);
	char *line = malloc(2 * length + 64);
	int at;

	if (line == NULL)
		die("out of memory");
	at = sprintf(line, "variable %" PRId32 " %s", variable, value == NULL ? "-" : "=");
	for (size_t i = 0; i < length; i++)
		at += sprintf(line + at, "%02x", (unsigned char) value[i]);
	say(book, thing, line);
	free(line);
}

static void
say_run(Book *book, OpresTime now)
{
	const OpresPlaybook *p = &book->playbook;
	char line[64];

	snprintf(line, sizeof line, "state %d", (int) opres_run_state(book->run));
	say(book, 0, line);
	for (int32_t n = 0; n < p->step_count; n++)
		say_step(book, n, now);
	for (int32_t f = 0; f < p->fact_count; f++)
	{
		snprintf(line, sizeof line, "fact %" PRId32 " %d", f, opres_run_fact(book->run, f));
		say(book, 1 + p->step_count + f, line);
	}
	for (int32_t v = 0; v < p->variable_count; v++)
		say_value(book, v, 1 + p->step_count + p->fact_count + v);
	puts("end");
}

/* What is asked */

static void
check(Book *book)
{
	OpresArena scratch;
	OpresError error = { OPRES_OK, -1, "" };
	OpresStatus status;

	opres_arena_init(&scratch, &opres_malloc_env, 0);
	status = opres_playbook_check(&book->playbook, &scratch, &error);
	opres_arena_free(&scratch);
	if (status == OPRES_OK)
		puts("valid");
	else if (status == OPRES_INVALID && error.status == OPRES_INVALID && error.message[0] != '\0')
		printf("invalid %" PRId32 " %s\n", error.node, error.message);
	else
		die("opres_playbook_check has failed");
}

static void
begin_run(Book *book)
{
	forget(book);
	book->lines.count = 1 + book->playbook.step_count + book->playbook.fact_count + book->playbook.variable_count;
	book->lines.last = calloc((size_t) book->lines.count, sizeof *book->lines.last);
	book->run = opres_run_new(&book->playbook, &book->arena);
	if (book->run == NULL || book->lines.last == NULL)
		die("out of memory");
}

/* Texts and lists of an event are gone when it has been applied: the machine must have its own. */
static void
apply(Book *book)
{
	static const char *const reasons[] = {
		"NOT",   "NOT_BEGUN",     "BEGUN",    "OVER", "TIME", "STATE", "TYPE",   "NOT_YET",    "FACT",
		"VALUE", "VALUE_MISSING", "EVIDENCE", "ROLE", "DOER", "TWICE", "CHOICE", "NO_TIMEOUT",
	};
	Book scratch = { 0 };
	OpresRunEvent event = { 0 };
	OpresAssignment *assignments;
	OpresRefusal refusal = OPRES_REFUSED_NOT;
	int32_t count, *variables, detail = -1;
	const char **values;

	opres_arena_init(&scratch.arena, &opres_malloc_env, 0);
	event.kind = (OpresEventKind) small();
	event.at = number();
	event.step = small();
	event.person = small();
	event.heard_by = small();
	event.role = small();
	event.choice = small();
	event.evidence = small() != 0;
	event.roles = numbers(&scratch, &event.role_count);
	variables = numbers(&scratch, &count);
	values = texts(&scratch, &event.assignment_count);
	event.assignments = assignments = array(&scratch, count, sizeof *assignments);
	for (int32_t i = 0; i < count; i++)
		assignments[i] = (OpresAssignment){ variables[i], values[i] };
	if (opres_run_apply(book->run, &event, &refusal, &detail) != OPRES_OK)
		die("opres_run_apply has failed");
	if (refusal == OPRES_REFUSED_NOT)
		puts("applied");
	else
		printf("refused %s %" PRId32 "\n", reasons[refusal], detail);
	opres_arena_free(&scratch.arena);
	say_run(book, event.at);
}

int
main(void)
{
	static char *line;
	static size_t room;

	while (getline(&line, &room, stdin) >= 0)
	{
		static Book book;
		const char *what = strtok(line, " \n");

		if (what == NULL)
			continue;
		if (strcmp(what, "book") == 0)
		{
			opres_arena_init(&book.arena, &opres_malloc_env, 0);
			read_playbook(&book);
		}
		else if (strcmp(what, "check") == 0)
			check(&book);
		else if (strcmp(what, "run") == 0)
			begin_run(&book);
		else if (strcmp(what, "event") == 0)
			apply(&book);
		else if (strcmp(what, "done") == 0)
		{
			puts("done");
			forget(&book);
			opres_arena_free(&book.arena);
			memset(&book, 0, sizeof book);
		}
		else
			die("a line of no known kind");
	}
	free(line);
	return 0;
}
