"""What the attack tests share: a database with a trail, a copy of it for every attack, and the three questions asked of each: was the
attempt refused, was it detected, and does the trail go on and recompute to what it says."""
import contextlib
import glob
import itertools
import os
import shutil
import subprocess
import tempfile

import audit_trail
from sessions import Session, SqlError, Tally

ACCESSES = ("reader", "editor", "approver", "auditor", "witness", "eraser")
SEED = "attack_seed"
tally = Tally()
numbers = itertools.count(1)

# Entries 1 to 7 by postgres, 3 erased by 7; then what grant_access records.
BEGIN = """CREATE EXTENSION opres;
SELECT opres.audit_append('test.act', 'act ' || n, 'reason ' || n, 'content ' || n) FROM generate_series(1, 5) AS n;
SELECT opres.audit_append('test.act', NULL, NULL, NULL);
SELECT opres.erase_content(3, 'personal data');"""


def prepare(more=""):
    """The database every attack begins with, and the roles people log in as: mallory has nothing, the others an access each."""
    with Session() as s:
        s.run("CREATE ROLE mallory LOGIN;" + "".join(f"CREATE ROLE {access}_role LOGIN;" for access in ACCESSES))
        s.run(f"CREATE DATABASE {SEED};")
    with Session(SEED) as s:
        s.run(BEGIN)
        s.run("SET opres.reason = 'test';")
        for access in ACCESSES:
            s.run(f"SELECT opres.grant_access('{access}_role', '{access}');")
        s.run("GRANT USAGE ON SCHEMA opres TO mallory;")
        s.run(more)


@contextlib.contextmanager
def attack(what, after="intact"):
    """A copy of the database. At the end the trail must go on: after = 'intact' (nothing of it was changed, and nothing is left to
    complain about), 'whole' (entries are, protection need not be), 'refused' (appends are refused; no entry elsewhere) or None."""
    a = Attack(what)
    try:
        yield a
        a.close_sessions()
        if after in ("intact", "whole"):
            a.goes_on(after == "intact")
        elif after == "refused":
            a.goes_no_further()
    except Exception as error:  # one attack must not hide the others
        tally.ok(False, f"{what}: {error!r}")
    finally:
        a.drop()


class Attack:
    def __init__(self, what):
        self.what, self.database, self.sessions = what, f"attack_{next(numbers)}", []
        with Session() as s:
            s.run(f"CREATE DATABASE {self.database} TEMPLATE {SEED};")
        self.before = self.rows()

    def rows(self):
        return audit_trail.read(self.database)

    def session(self, user=None):
        self.sessions.append(Session(self.database, user))
        return self.sessions[-1]

    def close_sessions(self):
        for s in self.sessions:
            s.close()
        self.sessions = []

    def drop(self):
        self.close_sessions()
        with Session() as s:
            s.run(f"DROP DATABASE {self.database} WITH (FORCE);")

    def refused(self, sql, code="42501", words="", user=None):
        """In a session of its own. The last statement must be refused with this SQLSTATE, these words in the message or what
        follows it, and everything before it must not."""
        with Session(self.database, user) as s:
            refused(s, sql, code, words, self.what)

    def goes_on(self, intact=True):
        """An append works, and the trail is what it was before the attack, with what is well-formed since and that append."""
        try:
            with self.session() as s:
                s.run("SELECT opres.audit_append('test.after', 'the attack', 'why', NULL);")
                found = s.run("SELECT problem FROM opres.verify_audit();")
        except SqlError as error:
            tally.ok(False, f"{self.what}: appends are refused afterwards: {error}")
            return
        rows = self.rows()
        tally.equal(audit_trail.problems(rows), [], f"{self.what}: the trail, recomputed")
        tally.equal(rows[:len(self.before)], self.before, f"{self.what}: the entries there were")
        tally.equal(rows[-1].action, "test.after", f"{self.what}: the last entry")
        tally.equal(found, [] if intact else found and [["protection missing"]], f"{self.what}: verify_audit")

    def goes_no_further(self):
        """An append is refused with an error that says why, and what it belongs to does not happen."""
        with self.session() as s:
            s.run("CREATE TABLE public.act (n int);")
            error = failure(s, "BEGIN; INSERT INTO public.act VALUES (1); SELECT opres.audit_append('test.after', NULL, NULL, NULL); COMMIT;")
            s.run("ROLLBACK;")
            tally.ok(error is not None and error.code in ("55000", "42P01", "3F000", "42883", "23505", "XX001", "XX002", "42704"),
                     f"{self.what}: an append is refused: {error}")
            tally.equal(s.value("SELECT count(*) FROM public.act;"), "0", f"{self.what}: acts without an entry")

    def problems(self):
        """What verify_audit says, without its details."""
        with Session(self.database) as s:
            return {(problem, int(entry or 0)) for problem, entry in s.run("SELECT problem, entry FROM opres.verify_audit();")}

    def detected(self, *problems):
        tally.equal(self.problems(), set(problems), f"{self.what}: verify_audit")

    def unprotected(self, words):
        with Session(self.database) as s:
            rows = s.run("SELECT problem, detail FROM opres.verify_audit();")
        tally.ok(len(rows) == 1 and rows[0][0] == "protection missing" and words in rows[0][1], f"{self.what}: verify_audit: {rows}")


def failure(session, sql):
    try:
        session.run(sql)
    except SqlError as error:
        return error
    return None


def said(error):
    return f"{error} ({error.detail})" if error else "no error"


def refused(session, sql, code, words, what):
    error = failure(session, sql)
    tally.ok(error is not None and error.code == code and words in said(error), f"{what}: {sql[:150]}: got {said(error)}, want {code} {words}")


class Outside:
    """The companion program beside the server: a witness's key, and what it has kept of a database."""

    def __init__(self):
        self.program = glob.glob(f"{os.environ['OPRES_CLUSTER']}/stage/**/bin/opres", recursive=True)[0]
        self.folder = tempfile.mkdtemp(prefix="witness.", dir=os.environ["OPRES_CLUSTER"])
        self.key = os.path.join(self.folder, "key")
        self.verifier = self.run("witness", "keygen", "--name", "example.org/witness", "--key", self.key).stdout.strip()

    def run(self, *arguments, **options):
        return subprocess.run([self.program, *arguments, "--lang", "en"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)

    def keep(self, a, how="--init"):
        """A signed checkpoint, as of now."""
        done = self.run("witness", how, "--key", self.key, "--state", self.state(a), "--dbname", f"dbname={a.database}")
        tally.equal(done.returncode, 0, f"{a.what}: a checkpoint is kept: {done.stderr}")

    def state(self, a):
        return os.path.join(self.folder, a.database)

    def refuses(self, a):
        """The witness does not sign what is there now."""
        done = self.run("witness", "--key", self.key, "--state", self.state(a), "--dbname", f"dbname={a.database}")
        tally.equal(done.returncode, 1, f"{a.what}: the witness refuses: {done.stdout}{done.stderr}")

    def verify(self, a, status, words="", dump=False):
        """By a connection or by a dump."""
        arguments = ["verify", "--notes", self.state(a), "--key", self.verifier, "--quiet"]
        if dump:
            text = subprocess.run(["pg_dump", a.database], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
            done = self.run(*arguments, "--dump", "-", input=text)
        else:
            done = self.run(*arguments, "--dbname", f"dbname={a.database}")
        tally.ok(done.returncode == status and words in done.stdout, f"{a.what}: opres verify{' of a dump' if dump else ''}: status {done.returncode},"
                 f" want {status} {words}: {done.stdout}{done.stderr}")

    def close(self):
        shutil.rmtree(self.folder)
