/*
 * cacao_words.c - the vocabularies of CACAO 2.0 and of our extension; identifiers and codes.
 */
#include "playbook/check_rules.h"

const char *const opres_playbook_types[] = { "attack",        "detection",   "engagement",
											 "investigation", "mitigation",  "notification",
											 "prevention",    "remediation", NULL };

const char *const opres_playbook_activities[] = { "compose-content",
												  "deliver-content",
												  "identify-audience",
												  "identify-channel",
												  "scan-system",
												  "match-indicator",
												  "analyze-collected-data",
												  "identify-indicators",
												  "scan-vulnerabilities",
												  "configure-systems",
												  "restrict-access",
												  "disconnect-system",
												  "eliminate-risk",
												  "revert-system",
												  "restore-data",
												  "restore-capabilities",
												  "map-network",
												  "identify-steps",
												  "step-sequence",
												  "prepare-engagement",
												  "execute-operation",
												  "analyze-engagement-results",
												  NULL };

const char *const opres_industry_sectors[] = { "aerospace",
											   "aviation",
											   "agriculture",
											   "automotive",
											   "biotechnology",
											   "chemical",
											   "commercial",
											   "consulting",
											   "construction",
											   "cosmetics",
											   "critical-infrastructure",
											   "dams",
											   "defense",
											   "education",
											   "emergency-services",
											   "energy",
											   "non-renewable-energy",
											   "renewable-energy",
											   "media",
											   "financial",
											   "food",
											   "gambling",
											   "government",
											   "local-government",
											   "national-government",
											   "regional-government",
											   "public-services",
											   "healthcare",
											   "information-communications-technology",
											   "electronics-hardware",
											   "software",
											   "telecommunications",
											   "legal-services",
											   "lodging",
											   "manufacturing",
											   "maritime",
											   "metals",
											   "mining",
											   "non-profit",
											   "humanitarian-aid",
											   "human-rights",
											   "nuclear",
											   "petroleum",
											   "pharmaceuticals",
											   "research",
											   "transportation",
											   "logistics-shipping",
											   "utilities",
											   "video-game",
											   "water",
											   NULL };

const char *const opres_security_categories[] = { "aaa",
												  "analytics",
												  "caldera",
												  "content-gateway",
												  "desktop",
												  "endpoint",
												  "firewall",
												  "handset",
												  "ids",
												  "ips",
												  "kali",
												  "manx",
												  "orchestrator",
												  "os-linux",
												  "os-mac",
												  "os-windows",
												  "redcanary-atomicred",
												  "ragdoll",
												  "router",
												  "sandcat",
												  "server",
												  "siem",
												  "switch",
												  "ticketing",
												  "tip",
												  "wireless",
												  NULL };

const char *const opres_regions[] = { "africa",
									  "eastern-africa",
									  "middle-africa",
									  "northern-africa",
									  "southern-africa",
									  "western-africa",
									  "americas",
									  "caribbean",
									  "central-america",
									  "latin-america-caribbean",
									  "northern-america",
									  "south-america",
									  "asia",
									  "central-asia",
									  "eastern-asia",
									  "southern-asia",
									  "south-eastern-asia",
									  "western-asia",
									  "europe",
									  "eastern-europe",
									  "northern-europe",
									  "southern-europe",
									  "western-europe",
									  "oceania",
									  "antarctica",
									  "australia-new-zealand",
									  "melanesia",
									  "micronesia",
									  "polynesia",
									  NULL };

const char *const opres_signature_algorithms[] = { "RS256",
												   "RS384",
												   "RS512",
												   "ES256",
												   "ES384",
												   "ES512",
												   "PS256",
												   "PS384",
												   "PS512",
												   "Ed25519",
												   "Ed448",
												   "XMSS-SHA2_10_256",
												   "XMSS-SHA2_16_256",
												   "XMSS-SHA2_20_256",
												   "LMS_SHA256_M32_H5",
												   "LMS_SHA256_M32_H10",
												   "LMS_SHA256_M32_H15",
												   "LMS_SHA256_M32_H20",
												   "LMS_SHA256_M32_H25",
												   NULL };

const char *const opres_tlp_levels[] = { "TLP:RED", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:GREEN", "TLP:CLEAR", NULL };

const char *const opres_step_types[] = { "start",    "end",          "action",          "playbook-action",
										 "parallel", "if-condition", "while-condition", "switch-condition",
										 NULL };

const char *const opres_command_types[] = { "manual",      "bash",       "caldera-cmd", "elastic", "http-api", "jupyter", "kestrel",
											"openc2-http", "powershell", "sigma",       "ssh",     "yara",     NULL };

const char *const opres_agent_types[] = { "group", "individual",  "location",          "organization", "sector", "http-api",
										  "linux", "net-address", "security-category", "ssh",          NULL };

const char *const opres_authentication_types[] = { "http-basic", "oauth2", "user-auth", NULL };

const char *const opres_marking_types[] = { "marking-statement", "marking-tlp", "marking-iep", NULL };

const char *const opres_phases[] = { "triage",   "analysis", "coordination", "containment", "eradication",
									 "recovery", "sign_off", "review",       NULL };

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_uuid(const char *text)
{
	for (int i = 0; i < 36; i++)
	{
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !is_hex(text[i]))
			return false;
	}
	return true;
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
opres_is_identifier(const char *text, size_t length, const char *type)
{
	size_t type_length = length - 38;

	if (length < 39 || memcmp(text + type_length, "--", 2) != 0 || !is_uuid(text + type_length + 2))
		return false;
	if (type != NULL)
		return strlen(type) == type_length && memcmp(text, type, type_length) == 0;
	for (size_t i = 0; i < type_length; i++)
		if (!is_lower(text[i]) && !is_digit(text[i]) && (text[i] != '-' || i == 0))
			return false;
	return true;
}

static bool
is_code(const char *text, size_t length, bool hyphens)
{
	if (length == 0 || !is_lower(text[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '_' && !(hyphens && text[i] == '-'))
			return false;
	return true;
}

bool
opres_is_role_code(const char *text, size_t length)
{
	return is_code(text, length, false);
}

bool
opres_is_attack_type(const char *text, size_t length)
{
	return is_code(text, length, true);
}

bool
opres_is_step_code(const char *text, size_t length)
{
	if (length == 0 || length > 16)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_lower(text[i]) && !is_digit(text[i]) && !(text[i] >= 'A' && text[i] <= 'Z') && strchr("-._", text[i]) == NULL)
			return false;
	return true;
}
