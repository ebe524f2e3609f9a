#!/usr/bin/env python3
"""Names that would break a drawing: in every text field of the map, in every view and language.

Each drawing must be DOT that dot reads without a word, an SVG that is XML, with no attribute, element or kind of link that the same
map with harmless names does not have, and the same nodes and edges. Then: databases that are not UTF-8, drawings of past revisions,
the cap, and a backend that has drawn and failed hundreds of times and has not grown."""
import json
import re
import subprocess
import sys

from drawing_dot import Count, Drawing, Failed, dot, literal, psql, svg, svg_attributes, svgs

HOSTILE = {
    "quotes": "a\"b'c\"\"",
    "backslash at the end": "name\\",
    "backslashes": "\\\\\\N \\G \\n \\l \\\" \\E",
    "newlines": "one\ntwo\r\nthree\tfour",
    "HTML": "<B>bold</B><IMG SRC=\"/etc/passwd\"/>",
    "table end": "</TD></TR></TABLE>>]; evil [label=<<TABLE><TR><TD>",
    "end of an attribute": "\"]; evil [shape=box, image=\"/etc/passwd\"]; x [label=\"",
    "entities": "&lt; &foo; &#0; &amp;amp; &",
    "a comment": "/* // # --> <!-- ]]>",
    "controls": "a\x01b\x02c\x1fd\x7fe\u0085f\u009fg",
    "bidirectional": "abc\u202etxt.exe\u202c \u2066x\u2069 \u200f\u200e \u061c",
    "right to left": "بنك مركزي – שלום",
    "emoji": "👩‍👩‍👧‍👦🏦 e\u0301\u0323 \u200b\ufeff",
    "not characters": "\ufffe\uffff\U0010ffff",
    "lone signs": "<",
    "percent": "%s %n %d {} $1 `id` $(id)",
    "record": "{a|<p>b|{c}}",
    "html label of ours": "<TABLE\tBORDER=\"0\"><TR><TD> </TD></TR></TABLE>",
    "10 kB of quotes": "\"" * 10000,
    "10 kB of backslashes": "\\" * 10001,
    "10 kB of angle brackets": "<" * 10000,
    "10 kB of Japanese": "勘定系" * 1200,
    "10 kB of one word": "x" * 10000,
    "blank": "   ",
    "nothing but controls": "\x01\x02",
    "javascript": "javascript:alert(1)",
    "address with a quote": "https://x.example/\" onload=\"alert(1)",
    "address with an entity": "https://x.example/?a=1&b=2",
    "file": "file:///etc/passwd",
}
VIEWS = ["", "view => 'summary'", "scenario => 's'", "view => 'summary', scenario => 's'", "operation => 'op.a', scenario => 's'",
         "around => {core}", "max_nodes => 3"]
VIEW_CALLS = [f"{view}{', ' if view else ''}lang => '{lang}'" for view in VIEWS for lang in ("en", "ja")]


def document(text, code_text=None):
    """A small map with `text` wherever a map holds text; code_text in codes."""
    core = "sys.core" if code_text is None else code_text
    words = {"name": text, "names": {"ja": text, "en": text}, "owner": text, "location": text, "country": text, "reviewed_by": text,
             "attributes": {"url": text, "note": text}}
    node = lambda code, kind: dict(words, code=code, kind=kind)
    return {
        "nodes": [node("op.a", "operation"), node("op.b", "operation"), node("proc", "process"), node("ppl", "people"),
                  node(core, "system"), node("sys.a", "system"), node("sys.b", "system"), node("data", "data"), node("net", "network"),
                  node("tp", "third_party"), node("fac", "facility"), node("tp.x", "third_party"), node("tp.y", "third_party")],
        "requirements": [
            {"node": "op.a", "name": "steps", "members": [{"node": "proc"}]},
            {"node": "op.b", "name": "people", "impact": 0.4, "members": [{"node": "ppl"}]},
            {"node": "proc", "name": "core", "members": [{"node": core}]},
            {"node": core, "name": "site", "switchover": "5 min", "members": [{"node": "sys.a"}, {"node": "sys.b", "standby": True}]},
            {"node": core, "name": "data", "members": [{"node": "data"}]},
            {"node": core, "name": "start", "needed_for": "start", "members": [{"node": "ppl"}]},
            {"node": "data", "name": text.strip("\x00")[:20] if ok_code(text[:20]) else "net", "members": [{"node": "net"}]},
            {"node": "net", "name": "tp", "members": [{"node": "tp"}]},
            {"node": "net", "name": "carriers", "needed": 1, "members": [{"node": "tp.x"}, {"node": "tp.y"}]},
            {"node": "tp", "name": "fac", "members": [{"node": "fac"}]}],
        "tolerances": [{"operation": "op.a", "tolerance": "100% within 2h"}, {"operation": "op.b", "tolerance": "80% within 1h"}],
        "scenarios": [{"code": "s", "name": text, "names": {"ja": text}, "start": "2026-11-20T09:00:00Z",
                       "shocks": [{"code": "1", "node": "sys.a", "duration": "3h"}, {"code": "2", "node": "ppl", "level": 0.5}]}]}


