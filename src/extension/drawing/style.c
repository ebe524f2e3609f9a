/*
 * style.c - the look as tables (see style.h).
 */
#include "drawing/style.h"

static const OpresKindStyle kinds[] = {
	[OPRES_OPERATION] = { "box", "filled,rounded", ".1,.05", "#D9E8F5", "#0072B2", 0 },
	[OPRES_PROCESS] = { "box", "filled", ".08,.04", "#FFFFFF", "#555555", 1 },
	[OPRES_PEOPLE] = { "ellipse", "filled", ".02,.02", "#FCEBD0", "#B37400", 2 },
	[OPRES_SYSTEM] = { "component", "filled", ".13,.05", "#DDF1EA", "#007A5A", 3 },
	[OPRES_DATA] = { "cylinder", "filled", ".08,.07", "#F0E4F0", "#8C4A73", 4 },
	[OPRES_NETWORK] = { "cds", "filled", ".2,.13", "#E4E6F5", "#4A549B", 4 },
	[OPRES_THIRD_PARTY] = { "hexagon", "filled", ".02,.03", "#FFF9CF", "#857B00", 5 },
	[OPRES_FACILITY] = { "box", "filled", ".1,.05", "#E8E8E8", "#333333", 6 },
};

static const OpresStateStyle states[] = {
	[OPRES_PLAIN] = { "", "", NULL, NULL, OPRES_INK, "#444444", "", "1.3" },
	[OPRES_UNTOUCHED] = { "untouched", "", "#FFFFFF", OPRES_PALE, OPRES_GREY, "#767676", "", "1" },
	[OPRES_AT_RISK] = { "at_risk", "!", "#FFF1A8", "#7A6A00", OPRES_INK, OPRES_INK, ",dashed", "1.6" },
	[OPRES_DEGRADED] = { "degraded", "▲", OPRES_AMBER, "#8A5A00", OPRES_INK, OPRES_INK, "", "1.8" },
	[OPRES_FAILED] = { "failed", "✕", OPRES_RED, OPRES_DARK_RED, "#FFFFFF", "#FFFFFF", "", "2.4" },
};

const OpresKindStyle *
opres_kind_style(OpresKind kind)
{
	return &kinds[kind];
}

const OpresStateStyle *
opres_state_style(OpresState state)
{
	return &states[state];
}
