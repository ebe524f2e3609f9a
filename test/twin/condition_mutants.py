"""Wrong variants of the twin of conditions and of values: what somebody could have got wrong."""

import re
from fractions import Fraction

from condition_python import Conditions, Refused, Values


class OneRank(Conditions):
    """AND and OR from left to right."""
    def alternatives(self):
        tree = self.negation()
        while self.next() in ('and', 'or'):
            kind, _ = self.take('and', 'or')
            tree = (kind, [tree, self.negation()])
        return tree


class OrBeforeAnd(Conditions):
    def alternatives(self):
        parts = [self.conjunction()]
        while self.next() == 'and':
            self.at += 1
            parts.append(self.conjunction())
        return 'and', parts

    def conjunction(self):
        parts = [self.negation()]
        while self.next() == 'or':
            self.at += 1
            parts.append(self.negation())
        return 'or', parts


class LooseNot(Conditions):
    """NOT of all that AND joins."""
    def negation(self):
        if self.next() != 'not':
            return self.primary()
        self.at += 1
        return 'not', self.conjunction()


class NotOnce(Conditions):
    """NOT NOT is NOT."""
    def negation(self):
        negated = False
        while self.next() == 'not':
            self.at += 1
            negated = True
        tree = self.primary()
        return ('not', tree) if negated else tree


class NotUnknown(Conditions):
    def negate(self, answer):
        return not answer


class UnknownSpoils(Conditions):
    """As in a language without three-valued logic."""
    def join(self, kind, answers):
        return None if None in answers else super().join(kind, answers)


class UnknownFalse(Conditions):
    def join(self, kind, answers):
        return super().join(kind, [bool(answer) for answer in answers])


class NullEqualsNull(Conditions):
    def compare(self, operator, left, right):
        if self.text_of(left) is None and self.text_of(right) is None and operator == '=':
            return True
        return super().compare(operator, left, right)


class NullDiffers(Conditions):
    def compare(self, operator, left, right):
        if operator == '!=' and (self.text_of(left) is None) != (self.text_of(right) is None):
            return True
        return super().compare(operator, left, right)


class EmptyIsNull(Conditions):
    def text_of(self, operand):
        return super().text_of(operand) or None


class UnreadableDiffers(Conditions):
    """What cannot be read as a number is compared as text."""
    def compare(self, operator, left, right):
        answer = super().compare(operator, left, right)
        a, b = self.text_of(left), self.text_of(right)
        if answer is None and operator in ('=', '!=') and None not in (a, b):
            return (a == b) == (operator == '=')
        return answer


class TruthFirst(Conditions):
    def reading(self, operator, left, right):
        kinds = {self.kind(left), self.kind(right)}
        return 'truth' if operator in ('=', '!=') and kinds & {'truth', 'bool'} else super().reading(operator, left, right)


class NumbersByNeedOnly(Conditions):
    """Texts that look like numbers are compared as such."""
    def reading(self, operator, left, right):
        reading = super().reading(operator, left, right)
        values = [self.values.number(text) for text in (self.text_of(left), self.text_of(right)) if text is not None]
        return 'numbers' if reading == 'text' and len(values) == 2 and None not in values else reading


class LongIsText(Conditions):
    def reading(self, operator, left, right):
        kinds = {self.kind(left), self.kind(right)}
        return 'text' if operator in ('=', '!=') and kinds <= {'long', 'string'} else super().reading(operator, left, right)


class TextOrder(Conditions):
    """Less and greater of texts, where neither is a number."""
    def compare(self, operator, left, right):
        a, b = self.text_of(left), self.text_of(right)
        if operator in ('<', '>') and None not in (a, b) and {self.kind(left), self.kind(right)} <= {'string', 'uri'}:
            return a < b if operator == '<' else a > b
        return super().compare(operator, left, right)


class LikeBytes(Conditions):
    def like(self, text, pattern):
        return super().like(text.encode().decode('latin-1'), pattern.encode().decode('latin-1'))


class LikeAnyCase(Conditions):
    def like(self, text, pattern):
        return super().like(text.lower(), pattern.lower())


class LikeWithin(Conditions):
    def like(self, text, pattern):
        return super().like(text, f'%{pattern}%')


class LikeOneLine(Conditions):
    """% stops at the end of a line."""
    def like(self, text, pattern):
        return super().like(text, pattern) and ('\n' not in text or '\n' in pattern)


