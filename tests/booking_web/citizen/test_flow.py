"""From the municipality to the confirmed booking, in the words of the manuals, both languages."""

from __future__ import annotations

from flask import Flask

from connectors.contract import MailboxRef
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House

PRONOIA = [
    MailboxRef(address=f"{name}@kalamata.example", calendar=f"{name}@kalamata.example/rantevou/")
    for name in ("pronoia1", "pronoia2")
]


def test_every_step_says_what_the_manual_of_kalamata_shows(visitor: Visitor) -> None:
    visitor.get("/")
    assert "Επιλέξτε Δήμο" in visitor.text
    assert [each.text for each in visitor.html.cssselect("option")][1:] == [
        "ΔΗΜΟΣ ΚΑΒΑΛΑΣ",
        "ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ",
    ]
    visitor.press("Συνέχεια", dimos="kalamata")
    heading = "Εξυπηρέτηση με ραντεβού από τον Δήμο ΚΑΛΑΜΑΤΑΣ"
    assert visitor.heading == heading
    assert "Παρακαλώ επιλέξτε ομάδα υπηρεσιών..." in visitor.text
    assert "Διεύθυνση Πρόνοιας-Τμήμα Κοινωνικής Αρωγής" in visitor.text
    assert [each.text for each in visitor.html.cssselect(".rv-links a")] == [
        "Μάθετε το myDIMOSLive",
        "Συχνές Ερωτήσεις",
        "Δήμοι στο myDIMOSLive",
        "Εγχειρίδιο του Πολίτη",
        "Ενημέρωση για την επεξεργασία Προσωπικών Δεδομένων",
        "Επικοινωνία",
    ]
    visitor.press("Συνέχεια", omada="social-care")
    assert "Επίδομα Στέγασης" in visitor.text
    visitor.press("Συνέχεια", ypiresia="housing-benefit")
    assert "Φυσική Παρουσία" in visitor.text
    visitor.press("Συνέχεια", kanali="in_person")
    assert visitor.heading == heading
    labels = [each.text_content() for each in visitor.html.cssselect(".rv-radio label")]
    assert ("Λαμβάνετε το επίδομα στέγασης;" in visitor.text, labels) == (True, ["Όχι", "Ναι"])
    visitor.press("Συνέχεια", apantisi="yes-already")
    assert "παρακαλείσθε πριν κλείσετε ραντεβού να ελέγξετε" in visitor.text
    assert "Επιστροφή" in visitor.text
    visitor.press("Συνέχεια", epivevaiosi="1")
    assert visitor.heading == "Δήμος Καλαμάτας - Ραντεβού με Φυσική παρουσία"
    assert "Φυσική παρουσία - Επίδομα στέγασης 30 λεπτά" in visitor.text
    clocks = [each.text_content().strip() for each in visitor.html.cssselect(".rv-slot label")]
    assert [each.replace("\u00a0", " ") for each in clocks] == [
        "12:30 μ.μ.",
        "1:10 μ.μ.",
        "1:50 μ.μ.",
    ]
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert visitor.heading == "Προσθέστε τα στοιχεία σας"
    for words in (
        "Όνομα και επώνυμο",
        "Ηλεκτρονικό ταχυδρομείο",
        "Αριθμός τηλεφώνου",
        "Εισάγετε πρόσθετες πληροφορίες",
        "ΑΦΜ (προαιρετικό)",
        "Δηλώνω υπεύθυνα ότι τα ανωτέρω υποβληθέντα προσωπικά δεδομένα",
    ):
        assert words in visitor.text


