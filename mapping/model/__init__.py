"""What a municipality offers: frozen values, as the mapping file names them.

All lengths are whole minutes and multiples of ``CELL_MINUTES``; wall-clock times are local to
``Municipality.time_zone``. Texts come in Greek and English; English may be empty and then the
Greek one is shown.
"""

from mapping.model.access import (
    FairAccess,
    Privacy,
    SignIn,
)
from mapping.model.delivery import (
    CalendarConnection,
    HoursFrom,
    Mailbox,
    ProviderMail,
    StaffMember,
)
from mapping.model.forms import (
    Choice,
    Consent,
    ConsentKind,
    Declaration,
    DeclarationAnswer,
    Question,
    QuestionKind,
)
from mapping.model.municipality import (
    Contact,
    InfoPage,
    Municipality,
    service_id,
)
from mapping.model.services import (
    BusyAs,
    Channel,
    Service,
    ServiceChannel,
    ServiceGroup,
    ShowAsPolicy,
)
from mapping.model.texts import (
    LocalText,
)
from mapping.model.times import (
    CELL_MINUTES,
    Closure,
    Holidays,
    LocalHoliday,
    Opening,
    Weekday,
)

__all__ = [
    "CELL_MINUTES",
    "BusyAs",
    "CalendarConnection",
    "Channel",
    "Choice",
    "Closure",
    "Consent",
    "ConsentKind",
    "Contact",
    "Declaration",
    "DeclarationAnswer",
    "FairAccess",
    "Holidays",
    "HoursFrom",
    "InfoPage",
    "LocalHoliday",
    "LocalText",
    "Mailbox",
    "Municipality",
    "Opening",
    "Privacy",
    "ProviderMail",
    "Question",
    "QuestionKind",
    "Service",
    "ServiceChannel",
    "ServiceGroup",
    "ShowAsPolicy",
    "SignIn",
    "StaffMember",
    "Weekday",
    "service_id",
]
