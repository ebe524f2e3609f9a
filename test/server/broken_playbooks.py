#!/usr/bin/env python3
"""load_playbook refuses broken playbooks: each with its SQLSTATE, the JSON path and what is wrong; sloppy ones load with a warning.
Then playbooks broken at random: load_playbook and check_playbook agree, what is loaded can be run, and the engine, which has the last
word, never has to say what the checks should have said. OPRES_SEED repeats a run, OPRES_LONG=1 makes it long."""
import copy
import json
import os
import random
import sys

from playbook_samples import EXTENSION, GONE, IDENTITY, OTHER_EXTENSION, action, both, changed, everything, head, identifier, ordinary, ours
from sessions import Session, SqlError, Tally

ROUNDS = 20000 if os.environ.get("OPRES_LONG") else 1500
ALL = everything()
WORKFLOW = ALL["workflow"]


def step(kind, name):
    return identifier(kind, name)


INTAKE, ISOLATE, CHECK, MANUAL, MACHINE = (step("action", n) for n in ("intake", "isolate", "check", "manual", "machine"))
REPORT, LAST, RECOVER, TEAMS, ESCALATE = (step("action", n) for n in ("report", "last", "recover", "teams", "escalate"))
START, END, PARALLEL, LOOP = step("start", "s"), step("end", "e"), step("parallel", "p"), step("while-condition", "w")
CHOICE, QUESTION, EXCEPTION = step("switch-condition", "x"), step("if-condition", "i"), step("action", "exception")
SSH, CSIRT, CISO = identifier("ssh", "t"), identifier("group", "csirt"), identifier("group", "ciso")
NOBODY = "action--00000000-0000-4000-8000-000000000000"
W = ("workflow",)
EXT = ("playbook_extensions", EXTENSION)


def ext(who):
    return (*W, who, "step_extensions", EXTENSION)


def again(document):
    """The same in JSON, with a key twice."""
    return json.dumps(document)[:-1] + ', "name": "Another"}'


