/*
 * cacao_objects.c - the form of CACAO 2.0's objects: which members each has and what may stand in them.
 *
 * After the text of the specification. Where the published JSON schema is stricter than the text without need (UUIDs of versions 1
 * to 5 only, no delay of 0), the text holds.
 */
#include "playbook/check_rules.h"

#include "duration.h"

#define LONGEST_MILLISECONDS ((double) OPRES_LONGEST_DURATION / 1000)
#define REQUIRED true
#define OPTIONAL false

/* Values */

static const OpresRule any_text = { .kind = OPRES_RULE_TEXT };
static const OpresRule needed_text = { .kind = OPRES_RULE_TEXT, .needs_one = true };
static const OpresRule text_or_null = { .kind = OPRES_RULE_TEXT_OR_NULL };
static const OpresRule flag = { .kind = OPRES_RULE_FLAG };
static const OpresRule any_value = { .kind = OPRES_RULE_ANY };
static const OpresRule any_whole = { .kind = OPRES_RULE_WHOLE, .low = 0, .high = 1e9 };
static const OpresRule percentage = { .kind = OPRES_RULE_WHOLE, .low = 0, .high = 100 };
static const OpresRule milliseconds = { .kind = OPRES_RULE_WHOLE, .low = 0, .high = LONGEST_MILLISECONDS };
static const OpresRule moment = { .kind = OPRES_RULE_TIME };
static const OpresRule moment_or_null = { .kind = OPRES_RULE_TIME_OR_NULL };
static const OpresRule base64 = { .kind = OPRES_RULE_BASE64, .needs_one = true };
static const OpresRule url = { .kind = OPRES_RULE_URL };
static const OpresRule any_id = { .kind = OPRES_RULE_ID };
static const OpresRule identity_id = { .kind = OPRES_RULE_ID, .type = "identity" };
static const OpresRule playbook_id = { .kind = OPRES_RULE_ID, .type = "playbook" };
static const OpresRule texts = { .kind = OPRES_RULE_LIST, .of = &any_text };
static const OpresRule ids = { .kind = OPRES_RULE_LIST, .of = &any_id };
static const OpresRule extensions = { .kind = OPRES_RULE_EXTENSIONS };

static const OpresRule playbook_type = { .kind = OPRES_RULE_OPEN, .words = opres_playbook_types, .vocabulary = "playbook-type-ov" };
static const OpresRule playbook_types = { .kind = OPRES_RULE_LIST, .of = &playbook_type };
static const OpresRule activity = { .kind = OPRES_RULE_OPEN,
									.words = opres_playbook_activities,
									.vocabulary = "playbook-activity-type-ov" };
static const OpresRule activities = { .kind = OPRES_RULE_LIST, .of = &activity };
static const OpresRule sector = { .kind = OPRES_RULE_OPEN, .words = opres_industry_sectors, .vocabulary = "industry-sector-ov" };
static const OpresRule sectors = { .kind = OPRES_RULE_LIST, .of = &sector };
static const OpresRule category = { .kind = OPRES_RULE_OPEN,
									.words = opres_security_categories,
									.vocabulary = "security-category-type-ov" };
static const OpresRule categories = { .kind = OPRES_RULE_LIST, .of = &category };

/* Data types */

static const OpresMember external_reference_members[] = {
	{ "name", REQUIRED, &needed_text },
	{ "description", OPTIONAL, &any_text },
	{ "source", OPTIONAL, &any_text },
	{ "url", OPTIONAL, &url },
	{ "external_id", OPTIONAL, &any_text },
	{ "reference_id", OPTIONAL, &any_text },
	{ 0 },
};
static const OpresKind external_reference_kind = { .what = { "an external reference", "外部参照" },
												   .members = external_reference_members };
static const OpresRule external_reference = { .kind = OPRES_RULE_OBJECT, .object = &external_reference_kind };
static const OpresRule external_references = { .kind = OPRES_RULE_LIST, .of = &external_reference };

