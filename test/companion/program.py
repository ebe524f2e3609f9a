"""Running the program under test, and counting what holds."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("OPRES_PROGRAM", str(TOP / "build/companion/opres"))
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "allocator_may_return_null=1"}

passed = failed = 0


class Answer:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def word(self):
        return re.match(r"\w*", self.out).group()

    @property
    def first_bad(self):
        """A number, a range as a pair, or None."""
        found = re.search(r"^first bad entry: (?:between (\d+) and )?(\d+)$", self.out, re.M)
        if not found:
            return None
        return (int(found[1]), int(found[2])) if found[1] else int(found[2])

    def line(self, begin):
        """The rest of the line that begins so, None if there is none."""
        found = re.search(rf"^{re.escape(begin)}(.*)$", self.out, re.M)
        return found[1] if found else None


def run(*arguments, stdin=b"", environment=None, stdout=subprocess.PIPE):
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, stdout=stdout, stderr=subprocess.PIPE,
                          env={**ENVIRONMENT, **(environment or {})}, timeout=120, check=False)
    return Answer(done.returncode, (done.stdout or b"").decode(errors="replace"), done.stderr.decode(errors="replace"))


def verify(dump, *arguments, **how):
    return run("verify", "--dump", "-", *arguments, stdin=dump, **how)


def check(holds, what, answer=None):
    global passed, failed
    if holds:
        passed += 1
        return
    failed += 1
    print(f"not so: {what}")
    if answer:
        print(f"  status {answer.status}\n" + "".join(f"  | {line}\n" for line in (answer.out + answer.err).splitlines()[:12]))


def expect(answer, status, what, word=None, first_bad=None, out=None, err=None, no_out=None):
    """One test: all that is given holds. word follows from the status unless given."""
    word = word if word is not None else {0: "intact", 1: "broken", 2: "", 3: "unanchored"}[status]
    wrong = []
    if answer.status != status:
        wrong.append(f"status {answer.status}, not {status}")
    if answer.word != word:
        wrong.append(f"begins with {answer.word!r}, not {word!r}")
    if first_bad is not None and answer.first_bad != first_bad:
        wrong.append(f"first bad entry {answer.first_bad}, not {first_bad}")
    for text, part, name in ((answer.out, out, "output"), (answer.err, err, "errors")):
        for one in [part] if isinstance(part, str) else part or []:
            if one not in text:
                wrong.append(f"{name} without {one!r}")
    if no_out is not None and no_out in answer.out:
        wrong.append(f"output with {no_out!r}")
    if status in (0, 1, 3) and err is None and answer.err:
        wrong.append("something on stderr")
    if status == 2 and not re.match(r"^opres: \S.*\n\Z", answer.err):
        wrong.append("not one line of complaint on stderr")
    check(not wrong, f"{what}: {'; '.join(wrong)}", answer)


class Folder:
    """A temporary folder; files are written by name."""

    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory()
        self.path = Path(self.holder.name)
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def put(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def close():
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