# What is changed, SQLSTATE, path (of the first error), words of the message.
ERRORS = [
    # form
    (("type",), "playbok", "23514", "$.type", "none of the words"),
    (("type",), GONE, "23502", "$.type", "missing"),
    (("spec_version",), "1.1", "23514", "$.spec_version", "of specification"),
    (("id",), "playbook--1", "23514", "$.id", "no identifier"),
    (("id",), identifier("action", "x"), "23514", "$.id", "no identifier"),
    (("name",), "", "23514", "$.name", "empty"),
    (("name",), 5, "42804", "$.name", "expected a string, found a number"),
    (("name",), None, "23502", "$.name", "missing"),
    (("banana",), 1, "42703", "$.banana", "unknown property of a playbook"),
    (("created",), "2026-02-30T00:00:00.000Z", "22007", "$.created", "no such day"),
    (("created",), "2026-02-28 00:00:00.000Z", "22007", "$.created", "no time stamp"),
    (("created",), "2026-02-28T24:00:00.000Z", "22007", "$.created", "no such time of day"),
    (("created",), "2026-02-28T00:00:00.000", "22007", "$.created", "no time stamp"),
    (("modified",), "2026-01-14T23:59:59.999Z", "23514", "$.modified", "before it was created"),
    (("modified",), "2026-02-01T00:00:00.0000001Z", "22007", "$.modified", "finer than a microsecond"),
    (("valid_until",), "2026-02-01T00:00:00.000Z", "23514", "$.valid_until", "ends before it begins"),
    (("valid_until",), "2026-02-01T09:00:00.000+09:00", "23514", "$.valid_until", "ends before it begins"),
    (("priority",), 101, "22003", "$.priority", "out of range"),
    (("severity",), -1, "22003", "$.severity", "out of range"),
    (("impact",), 1.5, "22003", "$.impact", "out of range"),
    (("impact",), "5", "42804", "$.impact", "expected a whole number, found a string"),
    (("labels",), "ransomware", "42804", "$.labels", "expected an array"),
    (("created_by",), identifier("group", "x"), "23514", "$.created_by", "no identifier"),
    (("markings", 0), identifier("marking-tlp", "other"), "42704", "$.markings[0]", "no data marking"),
    (("external_references", 0, "name"), GONE, "23502", "$.external_references[0].name", "missing"),
    (("workflow",), {}, "23514", "$.workflow", "empty"),
    (("data_marking_definitions", identifier("marking-tlp", "tlp"), "tlpv2_level"), "TLP:WHITE", "23514", "tlpv2_level", "none of the words"),
    # what would look otherwise than it is
    (("name",), "Isolate\u202eetanimilE", "23514", "$.name", "changes how it is shown: U+202E"),
    ((*W, INTAKE, "commands", 0, "command"), "ls\u001b[2K", "23514", ".command", "changes how it is shown: U+001B"),
    ((*W, CHOICE, "cases", "le\u2066ak"), END, "23514", ".cases", "changes how it is shown: U+2066"),
    (("playbook_variables", "__\u202ekind__"), {"type": "string"}, "23514", "$.playbook_variables", "changes how it is shown: U+202E"),
    # agents, targets, authentications
    ((*W, INTAKE, "agent"), identifier("group", "nobody"), "42704", ".agent", "no agent"),
    ((*W, INTAKE, "agent"), GONE, "23502", ".agent", "missing"),
    ((*W, ISOLATE, "targets", 0), identifier("ssh", "other"), "42704", ".targets[0]", "no target"),
    (("target_definitions", SSH, "authentication_info"), identifier("user-auth", "b"), "42704", ".authentication_info", "no authentication"),
    (("target_definitions", SSH, "address", "ipv5"), ["1"], "42703", ".address.ipv5", "unknown property"),
    (("target_definitions", SSH, "prot"), "22", "42703", ".prot", "unknown property"),
    (("agent_definitions", CSIRT, "name"), GONE, "23502", ".name", "missing"),
    (("agent_definitions", identifier("group", "secretariat"), "location", "region"), "atlantis", "23514", ".region", "none of the words"),
    # commands
    ((*W, INTAKE, "commands"), [], "23514", ".commands", "empty"),
    ((*W, INTAKE, "commands"), GONE, "23502", ".commands", "missing"),
    ((*W, INTAKE, "commands", 0, "command"), GONE, "23514", ".commands[0]", "command is empty"),
    ((*W, INTAKE, "commands", 0, "command"), "", "23514", ".commands[0]", "command is empty"),
    ((*W, INTAKE, "commands", 0, "comand"), "x", "42703", ".commands[0].comand", "unknown property"),
    ((*W, MACHINE, "commands", 1, "command_b64"), "abc", "23514", ".command_b64", "no base64"),
    ((*W, MACHINE, "commands", 1, "command_b64"), "YWJj\nZGVm", "23514", ".command_b64", "no base64"),
    ((*W, MACHINE, "commands", 1, "command_b64"), "YR==", "23514", ".command_b64", "no base64"),
    ((*W, MACHINE, "commands", 0, "content_b64"), "=", "23514", ".content_b64", "no base64"),
    ((*W, MACHINE, "commands", 0, "headers", "Content-Type"), "x", "42804", ".headers", "expected an array"),
    # steps
    ((*W, INTAKE, "type"), "activity", "23514", ".type", "none of the words"),
    ((*W, INTAKE, "type"), "playbook-action", "23502", ".playbook_id", "missing"),
    ((*W, INTAKE, "timeout"), -1, "22003", ".timeout", "out of range"),
    ((*W, INTAKE, "delay"), -1, "22003", ".delay", "out of range"),
    ((*W, INTAKE, "delay"), 0.5, "22003", ".delay", "out of range"),
    ((*W, INTAKE, "delay"), 10**16, "22003", ".delay", "out of range"),
    ((*W, INTAKE, "approvals"), 2, "42703", ".approvals", "unknown property"),
    ((*W, INTAKE, "owner"), "me", "23514", ".owner", "no identifier"),
    ((*W, "action--x"), WORKFLOW[MANUAL], "23514", '$.workflow."action--x"', "no identifier"),
    # flow
    (("workflow_start",), NOBODY, "42704", "$.workflow_start", "no step"),
    (("workflow_start",), INTAKE, "23514", "$.workflow_start", "no start step"),
    (("workflow_start",), GONE, "23502", "$.workflow_start", "missing"),
    (("workflow_exception",), NOBODY, "42704", "$.workflow_exception", "no step"),
    (("workflow_exception",), INTAKE, "23514", "$.workflow_exception", "both have the step"),
    (("workflow_exception",), GONE, "23514", "$.workflow", "nothing leads to the step"),
    ((*W, INTAKE, "on_completion"), NOBODY, "42704", ".on_completion", "no step"),
    ((*W, INTAKE, "on_completion"), INTAKE, "23514", ".on_completion", "leads back"),
    ((*W, LAST, "on_completion"), INTAKE, "23514", ".on_completion", "leads back"),
    ((*W, LAST, "on_completion"), START, "23514", ".on_completion", "back to the start step"),
    ((*W, START, "on_completion"), GONE, "23514", START, "nothing follows the start"),
    ((*W, START, "on_success"), END, "23514", ".on_success", "a start step has no on_success"),
    ((*W, END, "on_completion"), LAST, "23514", ".on_completion", "an end step has no on_completion"),
    ((*W, INTAKE, "on_failure"), END, "23514", ".on_failure", "together with on_failure"),
    ((*W, step("start", "second")), {"type": "start", "on_completion": END}, "23514", step("start", "second"), "more than one start"),
    ((*W, step("action", "dead")), action("Dead", "孤立", "csirt", END, code="D-01"), "23514", step("action", "dead"), "nothing leads to the step"),
    ((*W, PARALLEL, "next_steps"), [ISOLATE], "23514", ".next_steps", "two branches or more"),
    ((*W, PARALLEL, "next_steps", 1), ISOLATE, "23514", ".next_steps[1]", "two branches begin with"),
    ((*W, PARALLEL, "next_steps", 1), NOBODY, "42704", ".next_steps[1]", "no step"),
    ((*W, MANUAL, "on_completion"), CHOICE, "23514", ".on_completion", "leaves the branch"),
    ((*W, MANUAL, "on_completion"), ISOLATE, "23514", ".on_completion", "both have the step"),
    ((*W, TEAMS, "on_completion"), MANUAL, "23514", ".on_true", "both have the step"),
    ((*W, CHECK, "on_completion"), LOOP, "23514", ".on_completion", "leads back"),
    ((*W, ESCALATE, "on_completion"), EXCEPTION, "23514", "$.workflow_exception", "both have the step"),
    ((*W, QUESTION, "on_true"), GONE, "23502", ".on_true", "missing"),
    ((*W, QUESTION, "condition"), GONE, "23502", ".condition", "missing"),
    ((*W, LOOP, "condition"), "", "23514", ".condition", "empty"),
    ((*W, CHOICE, "cases"), {}, "23514", ".cases", "empty"),
    ((*W, CHOICE, "cases", "leak"), NOBODY, "42704", ".cases.leak", "no step"),
    # variables
    (("playbook_variables", "x"), {"type": "string"}, "23514", "$.playbook_variables.x", "no name of a variable"),
    (("playbook_variables", "____"), {"type": "string"}, "23514", "$.playbook_variables.____", "no name of a variable"),
    (("playbook_variables", "__hosts__", "value"), "many", "23514", ".value", "no value of type integer"),
    (("playbook_variables", "__hosts__", "value"), 5, "42804", ".value", "expected a string"),
    (("playbook_variables", "__hosts__", "value"), "2147483648", "23514", ".value", "no value of type integer"),
    (("playbook_variables", "__raw__", "value"), "[1]", "23514", ".value", "no value of type dictionary"),
    (("playbook_variables", "__found__", "type"), "boolean", "23514", ".type", "none of the words"),
    (("playbook_variables", "__found__"), GONE, "42704", ".out_args[0]", "no variable"),
    (("playbook_variables", "__found__", "constant"), True, "23514", ".out_args[0]", "nothing can be stored"),
    ((*W, INTAKE, "out_args", 1), "__hostz__", "42704", ".out_args[1]", "no variable"),
    ((*W, INTAKE, "out_args", 1), "__kind__", "23514", ".out_args[1]", "asked for twice"),
    ((*W, ISOLATE, "in_args", 0), "__none__", "42704", ".in_args[0]", "no variable"),
    ((*W, LOOP, "condition"), "__fond__:value = true", "42704", ".condition", "no variable"),
    ((*W, CHOICE, "switch"), "__kynd__:value", "42704", ".switch", "no variable"),
    # our extension
    ((*EXT, "atack_type"), "x", "42703", ".atack_type", "unknown property"),
    ((*EXT, "attack_type"), "Ransomware", "23514", ".attack_type", "no code"),
    ((*EXT, "override_role"), "boss", "42704", ".override_role", "no agent has the role"),
    ((*EXT, "recovery_target", "within"), "4 h", "23514", ".within", "no duration"),
    ((*EXT, "recovery_target", "level"), 50, "22003", ".level", "out of range"),
    ((*EXT, "reports", "first", "kind"), "second", "23514", ".kind", "none of the words"),
    ((*EXT, "reports", "first", "source"), "hearsay", "42704", ".source", "no source"),
    ((*EXT, "reports", "first", "deadlines", 0), {"anchor": "recognition"}, "23514", ".deadlines[0]", "after its anchor or before it"),
    ((*EXT, "reports", "first", "deadlines", 0, "before"), "PT1H", "23514", ".deadlines[0]", "after its anchor or before it"),
    ((*EXT, "reports", "first", "deadlines", 0, "anchor"), "noon", "23514", ".anchor", "nothing a deadline can count from"),
    ((*EXT, "reports", "first", "deadlines", 0, "anchor"), "submission:final", "23514", ".anchor", "waits for it"),
    ((*EXT, "reports", "first", "deadlines", 0, "anchor"), "submission:second", "23514", ".anchor", "nothing a deadline can count from"),
    ((*EXT, "reports", "first", "deadlines", 0, "anchor"), f"step:{REPORT}", "23514", REPORT, "waits for it"),
    ((*EXT, "facts", "Declared"), both("x", "y"), "23514", ".Declared", "no code"),
    ((*EXT, "facts", "declared"), {}, "23514", ".facts.declared", "empty"),
    ((*EXT, "facts", "declared"), "x", "42804", ".facts.declared", "expected an object"),
    ((*EXT, "facts", "declared"), GONE, "42704", INTAKE, "no fact"),
    ((*EXT, "languages"), ["en", "ja", "en"], "23514", ".languages[2]", "stands in the list twice"),
    ((*ext(INTAKE), "phase"), "panic", "23514", ".phase", "none of the words"),
    ((*ext(INTAKE), "code"), "T 01", "23514", ".code", "no short name"),
    ((*ext(INTAKE), "code"), "K-01", "23514", ".code", "called"),
    ((*ext(INTAKE), "priority"), 6, "22003", ".priority", "out of range"),
    ((*ext(INTAKE), "accountable"), "csirt_laed", "42704", ".accountable", "no agent has the role"),
    ((*ext(INTAKE), "deputies"), ["cis0"], "42704", ".deputies[0]", "no agent has the role"),
    ((*ext(INTAKE), "establishes"), GONE, "23514", ".requires[0]", "no step establishes"),
    ((*ext(INTAKE), "requires"), ["cause_dealt_with"], "23514", ".requires[0]", "comes after this one"),
    ((*ext(INTAKE), "requires"), ["declared"], "23514", ".requires[0]", "comes after this one"),
    ((*ext(ISOLATE), "approvals", "-"), {"role": "ciso"}, "23514", ".approvals[2]", "asked for twice"),
    ((*ext(ISOLATE), "approvals", 0, "count"), 0, "22003", ".count", "out of range"),
    ((*ext(ISOLATE), "approvals", 0, "role"), GONE, "23502", ".role", "missing"),
    ((*ext(ISOLATE), "round_limit"), 3, "42703", ".round_limit", "unknown property of our extension of an action step"),
    ((*ext(LOOP), "round_limit"), 0, "22003", ".round_limit", "out of range"),
    ((*ext(LOOP), "approvals"), [], "42703", ".approvals", "unknown property"),
    ((*ext(START), "code"), "S", "42703", ".code", "unknown property"),
    ((*ext(REPORT), "report"), "third", "42704", ".report", "no report"),
    ((*ext(REPORT), "deadlines", 0, "anchor"), f"step:{NOBODY}", "23514", ".anchor", "nothing a deadline can count from"),
    ((*ext(REPORT), "deadlines", 0, "anchor"), f"step:{REPORT}", "23514", ".anchor", "waits for it"),
    ((*ext(REPORT), "deadlines", 0, "anchor"), "submission:first", "23514", ".anchor", "waits for it"),
    ((*ext(INTAKE), "texts", "ja", "commands", 1), GONE, "23514", ".commands", "1 texts for 2 commands"),
    ((*ext(INTAKE), "texts", "JA"), {}, "23514", ".texts.JA", "cannot be a key"),
]

