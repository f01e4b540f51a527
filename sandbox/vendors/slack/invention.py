"""What an invented company's own Slack workspace holds: its staff, its bot, a few channels."""

from datetime import timedelta
from typing import Any

from sandbox.generation.invention import Invention
from sandbox.generation.scene import OUR_DOMAIN
from sandbox.vendors.slack import records

# Name, whether our bot is in it, and what else it is.
_CHANNELS: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    ("general", True, {"is_general": True}),
    ("revops-alerts", True, {}),
    ("sales-japan", True, {}),
    ("customer-success", True, {}),
    ("board", False, {"is_private": True, "is_channel": False, "is_group": True}),
    ("random", False, {}),
    ("kpi-2019", True, {"is_archived": True}),
    ("revops-data-quality", True, {}),
)


class SlackInvention(Invention):
    """Everybody who owns records has an address there; the bot is in some channels."""

    vendor = "slack"
    files = ("channels", "users", "messages")

    def credentials(self) -> dict[str, Any]:
        return {"token": f"xoxb-sandbox-{self.digits(24)}"}

    def begin(self) -> None:
        since = self.scene.as_of - timedelta(days=900)
        members = []
        for number, member in enumerate(self.scene.staff, 1):
            members.append(f"U0STAFF{number:04d}")
            email = f"staff{number}@{OUR_DOMAIN}"
            person = records.user(members[-1], member.name, email, is_bot=False, updated=since)
            self.add("users", person)
        bot = records.user(records.BOT_USER, "revops", None, is_bot=True, updated=since)
        self.add("users", bot)
        for number, (name, is_member, more) in enumerate(_CHANNELS, 1):
            self.add(
                "channels",
                records.channel(
                    f"C0REVOPS{number:03d}",
                    name,
                    created=since + timedelta(days=number),
                    creator=members[0],
                    is_member=is_member,
                    **more,
                ),
            )


INVENTION = SlackInvention