/* The type is checked word by word: what is no CACAO type, no machine can hold values to. */
static const char *const variable_types[] = { "bool",      "dictionary", "float",    "hexstring", "integer",  "ipv4-addr",
											  "ipv6-addr", "long",       "mac-addr", "hash",      "md5-hash", "sha256-hash",
											  "string",    "uri",        "uuid",     NULL };
static const OpresRule variable_type = { .kind = OPRES_RULE_CHOICE, .words = variable_types };
static const OpresMember variable_members[] = {
	{ "type", REQUIRED, &variable_type }, { "description", OPTIONAL, &any_text }, { "value", OPTIONAL, &text_or_null },
	{ "constant", OPTIONAL, &flag },      { "external", OPTIONAL, &flag },        { 0 },
};
static const OpresKind variable_kind = { .what = { "a variable", "変数" }, .members = variable_members };
static const OpresRule variable = { .kind = OPRES_RULE_OBJECT, .object = &variable_kind };
static const OpresRule variables = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_VARIABLE, .of = &variable };

static const OpresRule region = { .kind = OPRES_RULE_CHOICE, .words = opres_regions };
static const OpresMember location_members[] = {
	{ "name", OPTIONAL, &any_text },
	{ "description", OPTIONAL, &any_text },
	{ "building_details", OPTIONAL, &any_text },
	{ "network_details", OPTIONAL, &any_text },
	{ "region", OPTIONAL, &region },
	{ "country", OPTIONAL, &any_text },
	{ "administrative_area", OPTIONAL, &any_text },
	{ "city", OPTIONAL, &any_text },
	{ "street_address", OPTIONAL, &any_text },
	{ "postal_code", OPTIONAL, &any_text },
	{ "latitude", OPTIONAL, &any_text },
	{ "longitude", OPTIONAL, &any_text },
	{ "precision", OPTIONAL, &any_text },
	{ 0 },
};
static const OpresKind location_kind = { .what = { "a civic location", "所在地" }, .members = location_members };
static const OpresRule location = { .kind = OPRES_RULE_OBJECT, .object = &location_kind };

static const OpresRule named_texts = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_WORD, .of = &any_text };
static const OpresMember contact_members[] = {
	{ "email", OPTIONAL, &named_texts },
	{ "phone", OPTIONAL, &named_texts },
	{ "contact_details", OPTIONAL, &any_text },
	{ 0 },
};
static const OpresKind contact_kind = { .what = { "a contact", "連絡先" }, .members = contact_members };
static const OpresRule contact = { .kind = OPRES_RULE_OBJECT, .object = &contact_kind };

static const OpresMember summary_members[] = {
	{ "manual_playbook", OPTIONAL, &flag },     { "external_playbooks", OPTIONAL, &flag },
	{ "parallel_processing", OPTIONAL, &flag }, { "if_logic", OPTIONAL, &flag },
	{ "while_logic", OPTIONAL, &flag },         { "switch_logic", OPTIONAL, &flag },
	{ "temporal_logic", OPTIONAL, &flag },      { "data_markings", OPTIONAL, &flag },
	{ "digital_signatures", OPTIONAL, &flag },  { "countersigned_signatures", OPTIONAL, &flag },
	{ "extensions", OPTIONAL, &flag },          { 0 },
};
static const OpresKind summary_kind = { .what = { "a processing summary", "処理概要" }, .members = summary_members };
static const OpresRule summary = { .kind = OPRES_RULE_OBJECT, .object = &summary_kind };

static const char *const jss[] = { "jss", NULL };
static const OpresRule signature_type = { .kind = OPRES_RULE_CHOICE, .words = jss };
static const OpresRule signature_id = { .kind = OPRES_RULE_ID, .type = "jss" };
static const OpresRule signature_algorithm = { .kind = OPRES_RULE_OPEN,
											   .words = opres_signature_algorithms,
											   .vocabulary = "signature-algorithm-type-ov" };
