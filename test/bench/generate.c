/*
 * generate.c - large made-up maps for the benchmark: generate NODES MEMBERSHIPS SEED FOLDER
 *
 * Layers: operation -> process -> people, systems, data, facilities, third parties -> networks and infrastructure -> Nth parties;
 * suppliers are drawn by a power law (a few are used by many), a tenth of the requirements are k-of-n (half of those with a
 * standby), some are pools, and three nodes in a hundred stand in a cycle. Infrastructure and Nth parties need one of ten regional
 * power grids, those the national one.
 *
 * Nodes are numbered by layer. Every requirement leads to a higher number except those of the cycles, whose nodes are neighbours:
 * so each cycle is a strongly connected component by itself. Same arguments, same files: FOLDER/<table>.tsv for \copy, and
 * FOLDER/facts.tsv with the scenarios, the node each of them takes away and how many nodes that should touch.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum Group
{
	OPERATION,
	PROCESS,
	PEOPLE,
	SYSTEM,
	DATA,
	FACILITY,
	THIRD_PARTY,
	NETWORK,
	INFRASTRUCTURE,
	NTH_PARTY,
	GRID,
	GROUPS
} Group;

static const struct
{
	const char *prefix;
	const char *kind;
	int percent;     /* of all nodes; NTH_PARTY takes what is left */
	int restart_min; /* restart in minutes: drawn from [min, max] */
	int restart_max;
} group_info[GROUPS] = {
	[OPERATION] = { "op", "operation", 0, 0, 0 },
	[PROCESS] = { "proc", "process", 8, 0, 15 },
	[PEOPLE] = { "team", "people", 8, 0, 0 },
	[SYSTEM] = { "sys", "system", 30, 5, 60 },
	[DATA] = { "data", "data", 10, 0, 30 },
	[FACILITY] = { "fac", "facility", 4, 0, 120 },
	[THIRD_PARTY] = { "tp", "third_party", 8, 0, 60 },
	[NETWORK] = { "net", "network", 6, 0, 10 },
	[INFRASTRUCTURE] = { "inf", "system", 12, 5, 45 },
	[NTH_PARTY] = { "nth", "third_party", 0, 0, 60 },
	[GRID] = { "grid", "facility", 0, 0, 30 },
};

/* Whom the nodes of a group need, in percent of their requirements. The own group means: a higher number in it. */
static const int needs[GROUPS][GROUPS] = {
	[OPERATION] = { [PROCESS] = 85, [PEOPLE] = 5, [SYSTEM] = 10 },
	[PROCESS] = { [PEOPLE] = 15, [SYSTEM] = 45, [DATA] = 15, [FACILITY] = 10, [THIRD_PARTY] = 15 },
	[PEOPLE] = { [SYSTEM] = 25, [FACILITY] = 60, [NETWORK] = 15 },
	[SYSTEM] = { [SYSTEM] = 15, [DATA] = 10, [FACILITY] = 10, [THIRD_PARTY] = 10, [NETWORK] = 20, [INFRASTRUCTURE] = 35 },
	[DATA] = { [FACILITY] = 20, [THIRD_PARTY] = 20, [INFRASTRUCTURE] = 60 },
	[FACILITY] = { [INFRASTRUCTURE] = 40, [NTH_PARTY] = 60 },
	[THIRD_PARTY] = { [THIRD_PARTY] = 20, [INFRASTRUCTURE] = 20, [NTH_PARTY] = 60 },
	[NETWORK] = { [NETWORK] = 20, [INFRASTRUCTURE] = 30, [NTH_PARTY] = 50 },
	[INFRASTRUCTURE] = { [INFRASTRUCTURE] = 30, [NTH_PARTY] = 70 },
	[NTH_PARTY] = { [NTH_PARTY] = 100 },
};

typedef struct Requirement
{
	int32_t owner;
	int32_t first_member;
	int32_t active;
	int32_t needed;
	int16_t impact; /* percent */
	int16_t buffer; /* minutes */
	int16_t switchover;
	bool pool;
	bool for_start;
	char name[8];
} Requirement;