WARNINGS = [
    ((*W, CHOICE, "cases", "more"), MANUAL, ".on_true", "begin with the same step"),
    (("labels",), [], "$.labels", "empty"),
    (("labels",), None, "$.labels", "null says nothing"),
    (("labels",), ["a", "a"], "$.labels[1]", "twice"),
    (("created",), "2026-01-15T00:00:00Z", "$.created", "not written to the millisecond"),
    (("valid_until",), "2026-03-01T00:00:00.000Z", "$.valid_until", "the validity has ended"),
    (("industry_sectors",), ["finance"], "$.industry_sectors[0]", "not in CACAO's vocabulary"),
    (("playbook_activities",), GONE, "$.playbook_types", "no playbook_activities"),
    (("playbook_activities", "-"), "scan-system", "$.playbook_activities[2]", "no command has the activity"),
    (("playbook_processing_summary", "switch_logic"), False, ".switch_logic", "the summary says false"),
    (("derived_from",), [ALL["id"]], "$.derived_from[0]", "refers to itself"),
    (("external_references", 0, "url"), "hxxp://example[.]org", ".url", "no URL"),
    (("workflow_exception",), END, "$.workflow_exception", "an end step"),
    ((*W, INTAKE, "timeout"), 0, ".timeout", "no time"),
    ((*W, START, "delay"), 5, ".delay", "done at once"),
    ((*W, MACHINE, "commands", 0, "content"), "x", ".commands[0]", "both given"),
    ((*W, MACHINE, "commands", 1, "command_b64"), GONE, ".commands[1]", "the command is empty"),
    ((*W, MACHINE, "commands", 1, "type"), "perl", ".type", "not in CACAO's vocabulary"),
    ((*W, CHECK, "on_completion"), GONE, CHECK, "nothing follows its success"),
    ((*W, step("end", "unused")), {"type": "end"}, step("end", "unused"), "nothing leads to the end step"),
    ((*W, QUESTION, "on_false"), MANUAL, ".on_false", "whatever the condition"),
    ((*W, QUESTION, "condition"), "Is it large?", ".condition", "question to a person"),
    ((*W, QUESTION, "condition"), "__kind__:value = drill", ".condition", "without quotes"),
    ((*W, LOOP, "condition"), "__kind__:value = 'x'", ".condition", "no step in the loop"),
    ((*W, CHOICE, "switch"), "What is it?", ".switch", "a person will be asked"),
    ((*W, CHOICE, "switch"), "__hosts__", ".cases.leak", "is never"),
    ((*W, INTAKE, "commands", 0, "command"), "Look at __file__:value.", ".command", "speaks of a variable"),
    ((*W, ISOLATE, "step_variables", "__kind__"), {"type": "string"}, ".step_variables.__kind__", "same name"),
    ((*W, INTAKE, "step_extensions", ""), "x", '.step_extensions.""', "no extension"),
    ((*W, INTAKE, "step_extensions", identifier("extension-definition", "z")), {}, "step_extensions", "is not defined"),
    (("playbook_variables", "__a.b__"), {"type": "string"}, "__a.b__", "CACAO does not allow"),
    (("playbook_variables", "__a__"), {"type": "string", "constant": True}, "__a__", "no value"),
    (("playbook_variables", "__a__"), {"type": "string", "constant": True, "external": True, "value": "x"}, "__a__", "constant and external"),
    (("target_definitions", SSH, "port"), "65536", ".port", "no port"),
    (("target_definitions", SSH, "address", "ipv4", 0), "192.0.2.256", ".ipv4[0]", "no ipv4 address"),
    (("authentication_info_definitions", identifier("user-auth", "a"), "password"), "secret", ".password", "in the clear"),
    (("authentication_info_definitions", identifier("user-auth", "a"), "kms"), False, "user-auth", "kms"),
    (("agent_definitions", CISO, "type"), "committee", ".type", "not in CACAO's vocabulary"),
    (("agent_definitions", CISO, "type"), "individual", CISO, "not of the object's type"),
    (("agent_definitions", CISO, "agent_target_extensions", EXTENSION, "deputies"), ["ciso"], ".deputies[0]", "its own deputy"),
    (("agent_definitions", identifier("group", "second")), ALL["agent_definitions"][CISO], "agent_target_extensions", "as well"),
    (("data_marking_definitions", identifier("marking-tlp", "tlp"), "id"), identifier("marking-tlp", "z"), "marking-tlp", "calls itself"),
    (("extension_definitions", OTHER_EXTENSION), GONE, "$.playbook_extensions", "is not defined"),
    ((*EXT, "reports", "other"), {**ALL["playbook_extensions"][EXTENSION]["reports"]["first"], "deadlines": []}, ".reports.other", "no step submits"),
    ((*EXT, "reports", "first", "form"), {"en": "form"}, ".form", "missing in the language ja"),
    ((*EXT, "languages"), ["en", "ja", "de"], "$", "missing in the language de"),
    ((*EXT, "texts", "ja", "variables", "__none__"), "無", "__none__", "no variable for this text"),
    ((*ext(INTAKE), "texts", "ja", "commands"), GONE, INTAKE, "missing in the language ja"),
    ((*ext(CHOICE), "texts", "ja", "cases", "drill"), "訓練", ".cases.drill", "no case for this text"),
    ((*ext(INTAKE), "evidence", "what"), GONE, ".evidence", "not said which"),
]


