"""Invents conversations: who says what, in which order, and what becomes of it."""

from datetime import datetime, timedelta
from random import Random

from sandbox.vendors.intercom.records import OPERATOR, Record, part, reference

JAPANESE_QUESTIONS = (
    "ログイン画面から先に進めません。", "先月の請求書を再発行していただけますか？",
    "CSVの文字化けを直す方法はありますか。", "管理者を変更したいです。",
    "APIの上限に達したようです。", "解約の手続きについて教えてください。",
)  # fmt: skip
ENGLISH_QUESTIONS = (
    "I can't get past the sign-in page.", "Could you send last month's invoice again?",
    "The export shows broken characters.", "We need to change our administrator.",
    "Looks like we ran into the API limit.", "How do we cancel one of our seats?",
)  # fmt: skip
JAPANESE_ANSWERS = (
    "お問い合わせありがとうございます。確認いたします。",
    "設定画面の「組織」からご変更いただけます。",
    "修正版を公開しました。お試しください。",
)  # fmt: skip
ENGLISH_ANSWERS = (
    "Thanks for writing in, I'm looking into it.", "You can change that under Settings.",
    "We just released a fix. Could you try again?",
)  # fmt: skip
NOTES = ("Asked billing about it.", "経理に確認中", "Seems to be the same bug as last week.")
REMARKS = (
    "Quick and friendly.", "すぐに解決しました。ありがとうございます！", "時間がかかりすぎる",
    "Answer did not help 😕", "", "",
)  # fmt: skip
GREETING = "Operator here: somebody will be with you shortly."


class Talk:
    """One conversation as it goes on; the parts grow in the order of their instants."""

    def __init__(self, rng: Random, started: datetime, number: int, until: datetime) -> None:
        self._rng = rng
        self._at, self._until = started, until
        self._number = number
        self.state = "open"
        self.parts: list[Record] = []

    def say(self, kind: str, author: Record, body: str | None = None, **more: object) -> None:
        """Add a part some minutes or hours later, unless the data ends before it."""
        pause = timedelta(seconds=int(self._rng.expovariate(1 / 5_400)) + 20)
        if self._at + pause >= self._until:
            return
        self._at += pause
        part_id = f"{self._number}{len(self.parts) + 1:03d}"
        text = None if body is None else f"<p>{body}</p>"
        state = {"close": "closed", "open": "open", "snoozed": "snoozed"}.get(kind, self.state)
        self.state = state
        self.parts.append(part(part_id, kind, author, self._at, state=state, body=text, **more))

    def go_on(self, contact: Record, agents: list[Record], *, japanese: bool) -> None:
        """The bot greets, an agent takes over, they write to and fro, mostly to an end."""
        rng = self._rng
        agent = rng.choice(agents)
        if rng.random() < 0.6:
            self.say("comment", {**OPERATOR, "from_ai_agent": False}, GREETING)
        self.say("assignment", OPERATOR, assigned_to=reference("admin", agent["id"]))
        for _ in range(rng.choice((1, 1, 2, 3))):
            self.say("comment", agent, rng.choice(_answers(japanese=japanese)))
            if rng.random() < 0.25:
                self.say("note", rng.choice(agents), rng.choice(NOTES))
            if rng.random() < 0.7:
                self.say("comment", contact, rng.choice(questions(japanese=japanese)))
        if rng.random() < 0.8:
            self.say("close", agent)
            if rng.random() < 0.15:
                self.say("open", contact, rng.choice(questions(japanese=japanese)))
                self.say("comment", agent, rng.choice(_answers(japanese=japanese)))
                self.say("close", agent)
        elif rng.random() < 0.3:
            self.say("snoozed", agent)


def questions(*, japanese: bool) -> tuple[str, ...]:
    return JAPANESE_QUESTIONS if japanese else ENGLISH_QUESTIONS


def _answers(*, japanese: bool) -> tuple[str, ...]:
    return JAPANESE_ANSWERS if japanese else ENGLISH_ANSWERS


def rating(rng: Random, contact: Record, admin_id: str, asked: datetime) -> Record:
    """What a contact gave for a closed conversation: 1 to 5, and a remark or none."""
    given = rng.choices((1, 2, 3, 4, 5), (6, 5, 9, 25, 55))[0]
    at = int((asked + timedelta(minutes=rng.randint(1, 300))).timestamp())
    return {
        "rating": given,
        "remark": rng.choice(REMARKS),
        "created_at": int(asked.timestamp()),
        "updated_at": at,
        "contact": {"type": "contact", "id": contact["id"], "external_id": None},
        "teammate": reference("admin", admin_id),
    }
