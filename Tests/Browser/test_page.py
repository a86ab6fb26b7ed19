#!/usr/bin/env python3
"""Looks at the page in a real Chromium.

    test_page.py --base-url http://127.0.0.1:8080 [--token T] [--rollout ID]   a live server with a rollout in flight
    test_page.py --preview FOLDER                                              the invented fleet, see preview.py

The rollout is paused and resumed; on a live server metrics are brought in (explorer.py), a flag and an environment are made and taken away again
(flags.py), and in the end the rollout is taken back and another one made (steering.py). Exit code 0 when everything holds, 1 when something does not, 2 when the
call is wrong. --screenshots FOLDER keeps a picture of every page, in light and dark, at 1280, 768 and 360 pixels.
"""
import argparse
import os
import pathlib
import re
import sys
import traceback

from playwright.sync_api import expect, sync_playwright

import evidence
import explorer
import flags
import steering

PATIENCE = 15_000

CONTRAST = pathlib.Path(__file__).with_name("contrast.js").read_text()


class Look:
    """A browser, where to look, and what it complained of."""

    def __init__(self, browser, options):
        self.browser = browser
        self.base = options.base_url.rstrip("/")
        self.token = options.token
        self.rollout = options.rollout
        self.preview = bool(options.preview)
        self.complaints = []

    def context(self, **settings):
        settings.setdefault("viewport", {"width": 1280, "height": 800})
        context = self.browser.new_context(**settings)
        context.set_default_timeout(PATIENCE)
        if self.token:
            context.add_cookies([{"name": "halcyon_token", "value": self.token, "url": self.base}])
        return context

    def page(self, context, path):
        page = context.new_page()
        page.on("console", lambda message: self.heard(path, message))
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        answer = page.goto(self.base + path)
        assert answer.status == 200, f"{path} answered {answer.status}"
        return page

    def heard(self, path, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{path}: {message.text}")

    def find_rollout(self):
        """The rollout to look at: the one that was named, or one that can be paused."""
        if self.rollout:
            return
        context = self.context()
        page = self.page(context, "/rollouts?state=in-flight")
        for link in page.locator("table.rollouts td.name > a").all():
            path = link.get_attribute("href")
            candidate = self.page(context, path)
            if candidate.locator("[id^=action-pause]").count():
                self.rollout = path.rsplit("/", 1)[1]
                break
        context.close()

    def paths(self):
        paths = ["/", "/fleet", "/rollouts", "/audit", "/flags", "/explore"]
        if not self.preview:
            paths += [explorer.address(explorer.REQUESTS, range="15m"), explorer.address("sum(", e2="up", range="5m")]
            paths.append(explorer.address("up", view="table", split="version"))
        paths += [f"/flags/production?show={list}" for list in ("segments", "stale", "changes")]
        context = self.context()
        page = self.page(context, "/flags")
        for link in page.locator("table.flags td.name > a").all()[:1]:
            paths += [link.get_attribute("href"), link.get_attribute("href") + "?do=off"]
            paths.append(link.get_attribute("href") + "?context=%7B%7D")
        page = self.page(context, "/")
        for link in page.locator("#services td.name a").all()[:2]:
            paths.append(link.get_attribute("href"))
        page = self.page(context, "/rollouts")
        for link in page.locator("table.rollouts td.name > a").all()[:5]:
            paths.append(link.get_attribute("href"))
        context.close()
        if self.rollout:
            paths += [f"/rollouts/{self.rollout}", f"/rollouts/{self.rollout}/rollback"]
        return list(dict.fromkeys(paths))

    def badge(self, page):
        return page.locator(".page-head .pill")


def pages_load_quietly(look):
    """Every page loads, has a title and a heading, and the console stays silent."""
    context = look.context()
    for path in look.paths():
        page = look.page(context, path)
        assert page.title().endswith(" · Halcyon"), f"{path} is titled {page.title()}"
        assert page.locator("h1").count() == 1, f"{path} has not one heading"
        page.wait_for_function("document.documentElement.classList.contains('scripted')")
        page.close()
    context.close()


def nothing_scrolls_sideways(look):
    """No page is wider than its window, down to 360 pixels."""
    for width in (1280, 768, 360):
        context = look.context(viewport={"width": width, "height": 740})
        for path in look.paths():
            page = look.page(context, path)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} pixels wide in a window of {width}"
            page.close()
        context.close()


def light_and_dark(look):
    """Both settings of the system are answered, and every text can be read (WCAG AA)."""
    grounds = {}
    for scheme in ("light", "dark"):
        context = look.context(color_scheme=scheme)
        for path in look.paths():
            page = look.page(context, path)
            grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
            weak = page.evaluate(CONTRAST)
            assert not weak, f"{path} in {scheme}: too little contrast: {weak[:4]}"
            page.close()
        context.close()
    assert grounds["light"] != grounds["dark"], "dark looks like light"


