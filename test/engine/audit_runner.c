/*
 * audit_runner.c - the audit trail's encoder and tree at the end of a pipe: a question a line on stdin, an answer a line on stdout.
 *
 * Tokens separated by blanks; bytes are "x" and hexadecimal digits, NULL is "-", numbers are decimal. Leaves are numbered from 0.
 *   entry NUMBER PREVIOUS AT SALT REASON CONTENT LOGIN SESSION ACTING ACTION SUBJECT    -> content hash, encoded entry, leaf
 *   leaf HASH                   adds a leaf to the frontier -> its root and the subtrees completed
 *   restart SIZE                the frontier begins again with the leaves of a tree of that size -> its root
 *   tree COUNT COMMON {INDEX HASH}    the tree asked about: all leaves are COMMON but those named (in order of index) -> nothing
 *   root SIZE                   -> root
 *   inclusion LEAF SIZE, consistency OLD NEW                                            -> proof
 *   included HASH LEAF SIZE ROOT COUNT {HASH}, consistent OLD NEW ROOT ROOT COUNT {HASH}    -> 0 or 1
 * A function that refuses answers "refused".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit_entry.h"
#include "merkle.h"

#define SPECIAL_MAX 64
#define PROOF_ROOM (OPRES_PROOF_MAX + 8) /* proofs to judge may be too long */

typedef struct Special
{
	uint64_t index;
	OpresHash hash;
} Special;

typedef struct Tree
{
	int count;
	Special special[SPECIAL_MAX];
	OpresHash common[OPRES_TREE_LEVELS + 1]; /* root of a perfect subtree of that level whose leaves are all the same */
} Tree;

static void
die(const char *what, const char *detail)
{
	fprintf(stderr, "audit_runner: %s: %s\n", what, detail);
	exit(2);
}

/* Reading */

static const char *
token(void)
{
	const char *text = strtok(NULL, " \n");

	if (text == NULL)
		die("token missing", "");
	return text;
}

static uint64_t
number(void)
{
	const char *text = token();
	char *end;
	uint64_t value = text[0] == '-' ? (uint64_t) strtoll(text, &end, 10) : strtoull(text, &end, 10);

	if (*end != '\0')
		die("not a number", text);
	return value;
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Malloc'd, exactly as long as the field is, so that the sanitizer sees who reads past it. */
static OpresField
field(void)
{
	const char *text = token();
	OpresField value = { NULL, -1 };
	char *bytes;

	if (strcmp(text, "-") == 0)
		return value;
	value.length = (int32_t) (strlen(text) - 1) / 2;
	bytes = malloc(value.length);
	if (bytes == NULL && value.length > 0)
		die("out of memory", "");
	for (int32_t i = 0; i < value.length; i++)
		bytes[i] = (char) (digit(text[1 + 2 * i]) << 4 | digit(text[2 + 2 * i]));
	value.bytes = bytes;
	return value;
}

static void
release(OpresField value)
{
	free((char *) (uintptr_t) value.bytes);
}

/* False for NULL. */
static bool
hash(OpresHash *value)
{
	OpresField bytes = field();
	bool given = bytes.length >= 0;

	if (given && bytes.length != OPRES_HASH_BYTES)
		die("not a hash", "");
	if (given)
		memcpy(value->bytes, bytes.bytes, OPRES_HASH_BYTES);
	release(bytes);
	return given;
}

static int
hashes(OpresHash *values)
{
	int count = (int) number();

	if (count > PROOF_ROOM)
		die("too many hashes", "");
	for (int i = 0; i < count; i++)
		hash(&values[i]);
	return count;
}

/* Answers */

static void
print_bytes(const void *bytes, size_t length, char end)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++)
	{
		uint8_t byte = ((const uint8_t *) bytes)[i];

		putchar(digits[byte >> 4]);
		putchar(digits[byte & 15]);
	}
	putchar(end);
}

/* In one line, nothing for none. */
static void
print_hashes(const OpresHash *values, int count)
{
	for (int i = 0; i < count; i++)
		print_bytes(values[i].bytes, OPRES_HASH_BYTES, ' ');
	putchar('\n');
}

static void
print_refused(void)
{
	puts("refused");
}

static void
print_hash_if(bool had, const OpresHash *value)
{
	if (had)
		print_bytes(value->bytes, OPRES_HASH_BYTES, '\n');
	else
		print_refused();
}

static void
answer_entry(void)
{
	OpresAuditEntry entry = { .number = (int64_t) number() };
	OpresHash previous, leaf;
	OpresField salt, reason, content;
	size_t size;
	uint8_t *bytes;

	entry.previous = hash(&previous) ? &previous : NULL;
	entry.at = (int64_t) number();
	salt = field();
	reason = field();
	content = field();
	entry.login = field();
	entry.session_role = field();
	entry.acting_role = field();
	entry.action = field();
	entry.subject = field();
	if (!opres_content_hash((const uint8_t *) salt.bytes, reason, content, &entry.content_hash))
		die("no content hash", "");
	print_bytes(entry.content_hash.bytes, OPRES_HASH_BYTES, ' ');
	size = opres_entry_size(&entry);
	bytes = malloc(size);
	if (bytes == NULL)
		die("out of memory", "");
	opres_entry_encode(&entry, bytes);
	print_bytes(bytes, size, ' ');
	print_hash_if(opres_entry_leaf(&entry, &leaf), &leaf);
	free(bytes);
	release(salt);
	release(reason);
	release(content);
	release(entry.login);
	release(entry.session_role);
	release(entry.acting_role);
	release(entry.action);
	release(entry.subject);
}

