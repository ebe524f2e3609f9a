"""Playbooks to test with: one that has something of everything CACAO 2.0 and our extension know, and ordinary ones of a given size."""
import base64
import copy
import uuid

EXTENSION = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
OTHER_EXTENSION = "extension-definition--1aef2f2c-5b0e-4c5b-8a1c-4b8f4b0a7c11"
NAMESPACE = uuid.UUID("6f1d9c0a-6a0e-4a9b-8a35-0f6d3f6b7a51")
IDENTITY = "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1"


def identifier(kind, name):
    return f"{kind}--{uuid.uuid5(NAMESPACE, name)}"


def ours(**members):
    return {EXTENSION: members}


def agent(role, name, japanese, *deputies):
    return {"type": "group", "name": name,
            "agent_target_extensions": ours(role=role, texts={"ja": {"name": japanese}}, **({"deputies": list(deputies)} if deputies else {}))}


def action(name, japanese, who, then, /, code, phase="containment", commands=1, **more):
    """An action by the role `who` in both languages; more: of the extension, or of CACAO."""
    cacao = {key: more.pop(key) for key in ("on_success", "on_failure", "out_args", "in_args", "step_variables", "delay", "timeout", "targets") if key in more}
    lines = [f"{name}: part {i + 1}." for i in range(commands)]
    return {"type": "action", "name": name, "description": f"{name}, and prove it.",
            "commands": [{"type": "manual", "command": line, "playbook_activity": "restrict-access"} for line in lines],
            "agent": identifier("group", who), **({} if "on_success" in cacao else {"on_completion": then}), **cacao,
            "step_extensions": ours(code=code, phase=phase, clauses=["FSA-CS 2.5.2.4-1"],
                                    texts={"ja": {"name": japanese, "description": f"{japanese}。証跡を残す。",
                                                  "commands": [f"{japanese}（{i + 1}）" for i in range(commands)]}}, **more)}


def construct(kind, name, japanese, then, /, code, **more):
    extension = ours(code=code, phase="coordination", texts={"ja": {"name": japanese, **more.pop("texts", {})}}, **more.pop("ours", {}))
    return {"type": kind, "name": name, **({} if then is None else {"on_completion": then}), "step_extensions": extension, **more}


def both(english, japanese):
    return {"en": english, "ja": japanese}


def head(name, **more):
    return {"type": "playbook", "spec_version": "cacao-2.0", "id": identifier("playbook", name), "name": name,
            "description": f"{name}: what to do.", "created_by": IDENTITY, "created": "2026-01-15T00:00:00.000Z",
            "modified": "2026-02-01T00:00:00.000Z", **more}