static const OpresKind signature_kind;
static const OpresRule signature = { .kind = OPRES_RULE_OBJECT, .object = &signature_kind };
static const OpresRule signatures = { .kind = OPRES_RULE_LIST, .of = &signature };
static const OpresMember signature_members[] = {
	{ "type", REQUIRED, &signature_type },
	{ "id", REQUIRED, &signature_id },
	{ "created_by", OPTIONAL, &identity_id },
	{ "created", REQUIRED, &moment },
	{ "modified", REQUIRED, &moment },
	{ "revoked", OPTIONAL, &flag },
	{ "signee", REQUIRED, &any_text },
	{ "valid_from", OPTIONAL, &moment },
	{ "valid_until", OPTIONAL, &moment },
	{ "related_to", REQUIRED, &any_id },
	{ "related_version", REQUIRED, &moment },
	{ "hash_algorithm", REQUIRED, &any_text },
	{ "algorithm", REQUIRED, &signature_algorithm },
	{ "public_key", OPTIONAL, &any_text },
	{ "public_cert_chain", OPTIONAL, &texts },
	{ "cert_url", OPTIONAL, &url },
	{ "thumbprint", OPTIONAL, &any_text },
	{ "value", REQUIRED, &needed_text },
	{ "signature", OPTIONAL, &signature },
	{ 0 },
};
static const OpresKind signature_kind = { .what = { "a signature", "署名" }, .members = signature_members };

/* Commands. What an unknown type has besides is not known. Nothing of what a machine would need is required: none executes them. */

static const OpresRule command_type = { .kind = OPRES_RULE_OPEN, .words = opres_command_types, .vocabulary = "command-type-ov" };
static const OpresRule header = { .kind = OPRES_RULE_LIST, .of = &any_text };
static const OpresRule headers = { .kind = OPRES_RULE_MAP, .of = &header };

#define COMMAND_MEMBERS                                                                                                            \
	{ "type", REQUIRED, &command_type }, { "description", OPTIONAL, &any_text }, { "version", OPTIONAL, &any_text },               \
		{ "playbook_activity", OPTIONAL, &activity },                                                                              \
	{                                                                                                                              \
		"external_references", OPTIONAL, &external_references                                                                      \
	}

static const OpresMember open_command_members[] = { COMMAND_MEMBERS, { 0 } };
static const OpresMember plain_command_members[] = {
	COMMAND_MEMBERS, { "command", OPTIONAL, &any_text }, { "command_b64", OPTIONAL, &base64 }, { 0 }
};
static const OpresMember base64_command_members[] = { COMMAND_MEMBERS, { "command_b64", OPTIONAL, &base64 }, { 0 } };
static const OpresMember http_command_members[] = {
	COMMAND_MEMBERS,
	{ "command", OPTIONAL, &any_text },
	{ "headers", OPTIONAL, &headers },
	{ "content", OPTIONAL, &any_text },
	{ "content_b64", OPTIONAL, &base64 },
	{ 0 },
};
static const OpresMember openc2_command_members[] = {
	COMMAND_MEMBERS, { "command", OPTIONAL, &any_text }, { "headers", OPTIONAL, &headers }, { "content_b64", OPTIONAL, &base64 },
	{ 0 },
};
static const OpresKind open_command_kind = { .what = { "a command", "コマンド" }, .members = open_command_members, .open = true };
static const OpresKind plain_command_kind = { .what = { "a command", "コマンド" }, .members = plain_command_members };
static const OpresKind base64_command_kind = { .what = { "a command of this type", "この種類のコマンド" },
											   .members = base64_command_members };
static const OpresKind http_command_kind = { .what = { "an http-api command", "http-apiコマンド" },
											 .members = http_command_members };
static const OpresKind openc2_command_kind = { .what = { "an openc2-http command", "openc2-httpコマンド" },
											   .members = openc2_command_members };

typedef struct Choice
{
	const char *type;
	const OpresKind *kind;
} Choice;

