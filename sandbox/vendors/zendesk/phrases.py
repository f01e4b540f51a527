"""What customers and agents write in tickets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """One language's words; the merge notices name the other ticket."""

    asked: tuple[str, ...]
    answered: tuple[str, ...]
    asked_again: tuple[str, ...]
    noted: tuple[str, ...]
    solved: tuple[str, ...]
    praise: tuple[str, ...]
    blame: tuple[tuple[int, str], ...]
    merged_into: str
    merged_here: str


JAPANESE = Phrases(
    asked=(
        "お世話になっております。\n昨日からログインできない状態が続いています。ご確認をお願いいたします。",
        "請求書の宛名を変更したいのですが、どのように手続きすればよいでしょうか。",
        "CSVエクスポートが途中で止まります。件数は約２万件です。",
        "APIのレスポンスが急に遅くなりました。障害でしょうか？",
    ),
    answered=(
        "お問い合わせありがとうございます。担当部署にて確認いたしますので、少々お待ちください。",
        "ご不便をおかけしております。再現手順と画面の写しをお送りいただけますでしょうか。",
        "設定画面の［連携］から再認証をお試しください。",
    ),
    asked_again=(
        "ご連絡ありがとうございます。試しましたが、まだ同じエラーが出ます。",
        "スクリーンショットを添付します。至急対応をお願いします。",
        "その後いかがでしょうか。",
    ),
    noted=(
        "開発チームに確認中。ログでは 504 が多発。",
        "契約プランを営業に確認済み。優先対応で。",
    ),
    solved=(
        "原因を修正いたしました。お手数ですが、再度お試しください。",
        "手続きが完了しました。今後ともよろしくお願いいたします。",
    ),
    praise=("迅速なご対応ありがとうございました。", "とても助かりました！"),
    blame=((1003, "解決までに時間がかかった"), (1004, "問題が解決しなかった")),
    merged_into="このリクエストは終了し、リクエスト #{id}「{subject}」に統合されました。",
    merged_here="リクエスト #{id}「{subject}」は終了し、このリクエストに統合されました。",
)

ENGLISH = Phrases(
    asked=(
        "Hi team,\nsince yesterday nobody in our office can log in. Can you have a look?",
        "We need another name on the invoice. How do we change it?",
        "The CSV export stops half-way, at about 20,000 rows.",
        "The API has become very slow since this morning. Is there an outage?",
    ),
    answered=(
        "Thanks for reaching out. We are looking into it and will come back to you shortly.",
        "Sorry for the trouble. Could you send us the steps and a screenshot?",
        "Please try to authorise again under Settings > Integrations.",
    ),
    asked_again=(
        "Thanks, I tried that and still get the same error.",
        "Screenshot attached. This is urgent for us.",
        "Any news on this?",
    ),
    noted=(
        "Asked engineering: many 504s in the log.",
        "Checked the plan with sales, treat with priority.",
    ),
    solved=(
        "We have fixed the cause. Please try again and let us know if it comes back.",
        "That is done. Have a good day!",
    ),
    praise=("Great support, thank you!", "Quick and friendly."),
    blame=((1003, "The issue took too long to resolve"), (1004, "The issue was not resolved")),
    merged_into='This request was closed and merged into request #{id} "{subject}".',
    merged_here='Request #{id} "{subject}" was closed and merged into this request.',
)


def phrases_for(*, japanese: bool) -> Phrases:
    return JAPANESE if japanese else ENGLISH
