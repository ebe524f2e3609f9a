"""Conditions of playbooks and values of their variables: the twin, written from workflow-semantics.md alone.

Parses by recursive descent over a list of tokens into nested tuples, reads numbers as fractions, texts as characters; nothing of it
follows the engine's way. Sloppy below the limits of the page only in that it may call itself 100 levels deep.
"""

import re
from fractions import Fraction

NUMBER = re.compile(r'[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?')
NUMERIC = ('integer', 'long', 'float')
SYMBOLS = {'==': '=', '=': '=', '!=': '!=', '<>': '!=', '<=': '<=', '<': '<', '>=': '>=', '>': '>', '(': '(', ')': ')', ',': ','}


class Refused(Exception):
    """The text is no condition."""


class Values:
    """Which texts are values of which type."""
    limits = {'integer': 31, 'long': 63}
    hash_lengths = (128, 160, 224, 256, 384, 512)
    unreserved = r"[A-Za-z0-9._~!$&'()*+,;=-]"

    def number(self, text):
        """A fraction, or None."""
        found = NUMBER.fullmatch(text)
        if not found or (found[1] and abs(int(found[1])) > 9999):
            return None
        return self.exact(text)

    def exact(self, text):
        return Fraction(text)

    def truth(self, text):
        return {'true': True, 'false': False}.get(text)

    def valid(self, kind, text):
        return bool(getattr(self, kind.replace('-', '_'))(text))

    def bool(self, text):
        return text in ('true', 'false')

    def whole(self, text, bits):
        return re.fullmatch('[+-]?[0-9]+', text) and -2 ** bits <= int(text) < 2 ** bits

    def integer(self, text):
        return self.whole(text, self.limits['integer'])

    def long(self, text):
        return self.whole(text, self.limits['long'])

    def float(self, text):
        return self.number(text) is not None

    def hexstring(self, text):
        return re.fullmatch('(?:[0-9a-fA-F]{2})*', text)

    def ipv4_addr(self, text):
        parts = text.split('.')
        return len(parts) == 4 and all(re.fullmatch('0|[1-9][0-9]{0,2}', part) and int(part) < 256 for part in parts)

    def ipv6_addr(self, text):
        """RFC 4291, 2.2: as a list of 16-bit groups, perhaps a gap, perhaps an IPv4 address at the end."""
        head, separator, last = text.rpartition(':')
        if '.' in last:
            if not separator or not self.ipv4_addr(last):
                return False
            text = head + ':0:0'
        sides = text.split('::')
        groups = [side.split(':') if side else [] for side in sides]
        if len(sides) > 2 or not all(re.fullmatch('[0-9a-fA-F]{1,4}', group) for side in groups for group in side):
            return False
        count = sum(map(len, groups))
        return count < 8 if len(sides) == 2 else count == 8

    def mac_addr(self, text):
        octets = re.split(self.mac_separator(text), text)
        return len(octets) == 6 and all(re.fullmatch('[0-9a-fA-F]{2}', octet) for octet in octets)

    def mac_separator(self, text):
        return ':' if ':' in text else '-'

    def hash(self, text):
        return self.hexstring(text) and len(text) * 4 in self.hash_lengths

    def md5_hash(self, text):
        return self.hexstring(text) and len(text) == 32

    def sha256_hash(self, text):
        return self.hexstring(text) and len(text) == 64

    def string(self, _text):
        return True

    dictionary = string

    def uuid(self, text):
        return re.fullmatch('[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', text)

    def part(self, more):
        return f'(?:{self.unreserved}|%[0-9a-fA-F]{{2}}|[{more}])*' if more else f'(?:{self.unreserved}|%[0-9a-fA-F]{{2}})*'

    def uri(self, text):
        split = re.fullmatch(r'(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)'
                             r'(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?', text, re.DOTALL)
        if not split or (split['authority'] is not None and not self.authority(split['authority'])):
            return False
        return (re.fullmatch(self.part(':@/'), split['path']) and re.fullmatch(self.part(':@/?'), split['query'] or '')
                and re.fullmatch(self.part(':@/?'), split['fragment'] or ''))

    def authority(self, text):
        found = re.fullmatch(f'(?:{self.part(":")}@)?(?:{self.part("")}|\\[(?P<literal>[^]]*)\\])(?::[0-9]*)?', text)
        if not found or found['literal'] is None:
            return found
        return self.ipv6_addr(found['literal']) or re.fullmatch(f'[vV][0-9a-fA-F]+\\.(?:{self.unreserved}|:)+', found['literal'])


