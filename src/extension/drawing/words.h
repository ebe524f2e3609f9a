/*
 * words.h - the words and numbers of a drawing in English and Japanese.
 */
#ifndef OPRES_DRAWING_WORDS_H
#define OPRES_DRAWING_WORDS_H

#include "drawing/sheet.h"

typedef enum OpresWord
{
	OPRES_WORD_TOLERANCE,
	OPRES_WORD_RECOVERY,
	OPRES_WORD_CUT_OFF,
	OPRES_WORD_DATA_LOSS,
	OPRES_WORD_IN_TOTAL,
	OPRES_WORD_SPOF,
	OPRES_WORD_STANDBY,
	OPRES_WORD_LEGEND,
	OPRES_WORD_NO_SUBSTITUTE,
	OPRES_WORD_REDUNDANT,
	OPRES_WORD_DEPENDS,
	OPRES_WORD_OPTIONAL,
	OPRES_WORD_RESTART,
	OPRES_WORD_TO_SPOF,
	OPRES_WORD_PATH,
	OPRES_WORD_EMPTY,
	OPRES_WORD_LEFT_OUT,
	OPRES_WORD_BAR,
	OPRES_WORD_WORST_FIRST,
	OPRES_WORD_OWNER,
	OPRES_WORD_LOCATION,
	OPRES_WORD_WEAK_POINT,
	OPRES_WORD_HITS,
	OPRES_WORD_LOWEST,
	OPRES_WORD_NOT_BACK,
	OPRES_WORD_SWITCHOVER,
	OPRES_WORD_INDIRECT,
	OPRES_WORDS
} OpresWord;

extern OpresPair opres_word(OpresWord word);
extern OpresPair opres_layer_word(int layer);
extern OpresPair opres_kind_word(OpresKind kind);
extern OpresPair opres_state_word(OpresState state);
extern OpresPair opres_card_word(OpresCardState state);

extern char *opres_say_level(double level);
/* "80% within 2 h", "2時間以内に80%"; a level of 1 goes without saying */
extern char *opres_say_limit(OpresLang lang, OpresTime limit, double level);
/* "main other" of a pair, one blank between; either may be missing. */
extern char *opres_say_both(OpresLang lang, OpresPair pair);
/* The asked language, else the other, else "". */
extern const char *opres_say(OpresLang lang, OpresPair pair);
/* The other language if it says something of its own, else NULL. */
extern const char *opres_say_other(OpresLang lang, OpresPair pair);

#endif