static const OpresKind *
choose_kind(JsonbContainer *object, const Choice *choices, int count, const OpresKind *otherwise)
{
	char *type = opres_json_text(object, "type");

	for (int i = 0; type != NULL && i < count; i++)
		if (strcmp(choices[i].type, type) == 0)
			return choices[i].kind;
	return otherwise;
}

static const OpresKind *
choose_command(JsonbContainer *object)
{
	static const Choice choices[] = {
		{ "manual", &plain_command_kind },     { "bash", &plain_command_kind },     { "caldera-cmd", &plain_command_kind },
		{ "powershell", &plain_command_kind }, { "ssh", &plain_command_kind },      { "elastic", &base64_command_kind },
		{ "jupyter", &base64_command_kind },   { "kestrel", &base64_command_kind }, { "sigma", &base64_command_kind },
		{ "yara", &base64_command_kind },      { "http-api", &http_command_kind },  { "openc2-http", &openc2_command_kind },
	};

	return choose_kind(object, choices, lengthof(choices), &open_command_kind);
}

static const OpresRule command = { .kind = OPRES_RULE_OBJECT, .choose = choose_command };
static const OpresRule commands = { .kind = OPRES_RULE_LIST, .of = &command, .needs_one = true };

/* Steps */

static const OpresRule step_type = { .kind = OPRES_RULE_CHOICE, .words = opres_step_types };
static const OpresRule names = { .kind = OPRES_RULE_LIST, .of = &any_text };
static const OpresRule branches = { .kind = OPRES_RULE_LIST, .of = &any_id, .needs_one = true };
static const OpresRule cases = { .kind = OPRES_RULE_MAP, .of = &any_id, .needs_one = true };
static const OpresRule our_bare_step = { .kind = OPRES_RULE_EXTENSIONS, .object = &opres_our_bare_step_kind };
static const OpresRule our_action = { .kind = OPRES_RULE_EXTENSIONS, .object = &opres_our_action_kind };
static const OpresRule our_construct = { .kind = OPRES_RULE_EXTENSIONS, .object = &opres_our_construct_kind };
static const OpresRule our_while = { .kind = OPRES_RULE_EXTENSIONS, .object = &opres_our_while_kind };

#define STEP_MEMBERS(our_extension)                                                                                                \
	{ "type", REQUIRED, &step_type }, { "name", OPTIONAL, &any_text }, { "description", OPTIONAL, &any_text },                     \
		{ "external_references", OPTIONAL, &external_references }, { "delay", OPTIONAL, &milliseconds },                           \
		{ "timeout", OPTIONAL, &milliseconds }, { "step_variables", OPTIONAL, &variables }, { "owner", OPTIONAL, &any_id },        \
		{ "on_completion", OPTIONAL, &any_id }, { "on_success", OPTIONAL, &any_id }, { "on_failure", OPTIONAL, &any_id },          \
	{                                                                                                                              \
		"step_extensions", OPTIONAL, (our_extension)                                                                               \
	}

/* start and end have no on_success and on_failure; the pass over the flow says so with the reason. */
static const OpresMember bare_step_members[] = { STEP_MEMBERS(&our_bare_step), { 0 } };
static const OpresMember action_members[] = {
	STEP_MEMBERS(&our_action),
	{ "commands", REQUIRED, &commands },
	{ "agent", REQUIRED, &any_id },
	{ "targets", OPTIONAL, &ids },
	{ "in_args", OPTIONAL, &names },
	{ "out_args", OPTIONAL, &names },
	{ 0 },
};
static const OpresMember playbook_action_members[] = {
	STEP_MEMBERS(&our_construct),    { "playbook_id", REQUIRED, &playbook_id }, { "playbook_version", OPTIONAL, &moment },
	{ "in_args", OPTIONAL, &names }, { "out_args", OPTIONAL, &names },          { 0 },
};
static const OpresMember parallel_members[] = { STEP_MEMBERS(&our_construct), { "next_steps", REQUIRED, &branches }, { 0 } };
static const OpresMember if_members[] = {
	STEP_MEMBERS(&our_construct),
	{ "condition", REQUIRED, &needed_text },
	{ "on_true", REQUIRED, &any_id },
	{ "on_false", OPTIONAL, &any_id },
	{ 0 },
};
static const OpresMember while_members[] = {
	STEP_MEMBERS(&our_while),
	{ "condition", REQUIRED, &needed_text },
	{ "on_true", REQUIRED, &any_id },
	{ 0 },
};
static const OpresMember switch_members[] = {
	STEP_MEMBERS(&our_construct),
	{ "switch", REQUIRED, &needed_text },
	{ "cases", REQUIRED, &cases },
	{ 0 },
};
static const OpresKind start_kind = { .what = { "a start step", "startステップ" }, .members = bare_step_members };
static const OpresKind end_kind = { .what = { "an end step", "endステップ" }, .members = bare_step_members };
static const OpresKind action_kind = { .what = { "an action step", "actionステップ" }, .members = action_members };
static const OpresKind playbook_action_kind = { .what = { "a playbook-action step", "playbook-actionステップ" },
												.members = playbook_action_members };
