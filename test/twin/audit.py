#!/usr/bin/env python3
"""Differential test: the audit trail in the server against two twins, one in Python, one in SQL. Needs PGHOST etc. (test/with-cluster).

audit.py [--entries N] [--proofs N] [--seed S]

Random entries by several logins under SET ROLE and SET SESSION AUTHORIZATION, in transactions and subtransactions some of which roll
back. Every row must be what was appended, in that order; every hash what both twins make of it; roots, proofs and stored subtrees what
the recursive definition says, proofs must convince a verifier that knows nothing of their making, and spoilt ones must not. Then wrong
variants of both twins, each of which must be caught. Exit status 1 if anything failed.
"""

import argparse
import base64
import datetime
import json
import random
import subprocess
import sys
from pathlib import Path

import audit_python as twin
from audit_random import flipped, perhaps, spoilt, text

LOGINS = ('clerk', 'Señor Ünïcode', '監査 担当', '\U0001F3E6\U0001D56C', 'with "quotes" and \\', 'e\u0301 combining', 'x' * 63)
DESKS = ('desk', 'Leitstand "Süd"', '第二線')
COLUMNS = ('entry', 'previous_hash', 'at', 'login', 'session_role', 'acting_role', 'action', 'subject', 'content_hash', 'leaf_hash',
           'subtrees', 'salt', 'reason', 'content')
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TWIN_SQL = (Path(__file__).parent / 'audit_sql.sql').read_text(encoding='utf-8')
SQL_MUTANTS = (("'\\x00'::bytea || ", ''), ('v1\\012', 'v1'), ('field(r.login) || field(r.session_role)',
               'field(r.session_role) || field(r.login)'), ('field(r.action) || field(r.subject)', 'field(r.subject) || field(r.action)'),
               ('int4send(-1)', 'int4send(0)'), ('* 1000000)', '* 1000)'), ('field(previous)', 'field(NULL::bytea)'),
               ('field(reason) || field(content)', 'field(content) || field(reason)'), ('sha256(salt || ', 'sha256('),
               ("'\\x01'", "'\\x00'"), ('max(1::bigint << b)', 'min(1::bigint << b)'))