def test_a_booking_stands_in_one_calendar_and_the_page_says_so(
    house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"
    assert f"Κωδικός κράτησης {reference}" in visitor.text
    assert "Επερχόμενη κράτηση για Μαρία Παππά" in visitor.text
    for words in ("Προγραμματισμός εκ νέου", "Ακύρωση κράτησης", "Νέα κράτηση"):
        assert words in visitor.text
    events = [event for mailbox in PRONOIA for event in house.memory.events(mailbox)]
    assert [event.reference for event in events] == [reference]
    assert events[0].period is not None
    assert events[0].period.start.isoformat() == "2027-01-12T10:30:00+00:00"


def test_no_first_time_goes_straight_to_the_calendar(visitor: Visitor) -> None:
    visitor.at_calendar(receives=False)
    assert visitor.url.endswith("/slot")


def test_without_the_confirmation_it_goes_no_further(visitor: Visitor) -> None:
    visitor.get(f"{HOUSING}/declaration/housing-benefit")
    visitor.press("Συνέχεια", apantisi="yes-already").press("Συνέχεια")
    assert visitor.status == 422
    assert visitor.errors() == {
        "epivevaiosi": "Για να συνεχίσετε, επιβεβαιώστε επιλέγοντας το πλαίσιο"
    }
    assert "/declaration/" in visitor.get(f"{HOUSING}/slot").url
    visitor.get(f"{HOUSING}/declaration/housing-benefit/next").follow("Δεν μπορώ")
    assert visitor.heading == "Δεν μπορείτε να κλείσετε ραντεβού τώρα"
    assert "δεν χρειάζεται ραντεβού" in visitor.text


def test_a_missing_answer_is_named_at_every_question(visitor: Visitor) -> None:
    visitor.get("/").press("Συνέχεια", dimos="")
    assert (visitor.status, list(visitor.errors())) == (422, ["dimos"])
    assert visitor.title.startswith("Σφάλμα: ")
    for url, field in (
        ("/d/kalamata/", "omada"),
        ("/d/kalamata/group/social-care", "ypiresia"),
        ("/d/kavala/", "omada"),
    ):
        visitor.get(f"{url}?{field}=nonsense")
        assert (visitor.status, list(visitor.errors())) == (422, [field])


def test_kavala_by_teleconference(house: House, visitor: Visitor) -> None:
    visitor.get("/").press("Συνέχεια", dimos="kavala")
    assert visitor.heading == "Εξυπηρέτηση με ραντεβού από τον Δήμο ΚΑΒΑΛΑΣ"
    group = visitor.html.cssselect("input[name=omada]")[0].get("value")
    visitor.press("Συνέχεια", omada=group)
    service = visitor.html.cssselect("input[name=ypiresia]")[0].get("value")
    visitor.press("Συνέχεια", ypiresia=service)
    labels = [each.text_content() for each in visitor.html.cssselect(".rv-radio label")]
    assert labels == ["Τηλεδιάσκεψη", "Φυσική Παρουσία"]
    visitor.press("Συνέχεια", kanali="teleconference")
    assert "10 λεπτά" in visitor.text
    visitor.press("Συνέχεια", ora=visitor.times()[-1])
    assert "Διεύθυνση (προαιρετικά)" in visitor.text
    assert "Παρακαλούμε συμπληρώστε το θέμα:" in visitor.text
    subject = visitor.html.cssselect("#q-subject, [id^=q-]")[-1].get("name")
    visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1", subject: "Βεβαίωση"}).press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"
    assert "Συμμετοχή στη συνάντηση" in visitor.text
    visitor.follow("Συμμετοχή στη συνάντηση")
    assert "Η συνάντηση ανοίγει" in visitor.text
    assert "meet.example.gr" not in visitor.page.text
    house.clock.at = house.clock.at.replace(hour=12, minute=25)
    visitor.get(visitor.url).press("Συνέχεια στη συνάντηση", katagrafi="1")
    assert "Συμμετοχή τώρα" in visitor.text
    leads = visitor.client.get(f"{visitor.url}/now").headers["Location"]
    assert leads.startswith("https://meet.example.gr/")


def test_deep_links_and_what_does_not_exist(app: Flask, visitor: Visitor) -> None:
    assert "Φυσική Παρουσία" in visitor.get("/d/kalamata/housing-benefit").text
    assert visitor.get(HOUSING).url.endswith("/declaration/housing-benefit")
    for url in (
        "/d/atlantis/",
        "/d/kalamata/nothing",
        "/d/kalamata/housing-benefit/telephone",
        "/d/kalamata/housing-benefit/nonsense",
        "/d/kalamata/info/nothing",
        f"{HOUSING}/declaration/nothing",
    ):
        assert visitor.get(url).status == 404, url
        assert visitor.heading == "Η σελίδα δεν βρέθηκε"


def test_english_keeps_the_page_and_the_answers(visitor: Visitor) -> None:
    visitor.at_details()
    visitor.press("Συνέχεια", **{**MARIA, "tilefono": "1"})
    visitor.follow("English")
    assert visitor.html.get("lang") == "en"
    assert visitor.heading == "Add your details"
    assert visitor.html.get_element_by_id("onoma").get("value") == MARIA["onoma"]
    visitor.press("Continue", **MARIA, synainesi="1").press("Book")
    assert visitor.heading == "Your appointment is booked"
    assert "Upcoming booking for Μαρία Παππά" in visitor.text
    assert visitor.follow("Ελληνικά").heading == "Το ραντεβού σας κλείστηκε"


def test_every_link_of_the_panels_leads_to_a_page_in_both_languages(visitor: Visitor) -> None:
    for start in ("/", "/d/kalamata/", "/d/kavala/", "/?lang=en", "/d/kalamata/", "/d/kavala/"):
        visitor.get(start)
        links = visitor.html.cssselect(".rv-links a, .rv-footer a")
        assert len(links) >= 8
        for url in {link.get("href") for link in links}:
            assert visitor.get(url).status == 200, url
            assert len(visitor.html.find(".//main").text_content()) > 150, url
