"""Seeds that once broke a promise, each with what was wrong; all of them are run in CI.

A seed means the same schedule only as long as the product makes the same calls in the same order:
what is kept here is a sample of schedules that were hard once, not a proof by itself.
"""

from __future__ import annotations

from typing import Final

REGRESSIONS: Final[dict[int, str]] = {
    75: "an event stayed that a process wrote before it stood still, and another handed over",
    310: "an event that staff moved before it was read back was taken for where it should be",
    1081: "a reader that died held its lease while the deadline ran",
    2744: "a reader that died held its lease while the deadline ran",
    606: "an event is put back from the bin where it was not before",
    2222: "an event is put back from the bin after its booking went to a colleague",
    7722: "what was written was recorded over what a reading had seen of it since",
    27914: "a move whose answer was lost counted as refused when the next look was turned away",
    5202: "a move that was written but not read back was told as refused, and then followed",
    20060: "an event that was deleted before we recorded it stayed in the replica",
    15632: "a meeting that was read between our look and our write was noticed by nobody",
    541: "a mail whose answer was lost left again after the mail about a later change",
    15016: "an event was pasted into a colleague's calendar after it had been looked for in vain",
    16065: "an event was pasted into a colleague's calendar after it had been looked for in vain",
    21014: "an event was pasted into a colleague's calendar after it had been looked for in vain",
    34217: "an event was carried to a colleague, and a meeting entered where it had been",
    46308: "a meeting was entered over an event that had been carried to a colleague",
    67997: "a move was written and nobody said so, and who was turned away then called it refused",
    113171: "an event was missed by a reading that could not know it, and then deleted",
    175150: "a process that stood still while it handed a mail over did so after newer ones",
    225615: "a process that stood still while it handed a mail over did so after newer ones",
    224392: "an event that was deleted before we recorded its move stayed in the replica",
    637999: "the first look after an hour met one error of a colleague's calendar, and no second",
    996419: "an event was carried under a meeting in a calendar that read empty just then",
    337399: "a colleague's calendar refused us once, and where an event went was asked much later",
    3928: "a process that stood still before it sent a mail sent it after newer ones",
}
