/*
 * witness_round.c - what a witness says of a trail, and when it signs: when all it has kept is a beginning of what there is now.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "companion.h"
#include "progress.h"
#include "witness.h"
#include "words.h"

#define FIRST_PAUSE 1 /* seconds, doubled up to: */
#define LONGEST_PAUSE 300

OpresVerdict
opres_witness_judge(const OpresCheckpoint *last, const OpresAnswer *answer)
{
	const OpresCheckpoint *now = &answer->now;

	if (!last)
		return OPRES_VERDICT_FIRST;
	if (now->size < last->size)
		return OPRES_VERDICT_CUT;
	if (now->size == last->size)
		return opres_hash_equal(&now->root, &last->root) ? OPRES_VERDICT_SAME : OPRES_VERDICT_FORK;
	return opres_consistency_holds(last->size, now->size, answer->proof, answer->count, &last->root, &now->root)
			   ? OPRES_VERDICT_GROWN
			   : OPRES_VERDICT_FORK;
}

static const OpresCheckpoint *
last_of(const OpresState *state)
{
	return state->begun ? &state->last : NULL;
}

/* "1200 (opres/1/2/3) ROOT": one of a few buffers in turn. */
static const char *
told(const OpresCheckpoint *checkpoint)
{
	static char buffers[2][OPRES_CHECKPOINT_MAX + 8];
	static int turn;
	char *buffer = buffers[turn++ % 2], text[OPRES_CHECKPOINT_MAX];
	char *root;

	(void) opres_checkpoint_print(checkpoint, text);
	root = strchr(strchr(text, '\n') + 1, '\n') + 1;
	root[strlen(root) - 1] = '\0';
	(void) snprintf(buffer, sizeof buffers[0], "%" PRIu64 " %s %s", checkpoint->size, root, checkpoint->origin);
	return buffer;
}

static void
tell_kept(const OpresState *state, const char *name)
{
	if (!opres_progress_quiet())
		opres_say(stdout, "witnessed: %" PRIu64 " entries, note %s\n", "署名しました: %" PRIu64 "件、ノート %s\n", state->last.size,
				  name);
	(void) fflush(stdout);
}

/* A new incarnation that goes on with the same entries does no harm, but somebody should know why there is one. */
static void
tell_moved(const OpresCheckpoint *last, const OpresCheckpoint *now)
{
	opres_complain(
		"note: the trail goes on in another incarnation, %s instead of %s (a promotion, a restore to a point in time, or a "
		"restored dump); all entries kept so far are in it",
		"注意: 証跡は別の系統に移りました（%2$s → %1$s、昇格・時点復元・ダンプの復元のいずれか）。"
		"署名済みの記録はすべて含まれています",
		now->origin, last->origin);
}

static int
refuse(const OpresState *state, const OpresAnswer *answer, OpresVerdict verdict)
{
	const char *kept = told(&state->last), *now = told(&answer->now);

	if (verdict == OPRES_VERDICT_CUT)
		opres_complain(
			"REFUSED: the trail is shorter than what was kept of it: entries were cut off, or an older state was restored",
			"拒否: 証跡が保管済みのチェックポイントより短くなっています。末尾の記録が切り取られたか、古い状態が復元されました");
	else
		opres_complain("REFUSED: the trail is not the one that was kept: entries in it were changed, or it is another trail",
					   "拒否: 証跡が保管済みのものと一致しません。記録が改変されたか、別の証跡です");
	opres_complain("kept (entries, root, origin): %s", "保管済み（件数、ルート、起点）: %s", kept);
	opres_complain("now  (entries, root, origin): %s", "現在（件数、ルート、起点）: %s", now);
	opres_complain("nothing was signed, what was kept stands", "署名していません。保管済みの内容は変わりません");
	return OPRES_EXIT_BROKEN;
}

static volatile sig_atomic_t busy, stopped;

/* While nothing is being kept there is nothing to finish: waiting for a server must not hold up the end. */
static void
stop(int signal_number)
{
	if (!busy)
		_exit(OPRES_EXIT_OK);
	stopped = 1;
}

