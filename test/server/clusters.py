"""Clusters of a test's own, next to the one of test/with-cluster and of its make: to be killed, restored, replicated."""
import atexit
import os
import re
import signal
import subprocess
import sys
import time

from sessions import Session, SqlError

ROOM = os.environ["OPRES_CLUSTER"]
GONE = (SqlError, ConnectionError, BrokenPipeError)
started = []

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that clusters are stopped


def as_server(*command, **options):
    """Runs one of the server's programs as the user who may."""
    if os.geteuid() == 0:
        command = ("runuser", "-u", "postgres", "--", *command)
    return subprocess.run(command, **{"cwd": ROOM, "check": True, "stdout": subprocess.DEVNULL, **options})


def find_extension():
    """Settings by which the staged extension is found: those of the cluster we run in."""
    with Session() as s:
        rows = s.run("SELECT name, current_setting(name) FROM pg_settings WHERE name IN ('extension_destdir', 'extension_control_path',"
                     " 'dynamic_library_path');")
    return {name: value for name, value in rows if value}


class Cluster:
    """data: its folder; host: for connections. Settings are given to the server when it starts and may be changed between."""

    def __init__(self, name, **settings):
        self.name, self.host, self.data = name, os.path.join(ROOM, name), os.path.join(ROOM, name, "data")
        self.log = os.path.join(self.host, "log")
        self.settings = {"listen_addresses": "", "unix_socket_directories": self.host, "fsync": "off", "timezone": "UTC", "shared_buffers": "16MB",
                         "min_wal_size": "32MB", **find_extension(), **settings}
        as_server("mkdir", "-p", self.host)

    def create(self):
        as_server("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        return self

    def copied_from(self, primary, *options):
        """A base backup of a running cluster."""
        as_server("pg_basebackup", "-h", primary.host, "-U", "postgres", "-D", self.data, "-X", "stream", "-c", "fast", "--no-sync", *options)
        return self

    def signalled(self, name):
        """Puts one of the files standby.signal and recovery.signal."""
        as_server("touch", os.path.join(self.data, name))

    def start(self):
        """Once the processes of a killed server are gone, which may take them a moment."""
        if self not in started:
            started.append(self)
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        for _ in range(200):
            if as_server("pg_ctl", "-D", self.data, "-s", "-w", "-l", self.log, "-o", options, "start", check=False,
                         stderr=subprocess.DEVNULL).returncode == 0:
                return self
            with open(self.log, encoding="utf-8", errors="replace") as file:
                last = file.read()[-2000:]
            if "still in use" not in last and "Is another postmaster" not in last:
                raise RuntimeError(f"{self.name} does not start: {last}")
            time.sleep(.05)
        raise TimeoutError(f"{self.name} does not start")

    def stop(self, mode="fast"):
        as_server("pg_ctl", "-D", self.data, "-s", "-w", "-m", mode, "stop", check=False, stderr=subprocess.DEVNULL)

    def postmaster(self):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file:
            return int(file.readline())

    def processes(self):
        """The postmaster and its children."""
        postmaster = self.postmaster()
        with open(f"/proc/{postmaster}/task/{postmaster}/children", encoding="utf-8") as file:
            return [postmaster, *map(int, file.read().split())]

    def kill(self, everything=True):
        """kill -9 of all processes, as near to at once as can be, or of the postmaster alone."""
        processes = self.processes() if everything else [self.postmaster()]
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def session(self, database="postgres", user=None):
        return Session(database, user or "postgres", self.host)

    def again(self, database="postgres"):
        """A session, as soon as the server lets one in."""
        for _ in range(600):
            session = self.session(database)
            try:
                session.run("SELECT 1;")
                return session
            except GONE:
                session.process.kill()
                session.process.wait()
                time.sleep(.05)
        raise TimeoutError(f"{self.name} does not come back")

    def caught_up(self, primary):
        """Waits until this standby has replayed what the primary has written."""
        with primary.session() as p, self.session() as s:
            lsn = p.value("SELECT pg_current_wal_lsn();")
            for _ in range(600):
                if s.value(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}';") == "t":
                    return
                time.sleep(.05)
        raise TimeoutError(f"{self.name} does not catch up")

    def promote(self):
        as_server("pg_ctl", "-D", self.data, "-s", "-w", "promote")

    def complaints(self):
        """What a server that was only ever killed by us must not have logged."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return re.findall(r".*(?:PANIC|TRAP|terminated by signal (?!9:)|invalid page|could not find).*", file.read())[:5]


def stop_all():
    for cluster in started:
        cluster.stop("immediate")


atexit.register(stop_all)
