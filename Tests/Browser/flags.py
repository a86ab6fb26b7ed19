"""What a person does with flags on the page, and what callers are answered then. Against a live server only.

Makes an environment and a flag of its own, and takes both away again.
"""
import json
import re
import time
import urllib.error
import urllib.request

from playwright.sync_api import expect

KEY = "browser-look"
ELSEWHERE = "browser-look"
PATIENCE = 15

START = {
    "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
    "description": "Made by the test of the page", "owner": "browser", "tags": ["test"],
}


class Flags:
    """The server as programs see it."""

    def __init__(self, look):
        self.look = look
        self.path = f"/flags/production/{KEY}"

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.look.token:
            headers["Authorization"] = f"Bearer {self.look.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.look.base + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def change(self, *edits, environment="production", reason=""):
        body = {"edits": list(edits), "reason": reason}
        return self.ask("POST", f"/v1/environments/{environment}/flags/{KEY}", body)["flag"]

    def evaluate(self, key, **attributes):
        """What a caller is answered: `(variant, reason)`."""
        answer = self.ask(
            "POST", f"/ofrep/v1/evaluate/flags/{KEY}", {"context": {"targetingKey": key, **attributes}})
        return answer.get("variant"), answer["reason"]

    def start(self):
        """The flag as every check finds it."""
        self.change({"action": "put", "document": json.dumps(START)}, reason="for the browser")

    def end(self):
        for environment in ("production", ELSEWHERE):
            try:
                self.change({"action": "delete"}, environment=environment)
            except (urllib.error.HTTPError, KeyError, TypeError):
                pass
        try:
            self.ask("DELETE", f"/v1/environments/{ELSEWHERE}")
        except urllib.error.HTTPError:
            pass


def with_flag(check):
    def wrapped(look):
        flags = Flags(look)
        flags.start()
        context = look.context()
        try:
            check(look, flags, context)
        finally:
            context.close()
            flags.end()

    wrapped.__doc__ = check.__doc__
    wrapped.__name__ = check.__name__
    return wrapped


def wait(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.05)


def answer(page, reason):
    """Says yes to the question that stands open."""
    dialog = page.locator("dialog[open]")
    dialog.locator("input[name=reason]").fill(reason)
    dialog.locator("button[type=submit]").click()


@with_flag
def a_flag_is_found_and_switched(look, flags, context):
    """Search narrows the list down; the switch asks first; callers are answered otherwise once it was confirmed."""
    assert flags.evaluate("anna") == ("off", "STATIC")
    page = look.page(context, "/flags")
    page.locator("#filter").fill(f"{KEY} test")
    expect(page.locator("table.flags tbody tr")).to_have_count(1)
    assert "q=browser-look" in page.url, page.url
    page.locator(f"#switch-{KEY}").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Turn off browser-look in production?")
    expect(dialog).to_contain_text("state: ENABLED → DISABLED")
    dialog.locator("a[data-cancel]").click()
    expect(dialog).to_have_count(0)
    assert flags.evaluate("anna") == ("off", "STATIC"), "a question has changed something"
    page.locator(f"#switch-{KEY}").click()
    answer(page, "the browser turns it off")
    expect(page.locator("#flash")).to_contain_text("Turned off.")
    assert flags.evaluate("anna")[1] == "DISABLED"
    expect(page.locator(f"#flag-{KEY} .sign")).to_have_text("Off")
    page.locator("#filter").fill("no flag is called like this")
    expect(page.locator(".nothing")).to_contain_text("No flag matches.")


@with_flag
def the_editor_says_what_is_wrong(look, flags, context):
    """While rules are typed their errors are shown with their places; right ones can be saved, and count at once."""
    page = look.page(context, flags.path)
    form = page.locator("#form-targeting")
    text = form.locator("textarea")
    text.fill('{\n  "if": [\n    {"==": [{"var": "country"}, "de"]')
    expect(form.locator(".check")).to_contain_text("This is not JSON yet")
    text.fill('{\n  "if": [\n    {"==": [{"vra": "country"}, "de"]}, "on"\n  ]\n}')
    found = form.locator(".check .places li")
    expect(found).to_contain_text("unknown operator 'vra'")
    expect(found).to_contain_text("did you mean 'var'?")
    expect(found.locator("button")).to_have_text("Line 3, column 13")
    found.locator("button").click()
    expect(text).to_be_focused()
    marked = text.evaluate("element => element.value.slice(element.selectionStart, element.selectionStart + 6)")
    assert marked == '{"vra"', f"the error is marked at {marked}"
    text.fill('{\n  "if": [\n    {"==": [{"var": "country"}, "de"]}, "onn"\n  ]\n}')
    expect(found).to_contain_text("the variant 'onn'")
    assert flags.evaluate("anna", country="de") == ("off", "STATIC"), "typing has changed something"
    text.fill('{\n  "if": [\n    {"==": [{"var": "country"}, "de"]}, "on"\n  ]\n}')
    expect(form.locator(".check")).to_contain_text("This is valid.")
    form.locator("input[name=reason]").fill("Germany first")
    form.locator("button[data-save]").click()
    expect(page.locator("#flash")).to_contain_text("Saved")
    assert flags.evaluate("anna", country="de") == ("on", "TARGETING_MATCH")
    assert flags.evaluate("anna", country="fr")[0] == "off"
    expect(page.locator("#rules")).to_contain_text('country is "de"')


