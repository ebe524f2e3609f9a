#!/usr/bin/env python3
"""Kill -9 of opres serve and of the server in the middle of many messages, in and out. What was acknowledged is done, each once, whatever
senders send again; every event reaches the receiver, always under its own id; none is lost."""
import json
import random
import signal
import socket
import threading
import time

from serve_scene import LONG, Gone, Receiver, Serve, act, add_endpoint, begin_run, check, close, post, set_up, signed, verified, wait_for

from clusters import GONE, Cluster

SEED = random.randrange(2 ** 32)
BRANCHES, LENGTH = 8, 125
RUNS = 10 if LONG else 1
KILLS = 60 if LONG else 9
TIMEOUT = 2


def same(got, want, what):
    check(got == want, f"{what}: {got!r}, not {want!r}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Programs:
    """Two side by side, on ports that stay; one that was killed is begun again."""

    def __init__(self, host):
        self.host, self.ports, self.serves, self.births = host, [free_port(), free_port()], [None, None], 0
        for number in range(2):
            self.begin(number)

    def begin(self, number):
        self.births += 1
        self.serves[number] = Serve("--port", self.ports[number], "--poll", 1, "--timer", 1, "--delivery-timeout", TIMEOUT, "--worker", f"w{self.births}", host=self.host)

    def kill(self, number):
        same(self.serves[number].stop(signal.SIGKILL), -signal.SIGKILL, "killed")
        self.begin(number)


class Sender(threading.Thread):
    """Sends its messages one after the other, each until it is acknowledged, now to this program, now to that."""

    def __init__(self, programs, messages, number):
        super().__init__(daemon=True)
        self.programs, self.messages, self.random = programs, messages, random.Random(f"{SEED} {number}")
        self.acknowledged, self.answers, self.again = [], {}, 0

    def run(self):
        for name, body in self.messages:
            while True:
                try:
                    reply = post(self.random.choice(self.programs.ports), body, signed(body, name))
                except (OSError, Gone):
                    reply = None
                status = reply.status if reply else 0
                self.answers[status] = self.answers.get(status, 0) + 1
                if status == 200:
                    self.acknowledged.append((name, reply.body))
                    # A sender that did not hear the answer sends it again.
                    if self.random.random() < .1:
                        again = post_if_there(self.random.choice(self.programs.ports), body, name)
                        check(again is None or again.status == 503 or again.body == reply.body and again.status == 200, f"again: {again}")
                    break
                self.again += 1
                time.sleep(.02)


def post_if_there(port, body, name):
    try:
        return post(port, body, signed(body, name))
    except (OSError, Gone):
        return None


def kill_things(cluster, programs, senders, total):
    """Kills now this, now that, as the work goes on."""
    rng, done, killed = random.Random(SEED), 0, {"server": 0, "program": 0, "both": 0}
    for number in range(KILLS):
        goal = total * (number + 1) // (KILLS + 1)
        while done < goal and any(sender.is_alive() for sender in senders):
            time.sleep(.005)
            done = sum(len(sender.acknowledged) for sender in senders)
        what = ("server", "program", "both")[number % 3]
        killed[what] += 1
        time.sleep(rng.random() * .05)
        if what != "program":
            cluster.kill()
        if what != "server":
            programs.kill(rng.randrange(2))
        if what != "program":
            cluster.start()
    return killed


def in_server(cluster, sql):
    """Rows, whatever state the server is in just now."""
    for _ in range(200):
        try:
            with cluster.session() as session:
                return session.run(sql)
        except GONE:
            time.sleep(.1)
    raise TimeoutError(sql)


def check_in(cluster, run_ids, senders, total):
    acknowledged = [name for sender in senders for name, _ in sender.acknowledged]
    same(len(acknowledged), total, "messages acknowledged")
    same({answer for sender in senders for _, answer in sender.acknowledged}, {b'{"result": "done"}'}, "one answer for all")
    receipts = {name for name, in in_server(cluster, "SELECT message_id FROM opres.webhook_receipt WHERE status = 200;")}
    check(set(acknowledged) <= receipts, f"acknowledged without a receipt: {len(set(acknowledged) - receipts)}")
    where = f"WHERE run IN ({','.join(map(str, run_ids))}) AND kind = 'success'"
    same(in_server(cluster, f"SELECT count(*), count(DISTINCT (run, step)) FROM opres.run_event {where};"), [[str(total), str(total)]], "each step done once")
    same(in_server(cluster, "SELECT count(*) FROM opres.run WHERE state = 'completed';")[0][0], str(RUNS), "the runs are over")
    same(in_server(cluster, "SELECT * FROM opres.check_runs();")[:3], [], "projections agree with events")
    same(in_server(cluster, "SELECT * FROM opres.verify_audit() WHERE problem IS NOT NULL;")[:3], [], "the trail agrees with events")


def check_out(cluster, receiver, total):
    wait_for(lambda: in_server(cluster, "SELECT count(*) FROM opres.outbox WHERE state <> 'delivered';") == [["0"]], 60, .3)
    same(in_server(cluster, "SELECT state, count(*) FROM opres.outbox WHERE state <> 'delivered' GROUP BY 1;"), [], "nothing is left to be sent")
    outbox = dict(in_server(cluster, "SELECT message_id, encode(convert_to(body, 'UTF8'), 'hex') FROM opres.outbox;"))
    told = {}
    for _, headers, body, _ in receiver.got:
        check_quietly(verified(headers, body), "a signature does not verify")
        told.setdefault(headers["webhook-id"], set()).add(body.hex())
    same(set(outbox) - set(told), set(), "messages that never arrived")
    same(set(told) - set(outbox), set(), "messages that were told and then undone")
    same(sum(bodies != {outbox[name]} for name, bodies in told.items() if name in outbox), 0, "messages with another body under their id")
    events = [json.loads(bytes.fromhex(body)) for body in outbox.values()]
    same(sum(event["type"] == "run.success" for event in events), total, "an outbox row for each step done")
    return len(receiver.got) - len(told)


def check_quietly(holds, what):
    if not holds:
        check(False, what)


def main():
    cluster = Cluster("killed", max_connections=60).create().start()
    receiver = Receiver()
    with cluster.session() as session:
        set_up(session)
        add_endpoint(session, "all", receiver.url("/all"), events="'{run.*}'", concurrency="32")
        run_ids = [begin_run(session, BRANCHES, LENGTH, f"killed{n}") for n in range(RUNS)]
    messages = [[(f"r{run}b{branch}s{step}", act("advance", run=run, step=f"A{branch}.{step}", outcome="success")) for run in run_ids for step in range(1, LENGTH + 1)]
                for branch in range(1, BRANCHES + 1)]
    total = sum(map(len, messages))
    programs = Programs(cluster.host)
    senders = [Sender(programs, part, number) for number, part in enumerate(messages)]
    began = time.monotonic()
    for sender in senders:
        sender.start()
    killed = kill_things(cluster, programs, senders, total)
    for sender in senders:
        sender.join(600)
    check_in(cluster, run_ids, senders, total)
    twice = check_out(cluster, receiver, total)
    again = sum(sender.again for sender in senders)
    check(again > 0 and min(killed.values()) > 0, f"killed in the middle: {killed}, sent again {again}")
    same([serve.stop() for serve in programs.serves], [0, 0], "they end")
    same(cluster.complaints(), [], "the server's log")
    print(f"seed {SEED}: {total} messages, killed {killed}, sent in again {again}, told twice {twice}, {time.monotonic() - began:.0f} s")
    cluster.stop()
    receiver.close()
    close()


if __name__ == "__main__":
    main()