def marked(kind, **more):
    """A data marking of that kind, besides those there are."""
    own = identifier(kind, "more")
    return ("data_marking_definitions", own), {"type": kind, "id": own, "created_by": IDENTITY, "created": "2026-01-15T00:00:00.000Z", **more}


def commanded(kind, **more):
    return (*W, MACHINE, "commands", 1), {"type": kind, "playbook_activity": "deliver-content", **more}


def targeted(kind, **more):
    return ("target_definitions", identifier(kind, "more")), {"type": kind, "name": "Another", **more}


def authenticated(kind, **more):
    return ("authentication_info_definitions", identifier(kind, "more")), {"type": kind, **more}


B64 = "5YGc5q2i"
NET = {"address": {"dname": ["host.example.org"]}, "category": ["server"]}
# What CACAO 2.0 has or allows, and the published schema sometimes not: it loads without a word.
GOOD = [
    (("id",), "playbook--0197a1b2-7c3d-7e4f-8a5b-6c7d8e9fa0b1"),  # UUID of version 7
    (("id",), "playbook--00000000-0000-0000-0000-000000000000"),
    (("modified",), "2026-02-01T09:00:00.000+09:00"),
    (("modified",), "2026-02-01T00:00:00.000-11:30"),
    (("created",), "2024-02-29T23:59:59.999Z"),
    ((*W, ISOLATE, "delay"), 0),
    (("revoked",), True),
    (("playbook_variables", "__f__"), {"type": "float", "value": "-1.5e3"}), (("playbook_variables", "__f__"), {"type": "hexstring", "value": "0aFF"}),
    (("playbook_variables", "__f__"), {"type": "ipv4-addr", "value": "192.0.2.1"}), (("playbook_variables", "__f__"), {"type": "ipv6-addr", "value": "::1"}),
    (("playbook_variables", "__f__"), {"type": "long", "value": "-9223372036854775808"}),
    (("playbook_variables", "__f__"), {"type": "mac-addr", "value": "00:00:5e:00:53:01"}),
    (("playbook_variables", "__f__"), {"type": "hash", "value": "00" * 48}), (("playbook_variables", "__f__"), {"type": "md5-hash", "value": "00" * 16}),
    (("playbook_variables", "__f__"), {"type": "sha256-hash", "value": "0f" * 32}), (("playbook_variables", "__f__"), {"type": "uri", "value": "urn:x:y"}),
    (("playbook_variables", "__f__"), {"type": "uuid", "value": "0197a1b2-7c3d-7e4f-8a5b-6c7d8e9fa0b1"}),
    commanded("bash", command="ls"), commanded("caldera-cmd", command="id: 1"), commanded("elastic", command_b64=B64), commanded("jupyter", command_b64=B64),
    commanded("kestrel", command_b64=B64), commanded("openc2-http", command="POST / HTTP/1.1", content_b64=B64, headers={"a": ["b", "c"]}),
    commanded("powershell", command_b64=B64), commanded("sigma", command_b64=B64), commanded("ssh", command="ls"), commanded("yara", command_b64=B64),
    commanded("http-api", command="GET / HTTP/1.1", external_references=[{"name": "x"}]),
    targeted("group"), targeted("individual", contact={"contact_details": "at the desk"}), targeted("organization"), targeted("location", logical=["rack 1"]),
    targeted("sector", sector="financial"), targeted("http-api", **NET), targeted("linux", port="22", **NET), targeted("net-address", **NET),
    targeted("ssh", address={"ipv4": ["__host__:value"]}, port="__port__:value"),
    authenticated("http-basic", user_id="u", password="__secret__:value"), authenticated("oauth2", oauth_header="__h__:value", token="__t__:value"),
    authenticated("user-auth"),
    marked("marking-iep", name="n", description="d", tlp="RED", iep_version=2, start_date="2026-01-01T00:00:00.000Z", end_date=None, encrypt_in_transit="MUST",
           permitted_actions="NONE", affected_party_notifications="MAY", attribution="MAY", unmodified_resale="MUST NOT", external_references=["x"]),
    marked("marking-tlp", tlpv2_level="TLP:AMBER+STRICT"), marked("marking-statement", statement="s", marking_extensions={OTHER_EXTENSION: {}}),
    ((*EXT, "attack_type"), "ddos"),
    ((*ext(RECOVER), "deadlines"), [{"anchor": a, "after": "P1Y2M3W4DT5H6M7S"} for a in ("occurrence", "classification", "start", "tolerance_breach")]),
    ((*EXT, "texts", "zh-Hant"), {"name": "全部"}),
]