def everything():
    """Loads without a warning."""
    def step(kind, name):
        return identifier(kind, name)

    start, end = step("start", "s"), step("end", "e")
    ends = [step("end", f"e{i}") for i in range(9)]
    intake, teams, isolate, check, recover = (step("action", n) for n in ("intake", "teams", "isolate", "check", "recover"))
    report, last, escalate, manual, machine = (step("action", n) for n in ("report", "last", "escalate", "manual", "machine"))
    parallel, loop, choice, question = step("parallel", "p"), step("while-condition", "w"), step("switch-condition", "x"), step("if-condition", "i")
    workflow = {
        start: {"type": "start", "name": "Start", "on_completion": intake, "step_extensions": ours(texts={"ja": {"name": "始め"}})},
        intake: action("Take it in", "受け付ける", "csirt", parallel, code="T-01", phase="triage", commands=2, priority=1, establishes=["declared"],
                       accountable="csirt_lead", deputies=["ciso"], evidence={"required": True, "what": both("intake sheet", "受付票")},
                       out_args=["__kind__", "__hosts__"], deadlines=[{"anchor": "detection", "after": "PT15M"}]),
        parallel: construct("parallel", "Teams at work", "並行対応", choice, code="P-01", next_steps=[isolate, question],
                            external_references=[{"name": "Guideline", "url": "https://example.org/guideline", "external_id": "2.5"}]),
        isolate: action("Isolate", "隔離する", "csirt", loop, code="K-01", requires=["declared"], delay=60000, timeout=3600000,
                        on_success=loop, on_failure=escalate, approvals=[{"role": "crisis_head", "count": 1}, {"role": "ciso"}],
                        override_role="crisis_head", deadlines=[{"anchor": "tolerance_breach", "before": "PT30M"}],
                        targets=[identifier("ssh", "t"), identifier("security-category", "t2")], in_args=["__hosts__"],
                        step_variables={"__note__": {"type": "string", "description": "a note"}}),
        escalate: action("Escalate", "上申する", "csirt", ends[0], code="K-02", phase="coordination"),
        loop: construct("while-condition", "Still found?", "検出の継続", ends[1], code="W-01", condition="__found__:value = true", on_true=check,
                        ours={"round_limit": 5}),
        check: action("Look again", "再探索する", "csirt", ends[2], code="K-03", phase="analysis", out_args=["__found__"]),
        question: construct("if-condition", "Large?", "規模", ends[3], code="Q-01", condition="__hosts__:value > 10 AND __kind__:value != 'drill'",
                            on_true=manual, on_false=machine),
        manual: action("Call them all", "全員に連絡する", "secretariat", ends[4], code="C-01", phase="coordination", mandatory=False),
        machine: {**action("Send it", "送信する", "secretariat", ends[4], code="C-02", phase="coordination"),
                  "commands": [{"type": "http-api", "command": "POST /alerts HTTP/1.1", "headers": {"Content-Type": ["application/json"]},
                                "content_b64": base64.b64encode(b'{"alert": 1}').decode(), "version": "1.1"},
                               {"type": "bash", "command_b64": base64.b64encode("echo 停止".encode()).decode(), "description": "stops it",
                                "playbook_activity": "deliver-content"}],
                  "step_extensions": ours(code="C-02", texts={"ja": {"name": "送信する", "description": "送信する。", "commands": ["送信", "停止"]}})},
        choice: construct("switch-condition", "Which kind", "種類", report, code="X-01", switch="__kind__:value",
                          cases={"leak": teams, "default": ends[5]}, texts={"cases": {"leak": "漏えい", "default": "その他"}}),
        teams: action("Tell those concerned", "本人に通知する", "secretariat", ends[6], code="C-03", phase="coordination", requires=["declared"]),
        report: action("Report", "報告する", "secretariat", recover, code="C-04", phase="coordination", report="first",
                       deadlines=[{"anchor": f"step:{intake}", "after": "PT1H"}]),
        recover: action("Recover", "復旧する", "csirt", last, code="R-01", phase="recovery", establishes=["cause_dealt_with"],
                        deadlines=[{"anchor": "submission:first", "after": "P3D"}]),
        last: action("Sign off", "業務再開を判断する", "ciso", end, code="S-01", phase="sign_off", requires=["cause_dealt_with"],
                     approvals=[{"role": "crisis_head", "count": 2}], report="final"),
        end: {"type": "end"},
        step("action", "exception"): action("What could not be done", "実施不能の付議", "secretariat", ends[7], code="E-01", phase="coordination"),
    }
    workflow.update({e: {"type": "end", "name": "End", "step_extensions": ours(texts={"ja": {"name": "終わり"}})} for e in ends[:8]})
    tlp, statement = identifier("marking-tlp", "tlp"), identifier("marking-statement", "st")
    marking = {"created_by": IDENTITY, "created": "2026-01-15T00:00:00.000Z"}
    return head("Everything", playbook_types=["mitigation"], playbook_activities=["restrict-access", "deliver-content"],
                playbook_processing_summary={"manual_playbook": False, "external_playbooks": False, "parallel_processing": True, "if_logic": True,
                                             "while_logic": True, "switch_logic": True, "temporal_logic": True, "data_markings": True,
                                             "digital_signatures": False, "countersigned_signatures": False, "extensions": True},
                revoked=False, valid_from="2026-02-01T00:00:00.000Z", valid_until="2099-01-01T09:00:00.000+09:00",
                derived_from=[identifier("playbook", "older")], related_to=[identifier("playbook", "other")], priority=0, severity=100, impact=50,
                industry_sectors=["financial"], labels=["ransomware"], external_references=[{"name": "Source", "source": "A book", "reference_id": "r1"}],
                markings=[tlp, statement],
                playbook_variables={"__kind__": {"type": "string", "description": "what it is", "value": None},
                                    "__hosts__": {"type": "integer", "description": "how many", "value": "0", "external": True},
                                    "__found__": {"type": "bool", "description": "still found"},
                                    "__bank__": {"type": "string", "description": "ours", "value": "Bank", "constant": True},
                                    "__raw__": {"type": "dictionary", "description": "raw", "value": "{\"a\": [1]}"}},
                workflow_start=start, workflow_exception=step("action", "exception"), workflow=workflow,
                playbook_extensions={**ours(attack_type="everything-at-once", languages=["en", "ja"], override_role="crisis_head", clauses=["FSA-CS 2.5.2"],
                                            recovery_target={"within": "PT4H", "level": 0.5, "note": both("half of it", "半分")},
                                            facts={"declared": both("it is an incident", "インシデントと判断済み"),
                                                   "cause_dealt_with": both("the cause is dealt with", "原因に対処済み")},
                                            reports={"first": {"authority": both("FSA", "金融庁"), "report": both("first report", "第一報"), "kind": "first",
                                                               "form": both("form 1", "様式1"), "deadlines": [{"anchor": "recognition", "after": "PT1H"}],
                                                               "confirmed": False, "source": "rule", "note": both("not confirmed", "未確認")},
                                                     "final": {"authority": both("FSA", "金融庁"), "report": both("final report", "最終報"), "kind": "final",
                                                               "deadlines": [{"anchor": "submission:first", "after": "P1M"}], "confirmed": True}},
                                            sources={"rule": {"title": both("a rule", "規定"), "note": both("read", "確認済み")}},
                                            texts={"ja": {"name": "すべて", "description": "すべてを含む。", "variables": {"__kind__": "種類"}}}),
                                     OTHER_EXTENSION: {"anything": [1, None, {"goes": True}]}},
                authentication_info_definitions={identifier("user-auth", "a"): {"type": "user-auth", "username": "__user__:value", "kms": True,
                                                                                "kms_key_identifier": "k1"}},
                agent_definitions={identifier("group", "csirt"): agent("csirt", "CSIRT", "CSIRT", "csirt_lead"),
                                   identifier("group", "csirt_lead"): agent("csirt_lead", "Lead", "責任者"),
                                   identifier("group", "ciso"): agent("ciso", "CISO", "CISO"),
                                   identifier("group", "crisis_head"): agent("crisis_head", "Head", "本部長", "ciso"),
                                   identifier("group", "secretariat"): {**agent("secretariat", "Secretariat", "事務局"),
                                                                        "contact": {"phone": {"office": "03-0000-0000"}, "email": {"office": "a@example.org"}},
                                                                        "location": {"name": "Tokyo", "region": "eastern-asia", "country": "JP"}}},
                target_definitions={identifier("ssh", "t"): {"type": "ssh", "name": "Host", "port": "22", "authentication_info": identifier("user-auth", "a"),
                                                             "address": {"ipv4": ["192.0.2.1"], "ipv6": ["2001:db8::1"], "l2mac": ["00:00:5e:00:53:01"],
                                                                         "vlan": [12], "dname": ["host.example.org"], "url": ["https://example.org/"]}},
                                    identifier("security-category", "t2"): {"type": "security-category", "name": "Walls", "category": ["firewall"]}},
                extension_definitions={EXTENSION: {"type": "extension-definition", "name": "opres", "created_by": IDENTITY, "schema": "opres-extension.schema.json",
                                                   "version": "1.0.0"},
                                       OTHER_EXTENSION: {"type": "extension-definition", "name": "other", "created_by": IDENTITY, "schema": "x", "version": "1"}},
                data_marking_definitions={tlp: {"type": "marking-tlp", "id": tlp, "tlpv2_level": "TLP:AMBER", **marking},
                                          statement: {"type": "marking-statement", "id": statement, "statement": "Copyright", **marking}})


