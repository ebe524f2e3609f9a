"""A playbook of parallel branches for tests of many who work on one run at the same time, and what of a run must always hold."""
import json
import uuid

NAMESPACE = uuid.UUID("6d0b9a52-93f5-4c8e-8a7f-0f6f9a0d4c11")
EXTENSION = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"


def ident(kind, key):
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind} {key}')}"


def action(code, following, **own):
    return {"type": "action", "name": f"Do {code}", "agent": ident("group", "team"), "commands": [{"type": "manual", "command": f"Do {code}."}],
            "on_completion": following, "step_extensions": {EXTENSION: {"code": code, "phase": "triage", **own}}}


def parallel(branches, length, name="parallel", **own):
    """A parallel of branches, each a row of actions A1.1, A1.2, ...; then the end."""
    workflow = {ident("start", name): {"type": "start", "on_completion": ident("parallel", name)}}
    firsts = []
    for b in range(1, branches + 1):
        ids = [ident("action", f"{name} {b} {n}") for n in range(1, length + 1)] + [ident("end", f"{name} {b}")]
        workflow[ids[-1]] = {"type": "end"}
        workflow.update({i: action(f"A{b}.{n}", then, **own) for n, (i, then) in enumerate(zip(ids, ids[1:], strict=False), 1)})
        firsts.append(ids[0])
    workflow[ident("parallel", name)] = {"type": "parallel", "name": "All", "next_steps": firsts, "on_completion": ident("end", name)}
    workflow[ident("end", name)] = {"type": "end"}
    group = {"type": "group", "name": "Team", "agent_target_extensions": {EXTENSION: {"role": "team"}}}
    boss = {"type": "group", "name": "Boss", "agent_target_extensions": {EXTENSION: {"role": "boss"}}}
    return json.dumps({
        "type": "playbook", "spec_version": "cacao-2.0", "id": ident("playbook", name), "name": name, "created_by": ident("identity", name),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "workflow_start": ident("start", name), "workflow": workflow,
        "playbook_extensions": {EXTENSION: {"attack_type": name, "override_role": "boss"}},
        "agent_definitions": {ident("group", "team"): group, ident("group", "boss"): boss},
        "extension_definitions": {EXTENSION: {"type": "extension-definition", "name": "opres", "created_by": ident("identity", name),
                                              "schema": "opres-extension.schema.json", "version": "1.0.0"}}})


def begin(session, document):
    """Loads a playbook and begins a run of it for a new incident; the run's number."""
    session.run(f"SELECT opres.load_playbook($doc${document}$doc$::text);")
    name = json.loads(document)["name"]
    incident = session.value(f"SELECT opres.open_incident('A test', '{name}', 50);")
    return int(session.value(f"SELECT opres.start_run({incident}, '{name}');"))


def check(session, tally, what):
    """Projections, numbers of events and the audit trail, which was written with them."""
    tally.equal(session.run("SELECT * FROM opres.check_runs();")[:3], [], f"{what}: projections")
    tally.equal(session.run("SELECT * FROM opres.verify_audit() WHERE problem LIKE 'event%';")[:3], [], f"{what}: events and their entries")
    tally.equal(session.run("SELECT run, count(*), max(number) FROM opres.run_event GROUP BY run HAVING count(*) <> max(number);"), [],
                f"{what}: numbers of events")