static const OpresKind parallel_kind = { .what = { "a parallel step", "parallelステップ" }, .members = parallel_members };
static const OpresKind if_kind = { .what = { "an if-condition step", "if-conditionステップ" }, .members = if_members };
static const OpresKind while_kind = { .what = { "a while-condition step", "while-conditionステップ" }, .members = while_members };
static const OpresKind switch_kind = { .what = { "a switch-condition step", "switch-conditionステップ" },
									   .members = switch_members };
static const OpresKind open_step_kind = { .what = { "a step", "ステップ" }, .members = bare_step_members, .open = true };

static const OpresKind *
choose_step(JsonbContainer *object)
{
	static const Choice choices[] = {
		{ "start", &start_kind },
		{ "end", &end_kind },
		{ "action", &action_kind },
		{ "parallel", &parallel_kind },
		{ "if-condition", &if_kind },
		{ "while-condition", &while_kind },
		{ "switch-condition", &switch_kind },
		{ "playbook-action", &playbook_action_kind },
	};

	return choose_kind(object, choices, lengthof(choices), &open_step_kind);
}

static const OpresRule step = { .kind = OPRES_RULE_OBJECT, .choose = choose_step };
static const OpresRule workflow = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_ID, .of = &step, .needs_one = true };

/* Agents and targets */

static const OpresRule agent_type = { .kind = OPRES_RULE_OPEN, .words = opres_agent_types, .vocabulary = "agent-target-type-ov" };
static const OpresRule our_agent = { .kind = OPRES_RULE_EXTENSIONS, .object = &opres_our_agent_kind };
static const OpresRule addresses = { .kind = OPRES_RULE_LIST, .of = &any_value, .needs_one = true };
static const OpresMember address_members[] = {
	{ "dname", OPTIONAL, &addresses },
	{ "ipv4", OPTIONAL, &addresses },
	{ "ipv6", OPTIONAL, &addresses },
	{ "l2mac", OPTIONAL, &addresses },
	{ "vlan", OPTIONAL, &addresses },
	{ "url", OPTIONAL, &addresses },
	{ 0 },
};
static const OpresKind address_kind = { .what = { "a network address", "ネットワークアドレス" }, .members = address_members };
static const OpresRule address = { .kind = OPRES_RULE_OBJECT, .object = &address_kind };

#define AGENT_MEMBERS                                                                                                              \
	{ "type", REQUIRED, &agent_type }, { "name", REQUIRED, &needed_text }, { "description", OPTIONAL, &any_text },                 \
		{ "location", OPTIONAL, &location },                                                                                       \
	{                                                                                                                              \
		"agent_target_extensions", OPTIONAL, &our_agent                                                                            \
	}
#define NETWORK_MEMBERS                                                                                                            \
	{ "address", REQUIRED, &address }, { "authentication_info", OPTIONAL, &any_id },                                               \
	{                                                                                                                              \
		"category", OPTIONAL, &categories                                                                                          \
	}

