"""Records in Slack's wire shape."""

from datetime import datetime
from typing import Any

Record = dict[str, Any]

TEAM = "T0REVOPSLAB"
BOT_USER, BOT, APP = "U0REVOPSBOT", "B0REVOPSBOT", "A0REVOPSAPP"


def timestamp(at: datetime, number: int) -> str:
    """The id of a message: its second, and a number that makes it one of a kind."""
    return f"{int(at.timestamp())}.{number:06d}"


def user(user_id: str, name: str, email: str | None, *, is_bot: bool, updated: datetime) -> Record:
    handle = (email or name).partition("@")[0].lower().replace(" ", ".")
    profile = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": name,
        "real_name_normalized": name,
        "display_name": handle,
        "display_name_normalized": handle,
        "fields": {},
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g0revopslab0",
        "team": TEAM,
        **({"email": email} if email else {}),
    }
    return {
        "id": user_id,
        "team_id": TEAM,
        "name": handle,
        "deleted": False,
        "color": "9f69e7",
        "real_name": name,
        "tz": "Asia/Tokyo",
        "tz_label": "Japan Standard Time",
        "tz_offset": 32_400,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": is_bot,
        "is_app_user": False,
        "updated": int(updated.timestamp()),
    }


def channel(
    channel_id: str, name: str, *, created: datetime, creator: str, is_member: bool, **more: Any
) -> Record:
    """A public channel; `more` makes it private, general or archived."""
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": channel_id,
        "name": name,
        "name_normalized": name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": False,
        "is_archived": False,
        "is_general": False,
        "is_shared": False,
        "is_org_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "previous_names": [],
        "created": int(created.timestamp()),
        "creator": creator,
        "is_member": is_member,
        "num_members": 9,
        "unlinked": 0,
        "topic": nothing,
        "purpose": nothing,
        **more,
    }


def direct(channel_id: str, user_id: str, *, created: datetime) -> Record:
    return {
        "id": channel_id,
        "created": int(created.timestamp()),
        "is_im": True,
        "is_org_shared": False,
        "is_archived": False,
        "is_open": True,
        "user": user_id,
        "is_user_deleted": False,
        "priority": 0,
    }


def message(ts: str, text: str, **more: Any) -> Record:
    """What our bot has posted; `more` holds blocks, a thread, an edit."""
    return {
        "type": "message",
        "subtype": "bot_message",
        "text": text,
        "ts": ts,
        "username": "revops",
        "bot_id": BOT,
        "team": TEAM,
        **more,
    }