typedef struct Member
{
	int32_t node;
	bool standby;
} Member;

#define GRIDS 10
#define MOST_MEMBERS 4

static int32_t node_count;
static int32_t first_of[GROUPS + 1];
static Requirement *requirements;
static int32_t requirement_count;
static Member *members;
static int32_t member_count;
static int32_t member_room;
static int32_t member_target; /* about how many there shall be */
static uint64_t state;

/* splitmix64 */
static uint64_t
draw(void)
{
	uint64_t z = (state += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static double
draw_unit(void)
{
	return (double) (draw() >> 11) * 0x1p-53;
}

static int
draw_between(int low, int high)
{
	return low + (int) (draw() % (uint64_t) (high - low + 1));
}

static bool
percent(int chance)
{
	return draw_between(0, 99) < chance;
}

static void *
take(size_t count, size_t size)
{
	void *block = calloc(count + 1, size);

	if (block == NULL)
	{
		fprintf(stderr, "generate: out of memory\n");
		exit(1);
	}
	return block;
}

static Group
group_of(int32_t node)
{
	int group = OPERATION;

	while (node >= first_of[group + 1])
		group++;
	return (Group) group;
}

static void
lay_out(void)
{
	int32_t operations = node_count / 200;
	int32_t left = node_count - GRIDS - 1;
	int32_t sizes[GROUPS] = { 0 };

	sizes[OPERATION] = operations < 10 ? 10 : operations > 500 ? 500 : operations;
	sizes[GRID] = GRIDS + 1;
	for (int g = PROCESS; g < NTH_PARTY; g++)
		sizes[g] = (int32_t) ((int64_t) node_count * group_info[g].percent / 100);
	for (int g = OPERATION; g < NTH_PARTY; g++)
		left -= sizes[g];
	sizes[NTH_PARTY] = left;
	for (int g = 0; g < GROUPS; g++)
		first_of[g + 1] = first_of[g] + sizes[g];
}

/* A supplier with a number above `above` in the group; the last of a group are the popular ones. */
static int32_t
draw_supplier(Group group, int32_t above)
{
	int32_t from = first_of[group] > above ? first_of[group] : above + 1;
	int32_t room = first_of[group + 1] - from;
	double u = draw_unit();

	if (room <= 0)
		return -1;
	return first_of[group + 1] - 1 - (int32_t) (room * u * u * u);
}

static Group
draw_group(Group owner)
{
	int at = draw_between(0, 99);
	int group = 0;

	while (group < GRID && at >= needs[owner][group])
		at -= needs[owner][group++];
	return (Group) group;
}

static Requirement *
add_requirement(int32_t owner, const char *prefix, int number)
{
	Requirement *r = &requirements[requirement_count++];

	r->owner = owner;
	r->first_member = member_count;
	r->impact = 100;
	snprintf(r->name, sizeof(r->name), "%.3s%02d", prefix, number % 100);
	return r;
}

static bool
add_member(Requirement *r, int32_t node, bool standby)
{
	if (node < 0 || node == r->owner || member_count == member_room)
		return false;
	for (int32_t m = r->first_member; m < member_count; m++)
		if (members[m].node == node)
			return false;
	members[member_count].node = node;
	members[member_count++].standby = standby;
	if (!standby)
		r->active++;
	return true;
}

/* One requirement of up to MOST_MEMBERS members; returns how many it got. */
static int
draw_requirement(int32_t owner, int number)
{
	Group group = group_of(owner);
	Group from = draw_group(group);
	Requirement *r = add_requirement(owner, "r", number);
	bool several = percent(10);
	bool with_standby = several && percent(50);
	int wanted = several ? draw_between(2, MOST_MEMBERS) : 1;

	for (int attempts = 0; attempts < 3 * wanted && member_count - r->first_member < wanted; attempts++)
		add_member(r, draw_supplier(from, owner), with_standby && r->active == wanted - 1);
	if (r->active == 0)
	{
		requirement_count--;
		return 0;
	}
	r->needed = r->active;
	if (several && member_count - r->first_member == r->active && r->active > 1)
		r->needed = r->active - draw_between(1, r->active - 1);
	r->pool = from == PEOPLE && several && r->active > 1;
	r->for_start = percent(3);
	if (percent(20))
		r->impact = (int16_t) (10 * draw_between(2, 9));
	if (percent(20))
		r->buffer = (int16_t) (15 * draw_between(1, 16));
	if (with_standby)
		r->switchover = (int16_t) (5 * draw_between(1, 12));
	return member_count - r->first_member;
}

static void
draw_requirements(int32_t owner, int count)
{
	int number = 0;
	int attempts = 0;

	while (count > 0 && attempts++ < 90)
		count -= draw_requirement(owner, number++);
}

/*
 * In a cycle each needs the next: three in ten in full, without restart, or they would never come back; six in part without
 * restart; one in part with it: such a cycle comes back in ever smaller steps, a restart time apart.
 */
static void
close_cycle(int32_t owner, int32_t first, int32_t size, bool in_full)
{
	Requirement *r = add_requirement(owner, "mutual", 0);

	add_member(r, first + (owner - first + 1) % size, false);
	r->needed = 1;
	r->impact = in_full ? 100 : (int16_t) (10 * draw_between(3, 8));
}

static void
need_power(int32_t owner, int32_t grid)
{
	Requirement *r = add_requirement(owner, "power", 0);

	add_member(r, grid, false);
	r->needed = 1;
	r->buffer = owner >= first_of[GRID] ? 0 : (int16_t) (10 * draw_between(0, 6));
}

static void
draw_map(int16_t *restart)
{
	int32_t national = node_count - 1;
	int32_t cycle_first = 0;
	int32_t cycle_size = 0;
	bool in_full = false;
	bool with_restart = false;

	for (int32_t node = 0; node < node_count; node++)
	{
		Group group = group_of(node);
		int32_t leaves = first_of[NTH_PARTY] - node;
		int32_t powered = first_of[GRID] - (node > first_of[INFRASTRUCTURE] ? node : first_of[INFRASTRUCTURE]);
		int32_t budget =
			member_target - member_count - powered - GRIDS - (first_of[GRID] - first_of[NTH_PARTY]) / 3 - leaves * 3 / 100;
		double mean = leaves > 0 ? (double) budget / leaves : 0;
		int wanted = 1 + (int) (-log(1 - draw_unit()) * (mean > 1 ? mean - 0.5 : 0.5));

		restart[node] = (int16_t) draw_between(group_info[group].restart_min, group_info[group].restart_max);
		if (node >= cycle_first + cycle_size && group >= PEOPLE && group < NTH_PARTY && percent(1))
		{
			cycle_size = draw_between(2, 6);
			cycle_first = node;
			if (group_of(node + cycle_size - 1) != group)
				cycle_size = 0;
			in_full = percent(30);
			with_restart = !in_full && percent(15);
		}
		if (node < cycle_first + cycle_size)
		{
			close_cycle(node, cycle_first, cycle_size, in_full);
			if (!with_restart)
				restart[node] = 0;
		}
		if (group < NTH_PARTY)
			draw_requirements(node, wanted > 40 ? 40 : wanted);
		else if (group == NTH_PARTY && percent(30))
			draw_requirements(node, 1);
		if (group == INFRASTRUCTURE || group == NTH_PARTY)
			need_power(node, first_of[GRID] + draw_between(0, GRIDS - 1));
		else if (group == GRID && node != national)
			need_power(node, national);
	}
}

/* The requirements a node is a member of: uses[first_use[node] .. first_use[node + 1]). */
static int32_t *first_use;
static int32_t *uses;

static void
index_uses(void)
{
	int32_t *at = take((size_t) node_count + 1, sizeof(int32_t));

	first_use = take((size_t) node_count + 1, sizeof(int32_t));
	uses = take((size_t) member_count, sizeof(int32_t));
	for (int32_t m = 0; m < member_count; m++)
		first_use[members[m].node + 1]++;
	for (int32_t n = 0; n < node_count; n++)
		first_use[n + 1] += first_use[n];
	memcpy(at, first_use, ((size_t) node_count + 1) * sizeof(int32_t));
	for (int32_t r = 0; r < requirement_count; r++)
		for (int32_t m = requirements[r].first_member; m < requirements[r + 1].first_member; m++)
			uses[at[members[m].node]++] = r;
	free(at);
}

/* How many nodes lose something when `start` is lost for long, counted up to `limit`. A standby comes too late not to be felt.
   Or, redundancy left out, how many use it at all, directly or not. */
static int32_t
count_touched(int32_t start, int32_t limit, bool redundancy)
{
	static int32_t *node_round;
	static int32_t *requirement_round;
	static int32_t *lost;
	static int32_t *queue;
	static int32_t round;
	int32_t head = 0;
	int32_t tail = 0;

	if (node_round == NULL)
	{
		node_round = take((size_t) node_count, sizeof(int32_t));
		queue = take((size_t) node_count, sizeof(int32_t));
		requirement_round = take((size_t) requirement_count, sizeof(int32_t));
		lost = take((size_t) requirement_count, sizeof(int32_t));
	}
	round++;
	node_round[start] = round;
	queue[tail++] = start;
	while (head < tail && tail < limit)
	{
		int32_t node = queue[head++];

		for (int32_t u = first_use[node]; u < first_use[node + 1]; u++)
		{
			const Requirement *r = &requirements[uses[u]];
			bool standby = false;

			for (int32_t m = r->first_member; m < r[1].first_member; m++)
				standby |= members[m].node == node && members[m].standby;
			if (node_round[r->owner] == round || (redundancy && (standby || r->for_start)))
				continue;
			if (requirement_round[uses[u]] != round)
			{
				requirement_round[uses[u]] = round;
				lost[uses[u]] = 0;
			}
			if (redundancy && r->active - ++lost[uses[u]] >= r->needed)
				continue;
			node_round[r->owner] = round;
			queue[tail++] = r->owner;
		}
	}
	return tail;
}

/* The node whose loss touches a number of nodes nearest to `wanted`, among many drawn at random. */
static int32_t
find_start(int32_t wanted, int32_t *touched)
{
	int32_t best = -1;
	int32_t nearest = INT32_MAX;

	for (int attempt = 0; attempt < 20000 && nearest > wanted / 50; attempt++)
	{
		int32_t node = draw_between(first_of[PEOPLE], first_of[GRID] - 1);
		int32_t count = count_touched(node, 4 * wanted, true);

		if (abs(count - wanted) < nearest)
		{
			nearest = abs(count - wanted);
			best = node;
			*touched = count;
		}
	}
	return best;
}

/* Of many nodes whose loss touches few, the one that is used most. */
static int32_t
find_absorbed(int32_t *touched)
{
	int32_t best = -1;
	int32_t most = 0;
	int candidates = 0;

	for (int attempt = 0; attempt < 50000 && candidates < 300; attempt++)
	{
		int32_t node = members[draw() % (uint64_t) member_count].node;
		int32_t count = count_touched(node, 21, true);
		int32_t users = 0;

		if (count < 5 || count > 20)
			continue;
		candidates++;
		users = count_touched(node, INT32_MAX, false);
		if (users > most)
		{
			most = users;
			best = node;
			*touched = count;
		}
	}
	return best;
}

static FILE *
open_table(const char *folder, const char *table)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.tsv", folder, table);
	file = fopen(path, "w");
	if (file == NULL)
	{
		perror(path);
		exit(1);
	}
	return file;
}

static void
close_table(FILE *file)
{
	if (ferror(file) || fclose(file) != 0)
	{
		perror("generate: cannot write");
		exit(1);
	}
}

static const char *
code_of(int32_t node, char code[32])
{
	Group group = group_of(node);

	snprintf(code, 32, "%s-%06d", group_info[group].prefix, node - first_of[group]);
	return code;
}

static void
write_map(const char *folder, const int16_t *restart)
{
	FILE *file = open_table(folder, "node"); /* code, kind, name, country, restart */
	char code[32];
	char member[32];

	for (int32_t n = 0; n < node_count; n++)
		fprintf(file, "%s\t%s\tNode %d\tJP\t%d min\n", code_of(n, code), group_info[group_of(n)].kind, n, restart[n]);
	close_table(file);
	file = open_table(folder, "requirement"); /* node, name, mode, needed, needed_for, impact, buffer, switchover */
	for (const Requirement *r = requirements; r < requirements + requirement_count; r++)
		fprintf(file, "%s\t%s\t%s\t%d\t%s\t%.1f\t%d min\t%d min\n", code_of(r->owner, code), r->name, r->pool ? "pool" : "quorum",
				r->needed, r->for_start ? "start" : "run", r->impact / 100.0, r->buffer, r->switchover);
	close_table(file);
	file = open_table(folder, "requirement_member"); /* node, requirement, member, standby */
	for (const Requirement *r = requirements; r < requirements + requirement_count; r++)
		for (int32_t m = r->first_member; m < r[1].first_member; m++)
			fprintf(file, "%s\t%s\t%s\t%c\n", code_of(r->owner, code), r->name, code_of(members[m].node, member),
					members[m].standby ? 't' : 'f');
	close_table(file);
	file = open_table(folder, "tolerance"); /* operation, tolerance */
	for (int32_t n = 0; n < first_of[PROCESS]; n++)
	{
		fprintf(file, "%s\t100%% within %dh\n", code_of(n, code), 1 << draw_between(0, 4));
		if (percent(30))
			fprintf(file, "%s\t50%% within 30min\n", code);
	}
	close_table(file);
}

static void
write_scenarios(const char *folder)
{
	FILE *scenario = open_table(folder, "scenario"); /* code, name */
	FILE *shock = open_table(folder, "shock");       /* scenario, code, node, duration */
	FILE *facts = open_table(folder, "facts");       /* scenario, node, touched */
	const char *codes[] = { "absorbed", "touches-10", "touches-1k", "touches-all" };
	int32_t starts[4];
	int32_t touched[4] = { 0 };

	starts[0] = find_absorbed(&touched[0]);
	starts[1] = find_start(10, &touched[1]);
	starts[2] = find_start(1000, &touched[2]);
	starts[3] = node_count - 1;
	touched[3] = count_touched(starts[3], INT32_MAX, true);
	for (int s = 0; s < 4; s++)
	{
		char code[32];

		fprintf(scenario, "%s\tLoss of %s\n", codes[s], code_of(starts[s], code));
		fprintf(shock, "%s\tloss\t%s\t12h\n", codes[s], code);
		fprintf(facts, "%s\t%s\t%d\n", codes[s], code, touched[s]);
	}
	close_table(scenario);
	close_table(shock);
	close_table(facts);
}

int
main(int argc, char **argv)
{
	int16_t *restart;

	if (argc != 5 || (node_count = atoi(argv[1])) < 500 || (member_target = atoi(argv[2])) < 3 * node_count ||
		member_target > 1000000000)
	{
		fprintf(stderr, "usage: generate NODES MEMBERSHIPS SEED FOLDER   (at least 500 nodes, at least 3 memberships each)\n");
		return 2;
	}
	member_room = member_target + member_target / 10;
	state = strtoull(argv[3], NULL, 10);
	members = take((size_t) member_room, sizeof(Member));
	requirements = take((size_t) member_room + 1, sizeof(Requirement));
	restart = take((size_t) node_count, sizeof(int16_t));
	lay_out();
	draw_map(restart);
	requirements[requirement_count].first_member = member_count;
	index_uses();
	write_map(argv[4], restart);
	write_scenarios(argv[4]);
	printf("%d nodes, %d requirements, %d memberships\n", node_count, requirement_count, member_count);
	return 0;
}