static const OpresMember open_agent_members[] = { AGENT_MEMBERS, { 0 } };
static const OpresMember person_members[] = { AGENT_MEMBERS, { "contact", OPTIONAL, &contact }, { 0 } };
static const OpresMember place_members[] = { AGENT_MEMBERS, { "logical", OPTIONAL, &texts }, { 0 } };
static const OpresMember sector_members[] = { AGENT_MEMBERS, { "sector", REQUIRED, &sector }, { 0 } };
static const OpresMember category_members[] = { AGENT_MEMBERS, { "category", REQUIRED, &categories }, { 0 } };
/* The table of net-address has no port; playbooks that write one mean the same as the other types. */
static const OpresMember network_members[] = { AGENT_MEMBERS, NETWORK_MEMBERS, { "port", OPTIONAL, &any_text }, { 0 } };
static const OpresKind open_agent_kind = { .what = { "an agent or target", "エージェント・ターゲット" },
										   .members = open_agent_members,
										   .open = true };
static const OpresKind person_kind = { .what = { "a group, individual or organization", "グループ・個人・組織" },
									   .members = person_members };
static const OpresKind place_kind = { .what = { "a location", "場所" }, .members = place_members };
static const OpresKind sector_kind = { .what = { "a sector", "業種" }, .members = sector_members };
static const OpresKind category_kind = { .what = { "a security category", "セキュリティ機器の種類" }, .members = category_members };
static const OpresKind network_kind = { .what = { "an agent or target in a network", "ネットワーク上のエージェント・ターゲット" },
										.members = network_members };

static const OpresKind *
choose_agent(JsonbContainer *object)
{
	static const Choice choices[] = {
		{ "group", &person_kind },     { "individual", &person_kind }, { "organization", &person_kind },
		{ "location", &place_kind },   { "sector", &sector_kind },     { "security-category", &category_kind },
		{ "http-api", &network_kind }, { "linux", &network_kind },     { "net-address", &network_kind },
		{ "ssh", &network_kind },
	};

	return choose_kind(object, choices, lengthof(choices), &open_agent_kind);
}

static const OpresRule agent = { .kind = OPRES_RULE_OBJECT, .choose = choose_agent };
static const OpresRule agents = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_ID, .of = &agent };

/* Authentication */

static const OpresRule authentication_type = { .kind = OPRES_RULE_OPEN,
											   .words = opres_authentication_types,
											   .vocabulary = "authentication-info-type-ov" };

#define AUTHENTICATION_MEMBERS                                                                                                     \
	{ "type", REQUIRED, &authentication_type }, { "name", OPTIONAL, &any_text }, { "description", OPTIONAL, &any_text },           \
	{                                                                                                                              \
		"authentication_info_extensions", OPTIONAL, &extensions                                                                    \
	}
#define KEY_STORE_MEMBERS                                                                                                          \
	{ "kms", OPTIONAL, &flag },                                                                                                    \
	{                                                                                                                              \
		"kms_key_identifier", OPTIONAL, &any_text                                                                                  \
	}

static const OpresMember open_authentication_members[] = { AUTHENTICATION_MEMBERS, { 0 } };
static const OpresMember http_basic_members[] = {
	AUTHENTICATION_MEMBERS, { "user_id", OPTIONAL, &any_text }, { "password", OPTIONAL, &any_text }, KEY_STORE_MEMBERS, { 0 }
};
static const OpresMember oauth2_members[] = {
	AUTHENTICATION_MEMBERS, { "oauth_header", REQUIRED, &any_text }, { "token", OPTIONAL, &any_text }, KEY_STORE_MEMBERS, { 0 }
};
static const OpresMember user_auth_members[] = {
	AUTHENTICATION_MEMBERS, { "username", OPTIONAL, &any_text }, { "password", OPTIONAL, &any_text }, KEY_STORE_MEMBERS, { 0 }
};
static const OpresKind open_authentication_kind = { .what = { "an authentication", "認証情報" },
													.members = open_authentication_members,
													.open = true };
