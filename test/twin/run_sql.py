#!/usr/bin/env python3
"""The twin against the extension: random maps through load_map, simulate, simulate_shocks, simulate_levels and explain.

run_sql.py [--cases N] [--seed S], in a cluster that has the extension: test/with-cluster test/twin/run_sql.py
Besides the tolerances of run.py there are cut-offs, with scenarios that start near a change of clocks. Times are compared in
microseconds. Exit status 1 if anything differs.
"""

import argparse
import json
import random
import subprocess
import sys

import engine
from cutoff import random_calendars, random_cut_off, random_start
from generate import random_case
from twin import DoesNotSettle, Outage

TICKS = [3600000000, 1800000000, 2220000000, 21600000000, 86400000000, 999983, 7]
KINDS = ['process', 'people', 'system', 'data', 'facility', 'network', 'third_party']
ODD_CODES = ["o'clock", 'a "b"', 'back\\slash', '$opres$', '{x,y}', 'NULL', ' inner  blanks'.strip(), 'op,1', '%', 'ＦＡＸ']


class Subject:
    """A case dressed for SQL: odd codes, kinds, a start, calendars, cut-offs; and what the twin expects of it."""

    def __init__(self, seed, number):
        rng = random.Random(f'sql/{seed}/{number}')
        for attempt in range(20):
            self.case = random_case(seed, f'sql.{number}.{attempt}')
            self.case.tick = rng.choice(TICKS)
            rename(rng, self.case)
            for tolerance in self.case.tolerances:
                if tolerance.level not in (0.25, 0.5, 0.75):
                    tolerance.level = round(tolerance.level, 1)  # a third is no percentage
            try:
                Outage(self.case).loop()
                break
            except DoesNotSettle:
                continue
        dated = rng.random() < 0.7
        start, zone = random_start(rng)
        self.start = start if dated else None
        self.calendars = random_calendars(rng, start)
        operations = {t.node for t in self.case.tolerances}
        self.kinds = {code: 'operation' if code in operations else rng.choice(KINDS) for code in self.case.nodes}
        self.tolerances = {(t.node, text(self.case, t)): t for t in self.case.tolerances}
        for node in sorted(operations):
            for _ in range(rng.randint(0, 2)):
                cut_off = random_cut_off(rng, node, zone)
                self.tolerances[node, cut_off.text()] = cut_off

    def microseconds(self, ticks):
        return None if ticks is None else ticks * self.case.tick

    def document(self):
        def us(ticks):
            return None if ticks is None else f'{self.microseconds(ticks)}us'

        def shock(s):
            return {'code': s.code, 'node': s.node, 'onset': us(s.onset), 'level': s.level, 'duration': us(s.duration),
                    'data_loss': us(s.data_loss)}
        case = self.case
        self.shocks = [shock(s) for s in case.shocks]
        return {
            'nodes': [{'code': code, 'kind': self.kinds[code], 'restart': us(restart)} for code, restart in case.nodes.items()],
            'requirements': [
                {'node': r.owner, 'name': r.name, 'mode': r.mode, 'needed': r.needed or None, 'needed_for': r.needed_for,
                 'impact': r.impact, 'buffer': us(r.buffer), 'switchover': us(r.switchover),
                 'members': [{'node': m.node, 'capacity': m.capacity, 'standby': m.standby, 'replica_lag': us(m.lag)}
                             for m in r.members]} for r in case.requirements],
            'tolerances': [{'operation': node, 'tolerance': words} for node, words in self.tolerances],
            'calendars': [{'code': name, 'days': sorted(map(str, days))} for name, days in self.calendars.items()],
            'scenarios': [{'code': 's', 'start': self.start and self.start.isoformat(), 'shocks': self.shocks}]}

    def expected(self):
        """{'error'} or {'curves', 'verdicts' in order of the tolerances, 'chains' by operation and moment}, in microseconds."""
        answer, outage = engine.twin_answer(self.case)
        if 'error' in answer:
            return answer
        verdicts, chains = {}, {}
        for name, tolerance in self.tolerances.items():
            moment = self.cut_off(outage, tolerance) if tolerance.form == 'by' else self.microseconds(outage.breach(tolerance))
            verdict = outage.verdict_at(tolerance, None if moment is None else moment // self.case.tick)
            verdict.update(breached=moment, met=None if tolerance.form == 'by' and not self.start else moment is None)
            for what in ('below', 'recovered', 'loss'):
                verdict[what] = self.microseconds(verdict[what])
            verdicts[name] = verdict
            at = moment if moment is not None and tolerance.form != 'loss' else self.microseconds(outage.worst(tolerance.node)[1])
            if at is not None:
                chains[tolerance.node, at] = outage.level_cause(tolerance.node, at // self.case.tick)
        curves = {node: [(self.microseconds(at), level) for at, level in curve] for node, curve in answer['curves'].items()}
        return {'curves': curves, 'verdicts': verdicts, 'chains': chains}

    def cut_off(self, outage, tolerance):
        """The first cut-off moment at which the level is below what is tolerated."""
        if not self.start:
            return None
        below = outage.below(tolerance)
        return next((moment for moment in tolerance.moments(self.start, self.microseconds(self.case.horizon), self.calendars)
                     if below[moment // self.case.tick]), None)


def rename(rng, case):
    """Some codes are replaced by ones that need quoting somewhere."""
    new = dict(zip(rng.sample(list(case.nodes), min(3, len(case.nodes))), rng.sample(ODD_CODES, 3)))
    case.nodes = {new.get(code, code): restart for code, restart in case.nodes.items()}
    for r in case.requirements:
        r.owner = new.get(r.owner, r.owner)
    for thing in [m for r in case.requirements for m in r.members] + case.shocks + case.tolerances:
        thing.node = new.get(thing.node, thing.node)


def text(case, tolerance):
    """A tolerance in the words of impact_tolerance."""
    limit = f'{tolerance.limit * case.tick}us'
    if tolerance.form == 'within':
        return f'{tolerance.level * 100:g}% within {limit}'
    if tolerance.form == 'total':
        return f'{limit} in total per {tolerance.window * case.tick}us below {tolerance.level * 100:g}%'
    return f'data loss {limit}'


def quote(value):
    return "'" + str(value).replace("'", "''") + "'"


def interval(us):
    return f"interval '1 microsecond' * {us}"


def us_of(expression):
    return f'(extract(epoch FROM {expression}) * 1000000)::bigint'


def values(rows):
    """A VALUES list; an empty one has no rows."""
    return ', '.join('(' + ', '.join(row) + ')' for row in rows)


def script(index, subject, chains):
    """SQL that answers with one line of JSON for the outage, one for the chains; an error line in place of either."""
    horizon = interval(subject.microseconds(subject.case.horizon))
    document = json.dumps(subject.document(), ensure_ascii=False)
    shocks = quote(json.dumps(subject.shocks)) + '::jsonb'
    start = quote(subject.start.isoformat()) if subject.start else 'NULL'
    numbered = values([str(i), quote(node), quote(words)] for i, (node, words) in enumerate(subject.tolerances))
    asked = values([str(i), quote(node), interval(at)] for i, (node, at) in enumerate(chains))

    def rows(call):
        number = f"""(SELECT i FROM (VALUES {numbered}) AS v(i, o, t)
          WHERE o = operation AND t::opres.impact_tolerance OPERATOR(opres.=) tolerance)"""
        return f"""(SELECT json_agg(json_build_object('number', {number}, 'met', met, 'breached', {us_of('breached_at')},
          'worst', worst_level, 'below', {us_of('time_below')}, 'recovered', {us_of('recovered_at')}, 'loss', {us_of('data_loss')},
          'cause', cause)) FROM opres.{call})"""

    def levels(call):
        return f"(SELECT json_agg(json_build_array(node, {us_of('at')}, level)) FROM opres.{call})"
    lines = [
        f'\\echo case {index}',
        f'SELECT opres.load_map($document${document}$document$::jsonb) \\g /dev/null',
        '\\echo loaded :SQLSTATE :LAST_ERROR_MESSAGE',
        f"""SELECT json_build_object('simulate', {rows(f"simulate('s', {horizon})")},
          'simulate_shocks', {rows(f"simulate_shocks({shocks}, {horizon}, {start})")},
          'simulate_levels', {levels(f"simulate_levels('s', {horizon})")},
          'simulate_shocks_levels', {levels(f"simulate_shocks_levels({shocks}, {horizon})")})::jsonb;""",
        '\\echo played :SQLSTATE :LAST_ERROR_MESSAGE']
    if asked:
        lines += [f"""SELECT json_agg((SELECT json_agg(node ORDER BY depth) FROM opres.explain('s', o, at)) ORDER BY i)::jsonb
          FROM (VALUES {asked}) AS v(i, o, at);""", '\\echo explained :SQLSTATE :LAST_ERROR_MESSAGE']
    return '\n'.join(lines) + '\n'


def ask(scripts):
    """Runs the scripts in one session: per case {'loaded': (state, text), 'played': ..., 'explained': ...}."""
    session = subprocess.run(['psql', '-X', '-q', '-A', '-t'], text=True, capture_output=True,
                             input='CREATE EXTENSION IF NOT EXISTS opres;\n' + ''.join(scripts))
    if session.returncode:
        sys.exit(f'psql ended with {session.returncode}:\n{session.stderr}')
    answers, rows = [], []
    for line in session.stdout.splitlines():
        word, _, rest = line.partition(' ')
        if word == 'case':
            answers.append({})
        elif word in ('loaded', 'played', 'explained'):
            state, _, message = rest.partition(' ')
            answers[-1][word] = (state, '\n'.join(rows) if state == '00000' else message)
            rows = []
        else:
            rows.append(line)
    return answers


def judge(subject, expected, answer):
    """What differs, in words, or None."""
    state, message = answer['loaded']
    if state != '00000':
        return f'load_map: {state} {message}'
    state, message = answer['played']
    if 'error' in expected:
        named = any(f'"{node}"' in message for node in expected['error'][1])
        return None if state != '00000' and named else f"expected {expected['error']}, got {state} {message}"
    if state != '00000':
        return f'simulate: {state} {message}'
    played = json.loads(message)
    names = list(subject.tolerances)
    for call in ('simulate', 'simulate_shocks'):
        rows = {names[row['number']]: row for row in played[call] or []}
        if set(rows) != set(names) or len(rows) != len(played[call] or []):
            return f'{call}: rows for {list(rows)}, expected {names}'
        curves = {}
        for node, at, level in played[call + '_levels'] or []:
            curves.setdefault(node, []).append((at, level))
        what = engine.difference({'curves': expected['curves'], 'verdicts': [expected['verdicts'][name] for name in names]},
                                 {'curves': curves, 'verdicts': [rows[name] for name in names]})
        if what:
            return f'{call}: {what}'
    if expected['chains']:
        state, message = answer['explained']
        got = json.loads(message) if state == '00000' else f'{state} {message}'
        if got != list(expected['chains'].values()):
            return f"explain {list(expected['chains'])}: expected {list(expected['chains'].values())}, got {got}"
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--cases', type=int, default=200)
    options.add_argument('--seed', type=int, default=20261121)
    options.add_argument('--first', type=int, default=0)
    args = options.parse_args()
    print(f'seed {args.seed}')
    subjects = [Subject(args.seed, number) for number in range(args.first, args.first + args.cases)]
    expected = [subject.expected() for subject in subjects]
    answers = ask([script(i, subject, list(e.get('chains', {}))) for i, (subject, e) in enumerate(zip(subjects, expected))])
    failed = 0
    for number, (subject, e, answer) in enumerate(zip(subjects, expected, answers, strict=True), args.first):
        what = judge(subject, e, answer)
        if what:
            failed += 1
            print(f'not ok: seed {args.seed}, map {number}: {what}\n{json.dumps(subject.document(), ensure_ascii=False)}')
    cut_offs = [(e['verdicts'][name], t) for s, e in zip(subjects, expected) if 'verdicts' in e
                for name, t in s.tolerances.items() if t.form == 'by']
    breached = sum(verdict['breached'] is not None for verdict, _ in cut_offs)
    undated = sum(verdict['met'] is None for verdict, _ in cut_offs)
    unbounded = sum('error' in e for e in expected)
    print(f'# {len(cut_offs)} cut-offs, of which {breached} breached, {undated} without a start; '
          f'{unbounded} maps lose data without bound')
    if args.cases >= 200 and (breached < 20 or undated < 20 or not unbounded):
        print('not ok: too few of these to prove anything')
        failed += 1
    print(f'{args.cases - min(failed, args.cases)} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
