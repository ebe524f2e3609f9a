"""Deliberately wrong variants of the workflow twin. Each must be caught by the comparison: that proves it can fail."""

import dataclasses

from condition_python import Values
from workflow_twin import Activation, Run


class RejectionForgetsDoers(Run):
    """who did what was rejected may approve it afterwards"""
    def reach(self, n, delay, doers=()):
        super().reach(n, delay, () if self.table[n].state == 'submitted' else doers)


class RetryForgetsDoers(Run):
    """who did what was retried may approve it afterwards"""
    def reach(self, n, delay, doers=()):
        super().reach(n, delay, () if self.table[n].state == 'held' else doers)


class ApprovalsSurviveRejection(Run):
    """approvals of a submission that was rejected count for the next"""
    def reach(self, n, delay, doers=()):
        kept = self.table[n].approvals if self.table[n].state == 'submitted' else []
        super().reach(n, delay, doers)
        self.table[n].approvals = kept


class DelayAfterRejection(Run):
    """what was rejected waits for its delay again"""
    def reach(self, n, delay, doers=()):
        super().reach(n, self.book.steps[n].delay, doers)


class NoDelayAfterRetry(Run):
    """what is retried does not wait for its delay again"""
    def reach(self, n, delay, doers=()):
        super().reach(n, 0 if self.table[n].state == 'held' else delay, doers)


class StepVariablesStay(Run):
    """a step that is reached again has the variables it had"""
    def reach(self, n, delay, doers=()):
        kept = list(self.values)
        super().reach(n, delay, doers)
        if self.table[n].doers:
            self.values = kept


class ApproverTwiceInTwoRoles(Run):
    """a person may approve once in every role"""
    def against_approve(self, e, s, a):
        again = e.person in [person for person, role, _ in a.approvals if role == e.role]
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'TWICE' or again}

    against_reject = against_approve


class ApprovalBeyondTheCount(Run):
    """of one role more may approve than are asked for"""
    def against_approve(self, e, s, a):
        again = e.person in [person for person, _, _ in a.approvals]
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'TWICE' or again}

    against_reject = against_approve


class DoerHearsApproval(Run):
    """a doer may hear an approval by phone"""
    def against_approve(self, e, s, a):
        alone = e.person in a.doers or e.person == e.heard_by
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'DOER' or alone}

    against_reject = against_approve


class DoerApproves(Run):
    """a doer may approve"""
    def against_approve(self, e, s, a):
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'DOER'}

    against_reject = against_approve


class AnybodyApproves(Run):
    """an approver need not have the role"""
    def against_approve(self, e, s, a):
        return {r for r in super().against_approve(e, s, a) if r[0] != 'ROLE' or e.role not in dict(s.approvals)}

    against_reject = against_approve


class PlaybookAuthorityToo(Run):
    """who may override the playbook may override a step that names an authority of its own"""
    def against_override(self, e, s, a):
        reasons = super().against_override(e, s, a)
        role = self.book.override_roles[s.playbook]
        return reasons - {('ROLE', None)} if role == e.role and role in e.roles else reasons


class OneHearsHerself(Run):
    """an approver may be the one who heard it"""
    def against_approve(self, e, s, a):
        doer = e.person in a.doers or e.heard_by in a.doers
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'DOER' or doer}

    against_reject = against_approve


class DoerRejects(Run):
    """a doer may reject"""
    def against_reject(self, e, s, a):
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'DOER'}


class ApproverRejects(Run):
    """who has approved may reject"""
    def against_reject(self, e, s, a):
        return {reason for reason in super().against_approve(e, s, a) if reason[0] != 'TWICE'}


class OmitsWhatIsNotOptional(Run):
    """any action may be left out"""
    def against_omit(self, e, s, a):
        reasons = super().against_omit(e, s, a)
        return reasons - {('TYPE', None)} if s.type == 'action' else reasons


class OmitsWhatIsSubmitted(Run):
    """what is submitted may be left out"""
    def against_omit(self, e, s, a):
        reasons = super().against_omit(e, s, a)
        return reasons - {('STATE', None)} if a.state == 'submitted' else reasons

    def plain(self, n, event):
        return 'omitted' if event.kind == 'omit' else super().plain(n, event)


class OmitsWhenReady(Run):
    """a step is left out only when it is ready"""
    def against_omit(self, e, s, a):
        return super().against_omit(e, s, a) | self.unready(e)


class OmittedEstablishes(Run):
    """what is left out establishes its facts"""
    def leave(self, n, state):
        super().leave(n, state)
        if state == 'skipped':
            self.establish(n)