def ok_code(text):
    return 0 < len(text.encode()) <= 200 and text == text.strip() and not re.search(r"[\x00-\x1f\x7f-\x9f\u3000]", text)


def draw_all(doc, core):
    """All views of a map in both languages; the map is not kept."""
    script = "BEGIN;\nSELECT count(opres.load_map($doc$" + json.dumps(doc) + "$doc$));\n"
    for call in VIEW_CALLS:
        script += f"\\echo =====\nSELECT opres.map_dot({call.format(core=literal(core))});\n"
    return psql(script + "ROLLBACK;\n").split("=====\n")[1:]


class Plain:
    """What the same map looks like with harmless names."""

    def __init__(self):
        texts = draw_all(document("name"), "sys.core")
        self.drawings = dict(zip(VIEW_CALLS, Drawing.all(texts)))
        self.pictures = [svg_attributes(picture) for picture in svgs(texts)]


def look(count, what, doc, core, plain):
    texts = count.attempt(f"{what}: drawn", lambda: draw_all(doc, core))
    drawings = texts and count.attempt(f"{what}: read by dot", lambda: Drawing.all(texts))
    for call, text, drawing in zip(VIEW_CALLS, texts or [], drawings or []):
        title, before = f"{what}: {call}", plain.drawings[call]
        extra = drawing.attributes() - before.attributes() - {("node", "href")}
        count.check(not extra, f"{title}: attributes {extra}")
        count.check(len(drawing.nodes) == len(before.nodes) and len(drawing.edges) == len(before.edges), f"{title}: same shape")
        count.check(all(re.fullmatch(r"https://[!-~]+", n["href"]) for n in drawing.nodes.values() if "href" in n),
                    f"{title}: only https links")
        count.check("\u202e" not in text and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), f"{title}: no controls")
        count.check(max(len(line.encode()) for line in text.splitlines() if "label=<" not in line) < 2 * 4000 + 100, f"{title}: cut")
    pictures = texts and count.attempt(f"{what}: pictures", lambda: svgs(texts))
    for call, picture, harmless in zip(VIEW_CALLS, pictures or [], plain.pictures):
        extra = svg_attributes(picture) - harmless - {"a href https", "a target"}
        count.check(not extra, f"{what}: {call}: in the SVG {extra}")


def hostile(count):
    plain = Plain()
    for what, text in HOSTILE.items():
        look(count, what, document(text), "sys.core", plain)
        if ok_code(text):
            look(count, what + ", in a code", document("name", text), text, plain)
    for code in ("rest:process", "group:tp.x", "a  b", "cluster_map", "op.a'", "node", "graph", "strict", "1.5", "x" * 200, "\"" * 200,
                 "\\" * 200, "<TABLE>", "é" * 100):
        look(count, f"code {code[:20]}", document("name", code), code, plain)


def same_after_cleaning(count):
    """Two codes that look the same once cleaned are still two nodes."""
    doc = {"nodes": [{"code": "op", "kind": "operation"}] + [{"code": c, "kind": "system"} for c in ("a b", "a  b", "a b #1", "a\u200eb")],
           "requirements": [{"node": "op", "name": "all", "members": [{"node": c} for c in ("a b", "a  b", "a b #1", "a\u200eb")]}]}
    text = psql("BEGIN;\nSELECT count(opres.load_map($doc$" + json.dumps(doc) + "$doc$));\n\\echo =\nSELECT opres.map_dot();\n").split("=\n", 1)[1]
    drawing = Drawing.read(text)
    count.check(len(drawing.nodes) == 5 and len(drawing.edges) == 4, "codes that look alike are drawn apart")
    ids = [n["id"] for n in drawing.nodes.values()]
    count.check(len(set(ids)) == len(ids), "ids are unique")


