#!/usr/bin/env python3
"""`opres playbook` from files: everything a playbook says is on the paper, in both forms and languages, each step once and in order;
lines are no wider than they may be; HTML is well-formed, accessible and harmless; hostile and broken documents do no harm."""
import base64
import hashlib
import json
import os
import re
import xml.etree.ElementTree

import program
from playbook_paper import CONSTRUCTS, Builder, Page, columns, extension, identifier, mutated, random_playbook, reached, seeded, squeezed
from program import TOP, Folder, check, run

FUZZ = 3000 if os.environ.get("OPRES_LONG") else 250
LANGS = ("en", "ja")


def expect(holds, what, answer=None):
    check(holds, f"playbook: {what}", answer)


def printed(file, lang, form, what):
    answer = run("playbook", "--lang", lang, "--format", form, file)
    expect(answer.status == 0 and not answer.err, f"{what}, {lang}, {form}: printed", answer)
    return answer.out


def check_lines(out, lang, what):
    wide = [line for line in out.splitlines() if columns(line, lang == "ja") > 100]
    expect(not wide, f"{what}, {lang}: no line is wider than 100 columns: {wide[:1]}")
    bad = [line for line in out.splitlines() if re.match(r"^[| ]*[。、）」』]", line) or re.search(r"[（「『]$", line)]
    expect(not bad, f"{what}, {lang}: no line begins or ends with a mark that must not: {bad[:1]}")
    expect(not re.search(r"[\x00-\x09\x0b\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", out), f"{what}, {lang}: nothing that a terminal obeys")


def check_page(out, lang, what):
    page = Page(out)
    expect(not page.wrong, f"{what}, {lang}: HTML is balanced: {page.wrong[:2]}")
    try:
        xml.etree.ElementTree.fromstring(out.replace("<!DOCTYPE html>\n", ""))
        well_formed = True
    except xml.etree.ElementTree.ParseError as error:
        well_formed = error
    expect(well_formed is True, f"{what}, {lang}: XML too: {well_formed}")
    tags = {tag for tag, _ in page.elements}
    expect(not tags & {"script", "iframe", "img", "link", "object", "embed", "form", "svg", "base"}, f"{what}, {lang}: nothing that runs or is fetched")
    names = {name for _, attributes in page.elements for name in attributes}
    expect(not any(name.startswith("on") or name in ("src", "style", "action") for name in names), f"{what}, {lang}: no attribute that does")
    expect(not re.search(r"url\(|@import|https?:", re.search(r"<style>(.*?)</style>", out, re.S)[1]), f"{what}, {lang}: nor the style")
    expect("@media print" in out and "@page" in out and "break-inside:avoid" in out, f"{what}, {lang}: made for printing")
    expect(len(page.ids) == len(set(page.ids)), f"{what}, {lang}: ids are unique")
    expect(all(link.startswith("#") and link[1:] in page.ids for link in page.links), f"{what}, {lang}: links lead somewhere within")
    expect(page.unlabelled == 0, f"{what}, {lang}: every field has a name")
    expect(("html", {"lang": lang}) in page.elements and "title" in tags and "main" in tags, f"{what}, {lang}: language, title, main part")
    policy = [attributes for tag, attributes in page.elements if tag == "meta" and "http-equiv" in attributes]
    expect(policy and "default-src 'none'" in policy[0]["content"], f"{what}, {lang}: a policy that forbids the rest")
    return page


def words(pair, lang):
    return pair.get(lang, pair.get("en")) if isinstance(pair, dict) else pair


def must_say(playbook, lang):
    """What the document says, in the language asked for."""
    ours = extension(playbook, "playbook_extensions")
    texts = ours.get("texts", {}).get(lang, {})
    yield texts.get("name", playbook["name"])
    yield texts.get("description", playbook.get("description", ""))
    yield playbook["modified"]
    yield playbook["id"]
    for agent in playbook.get("agent_definitions", {}).values():
        yield extension(agent, "agent_target_extensions").get("texts", {}).get(lang, {}).get("name", agent["name"])
    for report in ours.get("reports", {}).values():
        yield from (words(report[key], lang) for key in ("authority", "report", "note", "form") if key in report)
    for source in ours.get("sources", {}).values():
        yield from (words(source[key], lang) for key in ("title", "note"))
    for step in reached(playbook):
        yield from must_say_of_step(playbook, playbook["workflow"][step], ours, lang)