class OmittedIsDone(Run):
    """what is left out is done"""
    def leave(self, n, state):
        super().leave(n, 'done' if state == 'skipped' else state)


class OverriddenWithoutMark(Run):
    """what is overridden is not marked"""
    def leave(self, n, state):
        super().leave(n, state)
        self.table[n].overridden = False


class AnybodyOverrides(Run):
    """anybody may override where there is no authority"""
    def against_override(self, e, s, a):
        reasons = super().against_override(e, s, a)
        return reasons - {('ROLE', None)} if s.override_role is None and self.book.override_roles[s.playbook] is None else reasons


class OverrideWhenReady(Run):
    """an override needs facts and time"""
    def against_override(self, e, s, a):
        reasons = super().against_override(e, s, a)
        return reasons | self.unready(e) if a.state == 'reached' else reasons


class ExpiryWithoutWay(Run):
    """a timeout after which nothing follows is a failure"""
    def against_expire(self, e, s, a):
        return {r for r in super().against_expire(e, s, a) if r[0] != 'NO_TIMEOUT' or s.timeout is None}


class ExpiryALittleLater(Run):
    """at the moment it is due nothing expires yet"""
    def against_expire(self, e, s, a):
        return super().against_expire(e, s, a) | ({('NOT_YET', None)} if e.at == self.look(e.step).due else set())


class ReadyALittleLater(Run):
    """at the end of its delay a step is not ready yet"""
    def unready(self, e):
        a = self.table[e.step]
        return super().unready(e) | ({('NOT_YET', None)} if a.state == 'reached' and e.at == a.not_before > a.reached_at else set())


class FactsIgnored(Run):
    """facts are not asked for"""
    def missing(self, n):
        return []

    def look(self, n):
        a = self.table[n]
        kept, self.facts = self.facts, {fact: self.facts.get(fact, 0) for fact in range(self.book.facts)}
        a = super().look(n)
        self.facts = kept
        return a


class ReadyWithoutFacts(Run):
    """a step is ready at not_before, whenever its facts were established"""
    def look(self, n):
        a = super().look(n)
        if a.waits and a.ready_at is not None:
            a.ready_at = a.not_before
            a.due = None if self.book.steps[n].timeout is None else a.ready_at + self.book.steps[n].timeout
        return a


class FactsStampedAnew(Run):
    """a fact that is established again counts from then"""
    def establish(self, n):
        self.facts.update(dict.fromkeys(self.book.steps[n].establishes, self.at))


class SubmittedDoesNotExpire(Run):
    """who has submitted in time need not fear the timeout"""
    def against_expire(self, e, s, a):
        return super().against_expire(e, s, a) | ({('STATE', None)} if a.state == 'submitted' else set())


class SubmittedDueAnew(Run):
    """time for approvals counts from the submission"""
    def look(self, n):
        a, s = super().look(n), self.book.steps[n]
        if a.state == 'submitted' and s.timeout is not None and not a.approvals:
            a.due = self.at + s.timeout
        return a


class DueFromReached(Run):
    """a timeout counts from when the step was reached"""
    def look(self, n):
        a = super().look(n)
        if a.waits and a.due is not None:
            a.due = a.reached_at + self.book.steps[n].timeout
        return a


class DueOfConstructsFromReady(Run):
    """the timeout of a construct counts from when it could begin"""
    def begin(self, n, choice):
        super().begin(n, choice)
        s, a = self.book.steps[n], self.table[n]
        if s.timeout is not None and a.round == 0:
            a.due = a.ready_at + s.timeout


class EveryRoundDueAnew(Run):
    """each round of a while has its own timeout"""
    def begin(self, n, choice):
        super().begin(n, choice)
        if self.book.steps[n].timeout is not None:
            self.table[n].due = self.at + self.book.steps[n].timeout


class LastRoundTooMany(Run):
    """a while goes one round beyond its limit"""
    def begin(self, n, choice):
        super().begin(n, choice)
        if self.book.steps[n].type == 'while' and self.table[n].round == 0:
            self.table[n].round = -1


class RoundsKeepSteps(Run):
    """what is inside a while stays as it was in the round before"""
    def while_(self, n):
        kept, self.reset = self.reset, lambda steps: None
        yield from super().while_(n)
        self.reset = kept
        return True


class RoundsKeepNestedSteps(Run):
    """what is nested inside a while stays as it was in the round before"""
    def reset(self, steps):
        nested = frozenset().union(*(self.book.inside(n) for n in steps))
        super().reset(set(steps) - nested)