class Tally:
    """Counts; says the first few failures."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def ok(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            if self.failed <= 10:
                print(f'not ok: {what}'[:1500], flush=True)

    def equal(self, got, expected, what):
        self.ok(got == expected, f'{what}: expected {expected!r}, got {got!r}')


def psql(script, login='postgres', check=True, **variables):
    """What a session says; an error ends it, and the program if it is not expected."""
    command = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-U', login]
    for name, value in variables.items():
        command += ['-v', f'{name}={value}']
    run = subprocess.run(command, input=script, capture_output=True, text=True)
    if check and run.returncode:
        sys.exit(f'psql ended with {run.returncode}:\n{run.stderr[-3000:]}')
    return run.stdout if check else run


def name(role):
    return '"' + role.replace('"', '""') + '"'


def literal(value):
    """ASCII only, whatever is in it."""
    return 'NULL' if value is None else f"convert_from('\\x{value.encode().hex()}', 'UTF8')"


def call(values):
    return f"twin.append({', '.join(literal(value) for value in values)})"


class Session:
    """A session as SQL, and the entries it must leave behind."""

    def __init__(self, rng):
        self.rng, self.lines, self.expected = rng, [], []
        self.login = rng.choice(LOGINS + ('postgres',))
        self.session_role = self.acting_role = self.login

    def texts(self):
        rng = self.rng
        content = perhaps(rng, text(rng, 200))
        if rng.randrange(500) == 0:
            content = text(rng) * 1000 + 'x' * 100000
        return text(rng) or 'a', perhaps(rng, text(rng)), perhaps(rng, text(rng)), content

    def entry(self, values):
        return {'login': self.login, 'session_role': self.session_role, 'acting_role': self.acting_role,
                **dict(zip(('action', 'subject', 'reason', 'content'), values))}

    def append(self, into):
        values = self.texts()
        self.lines.append(f'SELECT {call(values)} \\g /dev/null')
        into.append(self.entry(values))

    def change_roles(self):
        if self.login == 'postgres' and self.rng.randrange(2):
            self.session_role = self.rng.choice(LOGINS + ('postgres',))
            self.acting_role = self.session_role
            self.lines.append(f'SET SESSION AUTHORIZATION {name(self.session_role)};')
        elif self.rng.randrange(2):
            self.acting_role = self.rng.choice(DESKS)
            self.lines.append(f'SET ROLE {name(self.acting_role)};')
        else:
            self.acting_role = self.session_role
            self.lines.append('RESET ROLE;')

    def savepoint(self, into, depth=0):
        """Appends in a subtransaction, and in some within, that stay or go."""
        kept = []
        self.lines.append(f'SAVEPOINT s{depth};')
        for _ in range(self.rng.randrange(1, 4)):
            self.append(kept)
        if self.rng.randrange(3) == 0:
            self.savepoint(kept, depth + 1)
        if self.rng.randrange(2):
            self.lines.append(f'RELEASE SAVEPOINT s{depth};')
            into += kept
        else:
            self.lines.append(f'ROLLBACK TO SAVEPOINT s{depth};')

    def caught(self, into):
        """A block that catches its own error keeps nothing of what it appended."""
        kept, lost = self.texts(), self.texts()
        self.lines.append(f"""DO $do$ BEGIN PERFORM {call(kept)};
          BEGIN PERFORM {call(lost)}; PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END; END $do$;""")
        into.append(self.entry(kept))

    def transaction(self):
        pending, before = [], self.acting_role
        self.lines.append('BEGIN;')
        for _ in range(self.rng.randrange(1, 12)):
            kind = self.rng.randrange(10)
            if kind == 0:
                self.savepoint(pending)
            elif kind == 1:
                self.caught(pending)
            elif kind == 2:
                self.acting_role = self.rng.choice(DESKS)
                self.lines.append(f'SET LOCAL ROLE {name(self.acting_role)};')
            else:
                self.append(pending)
        if self.rng.randrange(6) == 0:
            self.lines.append('ROLLBACK;')
        else:
            self.lines.append('COMMIT;')
            self.expected += pending
        self.acting_role = before

    def run(self, entries):
        while len(self.expected) < entries:
            kind = self.rng.randrange(4)
            if kind == 0:
                self.change_roles()
            elif kind == 1:
                self.append(self.expected)
            else:
                self.transaction()
        psql('\n'.join(self.lines), self.login)
        return self.expected


def prepare():
    psql('CREATE EXTENSION opres; CREATE SCHEMA twin; GRANT USAGE ON SCHEMA twin TO PUBLIC;'
         + ''.join(f'CREATE ROLE {name(role)};' for role in DESKS)
         + ''.join(f"CREATE ROLE {name(role)} LOGIN IN ROLE {', '.join(map(name, DESKS))};" for role in LOGINS)
         + """CREATE FUNCTION twin.append(action text, subject text, reason text, content text) RETURNS void LANGUAGE sql
           SECURITY DEFINER AS 'SELECT opres.audit_append(action, subject, reason, content)';""")


def fetch():
    """All rows, hashes as bytes, times as microseconds. In hexadecimal: psql prints U+10FFFF as nothing."""
    hexed = ', '.join(f"encode({c}, 'hex')" if c in ('previous_hash', 'content_hash', 'leaf_hash', 'subtrees', 'salt') else c
                      for c in COLUMNS)
    rows = []
    for line in psql(f"""SET timezone = 'UTC'; SELECT encode(convert_to(json_build_array({hexed})::text, 'UTF8'), 'hex')
      FROM opres.audit_entry ORDER BY entry;""").split('\n')[:-1]:
        row = dict(zip(COLUMNS, json.loads(bytes.fromhex(line)), strict=True))
        for column in ('previous_hash', 'content_hash', 'leaf_hash', 'subtrees', 'salt'):
            row[column] = None if row[column] is None else bytes.fromhex(row[column])
        row['at'] = (datetime.datetime.fromisoformat(row['at']) - EPOCH) // datetime.timedelta(microseconds=1)
        rows.append(row)
    return rows


def check_rows(tally, rows, expected):
    """What was appended, and the hashes from the first on, each with the recomputed one before. The leaves."""
    form, leaves = twin.Format(), []
    tally.equal(len(rows), len(expected), 'number of entries')
    for number, (row, want) in enumerate(zip(rows, expected), 1):
        previous = leaves[-1] if leaves else None
        content_hash = form.content_hash(row['salt'], row['reason'], row['content'])
        leaves.append(form.leaf(form.entry({**row, 'entry': number, 'previous_hash': previous, 'content_hash': content_hash})))
        got = {column: row[column] for column in want}
        tally.equal(got, want, f'entry {number}')
        tally.equal((row['entry'], row['previous_hash'], row['content_hash'], row['leaf_hash']),
                    (number, previous, content_hash, leaves[-1]), f'number and hashes of entry {number}')
        tally.ok(len(row['salt']) == 16, f'salt of entry {number}')
    tally.equal(len({row['salt'] for row in rows}), len(rows), 'different salts')
    tally.ok(all(a['at'] <= b['at'] for a, b in zip(rows, rows[1:])), 'times in order')
    tree = twin.Tree(leaves)
    for row in rows[:len(leaves)]:
        tally.equal(row['subtrees'], tree.subtrees(row['entry']), f"subtrees of entry {row['entry']}")
    return tree


def proof_of(answer):
    return [bytes.fromhex(h) for h in json.loads(answer)]


def check_tree(tally, rng, tree, count):
    """Roots, inclusion and consistency proofs at random sizes: as defined, convincing, and not when spoilt."""
    size = len(tree.leaves)
    sizes = [0, 1, 2, size - 1, size] + [rng.randrange(size + 1) for _ in range(count)]
    members = [(leaf, rng.randrange(leaf + 1, size + 1)) for leaf in rng.choices(range(size), k=count)]
    members += [(0, 1), (0, size), (size - 1, size)]
    pairs = [sorted(rng.choices(range(size + 1), k=2)) for _ in range(count)] + [(0, size), (1, size), (size - 1, size), (size, size)]

    def hexed(function, arguments):
        values = ', '.join(f"({i}, {', '.join(map(str, a))})" for i, a in enumerate(arguments))
        return f"""SELECT (SELECT coalesce(json_agg(encode(h, 'hex') ORDER BY o), '[]') FROM unnest(opres.{function}(a, b))
          WITH ORDINALITY AS p(h, o)) FROM (VALUES {values}) AS v(i, a, b) ORDER BY i;"""
    lines = psql(f"""SELECT to_json(opres.audit_checkpoint(s)) FROM unnest(ARRAY{sizes}::bigint[]) WITH ORDINALITY AS v(s, o)
      ORDER BY o;""" + hexed('audit_inclusion_proof', [(leaf + 1, n) for leaf, n in members])
                 + hexed('audit_consistency_proof', pairs)).split('\n')[:-1]
    notes, lines = lines[:len(sizes)], lines[len(sizes):]
    for n, note in zip(sizes, notes, strict=True):
        tally.equal(json.loads(note).split('\n')[1:], [str(n), base64.b64encode(tree.root(0, n)).decode(), ''], f'checkpoint of {n}')
    for (leaf, n), answer in zip(members, lines[:len(members)], strict=True):
        proof, root = proof_of(answer), tree.root(0, n)
        tally.equal(proof, tree.inclusion(leaf, n), f'inclusion of leaf {leaf} in {n}')
        tally.ok(twin.inclusion_holds(tree.leaves[leaf], leaf, n, proof, root), f'inclusion of leaf {leaf} in {n} does not hold')
        tally.ok(not twin.inclusion_holds(tree.leaves[leaf], leaf, n, spoilt(rng, proof), root)
                 and not twin.inclusion_holds(flipped(rng, tree.leaves[leaf]), leaf, n, proof, root), f'spoilt: {leaf} in {n}')
    for (old, new), answer in zip(pairs, lines[len(members):], strict=True):
        proof, a, b = proof_of(answer), tree.root(0, old), tree.root(0, new)
        tally.equal(proof, tree.consistency(old, new), f'consistency of {old} and {new}')
        if old:
            tally.ok(twin.consistency_holds(old, new, proof, a, b), f'consistency of {old} and {new} does not hold')
            tally.ok(not twin.consistency_holds(old, new, spoilt(rng, proof), a, b)
                     and not twin.consistency_holds(old, new, proof, a, flipped(rng, b)), f'spoilt: {old} and {new}')


def sql_twin(schema, script, least, asked):
    """Leaves and content hashes of the first entries, and roots asked for as (first leaf, size), by the twin in SQL."""
    make = f"""CREATE SCHEMA IF NOT EXISTS {schema};
      CREATE TABLE {schema}.trail AS SELECT * FROM opres.audit_entry WHERE entry <= {least};
      ALTER TABLE {schema}.trail ADD PRIMARY KEY (entry); ANALYZE {schema}.trail;"""
    values = ', '.join(f'({i}, {first}, {size})' for i, (first, size) in enumerate(asked))
    answer = psql(make + script + f"""
      SELECT json_build_array(encode(leaf.hash, 'hex'), encode(content_hash(salt, reason, content), 'hex'))
      FROM leaf JOIN trail ON entry = number + 1 ORDER BY number;
      SELECT json_build_array(encode(root(f, s), 'hex')) FROM (VALUES {values}) AS v(i, f, s) ORDER BY i;""", schema=schema)
    lines = [json.loads(line) for line in answer.split('\n')[:-1]]
    return lines[:-len(asked)], [line[0] for line in lines[-len(asked):]]


def check_sql(tally, rng, rows, tree):
    size = len(rows)
    asked = [(0, 0), (0, 1), (0, size)] + [(0, rng.randrange(2, size)) for _ in range(3)]
    asked += [(first, rng.randrange(1, min(60, size - first) + 1)) for first in rng.choices(range(size), k=200)]
    hashes, roots = sql_twin('twin', TWIN_SQL, size, asked)
    tally.equal(len(hashes), size, 'rows of the twin in SQL')
    for row, (leaf, content_hash) in zip(rows, hashes):
        tally.equal((row['leaf_hash'].hex(), row['content_hash'].hex()), (leaf, content_hash), f"entry {row['entry']} in SQL")
    for (first, n), root in zip(asked, roots, strict=True):
        tally.equal(root, tree.root(first, first + n).hex(), f'root of {n} leaves from {first} in SQL')
    numbers = rng.sample(range(1, size + 1), 150) + [1 << (size.bit_length() - 1)]
    stored = psql('SET search_path = twin; '
                  f"SELECT coalesce(encode(subtrees(n), 'hex'), '-') FROM unnest(ARRAY{numbers}) WITH ORDINALITY AS v(n, o) ORDER BY o;")
    for number, subtrees in zip(numbers, stored.split('\n')[:-1], strict=True):
        row = rows[number - 1]
        tally.equal(subtrees, row['subtrees'].hex() if row['subtrees'] else '-', f'subtrees of entry {number} in SQL')


def check_limit(tally, expected):
    """An entry that comes near the limit of 64 KiB is kept, one that would pass it is refused; content may be longer."""
    session = Session(random.Random(1))
    session.login = session.session_role = session.acting_role = 'postgres'
    for length in (64000, 65535, 65536, 70000):
        for values in (('a' * length, None, None, None), ('a', 's' * length, None, 'c'), ('監' * (length // 3), 's', 'r', None)):
            run = psql(f'SELECT {call(values)};', check=False)
            if length == 64000:
                tally.equal(run.returncode, 0, f'{length} bytes of action and subject: {run.stderr}')
                expected.append(session.entry(values))
            else:
                tally.ok(run.returncode and 'too long' in run.stderr, f'{length} bytes of action and subject were not refused')
    values = ('a', 's', 'r' * 100000, '\U0001F3E6' * 500000)
    psql(f'SELECT {call(values)};')
    expected.append(session.entry(values))


def differs(form, rows):
    """Whether a twin in that form says anything else about the rows."""
    return any(row['content_hash'] != form.content_hash(row['salt'], row['reason'], row['content'])
               or row['leaf_hash'] != form.leaf(form.entry(row)) for row in rows)


def check_mutants(tally, rows, tree):
    """The comparisons above, with wrong twins: each must see a difference."""
    first, size = rows[:800], 800
    for mutant in twin.FORMAT_MUTANTS:
        other = twin.Tree(tree.leaves, mutant())
        tally.ok(differs(mutant(), first) or other.root(0, size) != tree.root(0, size), f'not caught: {mutant.__name__}')
    for mutant in twin.TREE_MUTANTS:
        other = mutant(tree.leaves)
        tally.ok(any(other.root(0, n) != tree.root(0, n) or other.inclusion(n // 2, n) != tree.inclusion(n // 2, n)
                     or other.consistency(n // 3, n) != tree.consistency(n // 3, n) for n in range(2, 200)),
                 f'not caught: {mutant.__name__}')
    for number, (true, false) in enumerate(SQL_MUTANTS):
        tally.ok(true in TWIN_SQL, f'nothing to change in the twin in SQL: {true}')
        hashes, roots = sql_twin(f'mutant{number}', TWIN_SQL.replace(true, false), size, [(0, size - 1)])
        same = [(row['leaf_hash'].hex(), row['content_hash'].hex()) for row in first] == [tuple(pair) for pair in hashes]
        tally.ok(not same or roots != [tree.root(0, size - 1).hex()], f'not caught in SQL: {true} changed into {false}')


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--entries', type=int, default=3500)
    options.add_argument('--proofs', type=int, default=500)
    options.add_argument('--seed', type=int, default=20261121)
    args = options.parse_args()
    print(f'seed {args.seed}')
    rng, tally, expected = random.Random(args.seed), Tally(), []
    prepare()
    while len(expected) < args.entries:
        expected += Session(rng).run(rng.randrange(1, 100))
    check_limit(tally, expected)
    rows = fetch()
    tree = check_rows(tally, rows, expected)
    check_tree(tally, rng, tree, args.proofs)
    check_sql(tally, rng, rows, tree)
    check_mutants(tally, rows, tree)
    actors = {(row['login'] == row['session_role'], row['session_role'] == row['acting_role']) for row in rows}
    tally.equal(len(actors), 4, 'kinds of actors')
    print(f'# {len(rows)} entries')
    print(f'{tally.passed} passed, {tally.failed} failed')
    return 1 if tally.failed or not tally.passed else 0


if __name__ == '__main__':
    sys.exit(main())
