"""Proving a mail address before anything is booked: a code to type, or a link, sent there.

A proof is an encrypted row of half an hour, beside the unfinished form that waits for it; the mail
is an owed step that belongs to no booking and names the row alone.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from booking import catalogue
from booking.desk import Desk
from booking.messages import OutgoingMail, verification
from booking.model import TooManyTries
from booking.store import UnitOfWork
from booking.store.outbox import Entry, Step
from mapping.model import Channel, Municipality

LIFE = timedelta(minutes=30)
#: Wrong codes that one proof bears.
TRIES = 5
#: How the mail's step is told from those of bookings.
KIND = "verification"
_DIGITS = 6
_HOUR = timedelta(hours=1)
#: Mails to one address, and on behalf of one network; whoever lives there did not ask for them.
_TO_ADDRESS = 5
_OF_NETWORK = 30
_ROW = "proof"


@dataclass(frozen=True, slots=True)
class Proof:
    """A mail address that somebody says is theirs, and the form that waits for it."""

    id: str
    email: str = field(repr=False)
    draft_id: str = field(repr=False)  #: the unfinished forms of that visitor
    municipality: str  #: slug
    service: str  #: key
    channel: Channel
    language: str
    code: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)  #: of the links, one for each mail
    tries: int = 0  #: wrong codes so far
    proved: bool = False
    undelivered: bool = False  #: the mail server says that there is no such address

    @property
    def service_id(self) -> str:
        return f"{self.municipality}.{self.service}"

    @property
    def tries_left(self) -> int:
        return max(0, TRIES - self.tries)


def begin(
    desk: Desk,
    *,
    email: str,
    municipality: Municipality,
    service: str,
    channel: Channel,
    language: str,
    draft_id: str,
    network: str | None,
) -> Proof:
    """Make code and link and owe the mail that carries them.

    ``network`` is where the request comes from, if that is known. Raises TooManyTries where the
    address or the network was sent too many already.
    """
    proof = Proof(
        id=secrets.token_urlsafe(18),
        email=email,
        draft_id=draft_id,
        municipality=municipality.slug,
        service=service,
        channel=channel,
        language=language,
        code="".join(secrets.choice("0123456789") for _ in range(_DIGITS)),
        secrets=(),
    )
    desk.store.transact(lambda uow: _mail(desk, uow, proof, network, fresh=True))
    desk.wake("drain")
    return proof


def send_again(desk: Desk, *, proof_id: str, network: str | None) -> bool:
    """The same code once more, with a link of its own; False where the proof is over.

    Raises TooManyTries.
    """

    def work(uow: UnitOfWork) -> bool:
        proof = _load(uow, proof_id)
        if proof is None or not proof.tries_left:
            return False
        _mail(desk, uow, replace(proof, undelivered=False), network, fresh=False)
        return True

    sent = desk.store.transact(work)
    desk.wake("drain")
    return sent


def get(desk: Desk, *, proof_id: str) -> Proof | None:
    """None where the proof is unknown, or over."""
    with desk.store.read() as uow:
        return _load(uow, proof_id)


def by_link(desk: Desk, *, token: str) -> Proof | None:
    """The proof whose mail had this link; the same for one that never was."""
    proof_id, _, secret = token.partition(".")
    proof = get(desk, proof_id=proof_id) if secret else None
    if proof is None:
        return None
    return proof if any(_same(secret, each) for each in proof.secrets) else None


def try_code(desk: Desk, *, proof_id: str, typed: str) -> bool:
    """Whether this is the code. Only what can be one counts as a try.

    Raises TooManyTries where no try is left; another code is needed then.
    """
    digits = "".join(typed.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return False
    return _try(desk, proof_id, lambda proof: _same(digits, proof.code))


def try_digits(desk: Desk, *, proof_id: str, typed: str, phone: str) -> bool:
    """Whether these are the last three digits of the phone in the form: what no mail scanner
    knows that opens the link and presses its button. Raises TooManyTries."""
    digits = "".join(typed.split())
    if len(digits) != 3 or not (digits.isascii() and digits.isdigit()):
        return False
    known = "".join(each for each in phone if each.isdigit())[-3:]
    return _try(desk, proof_id, lambda _proof: _same(digits, known))


def prove(desk: Desk, *, proof_id: str, draft_id: str) -> None:
    """The link was opened by whoever fills in ``draft_id``: it is their address."""
    desk.store.transact(lambda uow: _change(uow, proof_id, proved=True, draft_id=draft_id))


def message(desk: Desk, entry: Entry) -> tuple[OutgoingMail, Municipality] | None:
    """The mail of a step that ``begin`` owed, or None where nobody waits for it any more.

    Raises ValueError for an address that is none after all.
    """
    with desk.store.read() as uow:
        proof = _load(uow, str(entry.detail["draft"]))
    if proof is None or proof.proved:
        return None
    municipality = catalogue.municipality(desk, proof.municipality)
    secret = proof.secrets[int(entry.detail["number"])]
    mail = verification(
        municipality=municipality,
        recipient=proof.email,
        code=proof.code,
        link=f"{desk.settings.public_url.rstrip('/')}/verify/{proof.id}.{secret}",
        until=entry.created_at + LIFE,
        language=proof.language,
        stamp=entry.created_at,
        fallback_sender=desk.settings.mail_from,
    )
    return mail, municipality


def not_delivered(desk: Desk, entry: Entry) -> None:
    """The mail server refused the address: the page that waits says so."""
    desk.store.transact(lambda uow: _change(uow, str(entry.detail["draft"]), undelivered=True))


def _mail(desk: Desk, uow: UnitOfWork, proof: Proof, network: str | None, *, fresh: bool) -> None:
    _count(desk, uow, proof.email, network)
    proof = replace(proof, secrets=(*proof.secrets, secrets.token_urlsafe(32)))
    until = uow.now + LIFE
    if fresh:
        uow.drafts.add(draft_id=proof.id, values=_values(proof), expires_at=until)
    else:
        uow.drafts.save(proof.id, values=_values(proof), now=uow.now, expires_at=until)
    number = len(proof.secrets) - 1
    uow.outbox.add(
        name=f"{KIND}:{proof.id}:{number}",
        kind=Step.MAIL,
        booking_id="",
        detail={"kind": KIND, "draft": proof.id, "number": number},
        now=uow.now,
    )


def _count(desk: Desk, uow: UnitOfWork, email: str, network: str | None) -> None:
    keys = desk.store.keys
    limits = [(f"verify:{keys.derive(keys.current, 'address', email.casefold())}", _TO_ADDRESS)]
    if network is not None:
        limits.append((f"verify:{keys.derive(keys.current, 'network', network)}", _OF_NETWORK))
    for name, most in limits:
        if not uow.attempts.take(name, most=most, within=_HOUR, now=uow.now):
            raise TooManyTries("as many codes were sent as may be sent: wait an hour")


def _try(desk: Desk, proof_id: str, right: Callable[[Proof], bool]) -> bool:
    def work(uow: UnitOfWork) -> bool | None:
        proof = _load(uow, proof_id, lock=True)
        if proof is None or not proof.tries_left:
            return None
        if right(proof):
            return _change(uow, proof_id, proved=True)
        _change(uow, proof_id, tries=proof.tries + 1)
        return False

    outcome = desk.store.transact(work)
    if outcome is None:
        raise TooManyTries("this code is not to be tried any more: ask for another one")
    return outcome


def _load(uow: UnitOfWork, proof_id: str, *, lock: bool = False) -> Proof | None:
    if len(proof_id) > 50:
        return None
    values = (uow.drafts.load(proof_id, now=uow.now, lock=lock) or {}).get(_ROW)
    if values is None:
        return None
    kept = {**values, "channel": Channel(values["channel"]), "secrets": tuple(values["secrets"])}
    return Proof(id=proof_id, **kept)


def _change(uow: UnitOfWork, proof_id: str, **changes: Any) -> bool:
    """False where the proof is gone. Its end stays as it is."""
    proof = _load(uow, proof_id, lock=True)
    if proof is None:
        return False
    return uow.drafts.save(proof_id, values=_values(replace(proof, **changes)), now=uow.now)


def _values(proof: Proof) -> dict[str, Any]:
    names = (name for name in Proof.__dataclass_fields__ if name != "id")
    return {_ROW: {name: getattr(proof, name) for name in names}}


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
