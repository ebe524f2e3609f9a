#!/usr/bin/env python3
"""The README's examples, as they stand there: the tour, typed into psql from top to bottom, shows what the README shows, its commands for
a witness and an auditor work, and so do its incident and its webhook. Times differ, and so do the places of the server and of the witness's folder."""
import os
import re
import subprocess
import sys
import tempfile

from notes import OPRES, TOP
from sessions import Tally

tally = Tally()
MARK = "--- block"
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+\d\d|(?<=\[entered )[^]]*")


def blocks(heading):
    """Language and text of each example below a heading."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def table(text):
    """The cells; widths of columns, times and the count of rows left out."""
    lines = [line for line in text.strip().splitlines() if "|" in line]
    return [[TIME.sub("TIME", cell.strip()) for cell in line.split("|")] for line in lines]


def psql(folder, script):
    return subprocess.run(["psql", "-X", "-d", "bcm"], input=script, cwd=folder, text=True, capture_output=True, check=False,
                          env=dict(os.environ, PGTZ="Asia/Tokyo"))


def tour(folder):
    examples = blocks("A tour")
    script = "".join(f"{text}\n\\echo {MARK}\n" for language, text in examples if language == "sql")
    result = psql(folder, "CREATE EXTENSION opres;\n" + script)
    tally.equal(result.returncode, 0, "psql")
    tally.equal(result.stderr, "", "errors of the tour")
    shown = result.stdout.split(MARK + "\n")
    number, compared = -1, 0
    for language, text in examples:
        if language == "sql":
            number += 1
        else:
            compared += 1
            tally.equal(table(shown[number])[-len(table(text)):], table(text), f"what block {number + 1} of the tour shows")
    tally.equal(compared, 3, "tables in the tour")
    answers = [row[1:] for row in table(shown[3]) if row[0].startswith("100%")]
    tally.equal(answers, [["t", "00:07:00"], ["t", "00:07:00"], ["t", "00:20:00"], ["f", "00:20:00"]], "the figures before and after")
    with open(os.path.join(folder, "map.svg"), encoding="utf-8") as file:
        tally.equal("</svg>" in file.read(), True, "the picture")


def commands(folder):
    """Witness and auditor; the trail is the tour's."""
    keep, verify = (text for language, text in blocks("The audit trail (監査証跡)") if language == "sh")
    role = re.search(r"`(CREATE ROLE witness [^`]*)`", README)[1]
    tally.equal(psql(folder, role).stderr, "", "the witness's role")
    state = os.path.join(folder, "state")
    keep = keep.replace("host=db ", f"host={os.environ['PGHOST']} ").replace("/var/lib/opres-witness", state)
    said = []
    for line in keep.replace(" --interval 5min", "").splitlines():
        result = subprocess.run(line, shell=True, cwd=folder, text=True, capture_output=True, check=False, env=ENVIRONMENT)
        tally.equal((result.returncode, result.stderr), (0, ""), line)
        said.append(result.stdout)
    tally.equal([text.split(":")[0] for text in said[1:]], ["witnessed", "unchanged"], "the witness's rounds")
    result = subprocess.run(verify.replace("notes/", os.path.join(state, "notes")), shell=True, cwd=folder, text=True, capture_output=True,
                            check=False, env=dict(ENVIRONMENT, VERIFIER_KEY=said[0].strip()))
    tally.equal((result.returncode, result.stdout.split()[0]), (0, "intact:"), "the auditor's verdict")
    tally.equal("anchored: whole up to entry 6" in result.stdout, True, "what is anchored")


def incidents(folder):
    """A night with a playbook, on the tour's map. What is refused is shown in a block of its own."""
    examples = blocks("Incidents and playbooks")
    script = "".join(f"{text}\n\\echo {MARK}\n" for language, text in examples if language == "sql")
    os.symlink(os.path.join(TOP, "playbooks"), os.path.join(folder, "playbooks"))
    result = psql(folder, "\\set SHOW_CONTEXT never\n" + script)
    shown = result.stdout.split(MARK + "\n")
    number, tables, refused = -1, 0, []
    for language, text in examples:
        if language == "sql":
            number += 1
        elif text.startswith("ERROR"):
            refused += text.splitlines()
        else:
            tables += 1
            tally.equal(table(shown[number])[-len(table(text)):], table(text), f"what block {number + 1} of the incident shows")
    tally.equal(result.stderr.splitlines(), refused, "what is refused")
    tally.equal((number + 1, tables), (7, 4), "blocks of the incident")


def webhooks(folder):
    """A message by curl, signed by openssl, through the program to the run of the incident before."""
    examples = blocks("Webhooks")
    secret, serve, send = (text for language, text in examples if language == "sh")
    answer, = (text for language, text in examples if language == "")
    setting, = (text for language, text in examples if language == "sql")
    subprocess.run(secret, shell=True, cwd=folder, check=True)
    tally.equal(psql(folder, setting).stderr, "", "sender and endpoint")
    tally.equal(serve.count("host=db ") + serve.count(" --port 8480 &"), 2, "the program's command")
    command = serve.replace("host=db ", f"host={os.environ['PGHOST']} ").replace(" --port 8480 &", " --port 0 --deliveries 0")
    with subprocess.Popen("exec " + command, shell=True, cwd=folder, text=True, stderr=subprocess.PIPE, env=ENVIRONMENT) as program:
        try:
            port = next(match[1] for match in (re.search(r"port=(\d+)", line) for line in program.stderr) if match)
            for _ in range(2):
                result = subprocess.run(send.replace(":8480/", f":{port}/"), shell=True, cwd=folder, text=True, capture_output=True, check=False)
                tally.equal((result.stdout.strip(), result.stderr), (answer.strip(), ""), "what curl shows")
        finally:
            program.terminate()
    tally.equal(psql(folder, "\\a\n\\t\nSELECT person, login FROM opres.run_event WHERE run = 1 AND note = 'seen in the chat';").stdout.splitlines()[-1:],
                ["mori|webhook chat"], "done, once")


with open(os.path.join(TOP, "README.md"), encoding="utf-8") as readme:
    README = readme.read()
ENVIRONMENT = dict(os.environ, PATH=os.path.dirname(OPRES) + ":" + os.environ["PATH"])
subprocess.run(["createdb", "bcm"], check=True)
with tempfile.TemporaryDirectory() as temporary:
    tour(temporary)
    commands(temporary)
    incidents(temporary)
    webhooks(temporary)
sys.exit(tally.close())