@with_flag
def nobody_overwrites_anybody(look, flags, context):
    """Somebody else's change appears while one types: what was typed stays, and both changes are made in the end."""
    page = look.page(context, flags.path)
    form = page.locator("#form-targeting")
    form.locator("textarea").fill('{"if": [{"var": "beta"}, "on"]}')
    expect(form.locator(".check")).to_contain_text("This is valid.")
    flags.change({"action": "describe", "owner": "somebody-else"}, reason="mine now")
    expect(form.locator(".check")).to_contain_text("Somebody changed this flag meanwhile.")
    expect(form.locator(".check")).to_contain_text("mine now")
    expect(form.locator("textarea")).to_have_value('{"if": [{"var": "beta"}, "on"]}')
    before = len(look.complaints)
    form.locator("button[data-save]").click()
    expect(page.locator("#form-targeting .check")).to_contain_text("What you typed is still here.")
    # Chromium reports the refusal itself; that is what this check provoked.
    look.complaints[before:] = [text for text in look.complaints[before:] if "409" not in text]
    page.locator("#form-targeting button[data-save]").click()
    expect(page.locator("#flash")).to_contain_text("Saved")
    expect(page.locator(".facts")).to_contain_text("owner somebody-else")
    assert flags.evaluate("anna", beta=True)[0] == "on"


@with_flag
def a_share_is_moved(look, flags, context):
    """The slider of one variant takes from the other; together they are always everybody."""
    page = look.page(context, flags.path)
    form = page.locator("#form-rollout")
    form.get_by_label("Share of on, in percent").press("End")
    expect(page.locator("#share-on")).to_have_value("100")
    expect(page.locator("#share-off")).to_have_value("0")
    form.get_by_label("Share of on, in percent").press("PageDown")
    expect(page.locator("#share-off")).not_to_have_value("0")
    page.locator("#share-on").fill("30")
    expect(page.locator("#share-off")).to_have_value("70")
    expect(form.locator("[data-sum]")).to_have_text("100%")
    expect(form.locator(".check")).to_contain_text("This is valid.")
    form.locator("button[data-save]").click()
    expect(page.locator("#flash")).to_contain_text("Saved")
    expect(page.locator(".summary")).to_contain_text("30% on, 70% off")
    variants = [flags.evaluate(f"user-{number}")[0] for number in range(200)]
    assert 30 <= variants.count("on") <= 90, f"{variants.count('on')} of 200 have it"


@with_flag
def history_leads_back(look, flags, context):
    """Every change stands there with its author, its reason and its difference, and one click returns to it."""
    flags.change({"action": "rollout", "variant": "on", "share": "25%"}, reason="a quarter")
    flags.change({"action": "off"}, reason="it burns")
    page = look.page(context, flags.path)
    changes = page.locator("#history .changes > li")
    expect(changes.nth(0)).to_contain_text("it burns")
    expect(changes.nth(0)).to_contain_text("state: ENABLED → DISABLED")
    expect(changes.nth(1)).to_contain_text("a quarter")
    expect(changes.nth(1)).to_contain_text("25% on, 75% off")
    assert changes.nth(0).locator("a.button").count() == 0, "one can revert to what is there"
    changes.nth(2).locator("a.button").click()
    expect(page.locator("dialog[open]")).to_contain_text("DISABLED")
    answer(page, "as it was")
    expect(page.locator("#flash")).to_contain_text("Reverted.")
    assert flags.evaluate("anna") == ("off", "STATIC")
    expect(changes.nth(0)).to_contain_text("as it was")


