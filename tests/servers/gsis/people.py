"""The persons that the stand-in knows; attributes as the register gives them, before padding."""

from __future__ import annotations

from dataclasses import dataclass

#: Width to which the register pads what it says.
PADDED = 24


@dataclass(frozen=True)
class Citizen:
    userid: str
    taxid: str
    firstname: str
    lastname: str
    fathername: str = "ΓΕΩΡΓΙΟΣ"
    mothername: str = "ΑΝΝΑ"
    birthyear: str = "1961"

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}"


#: The visitor of Kalamata's manual, and the one of Kavala's; the tax numbers are invented.
EFTYCHIA = Citizen("vavoula61", "068933130", "ΕΥΤΥΧΙΑ", "ΒΑΒΟΥΛΑ")
DESPOINA = Citizen("sarafeidou", "090000045", "ΔΕΣΠΟΙΝΑ", "ΣΑΡΑΦΕΙΔΟΥ", birthyear="1984")
SAMPLES = (EFTYCHIA, DESPOINA)