class ExceptionRegionKept(Run):
    """the exception region is entered again with its steps as they were"""
    def call_exception(self, n):
        kept, self.reset = self.reset, lambda steps: None
        super().call_exception(n)
        self.reset = kept


class ExceptionOfAnException(Run):
    """what is held in an inner playbook's exception region calls the outermost playbook's exception step"""
    def call_exception(self, n):
        first = self.book.exceptions[self.book.steps[n].playbook]
        outermost = self.book.exceptions[0]
        super().call_exception(n)
        if outermost is not None and first not in (None, outermost) and n in self.book.within(first) and 0 not in self.exceptional:
            self.reset(self.book.within(outermost))
            self.exceptional[0] = coroutine = self.region(outermost)
            if self.started(coroutine):
                del self.exceptional[0]


class ExceptionOfItself(Run):
    """the exception region begins anew for what is held inside it"""
    def call_exception(self, n):
        first = self.book.exceptions[self.book.steps[n].playbook]
        super().call_exception(n)
        if first is not None and n in self.book.region(first):
            self.reset(self.book.within(first) - {n})


class OneExceptionForAll(Run):
    """only the outermost playbook's exception step is called"""
    def call_exception(self, n):
        if self.book.steps[n].playbook == 0:
            super().call_exception(n)


class CompletedInSpiteOfException(Run):
    """the run is completed although its exception region is active"""
    def apply(self, event):
        reasons = super().apply(event)
        if self.main_ended and self.state == 'active':
            self.state = 'completed'
        return reasons


class InnerEndsInSpiteOfException(Run):
    """a playbook action ends although its exception region is active"""
    def branches(self, n, firsts, playbook=None):
        yield from super().branches(n, firsts)
        if playbook in self.exceptional:
            self.exceptional.pop(playbook).close()


class IdleAfterCompletion(Run):
    """what was not reached stays idle when the run is completed"""
    def apply(self, event):
        before = [a.state for a in self.table]
        reasons = super().apply(event)
        for a, state in zip(self.table, before, strict=True):
            if self.state == 'completed' and a.state == 'skipped' and state == 'idle':
                a.state = 'idle'
        return reasons


class AbortSkips(Run):
    """an abort skips what was not reached"""
    def apply(self, event):
        reasons = super().apply(event)
        if self.state == 'aborted':
            for n, a in enumerate(self.table):
                if a.state == 'idle':
                    self.table[n] = Activation('skipped')
        return reasons


class HeldStaysHeld(Run):
    """a held step is not cancelled"""
    def leave(self, n, state):
        if state != 'cancelled' or self.table[n].state != 'held':
            super().leave(n, state)


class FactsOnSubmission(Run):
    """facts are established before the approvals are there"""
    def act(self, n):
        if not self.book.steps[n].approvals:
            return (yield from super().act(n))
        for fact in self.book.steps[n].establishes:
            self.facts.setdefault(fact, self.at)
        return (yield from super().act(n))


class WakesByItself(Run):
    """a construct whose facts are there when it is reached does not wait to be woken"""
    def decision(self, n):
        s = self.book.steps[n]
        if s.delay == 0 and not self.missing(n) and self.table[n].round == 0 and (choice := self.answer(n)) is not None:
            return choice
        return (yield from super().decision(n))


class LastBranchFirst(Run):
    """the branches of a parallel are entered from the last to the first"""
    def branches(self, n, firsts, playbook=None):
        yield from super().branches(n, firsts[::-1], playbook)


class BranchesAfterTheEnd(Run):
    """a parallel is done when one branch is"""
    def parallel_(self, n):
        if (yield from self.decision(n)) is not None:
            self.begin(n, None)
            yield from self.branches(n, self.book.steps[n].branches[:1])
        return True


class NothingFollowsFalse(Run):
    """a decision nothing follows is a failure"""
    def if_(self, n):
        yield from super().if_(n)
        return self.table[n].choice is not None

    switch_ = if_


class SkipsWhatIsShared(Run):
    """all steps of a branch not taken are skipped, shared ones too, until they are reached"""
    def begin(self, n, choice):
        super().begin(n, choice)
        if choice is not None and self.book.steps[n].type in ('if', 'switch'):
            for m in self.book.inside(n):
                self.table[m] = Activation('skipped')


class SkipsNothingNested(Run):
    """what is inside constructs of a branch not taken stays idle"""
    def begin(self, n, choice):
        super().begin(n, choice)
        if choice is not None and self.book.steps[n].type in ('if', 'switch'):
            nested = frozenset().union(*(self.book.inside(m) for m in self.book.inside(n)))
            for m in nested:
                if self.table[m].state == 'skipped':
                    self.table[m] = Activation()


