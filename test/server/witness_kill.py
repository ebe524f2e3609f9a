#!/usr/bin/env python3
"""opres witness killed at every system call from the reading of its key on (ptrace), and at random; several at once on one state. What was
signed is never forgotten: no two notes for one size, nothing half written, and the next run goes on by itself."""
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

from notes import Folder, check_reader, root
from witness import BROKEN, CANNOT, OK, Session, Trail

PTRACE_TRACEME, PTRACE_KILL_WITH_US, PTRACE_SYSCALL, PTRACE_SETOPTIONS = 0, 0x100000, 24, 0x4200
libc = ctypes.CDLL(None, use_errno=True)
passed = failed = 0


def ok(holds, what):
    global passed, failed
    passed, failed = (passed + 1, failed) if holds else (passed, failed + 1)
    if not holds:
        print(f"not ok: {what}")


def ptrace(request, pid, data=0):
    if libc.ptrace(request, pid, None, ctypes.c_void_p(data)) == -1:
        raise OSError(ctypes.get_errno(), "ptrace")


def traced(arguments, kill_at=None):
    """Runs a program, and kills it before its system call of that number. How many it began, and its exit status (None: killed)."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        libc.ptrace(PTRACE_TRACEME, 0, None, None)
        os.execv(arguments[0], arguments)
    os.waitpid(pid, 0)
    ptrace(PTRACE_SETOPTIONS, pid, PTRACE_KILL_WITH_US)
    stops = 0
    while True:
        ptrace(PTRACE_SYSCALL, pid)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            return stops // 2, os.WEXITSTATUS(status)
        if os.WIFSIGNALED(status):
            return stops // 2, None
        stops += 1
        # At every call it stops twice: before and after.
        if kill_at is not None and stops == 2 * kill_at + 1:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return stops // 2, None


class Scene:
    """A state before the run that is killed, to which every trial goes back."""

    def __init__(self, folder):
        self.folder = folder
        self.saved = folder.path + "-saved"
        if os.path.isdir(folder.state):
            shutil.copytree(folder.state, self.saved)

    def reset(self):
        shutil.rmtree(self.folder.state, ignore_errors=True)
        if os.path.isdir(self.saved):
            shutil.copytree(self.saved, self.folder.state)

    def close(self):
        shutil.rmtree(self.saved, ignore_errors=True)


def kept(folder):
    """What another reader finds: the notes, each checked; a state, if there is one, is whole."""
    if not os.path.isdir(folder.notes):
        return {}
    if os.path.exists(os.path.join(folder.state, "state")):
        folder.last()
    return folder.checkpoints()


def settled(folder):
    """The files but the leftover of a write that was cut off, and breaks, which tell the time."""
    return {name: content for name, content in folder.files().items() if os.path.basename(name) != "new" and not name.endswith(".break")}


def every_call(name, folder, command, then, fork=None):
    """Kills `command` before each of its calls; then `then` must bring about what `command` alone does. fork: the connection to a trail that
    went another way from what was kept before."""
    scene = Scene(folder)
    calls, status = traced(folder.arguments(*command))
    ok(status == OK, f"{name}: alone it works")
    goal, goal_notes = settled(folder), kept(folder)
    outcomes = set()
    # Loading libraries and connecting, most of all that is done, come before the state is written: a coarser step there.
    trials = [*range(5, calls - 110, 25), *range(max(5, calls - 110), calls)]
    for number in trials:
        scene.reset()
        _, status = traced(folder.arguments(*command), kill_at=number)
        # Waits for the server take now more, now fewer calls.
        ok(status is None or (number > calls - 20 and status == OK), f"{name}, call {number}: it was killed")
        seen = kept(folder)
        ok(set(seen.items()) <= set(goal_notes.items()), f"{name}, call {number}: what is there is what should be")
        outcomes.add(len(seen))
        if fork and number % 2:
            result = folder.witness("--quiet", dbname=fork)
            after = kept(folder)
            signed = {size: {digest for (_, other), (_, digest) in after.items() if other == size} for _, size in after}
            ok(all(len(digests) == 1 for digests in signed.values()), f"{name}, call {number}: two roots for one size")
            ok(result.returncode == (BROKEN if goal_notes.items() <= seen.items() else result.returncode) and result.returncode != CANNOT,
               f"{name}, call {number}: the fork {result.stderr}")
            ok(set(seen.items()) <= set(after.items()), f"{name}, call {number}: a note was lost")
            continue
        result = folder.run(*then(folder))
        ok(result.returncode == OK, f"{name}, call {number}: then {result.returncode} {result.stderr}")
        ok(settled(folder) == goal, f"{name}, call {number}: the end is not the same")
    ok(len(outcomes) > 1, f"{name}: killed both before and after the note, of {calls} calls")
    scene.reset()
    scene.close()
    return len(trials)


def test_every_call():
    first = Trail("first")
    first.append(6)
    folder = Folder(first.conninfo)
    trials = every_call("init", folder, folder.command("--init"),
                        lambda f: f.command() if os.path.exists(os.path.join(f.state, "state")) else f.command("--init"))
    folder.witness("--init")
    other = Trail("other", restored_from="first")
    first.append(3)
    other.append(3, "another way")
    trials += every_call("growth", folder, folder.command(), Folder.command, fork=other.conninfo)
    folder.witness()
    folder.dbname = other.conninfo
    accept = folder.command("--reason", "a test", verb="accept")

    def accept_or_go_on(f):
        return f.command() if any(name.endswith(".break") for name in os.listdir(f.notes)) else accept

    trials += every_call("accept", folder, accept, accept_or_go_on)
    return trials


def appending(trail, until):
    with Session(trail.database) as session:
        while not until.is_set():
            session.run("SELECT opres.audit_append('test.act', NULL, NULL, 'more') FROM generate_series(1, 2) \\g /dev/null")
            time.sleep(0.002)


def check_all(trail, folder, what):
    leaves = trail.leaves()
    notes = kept(folder)
    ok(all(digest == root(leaves[:size]) for (_, size), (_, digest) in notes.items()), f"{what}: every note stands for the trail")
    ok({line for line, _ in notes} == {1}, f"{what}: in one line")
    ok(folder.last()[1] == max(size for _, size in notes), f"{what}: the state is the last note")
    return len(notes)


def test_random(seconds):
    trail = Trail("random")
    folder = Folder(trail.conninfo)
    folder.witness("--init")
    done, killed, runs = threading.Event(), 0, 0
    writer = threading.Thread(target=appending, args=(trail, done))
    writer.start()
    generator = random.Random(4)
    end = time.time() + seconds
    while time.time() < end:
        process = subprocess.Popen(folder.arguments(*folder.command()), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(generator.uniform(0.005, 0.04))
        except subprocess.TimeoutExpired:
            process.kill()
        status = process.wait()
        killed += status == -signal.SIGKILL
        runs += 1
        if status not in (OK, -signal.SIGKILL):
            ok(False, f"random: status {status}: {process.stderr.read().decode()}")
        process.stderr.close()
    done.set()
    writer.join()
    result = folder.witness()
    ok(result.returncode == OK, f"random: the run after all kills: {result.stderr}")
    notes = check_all(trail, folder, "random")
    ok(5 < killed < runs - 5 and notes > 5, f"random: {killed} of {runs} runs were killed, {notes} notes")


def test_together(runs):
    trail = Trail("together")
    folder = Folder(trail.conninfo)
    folder.witness("--init")
    done, statuses = threading.Event(), []

    def witness():
        for _ in range(runs):
            result = folder.witness("--quiet")
            statuses.append(result.returncode)
            if result.returncode == CANNOT and "another witness" not in result.stderr:
                ok(False, f"together: {result.stderr}")

    threads = [threading.Thread(target=appending, args=(trail, done))] + [threading.Thread(target=witness) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join()
    done.set()
    threads[0].join()
    ok(set(statuses) == {OK, CANNOT}, f"together: {set(statuses)}: both turns taken and turns refused")
    ok(check_all(trail, folder, "together") > 3, "together: notes were kept")


def main():
    check_reader()
    with Session() as session:
        session.run("CREATE ROLE w LOGIN")
    long = bool(os.environ.get("OPRES_LONG"))
    test_random(60 if long else 4)
    test_together(100 if long else 15)
    trials = test_every_call()
    ok(trials > 200, f"{trials} runs were killed at a call")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
