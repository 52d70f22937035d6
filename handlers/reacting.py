"""Carrying out an order, an answer or a reading: the permission check and the way to the handler."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import alerts, cases, chatting, doubts, emergencies, helping, notices, table, whose
from handlers.commands import Command, Order, Takes
from handlers.matters import InPrivate, Lacking, NothingOpen, Refusal, find
from handlers.overhearing import CALLED, HELD
from handlers.posting import NO_MATTER, say, whisper
from handlers.surroundings import Surroundings, as_ref
from handlers.turn import ROLE_NAMES, Turn
from handlers.understanding import Act, Kind, Reading, Ref
from storage.agenda import Question
from storage.inbox import Outcome


async def obey(turn: Turn, order: Order, around: Surroundings) -> None:
    """Carry out a command, or say in one line why not."""
    turn.outcome = Outcome.COMMAND
    try:
        async with turn.attempt():
            await _obey(turn, order, around)
    except Refusal as refusal:
        await _say_no(turn, refusal)


async def _obey(turn: Turn, order: Order, around: Surroundings) -> None:
    command = order.command
    if command.roles and not turn.me.has(command.roles) and not (command.own and order.ref):
        names = "、".join(ROLE_NAMES[role] for role in command.roles)
        how = "有事直接在群里说就行。"
        if command.instead and turn.me.has(cases.HELPERS):
            how = command.instead.format(order.ref if order.ref and not order.ref.letter else "12")
        raise Refusal(f"“{command.name}”只有{names}能用，这次没有改动。{how}")
    if command.private and not turn.here.private:
        raise Refusal(f"“{command.name}”涉及个人信息，请私聊我。")
    if turn.late and command.spreads:
        said = turn.local(turn.at).strftime("%H:%M")
        raise Refusal(f"您 {said} 发的“{turn.text[:30]}”刚刚才收到，没有执行。还要办的话请再发一次。")
    if not order.complete:
        raise Refusal(f"请这样写：{command.usage}")
    if command.number == Takes.NO:
        await command.run(turn, order)
        return
    ref = await _which(turn, order, around)
    if ref is not None:
        await command.run(turn, Order(command, ref, order.rest))


async def _which(turn: Turn, order: Order, around: Surroundings) -> Ref | None:
    """The matter meant. 确认 without a number answers a question, so it asks which questions are open here."""
    command = order.command
    if order.ref is None and turn.quoted is None:
        asked = [one for one in around.open_questions(turn.here.chat_id, turn.me) if _about(one, command)]
        refs = list(dict.fromkeys(one.ref for one in asked))
        if refs and _said_to_another(turn, refs):
            turn.outcome = Outcome.CHAT
            return None
        if len(refs) == 1:
            return as_ref(refs[0])
        if len(refs) > 1:
            raise Refusal(f"有几件在等您答复，请带上编号：{'、'.join(refs)}，如“{command.name} {refs[0]}”。")
        if command.name == CONFIRMS and turn.here.private and not refs and _asked_otherwise(turn, around):
            await answer(turn, True, around)
            return None
        if command.number == Takes.MAY:
            await command.run(turn, order)
            return None
    if order.ref is None and turn.quoted is None and (lately := await notices.sent_lately(turn, command)):
        return lately
    try:
        return await find(turn, command.letters, order.ref, cases.meant_by(command.name), order.rest)
    except NothingOpen:
        if not command.ordinary or helping.addressed(turn):
            raise
    turn.outcome = Outcome.CHAT
    return None


CONFIRMS = "确认"


def _asked_otherwise(turn: Turn, around: Surroundings) -> bool:
    """Whether what waits here for a yes is no matter to confirm, but whether something is one: 确认 is a yes too."""
    return any(one.kind in table.ANSWERS for one in around.open_questions(turn.here.chat_id, turn.me))


def _said_to_another(turn: Turn, refs: Sequence[str]) -> bool:
    """Whether words that would send a notice stand in a group under a quote of something else."""
    elsewhere = turn.event is not None and turn.event.quote is not None and not turn.here.private
    return elsewhere and all(ref.startswith("N") for ref in refs)


def _about(question: Question, command: Command) -> bool:
    ref = as_ref(question.ref)
    return (
        ref is not None
        and (ref.letter or "C") in command.letters
        and question.kind in (command.name, "confirm", whose.PREVIEWED)
    )


async def answer(turn: Turn, yes: bool, around: Surroundings) -> None:
    """A bare 是 / 确认 / 好了 / 不是: it answers the quoted question, else the only one here."""
    assert turn.event is not None
    asked = [one for one in around.asked(turn.here.chat_id, turn.me, turn.event) if one.kind in table.ANSWERS]
    named = {str(one.ref) for one in turn.reading.candidates if one.by == "number"} if turn.reading else set()
    open_ones = [one for one in asked if one.ref in named] or asked
    if all(one.kind in alerts.FACT_QUESTIONS.values() for one in open_ones) and await alerts.of_a_clue(turn):
        return
    if not open_ones:
        turn.outcome = Outcome.CHAT
        return
    turn.outcome = Outcome.COMMAND
    if len(open_ones) > 1:
        refs = "、".join(dict.fromkeys(one.ref for one in open_ones if one.ref))
        how = "引用那条消息再回" if len(open_ones) > len(refs.split("、")) or not refs else "带上编号"
        await say(turn, f"有 {len(open_ones)} 件在等您答复，请{how}{f'：{refs}' if refs else ''}。")
        return
    question = await turn.session.get(Question, open_ones[0].id)
    if question is None or question.answered_at is not None:
        return
    try:
        async with turn.attempt():
            question.answered_at = turn.now
            await table.ANSWERS[question.kind](turn, question, yes)
    except Refusal as refusal:
        await _say_no(turn, refusal)


async def _say_no(turn: Turn, refusal: Refusal) -> None:
    """One line about the matter it concerns, where one was found."""
    await say(turn, str(refusal), ref=turn.ref or NO_MATTER)


async def react(turn: Turn, reading: Reading) -> None:
    """Act on what a message means."""
    if await notices.showed_how(turn) or await cases.unknown_ticket(turn):
        return
    try:
        async with turn.attempt():
            await _react(turn, reading)
    except Refusal as refusal:
        await _refused(turn, reading, refusal)


async def _refused(turn: Turn, reading: Reading, refusal: Refusal) -> None:
    """Plain words that were about no matter after all: nobody asked the bot, so it says nothing."""
    addressed = turn.here.private or bool(turn.quoted) or bool(turn.event and turn.event.mentions_me)
    if isinstance(refusal, (Lacking, InPrivate)) and not addressed:
        number = f"【事项 {reading.candidates[0].ref}】" if isinstance(refusal, InPrivate) else ""
        sent = await whisper(turn, turn.me.contact_id, f"{number}{refusal}", ref=turn.ref or NO_MATTER)
        if sent.chats:
            return
    elif reading.act != Act.NONE and not addressed and reading.act != Act.CLAIM:
        turn.outcome, turn.ref = Outcome.CHAT, ""
        return
    await _say_no(turn, refusal)


async def _react(turn: Turn, reading: Reading) -> None:
    if helping.addressed(turn) and await alerts.asked_to_erase(turn):
        return
    if reading.act != Act.NONE and reading.candidates:
        if reading.candidates[0].by == CALLED and len(reading.candidates) > 1:
            await emergencies.ask_which(turn, reading.act, [one.ref for one in reading.candidates])
            return
        if reading.candidates[0].by == HELD and len(reading.candidates) > 1:
            await cases.ask_which(turn, reading.act, [one.ref for one in reading.candidates])
            return
        ref = reading.candidates[0].ref
        handler = table.ACTS.get(ref.letter, {}).get(reading.act)
        if handler:
            await handler(turn, ref)
            return
    if await cases.accused(turn) or await alerts.mourned(turn, reading):
        return
    if reading.kind == Kind.CHAT:
        turn.outcome = Outcome.CHAT
        if helping.addressed(turn):
            await chatting.chatted(turn)
        return
    handler_of_kind = table.KINDS[reading.kind]
    if doubts.unsure(turn, reading):
        if not await cases.confided(turn):
            await doubts.ask_worker(turn, reading)
        return
    await handler_of_kind(turn)
