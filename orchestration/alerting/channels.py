"""Sends one message to Slack, by e-mail or to a webhook: once, and whole or with an error."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Any

import httpx

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from orchestration.alerting.message import Message
from orchestration.alerting.spec import Channel, EmailChannel, SlackChannel, WebhookChannel
from orchestration.app import App
from reverse_etl.destinations.registry import account_of
from warehouse.errors import Misconfigured, RevopsError, Unavailable
from warehouse.settings import AlertSettings

# Slack cuts a message that is longer.
_SLACK_TEXT = 39_000


def is_on(channel: Channel, settings: AlertSettings) -> bool:
    """Whether anything of what the channel needs is set; what is then missing is an error."""
    match channel:
        case SlackChannel():
            return bool(channel.channel or settings.slack_webhook_url)
        case EmailChannel():
            return settings.smtp_host is not None
        case WebhookChannel():
            return settings.webhook_url is not None


def send(app: App, channel: Channel, message: Message) -> None:
    """Send it now.

    Raises:
        Misconfigured: a setting is missing, or the receiver does not accept what it says.
        Unavailable: it did not answer, or asks for patience; the message may have arrived.
    """
    settings, patience = app.settings.alerts, app.settings.http.timeout_seconds
    match channel:
        case SlackChannel(channel=None):
            url = _needed(settings.slack_webhook_url, "SLACK_WEBHOOK_URL", channel)
            text = _escaped(message.text)[:_SLACK_TEXT]
            _post(channel, url, {"text": text}, patience)
        case SlackChannel():
            _to_slack(app, channel, message)
        case EmailChannel():
            _mail(settings, channel, message, patience)
        case WebhookChannel():
            url = _needed(settings.webhook_url, "WEBHOOK_URL", channel)
            token = settings.webhook_token
            bearer = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
            _post(channel, url, message.document, patience, bearer)


def _post(
    channel: Channel,
    url: str,
    body: dict[str, Any],
    patience: float,
    headers: dict[str, str] | None = None,
) -> None:
    # The address of a webhook is a secret: no message of httpx's is shown.
    try:
        answer = httpx.post(url, json=body, headers=headers, timeout=patience)
    except httpx.InvalidURL:
        raise Misconfigured(
            f"The channel {channel.name!r} has an address that is none",
            advice="check the URL in REVOPS_ALERTS__*",
        ) from None
    except (httpx.HTTPError, OSError) as error:
        raise _unavailable(channel, type(error).__name__) from None
    if answer.is_success:
        return
    said = f"answered {answer.status_code}"
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
        raise _unavailable(channel, said)
    raise Misconfigured(
        f"The channel {channel.name!r} {said}", advice="check its URL and token in REVOPS_ALERTS__*"
    )


def _to_slack(app: App, channel: SlackChannel, message: Message) -> None:
    with app.open_tool(account_of("slack")) as tool:
        if not isinstance(tool, ToolClient):
            raise Misconfigured("Slack is not asked over HTTP")
        body = {"channel": channel.channel, "text": _escaped(message.text)[:_SLACK_TEXT]}
        tool.post_once("/api/chat.postMessage", body, Envelope)


def _mail(
    settings: AlertSettings, channel: EmailChannel, message: Message, patience: float
) -> None:
    letter = EmailMessage()
    letter["Subject"] = message.subject
    letter["From"] = _given(settings.email_from, "EMAIL_FROM", channel)
    readers = channel.to or settings.addresses
    letter["To"] = ", ".join(readers) or _given(None, "EMAIL_TO", channel)
    # No out-of-office answer is wanted (RFC 3834).
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    password = settings.smtp_password
    try:
        with _server(settings, patience) as server:
            if settings.smtp_user and password:
                server.login(settings.smtp_user, password.get_secret_value())
            refused = server.send_message(letter)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        raise Misconfigured(
            f"The mail server does not let the channel {channel.name!r} in: {type(error).__name__}",
            advice="check REVOPS_ALERTS__SMTP_USER, SMTP_PASSWORD and SMTP_TLS",
        ) from None
    except ssl.SSLError as error:
        raise Misconfigured(
            f"The mail server of the channel {channel.name!r} cannot be trusted: {error.reason}",
            advice="check REVOPS_ALERTS__SMTP_HOST and SMTP_TLS; SSL_CERT_FILE names an authority"
            " of your own",
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(channel, len(error.recipients)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise _unavailable(channel, type(error).__name__) from None
    if refused:
        raise _refused(channel, len(refused))


def _server(settings: AlertSettings, patience: float) -> smtplib.SMTP:
    """A connection, encrypted and to whom it says it is, unless `none` was asked for."""
    host, trusted = settings.smtp_host or "", ssl.create_default_context()
    if settings.smtp_tls == "implicit":
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=patience, context=trusted)
    server = smtplib.SMTP(host, settings.smtp_port, timeout=patience)
    if settings.smtp_tls == "starttls":
        try:
            server.starttls(context=trusted)
        except BaseException:
            server.close()
            raise
    return server


def _needed(secret: Any, name: str, channel: Channel) -> str:
    return _given(secret and secret.get_secret_value(), name, channel)


def _given(value: str | None, name: str, channel: Channel) -> str:
    if not value:
        raise Misconfigured(
            f"The channel {channel.name!r} cannot be used: REVOPS_ALERTS__{name} is not set",
            advice="see docs/how-to/watch-and-alert.md",
        )
    return value


def _refused(channel: Channel, count: int) -> RevopsError:
    return Misconfigured(
        f"The mail server does not take {count} address(es) of the channel {channel.name!r}",
        advice="check REVOPS_ALERTS__EMAIL_TO, or the channel's `to`",
    )


def _unavailable(channel: Channel, said: str) -> Unavailable:
    return Unavailable(
        f"The channel {channel.name!r} did not take the message: {said}",
        advice="it is sent again with the next `revops run` or `revops alerts --send`",
    )


def _escaped(text: str) -> str:
    """Slack reads these three as markup (docs.slack.dev, formatting message text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