def encodings(count):
    for encoding, name in (("EUC_JP", "勘定系（東）"), ("SQL_ASCII", "勘定系")):
        database = "drawing_" + encoding.lower()
        subprocess.run(["createdb", "-E", encoding, "--locale=C", "-T", "template0", database], check=True)
        script = ("CREATE EXTENSION opres;\nSELECT count(opres.load_map($doc$"
                  + json.dumps(document(name), ensure_ascii=False) + "$doc$));\n\\echo =\n")
        client = "UTF8" if encoding != "SQL_ASCII" else "SQL_ASCII"
        text = count.attempt(f"{encoding}: drawn", lambda: psql(script + "SELECT opres.map_dot(scenario => 's', lang => 'ja');\n", database, client))
        if text is not None:
            text = text.split("=\n", 1)[1]
            count.check(text.isascii(), f"{encoding}: nothing but ASCII")
            shown = "".join(svg(text).itertext())
            count.check(name[:3] in shown and "✕" in shown, f"{encoding}: the words are there")
        if encoding == "SQL_ASCII":
            psql("UPDATE opres.node SET name = E'\\xff\\xfe\\x80abc\\xe3\\x81', names = '{}';\n", database, client)
            text = count.attempt("invalid bytes: drawn", lambda: psql("SELECT opres.map_dot();\n", database, client))
            count.check(text is not None and text.isascii() and "abc" in "".join(svg(text).itertext()), "invalid bytes are replaced")
        subprocess.run(["dropdb", database], check=True)


def revisions(count):
    """A past revision is drawn with the words, the nodes and the label it had."""
    load = "SELECT count(opres.load_map($doc$" + json.dumps(document("before")) + "$doc$));\n"
    psql(load)
    psql("UPDATE opres.node SET name = 'after', names = '{}';\n")
    psql("BEGIN;\nDELETE FROM opres.requirement WHERE node = 'net' AND name = 'tp';\nDELETE FROM opres.node WHERE code = 'tp';\n"
         "UPDATE opres.scenario SET name = 'later', names = '{}';\nCOMMIT;\n")
    first, second, third, now = (psql(f"SELECT opres.map_dot(scenario => 's'{r});\n") for r in
                                 (", revision => 1", ", revision => 2", ", revision => 3", ""))
    count.check("before" in first and "after" not in first and "revision 1" in first, "revision 1 with its words")
    count.check("after" in second and "Impact map: before" in second, "revision 2 with its words")
    count.check("tp" in Drawing.read(second).nodes and "tp" not in Drawing.read(third).nodes, "revision 3 without what is gone")
    count.check("Impact map: later" in third and third == now, "the newest revision is the current map")
    psql("SELECT opres.label_revision(1, 'FY<2025>', 'year end');\n")
    count.check("FY&lt;2025&gt;" in psql("SELECT opres.map_dot(revision => 1);\n"), "the label of a revision")


def empty(count):
    psql("SELECT opres.load_map('{\"nodes\": []}');\n")
    for view in ("detail", "summary"):
        text = psql(f"SELECT opres.map_dot(view => '{view}');\n")
        picture = count.attempt(f"an empty map, {view}", lambda: svg(text))
        shown = "" if picture is None else "".join(picture.itertext())
        count.check("No single point of failure" in shown and "nothing to draw" in shown, f"an empty map, {view}: says so")


