#!/usr/bin/env python3
"""receive_webhook against requests broken at random: it answers and never fails; it takes for signed exactly what a check written here
takes for signed; what it did is one event for each 200, and nothing else; no answer says what was sent. OPRES_LONG=1: more. OPRES_SEED: others."""
import base64
import json
import os
import random
import re
import sys
import time

from sessions import Session, SqlError, Tally
from webhook_receive_signer import as_bytes, call, github, mac, playbook, press, quoted, slack, standard

KEY = b"0123456789abcdef0123456789abcdef"
CANARY = "canary7391"
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature", "x-hub-signature-256", "x-slack-signature", "x-slack-request-timestamp", ":path", "content-type")
ALPHABET = "abcXYZ0189.,:;=+/ -_!\"'\\{}[]%&\t\n\u00e9\u9280\U0001f600"


def header(headers, name):
    """Its value if it is there once, in whatever case."""
    found = [v for k, v in headers.items() if k.lower() == name]
    return found[0] if len(found) == 1 else None


def timely(text):
    return text is not None and re.fullmatch("[0-9]{1,15}", text, re.ASCII) and abs(int(text) - time.time()) <= 300


def signed_standard(headers, body):
    name, at, given = header(headers, "webhook-id"), header(headers, "webhook-timestamp"), header(headers, "webhook-signature")
    if name is None or given is None or not re.fullmatch("[!-~]{1,256}", name, re.ASCII) or "." in name or not timely(at):
        return False
    return "v1," + base64.b64encode(mac(KEY, f"{name}.{at}.".encode() + body).digest()).decode() in given.split(" ")


def same_hex(given, prefix, content):
    return given is not None and given.startswith(prefix) and re.sub("[A-F]", lambda m: m[0].lower(), given[len(prefix):]) == mac(KEY, content).hexdigest()


def signed_github(headers, body):
    return same_hex(header(headers, "x-hub-signature-256"), "sha256=", body)


def signed_slack(headers, body):
    at = header(headers, "x-slack-request-timestamp")
    return bool(timely(at)) and same_hex(header(headers, "x-slack-signature"), "v0=", f"v0:{at}:".encode() + body)


SENDERS = {"chat": signed_standard, "git": signed_github, "slack": signed_slack}


def is_signed(headers, body):
    path = header(headers, ":path") or ""
    name = re.split("[/?#]", path[9:])[0] if path.startswith("/webhook/") else ""
    return any(check(headers, body) for sender, check in SENDERS.items() if name in ("", sender))


class Fuzz:
    def __init__(self, r, incident, run):
        self.r, self.incident, self.run, self.number = r, incident, run, 0

    def text(self, most=12):
        return "".join(self.r.choices(ALPHABET, k=self.r.randrange(most))) + (CANARY if self.r.random() < .3 else "")

    def anything(self, depth=0):
        r = self.r
        kind = r.randrange(8 if depth < 3 else 6)
        return (None, r.choice((True, False)), r.choice((0, 1, -1, .5, 1e300, 2**63, self.incident, self.run)), self.text(), CANARY,
                r.choice(("D-1", "success", "ddos", "2026-11-01T00:00:00Z", "U1")), [self.anything(depth + 1) for _ in range(r.randrange(3))] if depth < 3 else 0,
                {self.text(4): self.anything(depth + 1) for _ in range(r.randrange(3))} if depth < 3 else 0)[kind]

    def payload(self):
        """Mostly one that is good but for one thing."""
        r = self.r
        data = r.choice(({"incident": self.incident, "note": f"x {CANARY}"}, {"run": self.run, "note": "x", "step": "D-1"}, {"run": self.run, "step": "D-1", "outcome": "success"},
                         {"run": self.run, "step": "D-1"}, {"title": "x", "attack_type": "ddos", "severity": 3, "nodes": []}, {"run": self.run}, {"incident": self.incident, "lang": "ja"}))
        kind = ("annotate" if "note" in data else "advance" if "outcome" in data else "approve" if "step" in data else "open_incident" if "title" in data else "status")
        body = {"type": kind, "data": dict(data), "user": "U1"}
        change = r.random()
        if change < .3:
            body["data"][r.choice(list(data) + ["evidence", "occurred_at", "values", "lang", self.text(5)])] = self.anything()
        elif change < .4:
            body[r.choice(("type", "data", "user", "key", "timestamp", self.text(5)))] = self.anything()
        elif change < .5:
            del body["data"][r.choice(list(data))]
        elif change < .55:
            del body[r.choice(list(body))]
        elif change < .6:
            return self.anything()
        elif change < .8:
            body["key"] = r.choice(("k1", "k2", self.text()))
        return body

    def bytes(self, body):
        r, body = self.r, bytearray(body)
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(body) + 1)
            match r.randrange(4):
                case 0 if body:
                    body[at % len(body)] ^= 1 << r.randrange(8)
                case 1:
                    body[at:at] = r.randbytes(r.randrange(5))
                case 2:
                    del body[at:at + r.randrange(8)]
                case _:
                    body += body[at:at + 20]
        return bytes(body)

    def request(self):
        r = self.r
        self.number += 1
        scheme, payload = r.choice(("chat", "git", "slack")), self.payload()
        body = press(r.choice(("U1", "U1", "U9")), payload, str(self.number)) if scheme == "slack" and r.random() < .6 else as_bytes(payload)
        if r.random() < .15:
            body = self.bytes(body)
        name = r.choice((f"m{self.number}",) * 8 + (f"m{max(1, self.number - 5)}", self.text(), f"m.{self.number}"))
        at = int(time.time()) + r.choice((0, 0, 0, 0, 100, -100, 1000, -1000))
        headers = standard(KEY, body, name, at) if scheme == "chat" else github(KEY, body) if scheme == "git" else slack(KEY, body, at)
        headers[":path"] = "/webhook/" + r.choice((scheme,) * 9 + ("", "chat", "git", self.text()))
        for _ in range(r.choice((0, 0, 0, 1, 2))):
            self.spoil(headers)
        return headers, self.bytes(body) if r.random() < .1 else body

    def spoil(self, headers):
        r = self.r
        name = r.choice(list(headers) or ["x"])
        value = str(headers.get(name, ""))
        at = r.randrange(len(value) + 1)
        match r.randrange(7):
            case 0:
                headers.pop(name, None)
            case 1:
                headers[name] = value[:at] + self.text(3) + value[at + r.randrange(3):]
            case 2:
                headers[name.upper() if r.random() < .5 else name.title()] = value
            case 3:
                headers[r.choice(NAMES)] = self.text(40)
            case 4:
                headers[name] = r.choice((value + " " + value, "v1,x " + value, value.upper(), value[:-1], value + "\n", " " + value, ""))
            case 5:
                headers[name] = r.choice((value, value, value, None, 1, [value]))
            case _:
                headers[self.text()] = self.text(100)


