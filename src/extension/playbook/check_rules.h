/*
 * check_rules.h - the form of CACAO's objects and of our extension, as tables (cacao_objects.c, extension_objects.c), and the words
 * they take (cacao_words.c).
 */
#ifndef OPRES_CHECK_RULES_H
#define OPRES_CHECK_RULES_H

#include "playbook/json.h"

typedef enum OpresRuleKind
{
	OPRES_RULE_TEXT,
	OPRES_RULE_TEXT_OR_NULL,
	OPRES_RULE_FLAG,
	OPRES_RULE_WHOLE,  /* a whole number from low to high */
	OPRES_RULE_NUMBER, /* a number from low to high */
	OPRES_RULE_CHOICE, /* one of words */
	OPRES_RULE_OPEN,   /* should be one of words */
	OPRES_RULE_ID,     /* an identifier of an object of that type, NULL = of any */
	OPRES_RULE_TIME,
	OPRES_RULE_TIME_OR_NULL,
	OPRES_RULE_BASE64,
	OPRES_RULE_URL,
	OPRES_RULE_CODE,      /* of our extension */
	OPRES_RULE_KIND_CODE, /* such a code, hyphens too: what an attack is */
	OPRES_RULE_STEP_CODE, /* what people call a step */
	OPRES_RULE_DURATION,
	OPRES_RULE_ANY,
	OPRES_RULE_OBJECT,    /* of kind, or of the one that choose finds */
	OPRES_RULE_LIST,      /* of `of` */
	OPRES_RULE_MAP,       /* keys by `key`, values by `of` */
	OPRES_RULE_EXTENSIONS /* ours is of kind; others are not looked at */
} OpresRuleKind;

typedef enum OpresKeyRule
{
	OPRES_KEY_ANY,
	OPRES_KEY_ID, /* an identifier; the type is OpresRule.type */
	OPRES_KEY_VARIABLE,
	OPRES_KEY_CODE,
	OPRES_KEY_LANGUAGE,
	OPRES_KEY_WORD /* letters, digits, _ and - */
} OpresKeyRule;

struct OpresKind;

typedef struct OpresRule
{
	OpresRuleKind kind;
	OpresKeyRule key;
	const char *const *words; /* NULL at the end */
	const char *vocabulary;   /* what CACAO calls them */
	const char *type;
	const struct OpresRule *of;
	const struct OpresKind *object;
	const struct OpresKind *(*choose)(JsonbContainer *object);
	double low, high;
	bool needs_one; /* a text, list or map must not be empty */
	bool ours;      /* of our extension: an item twice is an error */
} OpresRule;

typedef struct OpresMember
{
	const char *name;
	bool required;
	const OpresRule *rule;
} OpresMember;

/* A kind of object: its members, a nameless one at the end. */
typedef struct OpresKind
{
	const char *what[2]; /* by OpresLang */
	const OpresMember *members;
	bool open; /* may have others */
} OpresKind;

extern const OpresKind opres_playbook_kind;
extern const OpresKind opres_our_playbook_kind;
extern const OpresKind opres_our_agent_kind;
/* of a step, by its type */
extern const OpresKind opres_our_bare_step_kind; /* start, end */
extern const OpresKind opres_our_action_kind;
extern const OpresKind opres_our_construct_kind;
extern const OpresKind opres_our_while_kind;

extern const char *const opres_playbook_types[];
extern const char *const opres_playbook_activities[];
extern const char *const opres_industry_sectors[];
extern const char *const opres_security_categories[];
extern const char *const opres_regions[];
extern const char *const opres_signature_algorithms[];
extern const char *const opres_tlp_levels[];
extern const char *const opres_step_types[];
extern const char *const opres_command_types[];
extern const char *const opres_agent_types[];
extern const char *const opres_authentication_types[];
extern const char *const opres_marking_types[];
extern const char *const opres_phases[];

/* TYPE--UUID; type NULL: any. The UUID of any version. */
extern bool opres_is_identifier(const char *text, size_t length, const char *type);
extern bool opres_is_role_code(const char *text, size_t length);
extern bool opres_is_attack_type(const char *text, size_t length);
extern bool opres_is_step_code(const char *text, size_t length);

#endif