def quoted(document):
    body = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    return f"convert_from('\\x{body.encode().hex()}', 'UTF8')"


class Server:
    def __init__(self):
        self.session = Session()
        self.session.run("CREATE EXTENSION opres;")

    def load(self, document):
        """None, or the error."""
        try:
            self.session.run(f"BEGIN; SELECT opres.load_playbook({quoted(document)});")
            return None
        except SqlError as error:
            return error
        finally:
            self.session.run("ROLLBACK;")

    def findings(self, document, lang="en"):
        rows = self.session.value("SELECT encode(convert_to(coalesce(json_agg(c), '[]')::text, 'UTF8'), 'hex')"
                                  f" FROM opres.check_playbook({quoted(document)}, '{lang}') AS c;")
        return [(r["severity"], r["path"], r["problem"], r["advice"]) for r in json.loads(bytes.fromhex(rows))]


def check_errors(server, tally):
    for path, value, code, place, words in ERRORS:
        what = f"{'/'.join(map(str, path[-3:]))} = {'gone' if value is GONE else json.dumps(value)[:60]}"
        broken = changed(ALL, path, value)
        error = server.load(broken)
        tally.ok(error is not None, f"{what}: is refused")
        if error is None:
            continue
        message = str(error).partition(": ")[2]
        tally.ok(error.code == code, f"{what}: {error.code} for {code}: {message}")
        tally.ok(message.startswith("$") and place in message.partition(": ")[0], f"{what}: place {place} in {message}")
        tally.ok(words in message, f"{what}: {words!r} in {message}")
        first = [f for f in server.findings(broken) if f[0] == "error"][0]
        said = first[2][:-1]
        tally.ok(f"{first[1]}: {said[:1].lower()}{said[1:]}".lower() == message.lower(), f"{what}: check_playbook says {first} for {message}")