class Conditions:
    """Conditions over variables: a dict from name to (type, value or None)."""
    values = Values()
    blanks = ' \t\n\v\f\r\u3000'
    word_characters = r'[A-Za-z0-9_.\-\u0080-\U0010ffff]'
    nesting = 100
    longest = 65536

    def answer(self, text, variables):
        """(true, false or None for unknown; warned of; names of variables in the order of first use), or Refused."""
        tree = self.parse(text, variables)
        return self.evaluate(tree), self.warned, self.names

    def parse(self, text, variables):
        if len(text.encode()) > self.longest:
            raise Refused('long')
        self.variables, self.warned, self.names = variables, False, []
        self.tokens = [*self.split(text), ('end', None)]
        self.at = self.level = 0
        tree = self.alternatives()
        self.take('end')
        return tree

    # Tokens: (kind, value)

    def split(self, text):
        at = 0
        while at < len(text):
            if text[at] in self.blanks:
                at += 1
                continue
            kind, value, at = self.one(text, at)
            yield kind, value

    def run(self, text, at, more=''):
        end = at
        while end < len(text) and text[end] not in self.blanks and (re.match(self.word_characters, text[end]) or text[end] in more):
            end += 1
        return text[at:end], end

    def one(self, text, at):
        if text[at] == "'":
            found = re.compile(r"'((?:[^'\\]|\\['\\%_])*)'", re.DOTALL).match(text, at)
            if not found:
                raise Refused('string')
            return 'string', found[1], found.end()
        if text[at] in '0123456789.+-':
            word, end = self.run(text, at, '+')
            if self.values.number(word) is None:
                raise Refused('number')
            return 'number', word, end
        word, end = self.run(text, at)
        if not word:
            for symbol in (text[at:at + 2], text[at]):
                if symbol in SYMBOLS:
                    return SYMBOLS[symbol], None, at + len(symbol)
            raise Refused('character')
        if word.startswith('__'):
            return self.variable(word, text, end)
        if word.lower() in ('and', 'or', 'not', 'in', 'like') and word.isascii():
            return word.lower(), None, end
        if word.lower() in ('true', 'false') and word.isascii():
            return 'truth', word.lower(), end
        return 'word', word, end

    def variable(self, word, text, end):
        if not word.endswith('__') or len(word) < 5:
            raise Refused('name')
        if text[end:end + 1] == ':':
            if text[end:end + 6] != ':value' or self.run(text, end + 6)[0]:
                raise Refused('suffix')
            end += 6
        return 'variable', word, end

    def next(self):
        return self.tokens[self.at][0]

    def take(self, *kinds):
        kind, value = self.tokens[self.at]
        if kind not in kinds:
            raise Refused(f'{kind} instead of {kinds}')
        self.at += 1
        return kind, value

    # The grammar: trees are ('or', trees), ('and', trees), ('not', tree), ('test', operator, left, right)

    def alternatives(self):
        parts = [self.conjunction()]
        while self.next() == 'or':
            self.at += 1
            parts.append(self.conjunction())
        return 'or', parts

    def conjunction(self):
        parts = [self.negation()]
        while self.next() == 'and':
            self.at += 1
            parts.append(self.negation())
        return 'and', parts

    def negation(self):
        negated = False
        while self.next() == 'not':
            self.at += 1
            negated = not negated
        tree = self.primary()
        return ('not', tree) if negated else tree

    def primary(self):
        if self.next() != '(':
            return self.test()
        self.at += 1
        self.level += 1
        if self.level > self.nesting:
            raise Refused('nesting')
        tree = self.alternatives()
        self.take(')')
        self.level -= 1
        return tree

    def operand(self, *kinds):
        kind, value = self.take(*kinds)
        if kind == 'variable':
            if value not in self.variables:
                raise Refused('unknown variable')
            if value not in self.names:
                self.names.append(value)
        return kind, value

    def plain(self, operand):
        """A string's characters instead of its escapes."""
        kind, value = operand
        if kind == 'string' and re.search(r'\\[%_]', re.sub(r'\\[\\\']', '', value)):
            raise Refused('escape')
        return (kind, re.sub(r'\\(.)', r'\1', value)) if kind == 'string' else operand

    def test(self):
        literals = ('string', 'number', 'truth', 'word')
        left = self.plain(self.operand('variable', *literals))
        negated = self.next() == 'not'
        self.at += negated
        if negated and self.next() not in ('in', 'like'):
            raise Refused('not')
        kind = self.next()
        if kind == 'in':
            tree = ('or', [self.checked('=', left, right) for right in self.listed(literals)])
        elif kind == 'like':
            self.at += 1
            pattern = self.operand('string')
            if left[0] == 'word':
                raise Refused('word')
            tree = ('test', 'like', left, pattern)
        elif kind in ('=', '!=', '<', '<=', '>', '>='):
            self.at += 1
            tree = self.checked(kind, left, self.plain(self.operand('variable', *literals)))
        else:
            return self.alone(left)
        return ('not', tree) if negated else tree

    def listed(self, literals):
        self.at += 1
        self.take('(')
        rights = [self.plain(self.operand(*literals))]
        while self.next() == ',':
            self.at += 1
            rights.append(self.plain(self.operand(*literals)))
        self.take(')')
        return rights

    def alone(self, left):
        if left[0] != 'truth' and (left[0] != 'variable' or self.variables[left[1]][0] not in ('bool', 'string')):
            raise Refused('alone')
        return 'test', '=', left, ('truth', 'true')

    def checked(self, operator, left, right):
        kinds = {left[0], right[0]}
        if 'word' in kinds:
            if 'variable' not in kinds:
                raise Refused('word')
            self.warned = True
        read = {'numbers': self.values.number, 'truth': self.values.truth, 'text': str}[self.reading(operator, left, right)]
        for kind, value in (left, right):
            if kind == 'variable':
                self.warned |= self.variables[value][0] == 'bool' and read == self.values.number
            else:
                self.warned |= read(value) is None
        return 'test', operator, left, right

    # Answers: True, False, None

    def kind(self, operand):
        return self.variables[operand[1]][0] if operand[0] == 'variable' else operand[0]

    def reading(self, operator, left, right):
        kinds = {self.kind(left), self.kind(right)}
        if operator in ('<', '<=', '>', '>=') or kinds & {'number', *NUMERIC}:
            return 'numbers'
        return 'truth' if kinds & {'truth', 'bool'} else 'text'

    def evaluate(self, tree):
        if tree[0] == 'test':
            return self.compare(*tree[1:])
        if tree[0] == 'not':
            return self.negate(self.evaluate(tree[1]))
        return self.join(tree[0], [self.evaluate(part) for part in tree[1]])

    def negate(self, answer):
        return None if answer is None else not answer

    def join(self, kind, answers):
        decisive = kind == 'or'
        return decisive if decisive in answers else None if None in answers else not decisive

    def text_of(self, operand):
        return self.variables[operand[1]][1] if operand[0] == 'variable' else operand[1]

    def compare(self, operator, left, right):
        a, b = self.text_of(left), self.text_of(right)
        if a is None or b is None:
            return None
        if operator == 'like':
            return self.like(a, b)
        reading = self.reading(operator, left, right)
        if reading != 'text':
            read = self.values.number if reading == 'numbers' else self.values.truth
            a, b = read(a), read(b)
            if a is None or b is None:
                return None
        return {'=': a == b, '!=': a != b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b}[operator]

    def like(self, text, pattern):
        """All places of the text that the pattern so far can reach."""
        places = {0}
        for escaped, plain in re.findall(r'\\(.)|([^\\])', pattern, re.DOTALL):
            if plain == '%':
                places = set(range(min(places), len(text) + 1)) if places else places
            else:
                places = {at + 1 for at in places if at < len(text) and (plain == '_' or text[at] == (escaped or plain))}
        return len(text) in places