def must_say_of_step(playbook, step, ours, lang):
    own = extension(step, "step_extensions")
    texts = own.get("texts", {}).get(lang, {})
    yield f"{own.get('code', '')} {texts.get('name', step['name'])}"
    if "description" in step:
        yield texts.get("description", step["description"])
    if lang == "en":
        yield from (command["command"] for command in step.get("commands", []) if command.get("command"))
    yield from texts.get("commands", [])
    yield from (words(ours["facts"][fact], lang) for fact in own.get("requires", []) + own.get("establishes", []))
    if "evidence" in own:
        yield words(own["evidence"].get("what", ""), lang)
    variables = ours.get("texts", {}).get(lang, {}).get("variables", {})
    yield from (variables.get(name, playbook["playbook_variables"][name]["description"]) for name in step.get("out_args", []))
    yield from own.get("clauses", [])


def main_text(text, heading):
    """The part with the steps in the order of work."""
    return text[text.index(heading):]


def follows(playbook, text):
    """A step and the one after it: they stand in that order, or the text goes back to it by name."""
    workflow = playbook["workflow"]
    place = {}
    for step in reached(playbook):
        code = extension(workflow[step], "step_extensions")["code"]
        place[step] = text.index(f"[ ] {code}  ")
    wrong = []
    for step, at in place.items():
        for key in ("on_completion", "on_success", "on_true", "on_false"):
            after = workflow[step].get(key)
            if after in place and place[after] < at:
                wrong.append((workflow[step]["name"], workflow[after]["name"]))
        wrong += [(workflow[step]["name"], after) for after in workflow[step].get("next_steps", []) if place.get(after, at + 1) < at]
    return wrong


def check_playbook(path):
    playbook = json.loads(path.read_text(encoding="utf-8"))
    steps = [playbook["workflow"][step] for step in reached(playbook)]
    for lang in LANGS:
        text = printed(path, lang, "text", path.name)
        check_lines(text, lang, path.name)
        page = check_page(printed(path, lang, "html", path.name), lang, path.name)
        flat = squeezed(text)
        for said in must_say(playbook, lang):
            one = "".join(said.split())
            expect(one in flat, f"{path.name}, {lang}, text says {said!r}")
            expect(one in page.text, f"{path.name}, {lang}, HTML says {said!r}")
        body = main_text(text, "Steps, in the order of work" if lang == "en" else "対応項目（実施順）")
        for step in steps:
            code = extension(step, "step_extensions")["code"]
            expect(len(re.findall(rf"\[ \] {re.escape(code)}  ", body)) == 1, f"{path.name}, {lang}: {code} stands there once")
        expect(not follows(playbook, body), f"{path.name}, {lang}: in the order of work: {follows(playbook, body)[:2]}")
        approvals = sum(one.get("count", 1) for step in steps for one in extension(step, "step_extensions").get("approvals", []))
        expect(len(re.findall("never who did it" if lang == "en" else "承認：.*（実施者以外）", body)) == approvals,
               f"{path.name}, {lang}: a line to sign on for each of {approvals} approvals")
        glance = main_text(text, "\nAt a glance, by phase" if lang == "en" else "\n局面別一覧")
        undated = sum(not {"deadlines", "report"} & set(extension(step, "step_extensions")) for step in steps if step["type"] in ("action", "playbook-action"))
        expect(len(re.findall("^    (?:due: |期限：)-$", glance, re.M)) == undated, f"{path.name}, {lang}: at a glance, {undated} steps have no time, reports have theirs")
        reports = extension(playbook, "playbook_extensions").get("reports", {}).values()
        table = main_text(text, "\nReports to authorities" if lang == "en" else "\n当局等への報告")
        expect(len(re.findall("NOT CONFIRMED" if lang == "en" else "規定による確認は未了", squeezed(table).replace("NOTCONFIRMED", "NOT CONFIRMED")))
               == sum(not report["confirmed"] for report in reports), f"{path.name}, {lang}: what is not confirmed says so")
        opened = sum(len(step.get("next_steps", [])) + len(step.get("cases", {})) + sum(key in step for key in ("on_true", "on_false"))
                     for step in steps if step["type"] in CONSTRUCTS)
        failures = sum(1 for step in steps if step.get("on_failure") not in (None, step.get("on_success"), step.get("on_completion")))
        expect(len(re.findall(r"^[| ]*\+-- .", body, re.M)) == opened + failures, f"{path.name}, {lang}: {opened + failures} branches open")
        expect(len(re.findall(r"^[| ]*\+--$", body, re.M)) == opened + failures, f"{path.name}, {lang}: and close")
        expect(hashlib.sha256(path.read_bytes()).hexdigest() in text, f"{path.name}, {lang}: the document's hash")