class LikeNoEscape(Conditions):
    def like(self, text, pattern):
        return super().like(text, re.sub(r'\\([%_])', r'\1', pattern))


class LikeEmpty(Conditions):
    """% is at least one character."""
    def like(self, text, pattern):
        return super().like(text, re.sub(r'(\\.)|%', lambda found: found[1] or '_%', pattern, flags=re.DOTALL))


class EscapesStay(Conditions):
    def plain(self, operand):
        super().plain(operand)
        return operand


class EscapesEverywhere(Conditions):
    def plain(self, operand):
        return (operand[0], re.sub(r'\\(.)', r'\1', operand[1])) if operand[0] == 'string' else operand


class LiteralCaseKept(Conditions):
    """TRUE is none."""
    def one(self, text, at):
        kind, value, end = super().one(text, at)
        return (kind, text[at:end], end) if kind == 'truth' else (kind, value, end)


class SmallKeyWords(Conditions):
    def one(self, text, at):
        kind, value, end = super().one(text, at)
        mixed = kind in ('and', 'or', 'not', 'in', 'like') and text[at:end] not in (kind, kind.upper())
        return ('word', text[at:end], end) if mixed else (kind, value, end)


class NoWideBlank(Conditions):
    blanks = Conditions.blanks.replace('\u3000', '')


class NoBreakBlank(Conditions):
    blanks = Conditions.blanks + '\u00a0'


class AsciiWords(Conditions):
    word_characters = r'[A-Za-z0-9_.\-]'


class NoDots(Conditions):
    word_characters = r'[A-Za-z0-9_\-\u0080-\U0010ffff]'


class AnySuffix(Conditions):
    def variable(self, word, text, end):
        if text[end:end + 6].lower() == ':value':
            return 'variable', word, end + 6
        return super().variable(word, text, end)


class SuffixNeeded(Conditions):
    def variable(self, word, text, end):
        if text[end:end + 1] != ':':
            raise Refused('suffix')
        return super().variable(word, text, end)


class ShortName(Conditions):
    def variable(self, word, text, end):
        if len(word) < 6:
            raise Refused('name')
        return super().variable(word, text, end)


class WordAlone(Conditions):
    """A word is a text anywhere."""
    def checked(self, operator, left, right):
        if {left[0], right[0]} <= {'word', 'string', 'number', 'truth'}:
            left, right = (('string', text) if kind == 'word' else (kind, text) for kind, text in (left, right))
        return super().checked(operator, left, right)


class NoWarning(Conditions):
    def checked(self, operator, left, right):
        before = self.warned
        tree = super().checked(operator, left, right)
        self.warned = before or 'word' in (left[0], right[0])
        return tree


class AnythingAlone(Conditions):
    def alone(self, left):
        return 'test', '=', left, ('truth', 'true')


class BoolAloneOnly(Conditions):
    def alone(self, left):
        if left[0] == 'variable' and self.variables[left[1]][0] == 'string':
            raise Refused('alone')
        return super().alone(left)


class NamesTwice(Conditions):
    def operand(self, *kinds):
        before = list(self.names)
        kind, value = super().operand(*kinds)
        self.names = [*before, value] if kind == 'variable' else self.names
        return kind, value


class Deeper(Conditions):
    nesting = 101


class LessDeep(Conditions):
    nesting = 99


class Longer(Conditions):
    longest = 65537


class Shorter(Conditions):
    longest = 65535


class Doubles(Values):
    def exact(self, text):
        try:
            return Fraction(float(text))
        except OverflowError:
            return super().exact(text)


class InDoubles(Conditions):
    values = Doubles()


class AnyTruth(Values):
    def truth(self, text):
        return super().truth(text.lower())


class InAnyTruth(Conditions):
    values = AnyTruth()


CONDITIONS = [OneRank, OrBeforeAnd, LooseNot, NotOnce, NotUnknown, UnknownSpoils, UnknownFalse, NullEqualsNull,
              NullDiffers, EmptyIsNull, UnreadableDiffers, TruthFirst, NumbersByNeedOnly, LongIsText, TextOrder,
              LikeBytes, LikeAnyCase, LikeWithin, LikeOneLine, LikeNoEscape, LikeEmpty, EscapesStay,
              EscapesEverywhere, LiteralCaseKept, SmallKeyWords, NoWideBlank, NoBreakBlank, AsciiWords, NoDots,
              AnySuffix, SuffixNeeded, ShortName, WordAlone, NoWarning, AnythingAlone, BoolAloneOnly, NamesTwice,
              Deeper, LessDeep, Longer, Shorter, InDoubles, InAnyTruth]


