"""Real WeChat, through a Wechaty puppet service."""

from bot.gateways.endpoint import parse_endpoint
from bot.gateways.wechaty.gateway import WechatyGateway

__all__ = ["WechatyGateway", "parse_endpoint"]