def check_good(server, tally):
    for path, value in GOOD:
        document = changed(ALL, path, value)
        findings = server.findings(document)
        tally.ok(findings == [], f"{'/'.join(map(str, path[-2:]))} = {json.dumps(value)[:100]}: {findings[:2]}")
        error = server.load(document)
        tally.ok(error is None, f"{'/'.join(map(str, path[-2:]))} = {json.dumps(value)[:100]}: {error}")


def check_warnings(server, tally):
    for path, value, place, words in WARNINGS:
        what = f"{'/'.join(map(str, path[-3:]))} = {'gone' if value is GONE else json.dumps(value)[:60]}"
        document = changed(ALL, path, value)
        if path == ("workflow_exception",):
            del document["workflow"][EXCEPTION]
            del document["workflow"][step("end", "e7")]
        if path[-1] == "on_false":
            del document["workflow"][MACHINE]
            document["playbook_activities"] = ["restrict-access"]
            document["playbook_processing_summary"]["manual_playbook"] = True
        error = server.load(document)
        tally.ok(error is None, f"{what}: loads, but {error}")
        findings = server.findings(document)
        tally.ok(any(place in f[1] and words.lower() in f[2].lower() and f[0] == "warning" for f in findings), f"{what}: {words!r} at {place} in {findings[:4]}")
        japanese = server.findings(document, "ja")
        tally.ok([f[:2] for f in japanese] == [f[:2] for f in findings], f"{what}: the same in Japanese")
        tally.ok(all(f[2].endswith("。") and any(ord(c) > 0x3000 for c in f[3]) for f in japanese), f"{what}: in Japanese: {japanese[:2]}")


