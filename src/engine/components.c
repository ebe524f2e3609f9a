/*
 * components.c - strongly connected components (Tarjan 1972), without recursion: maps are as deep as their owners make them.
 */
#include "components.h"

#define STEPS_BETWEEN_CHECKS 65536

typedef struct Search
{
	OpresArena *scratch;
	const int32_t *first_edge;
	const int32_t *edge_target;
	int32_t *component;
	int32_t *order;  /* when a node was found, 0 = not yet */
	int32_t *low;    /* the earliest node of the stack it reaches */
	int32_t *cursor; /* the next edge to follow */
	int32_t *stack;  /* nodes whose component is still open */
	int32_t *path;   /* nodes being searched, outermost first */
	int32_t found;
	int32_t stacked;
	int32_t components;
	int32_t steps; /* since the last cancel check */
} Search;

static void
enter(Search *s, int32_t *depth, int32_t node)
{
	s->order[node] = s->low[node] = ++s->found;
	s->cursor[node] = s->first_edge[node];
	s->stack[s->stacked++] = node;
	s->path[(*depth)++] = node;
}

static void
close_component(Search *s, int32_t node)
{
	int32_t member;

	do
	{
		member = s->stack[--s->stacked];
		s->component[member] = s->components;
	} while (member != node);
	s->components++;
}

/* false = cancelled */
static bool
search_from(Search *s, int32_t root)
{
	int32_t depth = 0;

	enter(s, &depth, root);
	while (depth > 0)
	{
		int32_t node = s->path[depth - 1];

		if (++s->steps == STEPS_BETWEEN_CHECKS)
		{
			s->steps = 0;
			if (opres_cancelled(s->scratch->env))
			{
				s->scratch->status = OPRES_CANCELLED;
				return false;
			}
		}
		if (s->cursor[node] < s->first_edge[node + 1])
		{
			int32_t target = s->edge_target[s->cursor[node]++];

			if (s->order[target] == 0)
				enter(s, &depth, target);
			else if (s->component[target] < 0 && s->order[target] < s->low[node])
				s->low[node] = s->order[target];
			continue;
		}
		if (s->low[node] == s->order[node])
			close_component(s, node);
		depth--;
		if (depth > 0 && s->low[node] < s->low[s->path[depth - 1]])
			s->low[s->path[depth - 1]] = s->low[node];
	}
	return true;
}

int32_t
opres_strong_components(OpresArena *scratch, int32_t node_count, const int32_t *first_edge, const int32_t *edge_target,
						int32_t *component)
{
	Search s = { .scratch = scratch, .first_edge = first_edge, .edge_target = edge_target, .component = component };
	size_t count = (size_t) node_count + 1;

	s.order = opres_arena_array(scratch, count, sizeof(int32_t));
	s.low = opres_arena_array(scratch, count, sizeof(int32_t));
	s.cursor = opres_arena_array(scratch, count, sizeof(int32_t));
	s.stack = opres_arena_array(scratch, count, sizeof(int32_t));
	s.path = opres_arena_array(scratch, count, sizeof(int32_t));
	if (s.order == NULL || s.low == NULL || s.cursor == NULL || s.stack == NULL || s.path == NULL)
		return -1;
	for (int32_t v = 0; v < node_count; v++)
		component[v] = -1;
	for (int32_t v = 0; v < node_count; v++)
		if (s.order[v] == 0 && !search_from(&s, v))
			return -1;
	return s.components;
}

bool
opres_components(OpresArena *arena, OpresArena *scratch, OpresModel *model)
{
	int32_t *first_edge = opres_arena_array(scratch, (size_t) model->node_count + 1, sizeof(int32_t));
	int32_t *component = opres_arena_array(arena, (size_t) model->node_count + 1, sizeof(int32_t));
	int32_t *size = opres_arena_array(arena, (size_t) model->node_count + 1, sizeof(int32_t));

	if (first_edge == NULL || component == NULL || size == NULL)
		return false;
	/* Requirements are sorted by owner and members by requirement, so a node's suppliers already stand side by side. */
	for (int32_t v = 0; v <= model->node_count; v++)
		first_edge[v] = model->requirements[model->first_requirement[v]].first_member;
	model->component_count = opres_strong_components(scratch, model->node_count, first_edge, model->member_node, component);
	if (model->component_count < 0)
		return false;
	for (int32_t v = 0; v < model->node_count; v++)
		size[component[v]]++;
	model->component = component;
	model->component_size = size;
	return true;
}
