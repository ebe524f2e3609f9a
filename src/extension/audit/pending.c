/*
 * pending.c - the entries that wait for the commit.
 *
 * A stack: what a subtransaction and its committed children queued lies on top of what was there when it queued its first, so its
 * rollback cuts the stack. Marks remember where each began. Subtransactions are numbered upwards and end before their parents.
 *
 * Everything lives in a memory context of the transaction.
 */
#include "audit/pending.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct Mark
{
	SubTransactionId in;
	int64 begin;
} Mark;

typedef struct Queue
{
	MemoryContext context; /* NULL: nothing was queued in this transaction */
	OpresPending **entries;
	int64 count, capacity;
	Mark *marks;
	int mark_count, mark_capacity;
} Queue;

static Queue queue;

static void
begin_queue(void)
{
	queue.context = AllocSetContextCreate(TopTransactionContext, "opres audit", ALLOCSET_DEFAULT_SIZES);
	queue.capacity = 16;
	queue.entries = MemoryContextAlloc(queue.context, queue.capacity * sizeof(OpresPending *));
	queue.mark_capacity = 16;
	queue.marks = MemoryContextAlloc(queue.context, queue.mark_capacity * sizeof(Mark));
}

static void
mark_begin(SubTransactionId in)
{
	if (queue.mark_count > 0 && queue.marks[queue.mark_count - 1].in == in)
		return;
	if (queue.mark_count == queue.mark_capacity)
	{
		queue.marks = repalloc_huge(queue.marks, 2 * (Size) queue.mark_capacity * sizeof(Mark));
		queue.mark_capacity *= 2;
	}
	queue.marks[queue.mark_count++] = (Mark){ in, queue.count };
}

static Size
room(const char *value)
{
	return value != NULL ? strlen(value) + 1 : 0;
}

static OpresField
keep(char **free_space, const char *value)
{
	OpresField field = { NULL, -1 };

	if (value != NULL)
	{
		field.length = (int32) strlen(value);
		field.bytes = memcpy(*free_space, value, field.length + 1);
		*free_space += field.length + 1;
	}
	return field;
}

void
opres_pending_add(const OpresActor *actor, const char *action, const char *subject, const char *reason, const char *content)
{
	Size bytes = sizeof(OpresPending) + room(action) + room(subject) + room(reason) + room(content);
	OpresPending *pending;
	char *free_space;

	if (queue.context == NULL)
		begin_queue();
	if (queue.count == queue.capacity)
	{
		queue.entries = repalloc_huge(queue.entries, 2 * (Size) queue.capacity * sizeof(OpresPending *));
		queue.capacity *= 2;
	}
	pending = MemoryContextAllocHuge(queue.context, bytes);
	free_space = (char *) (pending + 1);
	pending->actor = *actor;
	pending->action = keep(&free_space, action);
	pending->subject = keep(&free_space, subject);
	pending->reason = keep(&free_space, reason);
	pending->content = keep(&free_space, content);
	mark_begin(GetCurrentSubTransactionId());
	queue.entries[queue.count++] = pending;
}

int64
opres_pending_count(void)
{
	return queue.count;
}

const OpresPending *
opres_pending_get(int64 position)
{
	return queue.entries[position];
}

void
opres_pending_clear(void)
{
	memset(&queue, 0, sizeof(queue));
}

void
opres_pending_subcommit(SubTransactionId mine, SubTransactionId parent)
{
	Mark *last;

	if (queue.mark_count == 0)
		return;
	last = &queue.marks[queue.mark_count - 1];
	if (last->in != mine)
		return;
	if (queue.mark_count > 1 && last[-1].in == parent)
		queue.mark_count--;
	else
		last->in = parent;
}

void
opres_pending_subabort(SubTransactionId mine)
{
	int64 begin = queue.count;

	while (queue.mark_count > 0 && queue.marks[queue.mark_count - 1].in >= mine)
		begin = queue.marks[--queue.mark_count].begin;
	while (queue.count > begin)
		pfree(queue.entries[--queue.count]);
}

bool
opres_pending_erasure(int64 number)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "entry " INT64_FORMAT, number);
	/* Backwards: an erasure is queued just before it is done. */
	for (int64 i = queue.count - 1; i >= 0; i--)
	{
		const OpresPending *pending = queue.entries[i];

		if (strcmp(pending->action.bytes, OPRES_ACTION_ERASE) == 0 &&
			(number == 0 || (pending->subject.length >= 0 && strcmp(pending->subject.bytes, subject) == 0)))
			return true;
	}
	return false;
}