static const OpresKind http_basic_kind = { .what = { "an http-basic authentication", "http-basic認証情報" },
										   .members = http_basic_members };
static const OpresKind oauth2_kind = { .what = { "an oauth2 authentication", "oauth2認証情報" }, .members = oauth2_members };
static const OpresKind user_auth_kind = { .what = { "a user-auth authentication", "user-auth認証情報" },
										  .members = user_auth_members };

static const OpresKind *
choose_authentication(JsonbContainer *object)
{
	static const Choice choices[] = { { "http-basic", &http_basic_kind },
									  { "oauth2", &oauth2_kind },
									  { "user-auth", &user_auth_kind } };

	return choose_kind(object, choices, lengthof(choices), &open_authentication_kind);
}

static const OpresRule authentication = { .kind = OPRES_RULE_OBJECT, .choose = choose_authentication };
static const OpresRule authentications = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_ID, .of = &authentication };

/* Data markings */

static const OpresRule marking_type = { .kind = OPRES_RULE_CHOICE, .words = opres_marking_types };
static const OpresRule tlp_level = { .kind = OPRES_RULE_CHOICE, .words = opres_tlp_levels };

#define MARKING_MEMBERS                                                                                                            \
	{ "type", REQUIRED, &marking_type }, { "id", REQUIRED, &any_id }, { "created_by", REQUIRED, &identity_id },                    \
		{ "created", REQUIRED, &moment }, { "revoked", OPTIONAL, &flag }, { "valid_from", OPTIONAL, &moment },                     \
		{ "valid_until", OPTIONAL, &moment }, { "labels", OPTIONAL, &texts },                                                      \
	{                                                                                                                              \
		"marking_extensions", OPTIONAL, &extensions                                                                                \
	}

static const OpresMember statement_members[] = {
	MARKING_MEMBERS,
	{ "name", OPTIONAL, &any_text },
	{ "description", OPTIONAL, &any_text },
	{ "external_references", OPTIONAL, &external_references },
	{ "statement", REQUIRED, &any_text },
	{ 0 },
};
static const OpresMember tlp_members[] = {
	MARKING_MEMBERS,
	{ "name", OPTIONAL, &any_text },
	{ "description", OPTIONAL, &any_text },
	{ "external_references", OPTIONAL, &external_references },
	{ "tlpv2_level", REQUIRED, &tlp_level },
	{ 0 },
};
static const OpresMember iep_members[] = {
	MARKING_MEMBERS,
	{ "name", REQUIRED, &any_text },
	{ "description", REQUIRED, &any_text },
	{ "external_references", REQUIRED, &texts },
	{ "tlp", REQUIRED, &any_text },
	{ "iep_version", REQUIRED, &any_whole },
	{ "start_date", REQUIRED, &moment },
	{ "end_date", OPTIONAL, &moment_or_null },
	{ "encrypt_in_transit", REQUIRED, &any_text },
	{ "permitted_actions", REQUIRED, &any_text },
	{ "affected_party_notifications", REQUIRED, &any_text },
	{ "attribution", REQUIRED, &any_text },
	{ "unmodified_resale", REQUIRED, &any_text },
	{ 0 },
};
static const OpresMember open_marking_members[] = { MARKING_MEMBERS, { 0 } };
static const OpresKind statement_kind = { .what = { "a marking-statement", "marking-statement" }, .members = statement_members };
static const OpresKind tlp_kind = { .what = { "a marking-tlp", "marking-tlp" }, .members = tlp_members };
static const OpresKind iep_kind = { .what = { "a marking-iep", "marking-iep" }, .members = iep_members };
static const OpresKind open_marking_kind = { .what = { "a data marking", "データマーキング" },
											 .members = open_marking_members,
											 .open = true };

static const OpresKind *
choose_marking(JsonbContainer *object)
{
	static const Choice choices[] = { { "marking-statement", &statement_kind },
									  { "marking-tlp", &tlp_kind },
									  { "marking-iep", &iep_kind } };

	return choose_kind(object, choices, lengthof(choices), &open_marking_kind);
}

