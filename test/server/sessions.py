"""psql sessions fed by pipes: several of them at a time, each with its own transaction and its own backend."""
import os
import subprocess

MARK = "--- that was all ---"


class SqlError(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.detail = ""


class Session:
    def __init__(self, database="postgres", user=None, host=None):
        command = ["psql", "-X", "-q", "-A", "-t", "-F", "|", "-d", database, "-v", "VERBOSITY=verbose"]
        if user:
            command += ["-U", user]
        if host:
            command += ["-h", host]
        environment = dict(os.environ, PGOPTIONS="-c client_min_messages=error")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, bufsize=1, env=environment)

    def send(self, sql):
        """Starts statements (complete, with their semicolons or \\commands) without waiting for them."""
        self.process.stdin.write(f"{sql}\n\\echo {MARK}\n")
        self.process.stdin.flush()

    def receive(self):
        """Waits for what was sent: its rows, as lists of text. SqlError if a statement failed."""
        rows, error = [], None
        while True:
            line = self.process.stdout.readline()
            if line == "":
                raise ConnectionError("psql has ended")
            line = line.rstrip("\n")
            if line == MARK:
                break
            if line.startswith(("ERROR:", "FATAL:", "PANIC:")) and error is None:
                code, _, message = line.split(":", 1)[1].strip().partition(": ")
                error = SqlError(code, message)
            elif error is None:
                rows.append(line.split("|"))
            elif line.startswith("DETAIL:") and not error.detail:
                error.detail = line.removeprefix("DETAIL:").strip()
        if error:
            raise error
        return rows

    def run(self, sql):
        self.send(sql)
        return self.receive()

    def value(self, sql):
        return self.run(sql)[0][0]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Tally:
    """Counts what was tested; says what failed at once and closes with the sum."""

    def __init__(self):
        self.passed = self.failed = 0

    def ok(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"not ok: {what}", flush=True)

    def equal(self, got, want, what):
        self.ok(got == want, f"{what}: got {got!r}, want {want!r}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