class DefaultForNoValue(Run):
    """a switch whose variable has no value takes the default"""
    def answer(self, n):
        s = self.book.steps[n]
        said = super().answer(n)
        return s.cases.index(None) if said is None and s.type == 'switch' and None in s.cases else said


class UnknownIsFalse(Run):
    """a condition that is unknown is false"""
    def answer(self, n):
        s = self.book.steps[n]
        said = super().answer(n)
        return min(1, len(s.branches)) if said is None and s.condition is not None else said


class UnknownIsOnlyNull(Run):
    """a variable without value is an empty text"""
    def answer(self, n):
        s = self.book.steps[n]
        if s.condition is None:
            return super().answer(n)
        truth = self.book.truth(n, ['' if v is None else v for v in self.values])
        return None if truth is None else 0 if truth else min(1, len(s.branches))


class DecidesWhatIsKnown(Run):
    """a person may decide what a condition says"""
    def against_decide(self, e, s, a):
        reasons = super().against_decide(e, s, a)
        return reasons - {('CHOICE', None)} if e.choice in self.choices(e.step) else reasons


class FailureForgetsValues(Run):
    """values given with a failure are not set"""
    def apply(self, event):
        if event.kind == 'failure' and not self.refusals(event):
            event = dataclasses.replace(event, values=())
        return super().apply(event)


class MissingValuesPass(Run):
    """a form need not be filled in"""
    def refusals(self, e):
        return {reason for reason in super().refusals(e) if reason[0] != 'VALUE_MISSING'}


class EvidencePasses(Run):
    """evidence is not asked for"""
    def refusals(self, e):
        return {reason for reason in super().refusals(e) if reason[0] != 'EVIDENCE'}


class TimeGoesBack(Run):
    """an event may be earlier than the one before"""
    def refusals(self, e):
        return {reason for reason in super().refusals(e) if reason[0] != 'TIME'}


class AnyText(Run):
    """any text is a value of any type"""
    def wrong_values(self, e, allowed):
        return {(r, v) for r, v in super().wrong_values(e, allowed)
                if v not in allowed or self.book.variables[v].constant
                or all(Values().valid(self.book.variables[v].type, text) for w, text in e.values if w == v and text is not None)}


class ConstantsChange(Run):
    """constants may be set"""
    def wrong_values(self, e, allowed):
        return {(r, v) for r, v in super().wrong_values(e, allowed) if v not in allowed or not self.book.variables[v].constant}


class AnyVariable(Run):
    """a form takes values of variables that are not its own"""
    def wrong_values(self, e, allowed):
        return super().wrong_values(e, [v for v in range(len(self.values)) if not self.book.variables[v].constant])


class ExternalsLater(Run):
    """what begins a run sets its variables when the first steps have been reached"""
    def assign(self, assignments):
        self.later = list(assignments) if self.state == 'new' else []
        if self.state != 'new':
            super().assign(assignments)

    def apply(self, event):
        self.later = []
        reasons = super().apply(event)
        if self.later:
            super().assign(self.later)
        return reasons


class OverrideCarriesOut(Run):
    """an overridden playbook action copies its values out"""
    def playbook_action_(self, n):
        yield from super().playbook_action_(n)
        if self.table[n].overridden:
            self.carry_out(self.book.inner(n))
        return True


class InnerVariablesStay(Run):
    """a playbook that is entered again has the variables it had"""
    def bring_in(self, playbook):
        if playbook not in self.entered:
            super().bring_in(playbook)
        self.entered.add(playbook)

    def __init__(self, book):
        super().__init__(book)
        self.entered = set()


class NothingBroughtIn(Run):
    """external variables of an inner playbook get their initial values"""
    def bring_in(self, playbook):
        for i, v in enumerate(self.book.variables):
            if v.scope == playbook:
                self.values[i] = v.initial


class NothingCarriedOut(Run):
    """the values of an inner playbook stay inside"""
    def carry_out(self, playbook):
        pass


ALL = Run.__subclasses__()
# What the invariants must find without the engine, when the twin itself is wrong so.
ROUND_APPROVALS = (RejectionForgetsDoers, RetryForgetsDoers, ApproverTwiceInTwoRoles, OneHearsHerself, DoerHearsApproval, DoerApproves,
                   AnybodyApproves, PlaybookAuthorityToo, AnybodyOverrides)
