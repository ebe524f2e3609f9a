"""Random variables, values and conditions for condition.py: mostly what the grammar allows, then spoilt."""

TYPES = ('bool', 'dictionary', 'float', 'hexstring', 'integer', 'ipv4-addr', 'ipv6-addr', 'long', 'mac-addr', 'hash',
         'md5-hash', 'sha256-hash', 'string', 'uri', 'uuid')
NUMBERS = ('0', '-0', '5', '05', '5.0', '5.00', '50e-1', '.5', '0.5', '-.5', '-5', '+5', '10', '1e1', '1E+1', '9',
           '9007199254740992', '9007199254740993', '9007199254740992.5', '9223372036854775807',
           '9223372036854775808', '-9223372036854775808', '2147483647', '2147483648',
           '123456789012345678901234567890.1', '123456789012345678901234567890.10000000000000000001', '1e9999',
           '1e-9999', '-1e9999', '1e09998', '0e9999', '0.00001', '1e-5')
NO_NUMBERS = ('', '5.', '.', '1e', '1e10000', 'e5', '5x', '0x5', 'NaN', 'inf', '1_000', '\uff15', '- 5', ' 5',
              '1.2.3', '1e1.5', '--5', '5-3', '5+3')
TEXTS = ('', 'yes', 'no', 'はい', 'い', 'Yes', 'true', 'false', 'True', 'a_b', 'a%b', 'aab', 'aabaab', "it's", 'C:\\x',
         'line\nline', 'a\nb', '𝕏y', ' yes', 'in', 'é', 'AND', '\\', '192.0.2.1', '192.0.2.10')
NAMES = ('__a__', '__A__', '__a.b__', '__a-1__', '__should.execute.true__', '_____', '__true__', '__and__', '__変数__',
         '__x9__', '__i__', '__s__')
WORDS = ('yes', 'no', 'はい', 'Yes', 'x.y', 'a-b', 'TH-AP', 'Not', 'anD', '_', '_a', 'ＯＲ', 'Kı', 'ina', 'orb',
         'li\u212ae')


def value(rng, kind):
    """Mostly a value of the type."""
    if rng.randrange(12) == 0:
        return rng.choice(TEXTS + NUMBERS + NO_NUMBERS)
    if kind == 'bool':
        return rng.choice(('true', 'false'))
    if kind in ('integer', 'long'):
        return rng.choice(('0', '5', '05', '-5', '10', '9', '2147483647', '+5', '9223372036854775807', '9007199254740993'))
    if kind == 'float':
        return rng.choice(NUMBERS)
    return rng.choice(TEXTS + NUMBERS) if kind in ('string', 'dictionary', 'hexstring', 'uri') else rng.choice(TEXTS)


def variables(rng):
    kinds = ('bool', 'integer', 'float', 'long', 'string', 'string', *TYPES)
    found = {}
    for name in rng.sample(NAMES, rng.randrange(1, 8)):
        kind = rng.choice(kinds)
        found[name] = (kind, None if rng.randrange(6) == 0 else value(rng, kind))
    return found


def any_case(rng, word):
    return rng.choice((word.upper(), word.lower(), word.upper(), ''.join(rng.choice((c.upper(), c)) for c in word)))


def quoted(rng, text, pattern=False):
    text = text.replace('\\', '\\\\').replace("'", "\\'")
    if pattern:
        for wild in '%_':
            text = text.replace(wild, rng.choice((wild, '\\' + wild)))
    elif rng.randrange(40) == 0:
        text += rng.choice(('\\%', '\\n', '\\', '\\_', '\\\\'))
    return f"'{text}'"


def literal(rng, known):
    pick = rng.randrange(10)
    if pick < 3:
        return rng.choice(NUMBERS)
    if pick < 4:
        return any_case(rng, rng.choice(('true', 'false')))
    if pick < 5:
        return rng.choice(WORDS)
    values = [text for _, text in known.values() if text is not None]
    return quoted(rng, rng.choice(values) if values and rng.randrange(2) else rng.choice(TEXTS + NUMBERS))