def ordinary(steps, name="Ordinary"):
    """Of that many steps (10 or more): a start, actions one after another, a parallel with two branches, an end."""
    def chain(label, count, then):
        found = {}
        for i in reversed(range(count)):
            own = identifier("action", f"{name} {label} {i}")
            found[own] = action(f"Do part {i} of {label}", f"{label}の{i}を実施する", ("csirt", "ciso")[i % 2], then, code=f"{label}-{i:02}", commands=2,
                                priority=1 + i % 5, evidence={"required": True, "what": both("a note", "記録")}, accountable="csirt_lead",
                                deadlines=[{"anchor": "detection", "after": f"PT{i + 1}H"}], **({"approvals": [{"role": "crisis_head"}]} if i % 4 == 0 else {}))
            then = own
        return then, found

    start, end, left_end, right_end = identifier("start", name), *(identifier("end", f"{name} {i}") for i in range(3))
    parallel = identifier("parallel", name)
    left = (steps - 5) // 3
    last, after = chain("Z", left, end)
    one, left_steps = chain("L", left, left_end)
    other, right_steps = chain("R", steps - 5 - 2 * left, right_end)
    workflow = {start: {"type": "start", "on_completion": parallel}, end: {"type": "end"}, left_end: {"type": "end"}, right_end: {"type": "end"},
                parallel: construct("parallel", "Together", "並行", last, code="P-01", next_steps=[one, other]), **left_steps, **right_steps, **after}
    sample = everything()
    return head(name, workflow_start=start, workflow=workflow, agent_definitions=sample["agent_definitions"],
                playbook_extensions=ours(attack_type="ordinary", languages=["en", "ja"], override_role="ciso",
                                         texts={"ja": {"name": f"{name}（日本語）", "description": "通常の手順。"}}),
                extension_definitions={EXTENSION: sample["extension_definitions"][EXTENSION]})


GONE = object()


def changed(document, path, value):
    """A copy with the value at a path, such as ("workflow", ID, "timeout"), set (in a list: the index, or "-" for its end), or removed (GONE)."""
    document = copy.deepcopy(document)
    *way, last = path
    place = document
    for part in way:
        place = place[part]
    if value is GONE:
        del place[last]
    elif last == "-":
        place.append(value)
    else:
        place[last] = value
    return document