class Int16(Values):
    limits = {'integer': 30, 'long': 63}


class Unsigned(Values):
    def whole(self, text, bits):
        return re.fullmatch('[+-]?[0-9]+', text) and -2 ** bits < int(text) <= 2 ** bits


class NoPlus(Values):
    def whole(self, text, bits):
        return text[:1] != '+' and super().whole(text, bits)


class NoLeadingZero(Values):
    def whole(self, text, bits):
        return not re.match('[+-]?0[0-9]', text) and super().whole(text, bits)


class PythonFloat(Values):
    def float(self, text):
        try:
            float(text)
        except ValueError:
            return False
        return True


class NoHalf(Values):
    """A digit must stand before the point."""
    def float(self, text):
        return super().float(text) and text.lstrip('+-')[:1] != '.'


class OddHex(Values):
    def hexstring(self, text):
        return re.fullmatch('[0-9a-fA-F]*', text)


class SomeHex(Values):
    def hexstring(self, text):
        return text and super().hexstring(text)


class SmallHex(Values):
    def hexstring(self, text):
        return text == text.lower() and super().hexstring(text)


class Octal(Values):
    def ipv4_addr(self, text):
        return super().ipv4_addr(re.sub('(^|[.])0+([0-9])', r'\1\2', text))


class FreshOctet(Values):
    def ipv4_addr(self, text):
        return super().ipv4_addr(text.replace('256', '255'))


class FullGap(Values):
    """:: may stand for nothing."""
    def ipv6_addr(self, text):
        return super().ipv6_addr(text) or ('::' in text and super().ipv6_addr(text.replace('::', ':', 1)))


class WideGap(Values):
    """:: stands for two groups at the least."""
    def ipv6_addr(self, text):
        return super().ipv6_addr(text) and not super().ipv6_addr(text.replace('::', ':0:', 1).strip(':') if '::' in text else '')


class TwoGaps(Values):
    def ipv6_addr(self, text):
        return super().ipv6_addr(text) or (text.count('::') == 2 and super().ipv6_addr(text.replace('::', ':0:', 1)))


class PureIpv6(Values):
    def ipv6_addr(self, text):
        return '.' not in text and super().ipv6_addr(text)


class AnyMac(Values):
    def mac_separator(self, text):
        return '[:.-]'


class ColonMac(Values):
    def mac_separator(self, text):
        return ':'


class MoreHashes(Values):
    hash_lengths = (*Values.hash_lengths, 192)


class FewerHashes(Values):
    hash_lengths = Values.hash_lengths[:-1]


class Version1To5(Values):
    def uuid(self, text):
        return super().uuid(text) and text[14] in '12345' and text[19] in '89abAB'


class AnyUri(Values):
    def uri(self, text):
        return re.fullmatch('[A-Za-z][A-Za-z0-9+.-]*:[!-~]*', text)


class Iri(Values):
    unreserved = Values.unreserved.replace('[', '[\u0080-\U0010ffff')


class NoEmptyPort(Values):
    def authority(self, text):
        return not text.endswith(':') and super().authority(text)


class NoFuture(Values):
    def authority(self, text):
        return '[v' not in text and super().authority(text)


class AnyLiteral(Values):
    def authority(self, text):
        return re.fullmatch(r'(?:[^]@[]*@)?\[[^]]*\](?::[0-9]*)?', text) or super().authority(text)


class AnyCaseBool(Values):
    def bool(self, text):
        return super().bool(text.lower())


VALUES = [Int16, Unsigned, NoPlus, NoLeadingZero, PythonFloat, NoHalf, OddHex, SomeHex, SmallHex, Octal, FreshOctet,
          FullGap, WideGap, TwoGaps, PureIpv6, AnyMac, ColonMac, MoreHashes, FewerHashes, Version1To5, AnyUri, Iri,
          NoEmptyPort, NoFuture, AnyLiteral, AnyCaseBool]
