"""Where nobody knows any more whose booking it was, staff and the API are told nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from booking import erasing, managing
from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import house
from tests.booking_web.pages import sign_in

AFM = "090000045"


def test_an_erased_booking_is_a_time_a_service_and_a_reference(tmp_path: Path) -> None:
    home = house(tmp_path)
    app = create_app(home.desk)
    booked = Api(app.test_client()).book(answers={"afm": AFM}).get_json()
    view = managing.by_reference(home.desk, reference=booked["reference"])
    home.clock.at = view.period.end + timedelta(minutes=1)
    erasing.ask(home.desk, booking_id=view.id)
    client = app.test_client()
    sign_in(client, "staff-kalamata")
    page = client.get(f"/staff/bookings/{booked['reference']}")
    assert page.status_code == 200
    assert "Τα προσωπικά στοιχεία διαγράφηκαν: Τετάρτη 13 Ιανουαρίου 2027." in page.text.replace(
        "\u00a0", " "
    )
    assert "Επίδομα Στέγασης" in page.text
    assert "Για να σημειώσετε πώς πήγε" not in page.text
    day = client.get("/staff/?imera=2027-01-13")
    assert "(διαγράφηκε)" in day.text
    personal = ("Ελένη Δοκιμαστική", "eleni@", AFM, "6901234567", "690 123 4567")
    for told in (page.text, day.text):
        assert not [each for each in personal if each in told]
    bearer = {"Authorization": f"Bearer {booked['manage_token']}"}
    url = f"/api/v1/bookings/{booked['reference']}"
    for method in ("GET", "DELETE"):
        answer = app.test_client().open(url, method=method, headers=bearer)
        assert answer.status_code in (401, 404)
    answer = app.test_client().patch(url, headers=bearer, json={"answers": {"afm": AFM}})
    assert answer.status_code in (401, 404)
