"""Webhooks as their senders make them: signed by Python's hmac and by the openssl program, nothing of ours. And a playbook to send about."""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
import urllib.parse

EXTENSION = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"


def mac(key, content):
    return hmac.new(key, content, hashlib.sha256)


def as_bytes(body):
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def standard(key, body, name, at=None, signatures=None):
    """Headers of Standard Webhooks; signatures: instead of the right one, a function of it."""
    at = str(int(time.time()) if at is None else at)
    right = "v1," + base64.b64encode(mac(key, f"{name}.{at}.".encode() + as_bytes(body)).digest()).decode()
    return {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signatures(right) if signatures else right}


def github(key, body, delivery="d1"):
    return {"X-GitHub-Delivery": delivery, "X-GitHub-Event": "x", "X-Hub-Signature-256": "sha256=" + mac(key, as_bytes(body)).hexdigest()}


def slack(key, body, at=None):
    at = str(int(time.time()) if at is None else at)
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + mac(key, f"v0:{at}:".encode() + as_bytes(body)).hexdigest()}


def press(user, value, trigger, **more):
    """The body Slack sends when a button is pressed."""
    content = {"type": "block_actions", "user": {"id": user, "username": "x"}, "trigger_id": trigger, "actions": [{"action_id": "a", "value": json.dumps(value)}]} | more
    return b"payload=" + urllib.parse.quote_plus(json.dumps(content)).encode()


class Ed25519:
    """A key pair made and used by the openssl program."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.key = os.path.join(self.folder.name, "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.public = "whpk_" + base64.b64encode(der[-32:]).decode()

    def headers(self, body, name, at=None):
        at = str(int(time.time()) if at is None else at)
        content = os.path.join(self.folder.name, "content")
        with open(content, "wb") as file:
            file.write(f"{name}.{at}.".encode() + as_bytes(body))
        made = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", content], check=True, capture_output=True).stdout
        return {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": "v1a," + base64.b64encode(made).decode()}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def call(headers, body, sender=None):
    """The statement that receives it."""
    if sender is not None:
        headers = headers | {":path": f"/webhook/{sender}"}
    return f"SELECT status, response FROM opres.receive_webhook({quoted(json.dumps(headers))}, '\\x{as_bytes(body).hex()}');"


def answer(rows):
    (status, response), = rows
    return int(status), json.loads(response)


def deliver(session, headers, body, sender=None):
    return answer(session.run(call(headers, body, sender)))


def playbook():
    """Two steps: D-1, approved by a ciso and by another holder of board; D-2, which anybody ends."""
    def name(kind, number):
        return f"{kind}--00000000-0000-4000-8000-{number:012}"

    def action(code, number, after, **own):
        return {"type": "action", "name": code, "agent": name("group", 1), "commands": [{"type": "manual", "command": code}], "on_completion": after,
                "step_extensions": {EXTENSION: {"code": code, "phase": "containment", "accountable": "ciso",
                                                "texts": {"ja": {"name": code, "commands": [f"{code}。"]}}} | own}}

    def group(role):
        return {"type": "group", "name": role, "agent_target_extensions": {EXTENSION: {"role": role, "texts": {"ja": {"name": role}}}}}

    return {"type": "playbook", "spec_version": "cacao-2.0", "id": name("playbook", 1), "name": "Test of webhooks", "created_by": name("identity", 1),
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "workflow_start": name("start", 0),
            "workflow": {name("start", 0): {"type": "start", "on_completion": name("action", 1)},
                         name("action", 1): action("D-1", 1, name("action", 2), approvals=[{"role": "ciso", "count": 1}, {"role": "board", "count": 1}]),
                         name("action", 2): action("D-2", 2, name("end", 3)),
                         name("end", 3): {"type": "end"}},
            "playbook_extensions": {EXTENSION: {"attack_type": "test-webhook", "languages": ["en", "ja"], "texts": {"ja": {"name": "試験用"}}}},
            "extension_definitions": {EXTENSION: {"type": "extension-definition", "name": "opres", "created_by": name("identity", 1),
                                                  "schema": "opres-extension.schema.json", "version": "1.0.0"}},
            "agent_definitions": {name("group", 1): group("csirt"), name("group", 2): group("ciso"), name("group", 3): group("board")}}