def check_ours():
    paths = sorted(path for path in (TOP / "playbooks").glob("*.json") if "schema" not in path.name)
    expect(len(paths) >= 2, "there are playbooks to print")
    for path in paths:
        check_playbook(path)
    answer = run("playbook", "--format", "html", *paths)
    page = check_page(answer.out, "en", "all of them")
    expect(len([tag for tag, _ in page.elements if tag == "h1"]) == len(paths), "all of them: each begins")
    expect(run("playbook", *paths).out.count("\f") == len(paths) - 1, "all of them: a form feed between two")


def check_deadlines(folder):
    """In words, both ways."""
    for deadlines, en, ja in (
            ([{"anchor": "detection", "after": "PT15M"}], "within 15 minutes of detection", "検知から15分以内"),
            ([{"anchor": "recognition", "after": "P1D"}], "within 1 day of recognition", "認識から1日以内"),
            ([{"anchor": "classification", "after": "PT4H"}], "within 4 hours of classification", "区分決定から4時間以内"),
            ([{"anchor": "occurrence", "after": "P1M"}], "within 1 month of occurrence", "発生から1か月以内"),
            ([{"anchor": "start", "after": "P1DT12H"}], "within 1 day 12 hours of the start of this playbook", "対応開始から1日12時間以内"),
            ([{"anchor": "tolerance_breach", "before": "PT30M"}], "at the latest 30 minutes before the first breach of a tolerance",
             "最初の耐性度超過の30分前まで"),
            ([{"anchor": "submission:fsa", "after": "P2W"}], "within 2 weeks of submission of first report (fsa)", "第一報（fsa）の提出から2週間以内"),
            ([{"anchor": "step:" + identifier("action", 1), "after": "PT90M"}], "within 90 minutes, counted from when A-1 is done",
             "A-1の完了から90分以内"),
            ([{"anchor": "detection", "after": "PT0S"}], "at once upon detection", "検知後直ちに"),
            ([{"anchor": "detection", "after": "PT1H"}, {"anchor": "occurrence", "after": "PT2H"}],
             "within 1 hour of detection; or within 2 hours of occurrence (whichever is earliest)",
             "検知から1時間以内、又は発生から2時間以内（いずれか早い時点）"),
            ([{"anchor": "moonrise", "after": "soon"}], "within soon of moonrise", "moonriseからsoon以内")):
        builder = Builder(playbook_extensions={
            "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"reports": {"fsa": {"report": {"en": "first report", "ja": "第一報"}}}}})
        first = builder.action("First", {"code": "A-1", "deadlines": deadlines})
        path = folder.put("deadline.json", json.dumps(builder.document(builder.chain(first))))
        expect(squeezed("Due: " + en) in squeezed(printed(path, "en", "text", "a deadline")), f"in words: {en}")
        expect("期限：" + ja in squeezed(printed(path, "ja", "text", "a deadline")), f"in words: {ja}")


def check_flow(folder):
    """Branches that meet again, steps that are missing, that nothing leads to, that go round."""
    builder = Builder()
    last = builder.action("Last")
    other = builder.action("Otherwise", on_completion=last)
    first = builder.action("First", on_success=last, on_failure=other)
    builder.workflow[last]["on_completion"] = builder.step("end")
    out = printed(folder.put("meet.json", json.dumps(builder.document(first))), "en", "text", "a failure that comes back")
    order = [out.index(mark) for mark in ("[ ] 1  First", "+-- IF IT FAILS (1)", "| [ ] 2  Otherwise", "| --> Go on with 3 Last", "\n[ ] 3  Last")]
    expect(order == sorted(order), "a failure that comes back: the way of success goes on after it")
    builder = Builder()
    first = builder.action("Round")
    second = builder.action("About", on_completion=first)
    builder.workflow[first]["on_completion"] = second
    lost = builder.action("Lost")
    document = builder.document(first)
    document["workflow"][lost]["on_completion"] = identifier("action", 99)
    out = printed(folder.put("round.json", json.dumps(document)), "en", "text", "round and round")
    expect("--> Go on with 1 Round" in out, "round and round: it says so")
    expect("Steps that nothing leads to" in out and "[ ] 3  Lost" in out, "a step that nothing leads to")
    expect(f"goes on with a step that it does not have: {identifier('action', 99)}" in squeezed_line(out), "a step that is missing")
    builder = Builder()
    switch = builder.step("switch-condition", "Which?", {"texts": {"en": {"cases": {"b": "The second"}}}}, switch="__x__:value",
                          cases={"a": builder.chain(builder.action("A")), "b": builder.chain(builder.action("B")),
                                 "default": builder.chain(builder.action("C"))})
    out = printed(folder.put("switch.json", json.dumps(builder.document(builder.chain(switch)))), "en", "text", "a switch")
    expect("+-- IN CASE OF “a” (1)" in out and "+-- IN CASE OF “The second” (1)" in out and "+-- IN ANY OTHER CASE (1)" in out, "its cases")
    deep = Builder()
    step = deep.chain(deep.action("Innermost"))
    for _ in range(99):
        step = deep.chain(deep.step("if-condition", "Deeper?", condition="__x__:value = 1", on_true=step))
    out = printed(folder.put("deep.json", json.dumps(deep.document(step))), "en", "text", "99 branches within one another")
    check_lines(out, "en", "99 branches within one another")
    step = deep.chain(deep.step("if-condition", "Deeper?", condition="__x__:value = 1", on_true=step))
    step = deep.chain(deep.step("if-condition", "Deeper?", condition="__x__:value = 1", on_true=step))
    expect(run("playbook", folder.put("deep.json", json.dumps(deep.document(step)))).status == 2, "101 are refused")


def squeezed_line(text):
    return " ".join(text.split())


def check_commands(folder):
    builder = Builder(target_definitions={identifier("linux", 1): {"type": "linux", "name": "web-1"}})
    script = "#!/bin/sh\necho <\"&'>\n  indented\n"
    first = builder.action("Commands", targets=[identifier("linux", 1)], timeout=5400000, delay=600000, commands=[
        {"type": "bash", "command": "ls -l\nrm -rf x", "description": "look"},
        {"type": "bash", "command_b64": base64.b64encode(script.encode()).decode()},
        {"type": "jupyter", "content_b64": base64.b64encode(b"\xff\xfe\x00").decode()},
        {"type": "manual", "command_b64": base64.b64encode("手で行う".encode()).decode()},
        {"type": "http-api", "command": "GET /", "content_b64": "!!!"}, {}])
    path = folder.put("commands.json", json.dumps(builder.document(builder.chain(first))))
    out = printed(path, "en", "text", "commands")
    for said in ("Run (bash): look", "> ls -l\n          rm -rf x", "echo <\"&'>\n            indented", "[ ] 手で行う", "GET /", "Done to: web-1",
                 "Counts as failed after: 1 hour 30 minutes", "Not before: 10 minutes after", "[ ] (nothing is written)"):
        expect(said in out, f"commands: {said!r}")
    expect(out.count("of base64: no text") == 2, "commands: base64 that is no text is not printed")
    page = check_page(printed(path, "en", "html", "commands"), "en", "commands")
    expect("echo<\"&'>" in page.text, "commands: escaped, and read back")


def check_hostile(folder):
    evil = "<script>alert(1)</script>\" onload='x' &amp; \x1b[2J\x1b]0;t\x07 \u202eexe.txt\u2066 \u0085\u2028 \ufeff end\r\nnext --> ]]>"
    builder = Builder(description=evil, agent_definitions={evil: {"type": "group", "name": evil}}, attack_type=evil)
    first = builder.action(evil, {"code": evil, "phase": evil, "accountable": evil, "requires": [evil], "clauses": [evil],
                                  "approvals": [{"role": evil, "count": 1}], "evidence": {"required": True, "what": {"en": evil}},
                                  "deadlines": [{"anchor": evil, "after": evil}], "report": evil}, agent=evil, description=evil, out_args=[evil],
                           commands=[{"type": evil, "command": evil}, {"type": "manual", "command": evil}])
    document = builder.document(builder.chain(first, builder.step("if-condition", evil, condition=evil, on_true=first)))
    document["name"] = evil
    path = folder.put("hostile.json", json.dumps(document))
    for lang in LANGS:
        out = printed(path, lang, "text", "hostile")
        check_lines(out, lang, "hostile")
        expect("\\u001b[2J" in out and "\\u202e" in out, f"hostile, {lang}: what was there is shown")
        page = check_page(printed(path, lang, "html", "hostile"), lang, "hostile")
        expect("<script>alert(1)</script>" in page.text, f"hostile, {lang}: as text")
        expect(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed(path, lang, "html", "hostile")), f"hostile, {lang}: nothing turns")


def check_random(folder):
    rng = seeded(85)
    ours = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((TOP / "playbooks").glob("*.json")) if "schema" not in path.name]
    for number in range(FUZZ):
        document = random_playbook(rng)
        path = folder.put("random.json", json.dumps(document))
        lang = rng.choice(LANGS)
        answer = run("playbook", "--lang", lang, path)
        labels = re.findall(r"^[| ]*\[ \] (\d+)  ", answer.out, re.M)
        expect(answer.status == 0 and sorted(map(int, labels)) == list(range(1, len(reached(document)) + 1)), f"random {number}: every step once", answer)
        expect(answer.out.count("+-- ") == len(re.findall(r"\+--$", answer.out, re.M)), f"random {number}: branches close", answer)
        document = mutated(rng.choice([document, *ours]), rng)
        path.write_text(json.dumps(document))
        form = rng.choice(["text", "html"])
        answer = run("playbook", "--lang", lang, "--format", form, path)
        expect((answer.status == 0 and not answer.err) or (answer.status == 2 and not answer.out and answer.err.count("\n") == 1),
               f"mutant {number}: printed, or refused in a line", answer)
        if answer.status == 0 and form == "text":
            check_lines(answer.out, lang, f"mutant {number}")
        elif answer.status == 0:
            expect(not Page(answer.out).wrong, f"mutant {number}: HTML is balanced")