def set_up(admin):
    admin.run("CREATE EXTENSION opres; SET opres.reason = 'a test'; CREATE ROLE courier LOGIN; SELECT opres.grant_access('courier', 'courier');"
              f"SELECT opres.load_playbook({quoted(json.dumps(playbook()))}), opres.save_person('alice', 'A'), opres.save_role_holder('ciso', 'alice');")
    for name, scheme in (("chat", "standard"), ("git", "github"), ("slack", "slack")):
        admin.run(f"SELECT opres.save_webhook_sender('{name}', '{scheme}', '{{advance,approve,annotate,open_incident,status}}'), opres.add_webhook_secret('{name}', '{KEY.decode()}'),"
                  f" opres.map_webhook_user('{name}', 'U1', 'alice');")
    incident = int(admin.value("SELECT opres.open_incident('Test', 'test-webhook', 50);"))
    return incident, int(admin.value(f"SELECT opres.start_run({incident}, 'test-webhook');"))


COUNTS = ("SELECT (SELECT count(*) FROM opres.incident_event) + (SELECT count(*) FROM opres.run_event WHERE person IS NOT NULL), (SELECT count(*) FROM opres.webhook_receipt),"
          " (SELECT count(*) FROM opres.webhook_receipt WHERE response ? 'state');")


def main():
    seed, tally, statuses = int(os.environ.get("OPRES_SEED", "20261121")), Tally(), {}
    print(f"seed {seed}")
    with Session() as admin:
        fuzz = Fuzz(random.Random(seed), *set_up(admin))
        before = [int(n) for n in admin.run(COUNTS)[0]]
        with Session(user="courier") as courier:
            for _ in range(60000 if os.environ.get("OPRES_LONG") else 6000):
                headers, body = fuzz.request()
                try:
                    rows = courier.run(call(headers, body))
                except SqlError as error:
                    tally.ok(False, f"{error} {error.detail}: {headers} {body}")
                    continue
                status, response = rows[0][0], rows[0][1]
                after = [int(n) for n in admin.run(COUNTS)[0]]
                texts = all(isinstance(v, str) for v in headers.values())
                good = (status == "400" if not texts else (status == "401") == (not is_signed(headers, body))) and len(rows) == 1 and CANARY not in response
                acted, kept, looked = (a - b for a, b in zip(after, before))
                # What is done is one event, and a receipt, two if it bears a key; a receipt without an event is a question's, or of a key
                # that was known.
                if status != "200":
                    good = good and after == before
                else:
                    good = good and acted in (0, 1) and kept in range(acted, 2 + (b"key" in body)) and (acted or not kept or looked or b"key" in body)
                tally.ok(good, f"{status} {response}, events {acted}, receipts {kept}: {headers} {body}")
                statuses[status] = statuses.get(status, 0) + 1
                before = after
        print(statuses)
        tally.ok(all(statuses.get(s, 0) > 3 for s in ("200", "400", "401", "403", "404", "409")), "of each sort of answer some")
        tally.equal(admin.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")
        tally.equal(admin.run("SELECT * FROM opres.check_runs();"), [], "and so do the runs")
    return tally.close()


sys.exit(main())
