"""Real WeChat, through a Wechaty puppet service."""

from bot.gateways.wechaty.gateway import WechatyGateway
from bot.gateways.wechaty.wire import parse_endpoint

__all__ = ["WechatyGateway", "parse_endpoint"]