def variable(rng, known):
    name = rng.choice(list(known)) if rng.randrange(40) else rng.choice(NAMES)
    wrong = (':Value', ':valu', ':values', ': value', ':', '.value')
    return name + rng.choice(('', ':value', ':value', ':value') if rng.randrange(60) else wrong)


def operand(rng, known):
    return variable(rng, known) if rng.randrange(3) else literal(rng, known)


def pattern(rng, known):
    values = [text for _, text in known.values() if text is not None] or ['']
    text = rng.choice(values) if rng.randrange(3) else rng.choice(TEXTS)
    if text and rng.randrange(2):
        at = rng.randrange(len(text))
        before, after = quoted(rng, text[:at], True), quoted(rng, text[at + rng.randrange(2):], True)
        return before[:-1] + rng.choice('%_') + after[1:]
    if rng.randrange(4):
        return quoted(rng, text, rng.randrange(2))
    return "'" + some(rng, '%_abい', rng.randrange(6)) + "'"


def test(rng, known):
    pick = rng.randrange(10)
    left = operand(rng, known)
    negated = [any_case(rng, 'not')] if rng.randrange(2) else []
    if pick < 5:
        return [left, rng.choice(('=', '==', '!=', '<>', '<', '<=', '>', '>=', '=')), operand(rng, known)]
    if pick == 5:
        rights = [literal(rng, known) for _ in range(rng.randrange(1, 4))]
        listed = [part for right in rights for part in (',', right)][1:]
        return [left, *negated, any_case(rng, 'in'), '(', *listed, ')']
    if pick < 8:
        return [left, *negated, any_case(rng, 'like'), pattern(rng, known)]
    if rng.randrange(12) == 0:
        return [left]
    return [rng.choice(('true', 'false')) if rng.randrange(3) == 0 else alone(rng, known)]


def alone(rng, known):
    fit = [name for name, (kind, _) in known.items() if kind in ('bool', 'string')]
    return rng.choice(fit) + rng.choice(('', ':value')) if fit else 'true'


def tree(rng, known, depth):
    if depth == 0 or rng.randrange(3) == 0:
        return test(rng, known)
    pick = rng.randrange(5)
    if pick == 0:
        return [any_case(rng, 'not'), *tree(rng, known, depth - 1)]
    if pick == 1:
        return ['(', *tree(rng, known, depth - 1), ')']
    return [*tree(rng, known, depth - 1), any_case(rng, rng.choice(('and', 'or'))), *tree(rng, known, depth - 1)]


def spaced(rng, tokens):
    """Blanks where they must be, and others; sometimes none."""
    text = ''
    for token in tokens:
        need = text and ((text[-1] not in '<>=!(),\'' and token[0] not in '<>=!(),\'') or rng.randrange(3) == 0)
        blank = rng.choice((' ', '  ', '\t', '\n', '\u3000', ' ', ' ')) if need and rng.randrange(200) else ''
        text += blank + token
    return rng.choice(('', '', '', ' ', '\u3000')) + text + rng.choice(('', '', '', ' ', '\u3000'))


def condition(rng, known):
    tokens = tree(rng, known, rng.randrange(5))
    if rng.randrange(8) == 0:
        at = rng.randrange(len(tokens))
        others = (*tokens, '(', ')', ',', 'not', 'and', 'in', 'like', *NO_NUMBERS, *WORDS)
        tokens[at:at + rng.randrange(2)] = [rng.choice(others)]
        tokens = [token for token in tokens if token]
    if rng.randrange(60) == 0:
        levels = rng.randrange(98, 103)
        tokens = ['('] * levels + tokens + [')'] * levels
    text = spaced(rng, tokens)
    if rng.randrange(10) == 0 and text:
        at = rng.randrange(len(text))
        stray = ('', "'", '\\', '_', '"', '.', '+', '-', '(', ')', '!', '%', 'é', '\x01', '\u00a0', '\u3001', ':')
        text = text[:at] + rng.choice(stray) + text[at + rng.randrange(2):]
    if rng.randrange(500) == 0:
        text += ' ' * (65536 + rng.randrange(-1, 2) - len(text.encode()))
    return text