def check_usage(folder):
    good = folder.put("good.json", json.dumps(random_playbook(seeded(1))))
    for arguments, complaint in (
            ([], "a file is missing"), (["--format", "pdf", good], "--format takes text or html"), (["--format"], "a value is missing"),
            (["--nothing", good], "there is no option"), (["--id", "x", good], "either files or a database"), (["--all", "--id", "x"], "either --id or --all"),
            (["--dbname", "x", good], "either files or a database"), ([folder.path / "absent.json"], "cannot be read"), ([folder.path], "cannot be read"),
            ([folder.put("empty.json", "")], "line"), ([folder.put("text.json", "[1,")], "line 1"), ([folder.put("list.json", "[]")], "no playbook"),
            ([folder.put("number.json", "1")], "line"), ([folder.put("none.json", "{}")], "no playbook"), ([folder.put("zero.json", '{"workflow": {"a\\u0000": 1}}')], "line 1"),
            ([folder.put("latin.json", b'{"name": "\xe9"}')], "line 1"), ([good, folder.put("none.json", "{}")], "no playbook"),
            ([folder.put("nest.json", "[" * 100000)], "line 1"), (["--dbname", "password=x", "--id", "y"], "password"),
            ([folder.put("many.json", json.dumps({"workflow": {str(i): {} for i in range(10001)}}))], "more than 10000 steps")):
        answer = run("playbook", *arguments)
        expect(answer.status == 2 and not answer.out and complaint in answer.err and answer.err.count("\n") == 1, f"usage: {arguments}: {complaint}", answer)
    expect(run("playbook", "--help").status == 0 and "Usage: opres playbook" in run("playbook", "--help").out, "usage: --help")
    expect("使い方: opres playbook" in run("playbook", "--help", "--lang", "ja").out, "usage: --help in Japanese")
    expect("  playbook  " in run("--help").out, "usage: opres --help")
    with open("/dev/full", "wb") as full:
        expect(run("playbook", good, stdout=full).status == 2, "usage: a full disk is noticed")
    expect(run("playbook", "--", good).status == 0, "usage: --")
    document = random_playbook(seeded(1))
    document["revoked"] = True
    out = run("playbook", folder.put("revoked.json", json.dumps(document))).out
    expect("!! This version is revoked" in out, "a revoked version says so")


def main():
    with Folder() as folder:
        check_ours()
        check_deadlines(folder)
        check_flow(folder)
        check_commands(folder)
        check_hostile(folder)
        check_random(folder)
        check_usage(folder)
    program.close()


main()
