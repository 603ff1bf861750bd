"""The error codes of Microsoft Graph, Exchange behind it and the token service, with our meaning.

Sources: learn.microsoft.com/graph/errors, the EWS response codes that Outlook's part of Graph
hands on, learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from __future__ import annotations

from typing import Final

from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    SyncStateExpired,
    TryLater,
    Unsupported,
)

Kind = type[ConnectorError]

_RIGHTS: Final = (
    "this application may not do that with this mailbox: grant the Exchange role for it "
    "(New-ManagementRoleAssignment, application role) with a scope that holds the mailbox; "
    "rantevou mailbox check names the command"
)
_TOKEN: Final = "the token is refused: check tenant, authority and the machine's clock"  # noqa: S105
_NO_MAILBOX: Final = (
    "there is no such mailbox in Exchange Online, or it has no licence: correct its address in "
    "the mapping, or give it a licence"
)
_BUSY: Final = "the provider asks to slow down"
_FAULT: Final = "the provider has a fault"
_GONE: Final = "the event does not exist any more"
_STATE: Final = "the sync state is not valid any more"
_CHANGED: Final = "the event was changed meanwhile"
_CONTENT: Final = "the provider refuses the content of the request"

#: Codes as they are compared (``errors.plain``): our meaning and what an administrator reads.
#: Whether a TryLater may have taken effect is decided by the status.
CODES: Final[dict[str, tuple[Kind, str]]] = {
    # events
    "itemnotfound": (EventGone, _GONE),
    "messagenotfound": (EventGone, _GONE),
    "calendaroccurrenceisdeletedfromrecurrence": (EventGone, _GONE),
    "invalididmalformed": (EventGone, "there is no event with such an id"),
    "invalidid": (EventGone, "there is no event with such an id"),
    "invalidmailboxitemid": (EventGone, "the event stands in another mailbox"),
    # mailboxes and calendars
    "invaliduser": (MailboxNotFound, _NO_MAILBOX),
    "requestresourcenotfound": (MailboxNotFound, _NO_MAILBOX),
    "resourcenotfound": (MailboxNotFound, _NO_MAILBOX),
    "usernotfound": (MailboxNotFound, _NO_MAILBOX),
    "mailboxnotenabledforrestapi": (MailboxNotFound, _NO_MAILBOX),
    "mailboxnotsupportedforrestapi": (MailboxNotFound, _NO_MAILBOX),
    "nonexistentmailbox": (MailboxNotFound, _NO_MAILBOX),
    "mailboxnotfound": (MailboxNotFound, _NO_MAILBOX),
    "mailrecipientnotfound": (MailboxNotFound, _NO_MAILBOX),
    "recipientnotfound": (MailboxNotFound, _NO_MAILBOX),
    "invalidsmtpaddress": (MailboxNotFound, _NO_MAILBOX),
    "foldernotfound": (MailboxNotFound, "the mailbox has no such calendar: correct the mapping"),
    "parentfoldernotfound": (MailboxNotFound, "the mailbox has no such calendar"),
    "calendarfoldernotfound": (MailboxNotFound, "the mailbox has no calendar"),
    # rights
    "accessdenied": (NotAuthorised, _RIGHTS),
    "authorizationrequestdenied": (NotAuthorised, _RIGHTS),
    "authorizationidentitynotfound": (
        NotAuthorised,
        "the directory does not know this application: check the tenant, and grant it there",
    ),
    "forbidden": (NotAuthorised, _RIGHTS),
    "unauthorized": (NotAuthorised, _TOKEN),
    "unauthorizedaccess": (NotAuthorised, _RIGHTS),
    "nofreebusyaccess": (NotAuthorised, _RIGHTS),
    "sendasdenied": (NotAuthorised, "this application may not send mail as this mailbox"),
    "messagesubmissionblocked": (NotAuthorised, "Exchange has blocked this mailbox from sending"),
    "accountdisabled": (NotAuthorised, "the account of this mailbox is disabled"),
    "accountsuspend": (NotAuthorised, "Exchange has suspended this mailbox"),
    "invalidauthenticationtoken": (NotAuthorised, _TOKEN),
    "compacttokenparsingfailedwitherrorcode": (NotAuthorised, _TOKEN),
    "authenticationerror": (NotAuthorised, _TOKEN),
    "tokenexpired": (NotAuthorised, _TOKEN),
    "insufficientclaims": (NotAuthorised, "a Conditional Access policy keeps this application out"),
    # versions
    "irresolvableconflict": (Conflict, _CHANGED),
    "preconditionfailed": (Conflict, _CHANGED),
    "changekeyrequired": (Conflict, _CHANGED),
    "changekeyrequiredforwriteoperations": (Conflict, _CHANGED),
    "staleobject": (Conflict, _CHANGED),
    "directoryconcurrencyviolation": (TryLater, "two changes came at the same time"),
    "duplicatetransactionid": (Conflict, "the key was used for another event already"),
    # too much, too early
    "applicationthrottled": (TryLater, _BUSY),
    "mailboxconcurrency": (TryLater, _BUSY),
    "toomanyrequests": (TryLater, _BUSY),
    "activitylimitreached": (TryLater, _BUSY),
    "exceededconnectioncount": (TryLater, _BUSY),
    "exceededmessagelimit": (TryLater, _BUSY),
    "toomanyobjectsopened": (TryLater, _BUSY),
    "serverbusy": (TryLater, _BUSY),
    "serviceunavailable": (TryLater, _FAULT),
    "mailboxstoreunavailable": (TryLater, "the mailbox cannot be reached"),
    "mailboxmoveinprogress": (TryLater, "the mailbox is being moved"),
    "mailboxfailover": (TryLater, "the mailbox is being moved"),
    "mailboxinfostale": (TryLater, "the mailbox is being moved"),
    "norespondingcasindestinationsite": (TryLater, _FAULT),
    "connectionfailed": (TryLater, _FAULT),
    "timeoutexpired": (TryLater, _FAULT),
    "timeout": (TryLater, _FAULT),
    "proxyrequestprocessingfailed": (TryLater, _FAULT),
    "internalservererror": (TryLater, _FAULT),
    "internalservertransienterror": (TryLater, _FAULT),
    "batchprocessingstopped": (TryLater, _FAULT),
    "freebusygenerationfailed": (TryLater, _FAULT),
    "generalexception": (TryLater, _FAULT),
    # sync
    "syncstatenotfound": (SyncStateExpired, _STATE),
    "syncstateinvalid": (SyncStateExpired, _STATE),
    "invalidsyncstatedata": (SyncStateExpired, _STATE),
    "invalidsyncstate": (SyncStateExpired, _STATE),
    "resyncrequired": (SyncStateExpired, _STATE),
    "fullsyncrequired": (SyncStateExpired, _STATE),
    "resyncchangesapplydifferences": (SyncStateExpired, _STATE),
    "resyncchangesuploaddifferences": (SyncStateExpired, _STATE),
    "invaliddeltatoken": (SyncStateExpired, _STATE),
    # content
    "invalidrequest": (Rejected, _CONTENT),
    "badrequest": (Rejected, _CONTENT),
    "requestbodyread": (Rejected, _CONTENT),
    "invalidparameter": (Rejected, _CONTENT),
    "invalidargument": (Rejected, _CONTENT),
    "propertyvalidationfailure": (Rejected, _CONTENT),
    "invalidpropertyset": (Rejected, _CONTENT),
    "invalidtimezone": (Rejected, _CONTENT),
    "invalidrecipients": (Rejected, _CONTENT),
    "calendarenddateisearlierthanstartdate": (Rejected, _CONTENT),
    "itemsave": (Rejected, _CONTENT),
    "messagesizeexceeded": (Rejected, "the message is too large for the mailbox"),
    "mailboxdataarraytoobig": (Rejected, "too many mailboxes in one request"),
    "quotaexceeded": (Rejected, "the mailbox is full: make room in it"),
    "insufficientstorage": (Rejected, "the mailbox is full: make room in it"),
    "notimplemented": (Unsupported, "the provider does not offer this"),
    "notsupported": (Unsupported, "the provider does not offer this"),
    "methodnotallowed": (Unsupported, "the provider does not offer this"),
}

#: Status codes where no known code says more: our meaning, whether a write may have taken effect,
#: and the reason (RFC 9110; learn.microsoft.com/graph/errors).
STATUSES: Final[dict[int, tuple[Kind, bool, str]]] = {
    400: (Rejected, False, _CONTENT),
    401: (NotAuthorised, False, _TOKEN),
    402: (NotAuthorised, False, "the tenant must pay for this first"),
    403: (NotAuthorised, False, _RIGHTS),
    404: (MailboxNotFound, False, _NO_MAILBOX),
    405: (Unsupported, False, "the provider does not offer this"),
    408: (TryLater, True, "the provider gave up waiting"),
    409: (Conflict, False, "the provider sees a conflict"),
    410: (SyncStateExpired, False, _STATE),
    412: (Conflict, False, _CHANGED),
    413: (Rejected, False, "the request is too large"),
    423: (TryLater, False, "the mailbox is locked"),
    424: (TryLater, False, "another request of the same batch failed"),
    425: (TryLater, False, _BUSY),
    429: (TryLater, False, _BUSY),
    501: (Unsupported, False, "the provider does not offer this"),
    507: (Rejected, False, "the mailbox is full: make room in it"),
    509: (TryLater, False, _BUSY),
}

_RENEW: Final = (
    "make a new client secret (Entra admin center > App registrations > Certificates & secrets), "
    "then: rantevou secret set"
)
_NEW_CERTIFICATE: Final = (
    "the certificate is not one of this application, or it has ended: upload a valid one (Entra "
    "admin center > App registrations > Certificates & secrets > Certificates), then: "
    "rantevou secret set"
)

#: Numbers of the token service ("AADSTS7000215"): our meaning and what an administrator does.
TOKEN_CODES: Final[dict[int, tuple[Kind, str]]] = {
    7000215: (NotAuthorised, f"the client secret is wrong: {_RENEW}"),
    7000222: (NotAuthorised, f"the client secret has expired: {_RENEW}"),
    7000216: (NotAuthorised, f"the token service wants a secret or certificate: {_RENEW}"),
    700027: (NotAuthorised, _NEW_CERTIFICATE),
    700024: (
        NotAuthorised,
        "the signature's time is out of range: set this machine's clock by NTP",
    ),
    700023: (NotAuthorised, "the signature is not for this authority: check option authority"),
    700030: (NotAuthorised, "the certificate is not valid for this application"),
    700016: (
        NotAuthorised,
        "the tenant does not know this application: check 'user' (client id) and option tenant",
    ),
    7000112: (NotAuthorised, "the application is disabled: enable it in Enterprise applications"),
    90002: (NotAuthorised, "there is no such tenant: correct option tenant"),
    900021: (NotAuthorised, "there is no such tenant: correct option tenant"),
    900023: (NotAuthorised, "there is no such tenant: correct option tenant"),
    90013: (NotAuthorised, "the token request is not valid: check user, tenant and authority"),
    500011: (NotAuthorised, "the tenant does not know this Graph: check url and authority"),
    50001: (NotAuthorised, "the tenant does not know this Graph: check url and authority"),
    65001: (NotAuthorised, "nobody consented to the permissions of this application yet"),
    53003: (NotAuthorised, "a Conditional Access policy keeps this application out"),
    530034: (NotAuthorised, "the tenant blocks this application"),
    50196: (TryLater, "the token service asks to slow down"),
    90055: (TryLater, "the token service asks to slow down"),
    90033: (TryLater, "the token service is not available"),
    90006: (TryLater, "the token service has a fault"),
    50000: (TryLater, "the token service has a fault"),
    90100: (TryLater, "the token service has a fault"),
}