# Values of types

HEX = '0123456789abcdefABCDEF'


def some(rng, characters, count):
    return ''.join(rng.choice(characters) for _ in range(count))


def ipv6(rng):
    groups = [some(rng, HEX, rng.randrange(1, 5)) for _ in range(rng.randrange(5, 10))]
    if rng.randrange(3) == 0:
        groups[-1:] = ['.'.join(str(rng.randrange(256)) for _ in range(4))]
    if rng.randrange(2):
        at = rng.randrange(len(groups))
        groups[at:at + rng.randrange(4)] = ['']
        if at == 0:
            groups.insert(0, '')
        if at >= len(groups) - 1 or groups[-1] == '':
            groups.append('')
    text = ':'.join(groups)
    return text.replace(':', '::', 1) if rng.randrange(12) == 0 else text


def uri(rng):
    def part(more, least=0):
        characters = ('a', 'Z', '9', '-', '.', '~', '!', "'", '*', '=', '%4f', *more)
        return some(rng, characters, rng.randrange(least, 5))
    authority = ''
    if rng.randrange(3):
        future = '[v' + some(rng, HEX, rng.randrange(2)) + '.' + part(':', 1) + ']'
        host = rng.choice((part(''), '[' + ipv6(rng) + ']', future, '192.0.2.1'))
        authority = '//' + rng.choice(('', part(':') + '@')) + host + rng.choice(('', ':', ':' + str(rng.randrange(70000))))
    return (rng.choice(('http', 'urn', 'x-1.2+z', 'H', '', '1a')) + ':' + authority + rng.choice(('', '/', '/')) + part(':@/')
            + rng.choice(('', '?' + part('@/?:'))) + rng.choice(('', '#' + part('@/?:'))))


def typed(rng, kind):
    """A text that is nearly always nearly a value."""
    if kind in ('integer', 'long', 'float'):
        edge = 2 ** (31 if kind == 'integer' else 63)
        text = rng.choice((str(rng.choice((edge, -edge, 0)) + rng.randrange(-2, 3)), rng.choice(NUMBERS), rng.choice(NO_NUMBERS)))
        return rng.choice(('', '', '', '0', '+', '-', '+0')) + text
    if kind == 'ipv4-addr':
        likely, others = (0, 1, 9, 10, 99, 100, 199, 249, 255, 256, 260, 300, 999, 1000), ('00', '01', '', 'a', '-1')
        count = rng.choice((4, 4, 4, 4, 4, 3, 5))
        return '.'.join(str(rng.choice(likely if rng.randrange(15) else others)) for _ in range(count))
    if kind == 'ipv6-addr':
        return ipv6(rng)
    if kind == 'mac-addr':
        return rng.choice((':', '-', ':', '-', '.')).join(some(rng, HEX, 2) for _ in range(rng.choice((6, 6, 6, 5, 7))))
    if kind == 'uuid':
        return '-'.join(some(rng, HEX, count) for count in (8, 4, 4, 4, 12))
    if kind == 'uri':
        return uri(rng)
    if kind == 'bool':
        return rng.choice(TEXTS)
    return some(rng, HEX, rng.choice((0, 1, 2, 31, 32, 33, 40, 48, 56, 64, 65, 66, 80, 96, 128, 130)))


def nearly(rng, kind):
    text = typed(rng, kind)
    if rng.randrange(4) == 0:
        at = rng.randrange(len(text) + 1)
        stray = ('', ' ', '0', 'g', 'F', ':', '-', '.', '%', '[', '/', '@', '+', 'é', '\n', '1', '?', '#')
        text = text[:at] + rng.choice(stray) + text[at + rng.randrange(2):]
    return text