static bool
special_within(const Tree *tree, uint64_t first, uint64_t last)
{
	for (int i = 0; i < tree->count; i++)
		if (tree->special[i].index >= first && tree->special[i].index <= last)
			return true;
	return false;
}

static bool
fetch(void *ctx, int level, uint64_t index, OpresHash *value)
{
	const Tree *tree = ctx;
	uint64_t first = index << level;
	OpresHash left, right;

	if (!special_within(tree, first, first + ((UINT64_C(1) << level) - 1)))
	{
		*value = tree->common[level];
		return true;
	}
	if (level > 0)
		return fetch(ctx, level - 1, 2 * index, &left) && fetch(ctx, level - 1, 2 * index + 1, &right) &&
			   opres_node_hash(&left, &right, value);
	for (int i = 0; i < tree->count; i++)
		if (tree->special[i].index == first)
			*value = tree->special[i].hash;
	return true;
}

static void
read_tree(Tree *tree)
{
	tree->count = (int) number();
	if (tree->count > SPECIAL_MAX)
		die("too many leaves", "");
	hash(&tree->common[0]);
	for (int level = 0; level < OPRES_TREE_LEVELS; level++)
		if (!opres_node_hash(&tree->common[level], &tree->common[level], &tree->common[level + 1]))
			die("no hash", "");
	for (int i = 0; i < tree->count; i++)
	{
		tree->special[i].index = number();
		hash(&tree->special[i].hash);
	}
}

static void
answer_push(OpresFrontier *frontier)
{
	OpresHash leaf, root, completed[OPRES_TREE_LEVELS];
	int count;

	hash(&leaf);
	if (!opres_frontier_push(frontier, &leaf, completed, &count) || !opres_frontier_root(frontier, &root))
		die("no hash", "");
	print_bytes(root.bytes, OPRES_HASH_BYTES, ' ');
	print_hashes(completed, count);
}

static void
answer_restart(Tree *tree, OpresFrontier *frontier)
{
	OpresHash root;

	print_hash_if(opres_tree_frontier(number(), fetch, tree, frontier) && opres_frontier_root(frontier, &root), &root);
}

static void
answer_root(Tree *tree)
{
	OpresHash root;

	print_hash_if(opres_tree_root(number(), fetch, tree, &root), &root);
}

static void
answer_proof(Tree *tree, bool inclusion)
{
	OpresHash proof[OPRES_PROOF_MAX];
	int count;
	uint64_t a = number();
	uint64_t b = number();

	if (inclusion ? opres_inclusion_proof(a, b, fetch, tree, proof, &count)
				  : opres_consistency_proof(a, b, fetch, tree, proof, &count))
		print_hashes(proof, count);
	else
		print_refused();
}

static void
answer_included(void)
{
	OpresHash leaf, root, proof[PROOF_ROOM];
	uint64_t index, size;
	int count;

	hash(&leaf);
	index = number();
	size = number();
	hash(&root);
	count = hashes(proof);
	printf("%d\n", opres_inclusion_holds(&leaf, index, size, proof, count, &root));
}

static void
answer_consistent(void)
{
	OpresHash old_root, new_root, proof[PROOF_ROOM];
	uint64_t old_size = number();
	uint64_t new_size = number();
	int count;

	hash(&old_root);
	hash(&new_root);
	count = hashes(proof);
	printf("%d\n", opres_consistency_holds(old_size, new_size, proof, count, &old_root, &new_root));
}

static void
answer(const char *word, Tree *tree, OpresFrontier *frontier)
{
	if (strcmp(word, "entry") == 0)
		answer_entry();
	else if (strcmp(word, "leaf") == 0)
		answer_push(frontier);
	else if (strcmp(word, "restart") == 0)
		answer_restart(tree, frontier);
	else if (strcmp(word, "tree") == 0)
		read_tree(tree);
	else if (strcmp(word, "root") == 0)
		answer_root(tree);
	else if (strcmp(word, "inclusion") == 0 || strcmp(word, "consistency") == 0)
		answer_proof(tree, word[0] == 'i');
	else if (strcmp(word, "included") == 0)
		answer_included();
	else if (strcmp(word, "consistent") == 0)
		answer_consistent();
	else
		die("unknown question", word);
}

int
main(void)
{
	static Tree tree;
	OpresFrontier frontier;
	char *line = NULL;
	size_t capacity = 0;

	opres_frontier_init(&frontier);
	while (getline(&line, &capacity, stdin) > 0)
	{
		const char *word = strtok(line, " \n");

		if (word != NULL)
			answer(word, &tree, &frontier);
	}
	free(line);
	return 0;
}