def keyboard_reaches_everything(look):
    """The first stop is the way past the navigation; every stop can be seen."""
    context = look.context()
    page = look.page(context, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    for _ in range(6):
        page.keyboard.press("Tab")
        seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert seen != "none", "the focus cannot be seen"
    context.close()


def needs_rollout(check):
    def wrapped(look):
        assert look.rollout, "there is no rollout in flight that can be paused; start one, or name one with --rollout"
        check(look)

    wrapped.__doc__ = check.__doc__
    wrapped.__name__ = check.__name__
    return wrapped


@needs_rollout
def confirmation_opens_in_place(look):
    """A button opens its question in a dialog; Escape and Cancel close it and change nothing; the focus comes back."""
    context = look.context()
    page = look.page(context, f"/rollouts/{look.rollout}")
    button = page.locator("[id^=action-rollback]")
    button.click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Roll back")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    button.click()
    dialog.locator("a[data-cancel]").click()
    expect(dialog).to_have_count(0)
    assert page.url.endswith(look.rollout)
    context.close()


@needs_rollout
def pages_follow_live(look):
    """What one person does, another one sees without loading anything; what they had opened stays open."""
    context = look.context()
    watcher = look.page(context, f"/rollouts/{look.rollout}")
    watcher.locator("#wave-hosts summary").click()
    watcher.evaluate("window.sameDocument = true")
    actor = look.page(context, f"/rollouts/{look.rollout}")
    actor.locator("[id^=action-pause]").click()
    actor.locator("dialog[open] input[name=reason]").fill("the browser test looks at it")
    actor.locator("dialog[open] button[type=submit]").click()
    expect(actor.locator("#flash")).to_contain_text("Paused")
    expect(actor).to_have_url(re.compile(f"/rollouts/{look.rollout}$"))
    expect(look.badge(watcher)).to_have_text("Paused")
    expect(watcher.locator("#history")).to_contain_text(re.compile("paused", re.I))
    assert watcher.evaluate("document.getElementById('wave-hosts').open"), "the list of hosts was closed"
    actor.locator("[id^=action-resume]").click()
    actor.locator("dialog[open] button[type=submit]").click()
    expect(look.badge(watcher)).not_to_have_text("Paused")
    assert watcher.evaluate("window.sameDocument"), "the page was loaded again"
    context.close()


@needs_rollout
def works_without_script(look):
    """Without script the question is a page of its own, and the answer leads back."""
    context = look.context(java_script_enabled=False)
    page = look.page(context, f"/rollouts/{look.rollout}")
    page.locator("[id^=action-pause]").click()
    expect(page.locator("h1")).to_contain_text("Pause")
    page.locator("input[name=reason]").fill("without script")
    page.locator("main button[type=submit]").click()
    expect(look.badge(page)).to_have_text("Paused")
    page.locator("[id^=action-resume]").click()
    page.locator("main button[type=submit]").click()
    expect(look.badge(page)).not_to_have_text("Paused")
    context.close()


def lost_connection_is_shown(look):
    """Without events the page says how old it is, and stops saying so once they are back."""
    context = look.context()
    before = len(look.complaints)
    context.route("**/v1/events", lambda route: route.abort())
    page = look.page(context, "/")
    mark = page.locator("#connection")
    expect(mark).to_contain_text("Connection lost. This is the state of")
    context.unroute("**/v1/events")
    expect(mark).to_be_empty()
    # Chromium reports the failed connection itself; that is what this check provoked.
    look.complaints[before:] = [text for text in look.complaints[before:] if "ERR_FAILED" not in text]
    context.close()


def filter_applies_while_typing(look):
    """The fleet is narrowed down without loading the page, and the address can be sent to somebody."""
    context = look.context()
    page = look.page(context, "/fleet")
    name = page.locator("tbody td.name strong").first.inner_text()
    page.locator("#filter").fill(name)
    expect(page.locator("tbody tr:not(.group)", has_not_text=name)).to_have_count(0)
    assert page.locator("tbody tr:not(.group)").count() > 0, "the host itself is not found"
    assert f"q={name}" in page.url
    expect(page.locator("#filter")).to_be_focused()
    context.close()


CHECKS = [
    pages_load_quietly, nothing_scrolls_sideways, light_and_dark, keyboard_reaches_everything, confirmation_opens_in_place,
    pages_follow_live, works_without_script, lost_connection_is_shown, filter_applies_while_typing,
]


def take_pictures(look, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for width in (1280, 768, 360):
            context = look.context(viewport={"width": width, "height": 800}, color_scheme=scheme)
            for path in look.paths():
                page = look.page(context, path)
                name = re.sub(r"\W+", "-", path.strip("/")) or "overview"
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                page.close()
            context.close()


def run(look, options):
    failed = 0
    # What only a live server can do.
    checks = CHECKS if options.preview else CHECKS + evidence.CHECKS + explorer.CHECKS + flags.CHECKS + steering.CHECKS
    checks = [check for check in checks if (options.only or "") in check.__name__.replace("_", " ")]
    for check in checks:
        before = len(look.complaints)
        try:
            check(look)
            complaints = look.complaints[before:]
            assert not complaints, "the browser complained:\n  " + "\n  ".join(complaints)
            print(f"ok    {check.__name__.replace('_', ' ')}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAIL  {check.__name__.replace('_', ' ')}: {error}", flush=True)
            if options.verbose:
                traceback.print_exc()
    print(f"{len(checks) - failed} of {len(checks)} hold")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--base-url", help="a live server")
    where.add_argument("--preview", help="a folder that WebTests wrote")
    parser.add_argument("--token", default=os.environ.get("HALCYON_TOKEN"))
    parser.add_argument("--rollout", help="which rollout to pause and resume; any that is in flight without it")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--only", help="only checks whose name contains this")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if options.preview:
        import preview

        options.base_url = preview.serve(options.preview).base_url
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        look = Look(browser, options)
        look.find_rollout()
        if not options.preview:
            explorer.bring_in(look)
        failed = run(look, options)
        if options.screenshots:
            take_pictures(look, options.screenshots)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