def large(count):
    """A map far beyond what can be drawn is narrowed; asking for all of it runs into the cap; both can be cancelled."""
    psql("""SELECT opres.load_map('{"nodes": []}');
BEGIN;
INSERT INTO opres.node (code, kind) SELECT 'op' || i, 'operation' FROM generate_series(1, 20) i;
INSERT INTO opres.node (code, kind) SELECT 'sys' || i, 'system' FROM generate_series(1, 30000) i;
INSERT INTO opres.requirement (node, name) SELECT 'op' || i, 'r' || k FROM generate_series(1, 20) i, generate_series(1, 5) k;
INSERT INTO opres.requirement_member (node, requirement, member)
  SELECT 'op' || i, 'r' || k, 'sys' || (i * 1500 - k * 7) FROM generate_series(1, 20) i, generate_series(1, 5) k;
INSERT INTO opres.requirement (node, name) SELECT 'sys' || i, 'r' FROM generate_series(2, 30000) i;
INSERT INTO opres.requirement_member (node, requirement, member) SELECT 'sys' || i, 'r', 'sys' || greatest(i / 2, 1) FROM generate_series(2, 30000) i;
INSERT INTO opres.requirement_member (node, requirement, member) SELECT 'sys' || i, 'r', 'sys' || (i / 3) FROM generate_series(10, 30000) i;
COMMIT;
""")
    text = count.attempt("30,000 nodes: drawn", lambda: psql("SELECT opres.map_dot();\n"))
    if text is not None:
        drawing = Drawing.read(text)
        count.check(len(drawing.nodes) <= 60 and len(drawing.edges) <= 150, f"narrowed: {len(drawing.nodes)} nodes, {len(drawing.edges)} edges")
        count.check("of 30020 nodes drawn" in text, "says what was left out")
    for arguments in ("max_nodes => 20000", "'op1', max_nodes => 5000"):
        try:
            psql(f"SET opres.max_drawn_nodes = 100;\nSELECT opres.map_dot({arguments});\n" if arguments.startswith("'")
                 else f"SELECT opres.map_dot({arguments});\n")
            count.check(arguments.startswith("'"), f"{arguments}: no error")
        except Failed as error:
            count.check("opres.max_drawn_nodes" in str(error) and "summary" in str(error), f"{arguments}: {error}")
    try:
        psql("SET statement_timeout = '20ms';\nSELECT opres.map_dot(max_nodes => 900);\n")
        count.check(False, "a long drawing is cancelled")
    except Failed as error:
        count.check("statement timeout" in str(error), f"cancelled: {error}")


def leak(count):
    """Hundreds of drawings, of failures in the middle of one, and of failures before one: the backend stays as it was."""
    psql("SELECT count(opres.load_map($doc$" + json.dumps(document("name")) + "$doc$));\n")
    script = """
CREATE OR REPLACE PROCEDURE pg_temp.many(times int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. times LOOP
    PERFORM length(opres.map_dot(scenario => 's', lang => 'ja')), length(opres.map_dot(view => 'summary'));
    FOREACH limited IN ARRAY ARRAY['opres.max_drawn_nodes', 'opres.max_drawn_edges'] LOOP
      BEGIN
        PERFORM set_config(limited, '4', true);
        PERFORM opres.map_dot(scenario => 's');
        RAISE 'no error';
      EXCEPTION WHEN program_limit_exceeded THEN NULL;
      END;
    END LOOP;
    BEGIN PERFORM opres.map_dot(scenario => 'none'); RAISE 'no error'; EXCEPTION WHEN undefined_object OR no_data_found THEN NULL; END;
    BEGIN PERFORM opres.map_dot('none'); RAISE 'no error'; EXCEPTION WHEN undefined_object OR no_data_found THEN NULL; END;
  END LOOP;
END $$;
CREATE FUNCTION pg_temp.resident() RETURNS bigint LANGUAGE sql AS
  $$SELECT split_part(pg_read_file('/proc/self/statm'), ' ', 2)::bigint * 4096$$;
"""
    script = script.replace("AS $$\nBEGIN", "AS $$\nDECLARE\n  limited text;\nBEGIN", 1)
    out = psql(script + "CALL pg_temp.many(100);\nSELECT pg_temp.resident();\nCALL pg_temp.many(300);\nSELECT pg_temp.resident();\n").split()
    grown = int(out[1]) - int(out[0])
    print(f"after 100 rounds {int(out[0]) >> 10} kB, after 300 more {grown >> 10} kB more")
    count.check(grown < 2 << 20, f"the backend grew by {grown >> 10} kB in 600 drawings and 1,200 failures")


def main():
    count = Count()
    psql("CREATE EXTENSION opres;\n")
    for part in (hostile, same_after_cleaning, encodings, revisions, empty, large, leak):
        part(count)
    drawn = psql("SELECT opres.map_dot();\n")
    nodes = subprocess.run(["gvpr", "BEGIN{int n = 0} N{n++} END{print(n)}"], input=drawn.encode(), capture_output=True).stdout
    count.check(int(nodes) == len(Drawing.read(drawn).nodes), "gvpr reads it too")
    dot(drawn, "canon")
    return count.close()


sys.exit(main())
