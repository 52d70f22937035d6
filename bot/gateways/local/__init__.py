"""The embedded chat: a small WeChat on this machine, for trying the bot and for the tests."""

from bot.gateways.local.chat import LocalChat
from bot.gateways.local.directory import key_fault
from bot.gateways.local.gateway import LocalGateway
from bot.gateways.local.records import (
    BOT,
    Change,
    ChatError,
    ChatSummary,
    Draft,
    LocalPerson,
    LocalRoom,
    Message,
    NotAllowed,
    NotThere,
    Quoted,
    private_chat,
)

__all__ = [
    "BOT",
    "Change",
    "ChatError",
    "ChatSummary",
    "Draft",
    "LocalChat",
    "LocalGateway",
    "LocalPerson",
    "LocalRoom",
    "Message",
    "NotAllowed",
    "NotThere",
    "Quoted",
    "key_fault",
    "private_chat",
]