static int
keep(OpresState *state, const OpresCheckpoint *now, bool new_line)
{
	char name[OPRES_NOTE_NAME];
	bool kept;

	busy = 1;
	kept = opres_state_keep(state, now, new_line, name);
	if (kept)
		tell_kept(state, name);
	busy = 0;
	if (stopped)
		_exit(kept ? OPRES_EXIT_OK : OPRES_EXIT_CANNOT);
	return kept ? OPRES_EXIT_OK : OPRES_EXIT_CANNOT;
}

static int
unanswered(OpresReply reply)
{
	if (reply != OPRES_REPLY_IMPOSSIBLE)
		return OPRES_EXIT_CANNOT;
	opres_complain("REFUSED: an intact trail does not answer like this; nothing was signed",
				   "拒否: 健全な証跡からは得られない応答です。署名していません");
	return OPRES_EXIT_BROKEN;
}

int
opres_witness_round(OpresState *state, const char *conninfo, OpresRound *round)
{
	const OpresCheckpoint *last = last_of(state);
	OpresAnswer answer;
	OpresReply reply = opres_server_ask(conninfo, last, &answer);
	OpresVerdict verdict;
	bool moved;

	*round = (OpresRound){ .again = reply == OPRES_REPLY_LATER };
	if (reply != OPRES_REPLY)
		return unanswered(reply);
	verdict = opres_witness_judge(last, &answer);
	if (verdict == OPRES_VERDICT_CUT || verdict == OPRES_VERDICT_FORK)
		return refuse(state, &answer, verdict);
	moved = last && strcmp(last->origin, answer.now.origin) != 0;
	if (moved)
		tell_moved(last, &answer.now);
	if (verdict != OPRES_VERDICT_SAME || moved)
		return keep(state, &answer.now, moved);
	round->unchanged = true;
	opres_state_agreed(state);
	return OPRES_EXIT_OK;
}

int
opres_witness_accept(OpresState *state, const char *conninfo, const char *reason)
{
	char name[OPRES_NOTE_NAME];
	OpresAnswer answer;
	OpresReply reply = opres_server_ask(conninfo, last_of(state), &answer);
	OpresVerdict verdict;

	if (reply != OPRES_REPLY)
		return unanswered(reply);
	verdict = opres_witness_judge(last_of(state), &answer);
	if (verdict != OPRES_VERDICT_CUT && verdict != OPRES_VERDICT_FORK)
	{
		opres_complain("there is nothing to accept: the trail goes on from what was kept",
					   "受け入れるべき断絶はありません。証跡は保管済みの内容から連続しています");
		return OPRES_EXIT_CANNOT;
	}
	opres_complain("kept (entries, root, origin): %s", "保管済み（件数、ルート、起点）: %s", told(&state->last));
	if (!opres_state_break(state, &answer.now, reason, name))
		return OPRES_EXIT_CANNOT;
	opres_complain("accepted as a new line of notes: %s", "新しいノート系列として受け入れました: %s", told(&answer.now));
	tell_kept(state, name);
	return OPRES_EXIT_OK;
}

static void
handle_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	(void) sigemptyset(&action.sa_mask);
	(void) sigaction(SIGTERM, &action, NULL);
	(void) sigaction(SIGINT, &action, NULL);
	(void) signal(SIGHUP, SIG_IGN);
}

static void
pause_for(int64_t microseconds)
{
	struct timespec left = { microseconds / 1000000, microseconds % 1000000 * 1000 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

int
opres_witness_watch(OpresState *state, const char *conninfo, int64_t interval)
{
	int64_t pause = FIRST_PAUSE;

	handle_signals();
	for (;;)
	{
		OpresRound round;
		int status = opres_witness_round(state, conninfo, &round);

		if (status == OPRES_EXIT_OK)
		{
			pause = FIRST_PAUSE;
			pause_for(interval);
		}
		else if (round.again)
		{
			pause_for(pause * 1000000);
			pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
		}
		else
			return status;
	}
}