@with_flag
def counts_rise_live(look, flags, context):
    """What callers are given is counted by variant, and an open page shows it without being loaded again."""
    flags.change({"action": "targeting", "document": '{"if": [{"var": "beta"}, "on"]}'})
    page = look.page(context, flags.path)
    page.evaluate("window.sameDocument = true")
    count = re.compile(r"^\d+")
    before = int(count.match(page.locator("#variant-on .counted").inner_text()).group())
    for number in range(7):
        flags.evaluate(f"user-{number}", beta=True)
    expect(page.locator("#variant-on .counted")).to_contain_text(re.compile(f"^{before + 7}\\b"))
    assert page.evaluate("window.sameDocument"), "the page was loaded again"


@with_flag
def an_answer_is_explained(look, flags, context):
    """Which rule matched, which bucket of how many, and why not the others."""
    rules = {"if": [{"==": [{"var": "country"}, "de"]}, "on", {"fractional": [["on", 20], ["off", 80]]}]}
    flags.change({"action": "targeting", "document": json.dumps(rules)})
    variant, _ = flags.evaluate("user-7", country="fr")
    page = look.page(context, flags.path)
    page.evaluate("window.sameDocument = true")
    page.locator("#context").fill('{"targetingKey": "user-7", "country": "fr"}')
    page.locator("#evaluate button[type=submit]").click()
    expect(page.locator("#answer .verdict strong")).to_have_text(variant)
    expect(page.locator("#answer")).to_contain_text('country is "fr"')
    expect(page.locator("#answer")).to_contain_text(re.compile(r"bucket \d+ of 100"))
    page.locator("#context").fill('{"targetingKey": "user-7", "country": "de"}')
    page.locator("#evaluate button[type=submit]").click()
    expect(page.locator("#answer .verdict strong")).to_have_text("on")
    expect(page.locator("#answer .tone-good")).to_contain_text("country")
    page.locator("#context").fill('{"targetingKey": ')
    page.locator("#evaluate button[type=submit]").click()
    expect(page.locator("#answer .notice")).to_contain_text("line 1")
    assert page.evaluate("window.sameDocument"), "the page was loaded again"


@with_flag
def environments_are_apart(look, flags, context):
    """A flag is copied to another environment, and switched there alone."""
    environment = {"name": "environment.json", "text": json.dumps({"kind": "Environment", "name": ELSEWHERE})}
    flags.ask("POST", "/v1/apply", {"files": [environment]})
    page = look.page(context, flags.path)
    page.locator(f"#copy-{ELSEWHERE}").click()
    expect(page.locator("dialog[open]")).to_contain_text(f"in {ELSEWHERE}?")
    answer(page, "try it there")
    expect(page.locator("#flash")).to_contain_text("Copied")
    expect(page).to_have_url(re.compile(f"/flags/{ELSEWHERE}/{KEY}$"))
    page.locator(f"#switch-{KEY}").click()
    answer(page, "not there")
    expect(look.badge(page)).to_have_text("Off")
    page.locator(".crumbs a").last.click()
    expect(page.locator(f"#flag-{KEY} .sign")).to_have_text("Off")
    page.locator(".switcher a", has_text="production").click()
    expect(page.locator(f"#flag-{KEY} .sign")).to_have_text("On")
    assert flags.evaluate("anna") == ("off", "STATIC")


@with_flag
def flags_work_without_script(look, flags, context):
    """Without script the same questions and checks are pages of their own."""
    plain = look.context(java_script_enabled=False)
    page = look.page(plain, flags.path)
    page.locator(f"#switch-{KEY}").click()
    expect(page.locator("h1")).to_contain_text("Turn off")
    page.locator("input[name=reason]").fill("without script")
    page.locator("main button[type=submit]").click()
    expect(look.badge(page)).to_have_text("Off")
    before = len(look.complaints)
    form = page.locator("#form-targeting")
    form.locator("textarea").fill('{"iff": [true, "on"]}')
    form.locator("button[name=check]").click()
    expect(page.locator("#form-targeting .check")).to_contain_text("did you mean 'if'?")
    page.locator("#form-targeting textarea").fill('{"if": [true, "on"]}')
    page.locator("#form-targeting button[data-save]").click()
    expect(page.locator("#flash")).to_contain_text("Saved")
    page.locator("#context").fill('{"targetingKey": "anna"}')
    page.locator("#evaluate button[type=submit]").click()
    expect(page.locator("#answer .verdict")).to_contain_text("DISABLED")
    look.complaints[before:] = [text for text in look.complaints[before:] if "400" not in text]
    plain.close()


CHECKS = [
    a_flag_is_found_and_switched, the_editor_says_what_is_wrong, nobody_overwrites_anybody, a_share_is_moved,
    history_leads_back, counts_rise_live, an_answer_is_explained, environments_are_apart, flags_work_without_script,
]
