/*
 * receive_payload.c - bodies of messages (receive_payload.h).
 */
#include "webhook/receive_payload.h"

#include "lib/stringinfo.h"
#include "map/document.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define LONGEST_KEY 200
#define FORM_FIELD "payload="

static void
malformed(const char *message)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message)));
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The one field of a form, decoded. */
static char *
form_payload(const char *body, size_t length, size_t *decoded)
{
	char *text = palloc(length + 1);

	*decoded = 0;
	for (size_t i = strlen(FORM_FIELD); i < length; i++)
	{
		char c = body[i];

		if (c == '&')
			malformed("expected one field");
		if (c == '%')
		{
			int high = i + 2 < length ? hex_digit(body[i + 1]) : -1, low = i + 2 < length ? hex_digit(body[i + 2]) : -1;

			if (high < 0 || low < 0)
				malformed("expected two hexadecimal digits");
			c = (char) (high << 4 | low);
			i += 2;
		}
		else if (c == '+')
			c = ' ';
		text[(*decoded)++] = c;
	}
	text[*decoded] = '\0';
	return text;
}

/* JSON in UTF-8; the database may be in another encoding. */
static JsonbContainer *
read_object(const char *text, size_t length)
{
	char *copy = pnstrdup(text, length);
	char *converted = pg_any_to_server(copy, (int) length, PG_UTF8);
	Jsonb *value = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(converted)));

	if (!JB_ROOT_IS_OBJECT(value))
		malformed("expected an object");
	return &value->root;
}

static JsonbContainer *
read_text_object(const char *text)
{
	Jsonb *value = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));

	if (!JB_ROOT_IS_OBJECT(value))
		malformed("expected an object");
	return &value->root;
}

static const OpresField members[] = {
	{ .name = "type", .type = OPRES_FIELD_TEXT, .required = true },
	{ .name = "timestamp", .type = OPRES_FIELD_MOMENT },
	{ .name = "data", .type = OPRES_FIELD_OBJECT, .required = true },
	{ .name = "user", .type = OPRES_FIELD_TEXT },
	{ .name = "key", .type = OPRES_FIELD_TEXT },
};
enum
{
	TYPE,
	TIMESTAMP,
	DATA,
	USER,
	KEY
};

static OpresPayload
read_members(JsonbContainer *object)
{
	static const OpresShape shape = { "message", "type and data", members, lengthof(members) };
	OpresPath root = { .key = NULL };
	JsonbValue raw[OPRES_MAX_FIELDS], value = { .type = jbvBinary };
	OpresPayload payload;
	bool isnull;

	value.val.binary.data = object;
	opres_read_object(&root, &value, &shape, raw);
	payload.type = TextDatumGetCString(opres_read_field(&root, &members[TYPE], &raw[TYPE], &isnull));
	payload.at = DatumGetTimestampTz(opres_read_field(&root, &members[TIMESTAMP], &raw[TIMESTAMP], &payload.timeless));
	payload.data = opres_value_object(&raw[DATA]);
	payload.user = opres_value_text(&raw[USER]);
	payload.key = opres_value_text(&raw[KEY]);
	if (payload.data == NULL || (payload.user == NULL && raw[USER].type != jbvNull) ||
		(payload.key == NULL && raw[KEY].type != jbvNull))
		malformed("expected an object as data, texts as user and key");
	return payload;
}

/* What Slack sends when a button is pressed: our message is the button's value, the user is who pressed it. */
static OpresPayload
press_of_button(JsonbContainer *press)
{
	const char *type = opres_json_text(press, "type");
	JsonbContainer *actions = opres_json_array(press, "actions");
	const char *value = opres_json_text(opres_json_item_object(actions, 0), "value");
	const char *user = opres_json_text(opres_json_object(press, "user"), "id");
	OpresPayload payload;

	if (type == NULL || strcmp(type, "block_actions") != 0 || opres_json_count(actions) != 1 || value == NULL || user == NULL)
		malformed("expected the press of one button");
	payload = read_members(read_text_object(value));
	if (payload.user != NULL)
		malformed("the user is who pressed the button");
	payload.user = user;
	return payload;
}

OpresPayload
opres_payload_read(const OpresRequest *request, bool form)
{
	OpresPayload payload;

	if (form && request->length > strlen(FORM_FIELD) && memcmp(request->body, FORM_FIELD, strlen(FORM_FIELD)) == 0)
	{
		size_t length;
		char *text = form_payload(request->body, request->length, &length);

		payload = press_of_button(read_object(text, length));
	}
	else
		payload = read_members(read_object(request->body, request->length));
	if (payload.key != NULL && (*payload.key == '\0' || strlen(payload.key) > LONGEST_KEY))
		malformed("expected a key of 1 to 200 bytes");
	return payload;
}

TimestampTz
opres_payload_time(const OpresPayload *payload, int64 tolerance)
{
	TimestampTz now = GetCurrentTimestamp();

	return payload->at > now && payload->at - now <= tolerance * USECS_PER_SEC ? now : payload->at;
}

void
opres_payload_hash(const OpresPayload *payload, uint8 hash[OPRES_CONTENT_BYTES])
{
	StringInfoData content;

	/* A zero byte after each: no text contains one. */
	initStringInfo(&content);
	appendStringInfo(&content, "%s%c%s%c", payload->type, '\0', payload->user != NULL ? payload->user : "", '\0');
	(void) JsonbToCString(&content, payload->data, 0);
	opres_message_hash(content.data, content.len, hash);
}
