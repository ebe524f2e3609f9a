"""What the drawing tests share: a connection through psql, dot, and drawings read back."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree


class Failed(Exception):
    pass


def psql(script, database=None, encoding="UTF8"):
    """Runs a script in one session, stopping at an error; returns what it printed, unaligned."""
    run = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"] + ([database] if database else []),
                         input=script.encode(), capture_output=True, env=None if encoding is None else environment(encoding))
    if run.returncode != 0:
        raise Failed(run.stderr.decode(errors="replace").strip())
    return run.stdout.decode()


def environment(encoding):
    return dict(os.environ, PGCLIENTENCODING=encoding)


def literal(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def dot(text, form):
    """Runs dot on one drawing or on several behind each other; it may not say a word."""
    run = subprocess.run(["dot", "-T" + form], input=text.encode(), capture_output=True, timeout=120)
    if run.returncode != 0 or run.stderr:
        raise Failed(f"dot -T{form}: {run.stderr.decode(errors='replace')[:500]}")
    return run.stdout


class Drawing:
    """A drawing as dot understands it: nodes by name with their attributes, edges as (tail, head) with theirs."""

    def __init__(self, graph):
        objects = graph.get("objects", [])
        names = {o["_gvid"]: o["name"] for o in objects}
        self.groups = [o for o in objects if "nodes" in o or "subgraphs" in o]
        self.nodes = {o["name"]: o for o in objects if not ("nodes" in o or "subgraphs" in o)}
        self.graph = {key: value for key, value in graph.items() if key not in ("objects", "edges")}
        self.edges = {(names[e["tail"]], names[e["head"]]): e for e in graph.get("edges", []) if e.get("style") != "invis"}

    @classmethod
    def all(cls, texts):
        """Several drawings through one run of dot."""
        out, decoder, found = dot("".join(texts), "dot_json").decode(), json.JSONDecoder(), []
        while out.strip():
            graph, end = decoder.raw_decode(out.lstrip())
            found.append(cls(graph))
            out = out.lstrip()[end:]
        if len(found) != len(texts):
            raise Failed(f"{len(texts)} drawings became {len(found)}")
        return found

    @classmethod
    def read(cls, text):
        return cls.all([text])[0]

    def attributes(self):
        """Which attributes occur on what."""
        found = {("graph", key) for key in self.graph}
        found |= {("cluster", key) for g in self.groups for key in g}
        found |= {("node", key) for n in self.nodes.values() for key in n}
        return found | {("edge", key) for e in self.edges.values() for key in e}

    def classes(self, name):
        return self.nodes[name]["class"].split()

    def cells(self, name):
        """The codes of the members drawn in a group's cells, and how each is painted."""
        return {code: colour for colour, code in
                re.findall(r'<TD BORDER="1" COLOR="[^"]*" BGCOLOR="([^"]*)"[^>]*? ID="cell-([^"]*)"', self.nodes[name]["label"])}


def svgs(texts):
    """Pictures of several drawings as element trees; raises if one is no XML."""
    pictures = dot("".join(texts), "svg").decode().split("<?xml")[1:]
    try:
        trees = [ElementTree.fromstring("<?xml" + picture.replace(' encoding="UTF-8"', "", 1)) for picture in pictures]
    except ElementTree.ParseError as error:
        raise Failed(f"an SVG is not well-formed: {error}") from error
    if len(trees) != len(texts):
        raise Failed(f"{len(texts)} drawings became {len(trees)} pictures")
    return trees


def svg(text):
    return svgs([text])[0]


def svg_attributes(tree):
    """Which attributes occur on which elements, and the kinds of addresses linked to."""
    found = set()
    for element in tree.iter():
        tag = element.tag.split("}")[-1]
        found.add(tag)
        for key, value in element.attrib.items():
            key = key.split("}")[-1]
            found.add(f"{tag} {key}")
            if key == "href":
                found.add(f"{tag} href {value.split(':')[0] if ':' in value.split('/')[0] else value[:1]}")
    return found


class Count:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"not so: {what}")

    def attempt(self, what, action):
        """An action that must not fail; returns what it returns, None if it failed."""
        try:
            result = action()
        except (Failed, subprocess.TimeoutExpired, ValueError) as error:
            self.check(False, f"{what}: {error}")
            return None
        self.check(True, what)
        return result

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
