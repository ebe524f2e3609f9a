#!/usr/bin/env python3
"""Every playbook is loaded without a warning and walked to its end in the server, by people who hold its roles: once with every question answered no, once with
every one answered yes (loops once), once with every step failing first that has another way and one that has none, once ended as no incident. What is expected is read from the document alone."""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), HERE]
import check  # noqa: E402
from sessions import Session as Pipe, SqlError, Tally  # noqa: E402


class Session(Pipe):
    def run(self, sql):
        return super().run(sql + ";")


def quote(text):
    return "'" + str(text).replace("'", "''") + "'"


def load(tally, path, name):
    """Loaded without a warning, and loaded a second time without a change."""
    said = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", f"document={path}"], text=True, capture_output=True, check=False,
                          input="\\set document `cat :'document'`\nSELECT opres.load_playbook(:'document'::text, 'test');\n")
    tally.ok(said.returncode == 0 and said.stderr == "", f"{name} is loaded without a warning: {said.stderr.strip()[:2000]}")
    return said.stdout.strip()


class Walk:
    """One run. People are called p_ROLE; each acts as a login of that name."""

    def __init__(self, session, book, tally, yes, failing, incident=True):
        self.session, self.book, self.tally, self.yes, self.failing = session, book, tally, yes, failing
        self.codes = {book.of(s)["code"]: (i, s) for i, s in book.steps.items() if "code" in book.of(s)}
        self.loops = {n for s in book.steps.values() if s["type"] == "while-condition" for n in check.re.findall("__[a-z_]+__", s["condition"])}
        # The last step of a loop's round is reached again or idle as soon as it is done.
        self.within = check.looped(book)
        self.asked, self.failed, self.done = {}, set(), []
        self.is_incident, self.run, self.incident = incident, None, None

    def by(self, role, sql):
        self.session.run(f"SET SESSION AUTHORIZATION p_{role}")
        try:
            return self.session.value(sql)
        finally:
            self.session.run("RESET SESSION AUTHORIZATION")

    def value(self, name):
        self.asked[name] = self.asked.get(name, 0) + 1
        if self.book.doc["playbook_variables"][name]["type"] != "bool":
            cases = [c for c in check.literals(self.book, name) if c != "default"] + ["none_of_them"]
            return cases[0] if self.yes else cases[-1]
        if name == "__is_incident__":
            return "true" if self.is_incident else "false"
        return "true" if self.yes and (name not in self.loops or self.asked[name] == 1) else "false"

    def act(self, ident, step):
        role, extension = self.book.agents[step["agent"]], self.book.of(step)
        if self.failing and ident not in self.failed and ("on_failure" in step or extension["code"] == "V-01"):
            self.failed.add(ident)
            state = self.by(role, f"SELECT opres.advance({self.run}, {quote(extension['code'])}, 'failure', 'test')")
            self.tally.equal(state, "failed" if "on_failure" in step else "held", f"{self.book.name} {extension['code']} fails")
            return state
        values = {n: self.value(n) for n in step.get("out_args", [])}
        evidence = json.dumps({"reference": "test " + extension["code"]}) if extension["evidence"]["required"] or "report" in extension else None
        self.done.append(ident)
        state = self.by(role, f"SELECT opres.advance({self.run}, {quote(extension['code'])}, 'success', NULL, {quote(evidence) if evidence else 'NULL'}, now(), "
                              f"{quote(json.dumps(values)) if values else 'NULL'})")
        wanted = [a["role"] for a in extension.get("approvals", []) for _ in range(a.get("count", 1))]
        last = ("done", "idle", "reached") if ident in self.within else ("done",)
        self.tally.ok(state in (("submitted",) if wanted else last), f"{self.book.name} {extension['code']} advanced: {state}")
        for number, approver in enumerate(wanted, 1):
            try:
                self.by(role, f"SELECT opres.approve({self.run}, {quote(extension['code'])})")
                self.tally.ok(False, f"{self.book.name} {extension['code']}: the doer approved")
            except SqlError:
                pass
            state = self.by(approver, f"SELECT opres.approve({self.run}, {quote(extension['code'])})")
            self.tally.ok(state in (last if number == len(wanted) else ("submitted",)), f"{self.book.name} {extension['code']} approved by {approver}: {state}")
        return state

    def go(self):
        name, kind = self.book.name, self.book.own["attack_type"]
        self.incident = self.by("secretariat", f"SELECT opres.open_incident({quote(name)}, {quote(kind)}, 50, recognised_at => now())")
        self.run = self.by("secretariat", f"SELECT opres.start_run({self.incident}, {quote(self.book.doc['id'])})")
        for _ in range(200):
            rows = self.session.run(f"SELECT step, state FROM opres.todo({self.run})")
            ready = [code for code, state in rows if state == "ready"]
            for code in [code for code, state in rows if state == "held" and not ready]:
                self.by(self.book.agents[self.codes[code][1]["agent"]], f"SELECT opres.advance({self.run}, {quote(code)}, 'retry', 'test')")
                ready.append(code)
            if not ready:
                break
            for code in ready:
                if self.codes[code][1]["type"] != "action":
                    self.tally.ok(False, f"{name}: {code} waits to be decided")
                    return
                self.act(*self.codes[code])
        escalated = self.book.doc["workflow_exception"] in self.done
        self.tally.equal(escalated, self.failing, f"{name}: what has failed goes to the head of the crisis team")
        self.tally.equal(self.session.run(f"SELECT step, state FROM opres.todo({self.run})"), [], f"{name}: nothing is left to be done")
        self.tally.equal(self.session.value(f"SELECT state FROM opres.run WHERE id = {self.run}"), "completed", f"{name}: state of the run")
        self.tally.equal(self.session.run(f"SELECT * FROM opres.check_runs({self.run})"), [], f"{name}: projection")
        submitted = {r[0] for r in self.session.run(f"SELECT report FROM opres.run_report WHERE run = {self.run} AND submitted_at IS NOT NULL")}
        wanted = {self.book.of(self.book.steps[i])["report"] for i in self.done if "report" in self.book.of(self.book.steps[i])}
        self.tally.equal(submitted, wanted, f"{name}: reports submitted")
        due = self.session.run(f"SELECT report FROM opres.run_report WHERE run = {self.run} AND needed AND due_at IS NULL ORDER BY 1")
        without = sorted(c for c in wanted if not self.book.own["reports"][c].get("deadlines"))
        self.tally.equal([r[0] for r in due], without, f"{name}: reports without a due time")
        try:
            self.by("crisis_head", f"SELECT opres.close_incident({self.incident}, 'test')" if self.is_incident else
                    f"""SELECT opres.update_incident({self.incident}, '{{"state": "no_incident"}}', 'test')""")
            self.tally.ok(True, "closed")
        except SqlError as error:
            self.tally.ok(False, f"{name}: cannot be closed: {error} {error.detail}")


