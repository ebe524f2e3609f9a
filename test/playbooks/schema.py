"""As much of JSON Schema (2020-12) as our schema uses; an unknown word in a schema is an error, so that nothing is left unchecked."""
import json
import re

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
QUIET = {"$schema", "$id", "$defs", "title", "description"}


def faults(value, schema, root, where="$"):
    """What is wrong with a value, one line each."""
    for word, wanted in schema.items():
        if word not in QUIET:
            yield from RULES[word](value, wanted, schema, root, where)


def reference(value, wanted, _schema, root, where):
    target = root
    for part in wanted.removeprefix("#/").split("/"):
        target = target[part]
    yield from faults(value, target, root, where)


def kind(value, wanted, _schema, _root, where):
    if not isinstance(value, KINDS[wanted]) or wanted in ("integer", "number") and isinstance(value, bool):
        yield f"{where}: not of type {wanted}"


def enum(value, wanted, _schema, _root, where):
    if value not in wanted:
        yield f"{where}: {value} is none of {wanted}"


def pattern(value, wanted, _schema, _root, where):
    if isinstance(value, str) and not re.search(wanted, value):
        yield f"{where}: {value} is not like {wanted}"


def least(measure, words, below):
    def rule(value, wanted, _schema, _root, where):
        if isinstance(value, words) and not isinstance(value, bool) and (measure(value) < wanted if below else measure(value) > wanted):
            yield f"{where}: {value}, limit {wanted}"
    return rule


def properties(value, wanted, _schema, root, where):
    for name, schema in wanted.items():
        if isinstance(value, dict) and name in value:
            yield from faults(value[name], schema, root, f"{where}.{name}")


def others(value, wanted, schema, root, where):
    for name in set(value if isinstance(value, dict) else ()) - set(schema.get("properties", ())):
        if wanted is False:
            yield f"{where}: nobody knows {name}"
        else:
            yield from faults(value[name], wanted, root, f"{where}.{name}")


def names(value, wanted, _schema, root, where):
    for name in value if isinstance(value, dict) else ():
        yield from faults(name, wanted, root, f"{where} name")


def required(value, wanted, _schema, _root, where):
    for name in wanted:
        if isinstance(value, dict) and name not in value:
            yield f"{where}: {name} is missing"


def items(value, wanted, _schema, root, where):
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from faults(item, wanted, root, f"{where}[{number}]")


def unique(value, wanted, _schema, _root, where):
    if wanted and isinstance(value, list) and len({json.dumps(v, sort_keys=True) for v in value}) != len(value):
        yield f"{where}: something twice"


def one_of(value, wanted, _schema, root, where):
    fitting = sum(not list(faults(value, schema, root, where)) for schema in wanted)
    if fitting != 1:
        yield f"{where}: fits {fitting} of {len(wanted)} forms, not one"


RULES = {"$ref": reference, "type": kind, "enum": enum, "pattern": pattern, "minimum": least(lambda v: v, (int, float), True), "maximum": least(lambda v: v, (int, float), False),
         "minLength": least(len, str, True), "minItems": least(len, list, True), "minProperties": least(len, dict, True), "properties": properties,
         "additionalProperties": others, "propertyNames": names, "required": required, "items": items, "uniqueItems": unique, "oneOf": one_of}
