"""What every answer of every route keeps to: headers, cookies, no trust in the host, no way out.

The routes come from the application itself, so a new one is held to this without being named.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from urllib.parse import quote, urlsplit

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking_web.app import create_app
from booking_web.security import CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY
from tests.booking_web.desk import PASSWORD, House, house, with_settings
from tests.booking_web.pages import sign_in, token_of
from tests.booking_web.test_routes import AUDIENCE, World, make_world, rules

#: The calendar: a script looks for the visitor's time zone.
WITH_SCRIPT = {"citizen.slot", "citizen.reschedule"}
#: What everybody may read alike, and keep for a moment.
SHARED = {
    "api.api_openapi",
    "api.api_problem",
    "api.catalogue_municipalities",
    "api.catalogue_services",
    "api.catalogue_availability",
}
MACHINES = ("api.", "health.", "notifications.")
ELSEWHERE = ("//evil.example/x", "https://evil.example/", "/\\evil.example", "\\\\evil.example",
             "/%2f/evil.example", "javascript:alert(1)", "/\t/evil.example")  # fmt: skip
#: Names under which an address to go to might be taken.
NAMES = ("to", "next", "url", "back", "return", "return_to", "redirect", "dimos", "lang", "zone")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("answers"), csrf=False)
    yield made
    made.home.desk.store.close()


def every_page(world: World, actor: str) -> Iterator[tuple[Rule, TestResponse]]:
    for _, rule in rules(world.app, "GET"):
        query = "?channel=teleconference&from=2027-01-13&to=2027-01-14"
        query = query if rule.endpoint == "api.catalogue_availability" else ""
        yield rule, world.clients[actor].get(address(world, rule, actor) + query)


@pytest.mark.parametrize("actor", ["anonymous", "citizen_a", "admin"])
def test_headers(world: World, actor: str) -> None:
    for rule, answer in every_page(world, actor):
        headers = answer.headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), rule.rule
        assert "unsafe" not in headers["Content-Security-Policy"], rule.rule
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], rule.rule
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "geolocation=()" in headers["Permissions-Policy"], rule.rule
        assert "Access-Control-Allow-Origin" not in headers, rule.rule
        kept = rule.endpoint in SHARED and answer.status_code == 200
        assert kept or headers["Cache-Control"] == "no-store", rule.rule
        if rule.endpoint.startswith(MACHINES):
            assert "Set-Cookie" not in headers, rule.rule


def test_only_the_page_of_the_meeting_may_ask_for_a_camera(world: World) -> None:
    for rule, answer in every_page(world, "citizen_a"):
        if rule.endpoint.startswith("citizen.join"):
            continue
        assert answer.headers["Permissions-Policy"] == PERMISSIONS_POLICY, rule.rule
        policy = answer.headers["Content-Security-Policy"]
        if rule.endpoint not in WITH_SCRIPT:
            assert policy == CONTENT_SECURITY_POLICY, rule.rule
        assert policy.removesuffix("; script-src 'self'") == CONTENT_SECURITY_POLICY, rule.rule


def test_what_everybody_may_keep_is_the_same_for_everybody(world: World) -> None:
    kept = [
        {rule.endpoint: answer.data for rule, answer in every_page(world, actor)}
        for actor in ("anonymous", "citizen_a")
    ]
    assert [each for each in SHARED if kept[0][each] != kept[1][each]] == []


def test_over_plain_http_nobody_is_sent_to_https(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = house(tmp_path_factory.mktemp("plain"))
    app = create_app(with_settings(home.desk, public_url="http://127.0.0.1:8000"))
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers
    home.desk.store.close()


def test_the_host_of_a_request_is_believed_nowhere(world: World) -> None:
    lying = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "evil",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/evil",
    }
    for actor, (_, rule) in product(("citizen_a", "admin"), rules(world.app, "GET")):
        answer = world.clients[actor].get(address(world, rule, actor), headers=lying)
        assert "evil" not in answer.text + str(answer.headers), rule.rule


def address(world: World, rule: Rule, actor: str) -> str:
    values = {name: argument(world, rule, name, actor) for name in rule.arguments}
    with world.app.test_request_context():
        return str(world.app.url_map.bind("localhost").build(rule.endpoint, values))


def argument(world: World, rule: Rule, name: str, actor: str) -> str:
    """Of a thing that is there; of a kind that the list of routes does not know, of none."""
    try:
        return world.values(alone(rule, name), actor)[name]
    except KeyError:
        return "unknown"


def alone(rule: Rule, name: str) -> Rule:
    """The rule as if it had this argument only."""
    only = Rule(rule.rule, endpoint=rule.endpoint)
    only.arguments = {name}
    return only


def leads_away(answer: TestResponse) -> bool:
    """Whether a browser would leave for the address that was put into the request."""
    target = (answer.location or "").replace("\\", "/").replace("\t", "")
    return "evil" in urlsplit(target).netloc or target.startswith("javascript:")


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_page_sends_anybody_to_an_address_of_the_request(world: World, elsewhere: str) -> None:
    query = "&".join(f"{name}={quote(elsewhere, safe='')}" for name in NAMES)
    for actor, (_, rule) in product(("anonymous", "citizen_a", "admin"), rules(world.app, "GET")):
        answer = world.clients[actor].get(f"{address(world, rule, actor)}?{query}")
        assert not leads_away(answer), (rule.rule, answer.location)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_form_sends_anybody_to_an_address_of_the_request(world: World, elsewhere: str) -> None:
    """Signing in is the form that most likely would."""
    for area, user in (("/staff/", "staff-kavala"), ("/admin/", "admin")):
        client = world.app.test_client()
        answer = sign_in(client, user, area=area, to=elsewhere)
        assert answer.status_code == 303
        assert answer.location == area, (area, answer.location)
    for _, rule in rules(world.app, "POST"):
        if rule.endpoint.startswith(MACHINES) or AUDIENCE.get(rule.endpoint) != "public":
            continue
        url = address(world, rule, "anonymous")
        answer = world.app.test_client().post(url, data=dict.fromkeys(NAMES, elsewhere))
        assert not leads_away(answer), (rule.rule, answer.location)


def test_whoever_signs_in_gets_a_session_of_their_own(world: World) -> None:
    """A session that somebody prepared on a shared machine is worth nothing after the sign-in."""
    client = world.app.test_client()
    page = client.get("/staff/sign-in")
    prepared = client.get_cookie("rantevou")
    assert prepared is not None
    token = token_of(page)
    with client.session_transaction() as session:
        before = dict(session)
    form = {"csrf_token": token, "user": "staff-kavala", "password": PASSWORD, "to": ""}
    assert client.post("/staff/sign-in", data=form).status_code == 303
    with client.session_transaction() as session:
        assert session.get("csrf_token") != before["csrf_token"]
    assert client.get("/staff/").status_code == 200
    client.set_cookie("rantevou", prepared.value)
    assert client.get("/staff/").status_code == 303


def test_whoever_leaves_staff_is_out_also_with_a_copy_of_the_cookie(world: World) -> None:
    client = world.app.test_client()
    sign_in(client, "staff-kavala")
    kept = client.get_cookie("rantevou")
    assert kept is not None
    page = client.get("/staff/")
    client.post("/staff/sign-out", data={"csrf_token": token_of(page)})
    client.set_cookie("rantevou", kept.value)
    assert client.get("/staff/").status_code == 303


def test_cookies_are_out_of_reach_on_every_page(world: World) -> None:
    home: House = world.home
    app = create_app(with_settings(home.desk, secure_cookies=True))
    client = app.test_client()
    seen = 0
    for _, rule in rules(app, "GET"):
        answer = client.get(address(world, rule, "citizen_a"), base_url="https://x.example")
        for cookie in answer.headers.getlist("Set-Cookie"):
            seen += 1
            assert cookie.startswith("__Host-rantevou="), rule.rule
            for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
                assert attribute in cookie, rule.rule
            assert "Domain" not in cookie
    assert seen


def test_health_and_metrics_tell_nothing_of_anybody(world: World) -> None:
    client = world.app.test_client()
    assert client.get("/metrics").status_code == 404
    local = create_app(with_settings(world.home.desk, public_url="http://127.0.0.1:8000"))
    told = [local.test_client().get(url).text for url in ("/health/live", "/health/ready")]
    numbers = local.test_client().get("/metrics")
    assert numbers.status_code == 200
    reference = world.booked["citizen_a"]["reference"]
    for personal in ("Δοκιμαστική", "eleni", "6901234567", "@", reference, "sqlite", "kavala"):
        assert personal not in numbers.text + "".join(told)