def main():
    tally = Tally()
    paths = sorted(p for p in glob.glob(os.path.join(check.BOOKS, "*.json")) if not p.endswith("schema.json"))
    with Session() as session:
        session.run("CREATE EXTENSION opres")
        books = [check.Book(p) for p in paths]
        for role in sorted({r for b in books for r in b.agents.values()}):
            session.run(f"CREATE ROLE p_{role} LOGIN; SELECT opres.grant_access('p_{role}', 'commander', 'test'), opres.save_person('p-{role}', {quote(role)}, "
                        f"logins => ARRAY['p_{role}']::name[], reason => 'test'), opres.save_role_holder('{role}', 'p-{role}', reason => 'test')")
        for path, book in zip(paths, books):
            tally.equal(load(tally, os.path.abspath(path), book.name), book.doc["id"], f"{book.name}: id")
            done = set()
            for answers in ((False, False), (True, False), (False, True), (False, False, False)):
                walk = Walk(session, book, tally, *answers)
                try:
                    walk.go()
                except SqlError as error:
                    tally.ok(False, f"{book.name}: {error} {error.detail}")
                    session.run("RESET SESSION AUTHORIZATION")
                done |= set(walk.done)
            tally.ok(len(done) >= len(book.actions) * 3 // 4, f"{book.name}: the walks did {len(done)} of {len(book.actions)} actions")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