static const OpresRule marking = { .kind = OPRES_RULE_OBJECT, .choose = choose_marking };
static const OpresRule markings = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_ID, .of = &marking };

/* Extension definitions */

static const char *const extension_definition_words[] = { "extension-definition", NULL };
static const OpresRule extension_definition_type = { .kind = OPRES_RULE_CHOICE, .words = extension_definition_words };
static const OpresMember extension_definition_members[] = {
	{ "type", REQUIRED, &extension_definition_type },
	{ "name", REQUIRED, &any_text },
	{ "description", OPTIONAL, &any_text },
	{ "created_by", REQUIRED, &identity_id },
	{ "schema", REQUIRED, &any_text },
	{ "version", REQUIRED, &any_text },
	{ "external_references", OPTIONAL, &external_references },
	{ 0 },
};
static const OpresKind extension_definition_kind = { .what = { "an extension definition", "拡張定義" },
													 .members = extension_definition_members };
static const OpresRule extension_definition = { .kind = OPRES_RULE_OBJECT, .object = &extension_definition_kind };
static const OpresRule extension_definitions = {
	.kind = OPRES_RULE_MAP, .key = OPRES_KEY_ID, .type = "extension-definition", .of = &extension_definition
};

/* The playbook */

static const char *const playbook_words[] = { "playbook", NULL };
static const char *const spec_versions[] = { "cacao-2.0", NULL };
static const OpresRule type_playbook = { .kind = OPRES_RULE_CHOICE, .words = playbook_words };
static const OpresRule spec_version = { .kind = OPRES_RULE_CHOICE, .words = spec_versions };
static const OpresRule playbook_ids = { .kind = OPRES_RULE_LIST, .of = &any_id };
static const OpresRule our_playbook = { .kind = OPRES_RULE_EXTENSIONS, .object = &opres_our_playbook_kind };

static const OpresMember playbook_members[] = {
	{ "type", REQUIRED, &type_playbook },
	{ "spec_version", REQUIRED, &spec_version },
	{ "id", REQUIRED, &playbook_id },
	{ "name", REQUIRED, &needed_text },
	{ "description", OPTIONAL, &any_text },
	{ "playbook_types", OPTIONAL, &playbook_types },
	{ "playbook_activities", OPTIONAL, &activities },
	{ "playbook_processing_summary", OPTIONAL, &summary },
	{ "created_by", REQUIRED, &identity_id },
	{ "created", REQUIRED, &moment },
	{ "modified", REQUIRED, &moment },
	{ "revoked", OPTIONAL, &flag },
	{ "valid_from", OPTIONAL, &moment },
	{ "valid_until", OPTIONAL, &moment },
	{ "derived_from", OPTIONAL, &playbook_ids },
	{ "related_to", OPTIONAL, &ids },
	{ "priority", OPTIONAL, &percentage },
	{ "severity", OPTIONAL, &percentage },
	{ "impact", OPTIONAL, &percentage },
	{ "industry_sectors", OPTIONAL, &sectors },
	{ "labels", OPTIONAL, &texts },
	{ "external_references", OPTIONAL, &external_references },
	{ "markings", OPTIONAL, &ids },
	{ "playbook_variables", OPTIONAL, &variables },
	{ "workflow_start", REQUIRED, &any_id },
	{ "workflow_exception", OPTIONAL, &any_id },
	{ "workflow", REQUIRED, &workflow },
	{ "playbook_extensions", OPTIONAL, &our_playbook },
	{ "authentication_info_definitions", OPTIONAL, &authentications },
	{ "agent_definitions", OPTIONAL, &agents },
	{ "target_definitions", OPTIONAL, &agents },
	{ "extension_definitions", OPTIONAL, &extension_definitions },
	{ "data_marking_definitions", OPTIONAL, &markings },
	{ "signatures", OPTIONAL, &signatures },
	{ 0 },
};
const OpresKind opres_playbook_kind = { .what = { "a playbook", "プレイブック" }, .members = playbook_members };