def check_texts(server, tally):
    """What jsonb would not have told."""
    for text, code, words in ((again(ALL), "22030", "$.name: the key stands twice"),
                              ('{"a": [{"b": {"c": 1, "c": 2}}]}', "22030", "$.a[0].b.c: the key stands twice"),
                              ('{"a": 1', "22P02", "$: no JSON"), ("", "22P02", "$: no JSON"), ('{"a": "\\u0000"}', "22P02", "$: no JSON"),
                              ('{"a": "\\ud800"}', "22P02", "$: no JSON"), ("[]", "42804", "$: expected an object"), ("3", "42804", "$: expected an object"),
                              ("{}", "23502", "$.type: it is missing")):
        error = server.load(text)
        tally.ok(error is not None and error.code == code and words in str(error), f"{text[:40]!r}: {error}")
    deep = "[" * 100000
    error = server.load(deep)
    tally.ok(error is not None and error.code in ("54001", "22P02"), f"deep nesting: {error}")
    error = server.load(changed(ALL, ("labels",), [[[[]]]]))
    tally.ok(error is not None and error.code == "42804", f"lists within lists: {error}")
    tally.ok(server.load(json.dumps(ALL, indent=3)) is None, "white space is no matter")
    dead = changed(changed(ALL, (*W, step("end", "dead")), {"type": "end"}), (*ext(REPORT), "deadlines", 0, "anchor"), f"step:{step('end', 'dead')}")
    error = server.load(dead)
    tally.ok(error is not None and error.code == "23514" and "nothing a deadline can count from" in str(error), f"a deadline from an end that nothing leads to: {error}")
    # What loading records must fit into an entry of the audit trail, which is written at the end of the transaction.
    signature = {"type": "jss", "id": identifier("jss", "1"), "signee": "x" * 5000, "created": ALL["created"], "modified": ALL["modified"], "related_to": ALL["id"],
                 "related_version": ALL["modified"], "hash_algorithm": "sha-256", "algorithm": "LMS_SHA256_M32_H5", "value": "x"}
    nested = signature
    for _ in range(300):
        nested = {**signature, "created": "2026-01-15T00:00:00Z", "signature": nested}
    for what, more in (("a long name", {"name": "名" * 50000}), ("a long name to be escaped", {"name": '"' * 50000}),
                       ("many warnings", {"markings": [], "labels": ['"' * 5000, '"' * 5000] * 30}),
                       ("many signatures", {"signatures": [signature] * 30}), ("nested signatures", {"signatures": [nested]})):
        document = {**ALL, **more, "id": identifier("playbook", what)}
        for s in document.get("signatures", ()):
            s["related_to"] = document["id"]
        try:
            server.session.run(f"SELECT opres.load_playbook({quoted(document)});")
            tally.ok(True, what)
        except SqlError as failure:
            tally.ok(False, f"{what}: {failure}")


