"""The words of the pages, Greek and English."""

from __future__ import annotations

_BOTH: dict[str, tuple[str, str]] = {
    "label": ("Δοκιμαστικό Outlook", "Trial Outlook"),
    "not_microsoft": (
        "stand-in, όχι της Microsoft: παίζετε τον υπάλληλο",
        "a stand-in, not Microsoft: here you play the employee",
    ),
    "no_mailboxes": ("Δεν υπάρχουν γραμματοκιβώτια.", "There are no mailboxes."),
    "mailbox": ("Ημερολόγιο", "Calendar"),
    "show": ("Άνοιγμα", "Open"),
    "earlier": ("Προηγούμενη εβδομάδα", "Earlier week"),
    "later": ("Επόμενη εβδομάδα", "Later week"),
    "today": ("Σήμερα", "Today"),
    "all_day": ("Ολοήμερο", "All day"),
    "new": ("Νέο συμβάν", "New event"),
    "subject": ("Θέμα", "Subject"),
    "date": ("Ημερομηνία", "Date"),
    "from": ("Από", "From"),
    "to": ("Έως", "To"),
    "weekly": ("Κάθε εβδομάδα, φορές", "Every week, times"),
    "show_as": ("Εμφάνιση ως", "Show as"),
    "add": ("Προσθήκη", "Add"),
    "change": ("Μετακίνηση", "Move"),
    "shorten": ("Σύντμηση κατά 15 λεπτά", "Shorten by 15 minutes"),
    "save": ("Αλλαγή", "Change"),
    "category": ("Κατηγορία", "Category"),
    "none": ("καμία", "none"),
    "delete": ("Διαγραφή", "Delete"),
    "close": ("Κλείσιμο", "Close"),
    "ours": ("Ραντεβού πολίτη", "Citizen's appointment"),
    "private": ("Ιδιωτικό", "Private"),
    "recurring": ("Επαναλαμβανόμενο", "Recurring"),
    "meeting": ("Σύσκεψη Teams", "Teams meeting"),
    "free": ("Ελεύθερος", "Free"),
    "tentative": ("Αβέβαιος", "Tentative"),
    "busy": ("Απασχολημένος", "Busy"),
    "oof": ("Εκτός γραφείου", "Out of office"),
    "workingElsewhere": ("Εργασία αλλού", "Working elsewhere"),
    "unknown": ("Άγνωστο", "Unknown"),
    "mails": ("Απεσταλμένα μέσω Graph", "Mails sent by Graph"),
    "no_mails": ("Δεν έχει σταλεί κανένα μήνυμα.", "No mail has been sent."),
    "bad_times": (
        "Συμπληρώστε ημερομηνία και ώρες· η λήξη έρχεται μετά την έναρξη.",
        "Fill in date and times; the end comes after the start.",
    ),
    "gone": ("Το συμβάν δεν υπάρχει πια.", "The event is not there any more."),
    "hint": (
        "Επιλέξτε ένα συμβάν για να το αλλάξετε, ή μια ώρα για να προσθέσετε.",
        "Choose an event to change it, or an hour to add one.",
    ),
    "teams_title": ("Εδώ θα άνοιγε το Microsoft Teams", "Microsoft Teams would open here"),
    "teams_text": (
        "Η σελίδα αυτή παίρνει τη θέση του Microsoft Teams· δεν είναι της Microsoft.",
        "This page stands for Microsoft Teams; it is not Microsoft.",
    ),
    "teams_of": ("Σύσκεψη του ημερολογίου", "A meeting of the calendar of"),
    "teams_lobby": ("Προθάλαμος", "Lobby"),
    "teams_recording": ("Καταγραφή", "Recording"),
    "allowed": ("επιτρέπεται", "allowed"),
    "refused": ("δεν επιτρέπεται", "not allowed"),
    "teams_gone": (
        "Δεν υπάρχει τέτοια σύσκεψη (ή διαγράφηκε).",
        "There is no such meeting (or it was deleted).",
    ),
    "other_language": ("English", "Ελληνικά"),
    "days": ("Δευ Τρι Τετ Πεμ Παρ Σαβ Κυρ", "Mon Tue Wed Thu Fri Sat Sun"),
}

LANGUAGES = ("el", "en")


def words(language: str) -> dict[str, str]:
    index = LANGUAGES.index(language)
    return {name: both[index] for name, both in _BOTH.items()}
