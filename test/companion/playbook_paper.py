"""Reading what `opres playbook` prints, and playbooks to print: what a test needs and does not take from the program."""
import html.parser
import json
import random
import unicodedata

EXTENSION = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
VOID = {"meta", "input", "br", "hr", "img", "link"}
CONSTRUCTS = ("parallel", "if-condition", "while-condition", "switch-condition")


def columns(line, japanese=False):
    """Columns on a terminal; in a Japanese one the ambiguous characters are wide too."""
    wide = "WFA" if japanese else "WF"
    return sum(2 if unicodedata.east_asian_width(c) in wide and not unicodedata.combining(c) else 1 for c in line)


def squeezed(text):
    """Without white space and the bars of branches: how lines are broken does not matter."""
    return "".join("".join(line.lstrip("| ").split()) for line in text.splitlines())


class Page(html.parser.HTMLParser):
    """An HTML page: its text, its elements, and what is wrong with its structure."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.elements, self.texts, self.ids, self.links = [], [], [], [], [], []
        self.labels = 0
        self.unlabelled = 0
        self.feed(source)
        self.close()
        self.wrong += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "input" and "label" not in self.open and not attributes.get("aria-label"):
            self.unlabelled += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self):
        return "".join("".join(self.texts).split())


def extension(thing, key):
    return thing.get(key, {}).get(EXTENSION, {})


def reached(playbook):
    """Ids of the steps the flow comes to, exceptions included, but for start and end steps."""
    workflow, seen = playbook["workflow"], set()
    waiting = [playbook["workflow_start"], playbook.get("workflow_exception")]
    while waiting:
        step = waiting.pop()
        if step in workflow and step not in seen:
            seen.add(step)
            it = workflow[step]
            waiting += [it.get(key) for key in ("on_completion", "on_success", "on_failure", "on_true", "on_false")]
            waiting += it.get("next_steps", []) + list(it.get("cases", {}).values())
    return [step for step in seen if workflow[step]["type"] not in ("start", "end")]


def identifier(kind, number):
    return f"{kind}--00000000-0000-4000-8000-{number:012d}"


class Builder:
    """A playbook step by step; ids by numbers."""

    def __init__(self, **more):
        self.count = 0
        self.workflow = {}
        self.more = more

    def step(self, kind, name=None, ours=None, **members):
        self.count += 1
        step = identifier(kind, self.count)
        self.workflow[step] = {"type": kind, **({"name": name} if name else {}), **members}
        if ours:
            self.workflow[step]["step_extensions"] = {EXTENSION: ours}
        return step

    def action(self, name, ours=None, **members):
        members.setdefault("commands", [{"type": "manual", "command": f"do {name}"}])
        return self.step("action", name, ours, **members)

    def chain(self, *steps):
        """Each leads to the next, the last to an end; returns the first."""
        steps = [*steps, self.step("end")]
        for step, after in zip(steps, steps[1:]):
            self.workflow[step]["on_completion"] = after
        return steps[0]

    def document(self, first):
        start = self.step("start", on_completion=first)
        return {"type": "playbook", "spec_version": "cacao-2.0", "id": identifier("playbook", 1), "name": "Test",
                "created_by": identifier("identity", 1), "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
                "workflow_start": start, "workflow": self.workflow, **self.more}


def random_chain(builder, rng, depth):
    return builder.chain(*[random_step(builder, rng, depth) for _ in range(rng.randint(1, 4))])


def random_step(builder, rng, depth):
    name = f"step {builder.count} {'対応項目' * rng.randrange(3)}"
    kind = rng.random()
    if depth == 0 or kind < 0.6:
        step = builder.action(name)
        if depth and rng.random() < 0.2:
            builder.workflow[step]["on_failure"] = random_chain(builder, rng, depth - 1)
        return step
    if kind < 0.7:
        return builder.step("parallel", name, next_steps=[random_chain(builder, rng, depth - 1) for _ in range(rng.randint(2, 3))])
    if kind < 0.8:
        members = {"on_false": random_chain(builder, rng, depth - 1)} if rng.random() < 0.5 else {}
        return builder.step("if-condition", name, condition="__x__:value = 'a'", on_true=random_chain(builder, rng, depth - 1), **members)
    if kind < 0.9:
        return builder.step("while-condition", name, condition="__x__:value = 'a'", on_true=random_chain(builder, rng, depth - 1))
    return builder.step("switch-condition", name, switch="__x__:value",
                        cases={"a": random_chain(builder, rng, depth - 1), "default": random_chain(builder, rng, depth - 1)})


def random_playbook(rng):
    builder = Builder()
    return builder.document(random_chain(builder, rng, rng.randint(0, 4)))


def mutated(document, rng):
    """The same with something in it replaced by something else, of whatever type."""
    document = json.loads(json.dumps(document))
    for _ in range(rng.randint(1, 3)):
        at = document
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(at[key], (dict, list)) and at[key] and rng.random() < 0.8:
                at = at[key]
                continue
            if rng.random() < 0.2:
                del at[key]
            else:
                at[key] = rng.choice([None, True, -1, 1e300, 0.5, "", "x", "\u202e\x1b[31m", [], {}, [[]], {"en": 1}, "P1D", "__", "step:", "日本" * 99,
                                      rng.choice(list(document["workflow"]) or ["y"]) if isinstance(document.get("workflow"), dict) else "z"])
            break
    return document


def seeded(seed):
    return random.Random(seed)