def check_sizes(server, tally):
    """Long chains, many branches, more steps than there may be."""
    for count in (10, 500, 3000):
        tally.ok(server.load(ordinary(count)) is None, f"{count} steps")
    error = server.load(ordinary(10001))
    tally.ok(error is not None and error.code == "54000", f"10001 steps: {error}")
    many = head("Many", **{k: ALL[k] for k in ("agent_definitions", "extension_definitions")}, workflow_start=START)
    end = {END: {"type": "end"}}
    ends = {step("end", f"m{i}"): {"type": "end"} for i in range(2000)}
    actions = {step("action", f"m{i}"): action(f"A{i}", f"あ{i}", "csirt", e, code=f"M-{i}") for i, e in enumerate(ends)}
    many["workflow"] = {START: {"type": "start", "on_completion": PARALLEL}, PARALLEL: {"type": "parallel", "next_steps": list(actions), "on_completion": END},
                        **actions, **ends, **end}
    tally.ok(server.load(many) is None, "2000 branches")
    for depth in (100, 101, 1000):
        chain = {step("if-condition", f"n{i}"): {"type": "if-condition", "condition": "Go on?", "on_completion": END,
                                                 "on_true": step("if-condition", f"n{i + 1}") if i < depth - 1 else END} for i in range(depth)}
        many["workflow"] = {START: {"type": "start", "on_completion": step("if-condition", "n0")}, **chain, **end}
        error = server.load(many)
        tally.ok(("more than 100 branching steps" in str(error)) if depth > 100 else error is None, f"{depth} conditions within one another: {error}")


def places(document, way=()):
    """Every path of a document."""
    yield way
    for key, value in document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ():
        yield from places(value, (*way, key))


def value_at(document, path):
    for part in path:
        document = document[part]
    return document


def spoil(r, document, all_places):
    """Something of it is removed, replaced, doubled, renamed, or made to lead elsewhere."""
    path = r.choice(all_places)
    try:
        old = value_at(document, path)
    except (KeyError, IndexError, TypeError):
        return
    holder = value_at(document, path[:-1])
    if not isinstance(holder, (dict, list)):
        return
    kind = r.randrange(8)
    if kind == 0:
        del holder[path[-1]]
    elif kind == 1:
        holder[path[-1]] = r.choice((None, True, 0, -1, 1.5, 1e300, "", "x", "__x__", [], {}, [None], {"": ""}, "2026-02-30T00:00:00.000Z", "P1D", NOBODY))
    elif kind == 2 and isinstance(holder, dict):
        holder[f"{path[-1]}{r.choice(('', 'x', '_'))}"] = copy.deepcopy(old)
    elif kind == 3 and isinstance(old, (dict, list)) and old:
        other = r.choice(all_places)
        try:
            holder[path[-1]] = copy.deepcopy(value_at(document, other))
        except (KeyError, IndexError, TypeError):
            return
    elif kind in (4, 5, 6):
        steps = [p for p in all_places if len(p) >= 3 and p[0] == "workflow" and p[2] in ("on_completion", "on_success", "on_failure", "on_true", "on_false")]
        target = r.choice(steps)
        if target[1] in document.get("workflow", {}) and isinstance(document["workflow"][target[1]], dict):
            document["workflow"][target[1]][target[2]] = r.choice(list(WORKFLOW))
    elif isinstance(old, str) and old:
        at = r.randrange(len(old))
        holder[path[-1]] = old[:at] + r.choice("aZ0-_\"\u3042{") + old[at + r.randrange(2):]


def check_random(server, tally):
    seed = int(os.environ.get("OPRES_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed}")
    r = random.Random(seed)
    all_places = [p for p in places(ALL) if p]
    loaded = 0
    for _ in range(ROUNDS):
        document = copy.deepcopy(ALL)
        for _ in range(r.choice((1, 1, 1, 2, 3, 5))):
            spoil(r, document, all_places)
        error = server.load(document)
        findings = server.findings(document)
        errors = [f for f in findings if f[0] == "error"]
        what = f"seed {seed}: {json.dumps(document)[:120]}"
        tally.ok((error is None) == (not errors), f"load and check disagree ({error}, {errors[:1]}): {what}")
        tally.ok(error is None or str(error).partition(": ")[2].startswith("$"), f"{error}: {what}")
        tally.ok(not any("cannot be run" in f[2] for f in findings), f"the engine had to say it: {findings}: {what}")
        if error is None:
            loaded += 1
            try:
                steps = server.session.run(f"BEGIN; SELECT opres.load_playbook({quoted(document)}) \\gset\n"
                                           "SELECT count(*) FROM opres.playbook_steps(:'load_playbook'); ROLLBACK;")
                tally.ok(int(steps[-1][0]) > 1, f"has steps: {what}")
            except SqlError as failure:
                server.session.run("ROLLBACK;")
                tally.ok(False, f"cannot be compiled: {failure}: {what}")
    tally.ok(ROUNDS * .05 < loaded < ROUNDS * .95, f"{loaded} of {ROUNDS} loaded")


def main():
    tally = Tally()
    server = Server()
    tally.ok(server.load(ALL) is None, "the sample loads")
    tally.ok(server.findings(ALL) == [], f"without a word: {server.findings(ALL)[:3]}")
    tally.ok(server.findings(ordinary(40)) == [], f"the ordinary one too: {server.findings(ordinary(40))[:3]}")
    check_errors(server, tally)
    check_warnings(server, tally)
    check_good(server, tally)
    check_texts(server, tally)
    check_sizes(server, tally)
    check_random(server, tally)
    server.session.close()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
