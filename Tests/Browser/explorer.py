"""What a person asks of metrics on the page. Against a live server only, with a service that is scraped and was rolled out.

Brings in a few metrics of its own, one of them with labels that somebody hostile chose.
"""
import re
import urllib.request
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import Error, expect

HOSTILE = '<script>document.title="taken over"</script>"\' onload=alert(1) <img src=x onerror=alert(1)>'
REQUESTS = "sum by (version) (rate(http_requests_total[15s]))"
SERIES = 1200


def bring_in(look):
    """Gauges as a shop would have them: twelve hundred series, and one with a label that is an attack."""
    lines = ["# HELP browser_look_orders Orders that wait, for the test of the page.", "# TYPE browser_look_orders gauge"]
    lines += [f'browser_look_orders{{shop="shop-{number}"}} {number}' for number in range(SERIES)]
    hostile = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    lines += ["# TYPE browser_look_hostile gauge", f'browser_look_hostile{{shop="{hostile}"}} 7', ""]
    headers = {"Content-Type": "text/plain"}
    if look.token:
        headers["Authorization"] = f"Bearer {look.token}"
    request = urllib.request.Request(
        look.base + "/prometheus/api/v1/import/prometheus", data="\n".join(lines).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=15) as answer:
        assert answer.status in (200, 204), answer.status


def address(expression="", **fields):
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in {"e": expression, **fields}.items() if value)
    return f"/explore?{query}"


def asked(page, name):
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]


def lines_of(page):
    return page.locator("#panel-0 .plot .series")


def drawn(page):
    """How many lines there are, each of which goes somewhere."""
    expect(lines_of(page).first).to_be_attached()
    return page.evaluate(
        "[...document.querySelectorAll('#panel-0 .plot .series')].filter(line => /L/.test(line.getAttribute('d'))).length")


def with_page(path):
    def wrap(check):
        def wrapped(look):
            context = look.context()
            try:
                check(look, look.page(context, path))
            finally:
                context.close()

        wrapped.__doc__ = check.__doc__
        wrapped.__name__ = check.__name__
        return wrapped

    return wrap


@with_page("/explore")
def completion_by_keyboard(look, page):
    """Metrics, functions, labels and values are offered at the cursor, and taken with the keyboard alone."""
    field = page.locator("#e")
    field.focus()
    options = page.locator("#completion [role=option]")
    page.keyboard.type("rat")
    expect(options.first).to_contain_text("rate")
    expect(options.first).to_contain_text("range vector")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(field).to_have_value("rate(")
    page.keyboard.type("http_requests_to")
    expect(options.first).to_contain_text("counter")
    expect(options.first).to_contain_text("Requests answered")
    page.keyboard.press("Enter")
    expect(field).to_have_value("rate(http_requests_total")
    page.keyboard.type("{ver")
    expect(options.first).to_have_text(re.compile("^version"))
    page.keyboard.press("Enter")
    page.keyboard.type('="')
    expect(options).not_to_have_count(0)
    first = field.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    expect(field).not_to_have_attribute("aria-activedescendant", first)
    page.keyboard.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", first)
    value = options.first.locator(".option-name").inner_text()
    page.keyboard.press("Enter")
    expect(field).to_have_value(f'rate(http_requests_total{{version="{value}')
    page.keyboard.type('"}[')
    expect(options.first).to_contain_text("30s")
    page.keyboard.press("Escape")
    expect(page.locator("#completion")).to_have_count(0)
    page.keyboard.type("1m])")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-0 .plot")).to_be_visible()
    assert asked(page, "e") == f'rate(http_requests_total{{version="{value}"}}[1m])', page.url


@with_page("/explore")
def an_error_is_underlined(look, page):
    """What is wrong is said, and marked in the field at its very place until somebody types there."""
    page.evaluate("window.sameDocument = true")
    page.locator("#e").fill("sum(up) by (service) foo")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#problem-0")).to_contain_text("unexpected", ignore_case=True)
    expect(page.locator("#problem-0")).to_contain_text("Line 1, column 22")
    expect(page.locator("#field-e .underlay .wrong")).to_have_text("foo")
    expect(page.locator("#e")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Backspace")
    expect(page.locator("#field-e .underlay .wrong")).to_have_count(0)
    page.locator("#e").fill("rate(up[1m])")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-0 .remark").first).to_contain_text("metric might not be a counter")
    assert page.evaluate("window.sameDocument"), "the page was loaded again"


@with_page(address(REQUESTS, range="15m"))
def a_chart_is_drawn_and_read(look, page):
    """Each series is a line; the pointer and the keyboard read its values; the deployments are marked by name."""
    assert drawn(page) >= 1
    plot = page.locator("#panel-0 .plot")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40)
    expect(page.locator("#panel-0 [data-readout] .reading")).not_to_have_count(0)
    expect(page.locator("#panel-0 [data-readout]")).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    page.mouse.move(2, 2)
    expect(page.locator("#panel-0 [data-readout]")).to_be_empty()
    plot.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#panel-0 [data-readout] .reading")).not_to_have_count(0)
    flags = page.locator("#panel-0 .marks .flag")
    expect(flags).not_to_have_count(0)
    flags.first.focus()
    expect(page.locator("#panel-0 [data-readout]")).to_contain_text("storefront")
    assert flags.first.get_attribute("href").startswith("/rollouts/")
    page.locator("select[name=marks]").select_option("none")
    expect(flags).to_have_count(0)
    assert asked(page, "marks") == "none"


@with_page(address("time()", range="15m"))
def zoom_is_in_the_address(look, page):
    """Dragging over the chart shows that stretch of time; the keyboard does too; going back leads back."""
    plot = page.locator("#panel-0 .plot")
    chart = page.locator("#panel-0 .chart")
    before = chart.get_attribute("data-start")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=4)
    expect(plot.locator(".selection")).to_have_attribute("d", re.compile("^M"))
    page.mouse.up()
    page.wait_for_url(re.compile("from="))
    assert asked(page, "range") is None and asked(page, "to"), page.url
    first = page.url
    # The address comes before the answer.
    expect(chart).not_to_have_attribute("data-start", before)
    start = chart.get_attribute("data-start")
    plot.focus()
    for key in ("End", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page).not_to_have_url(first)
    page.go_back()
    expect(page).to_have_url(first)
    expect(chart).to_have_attribute("data-start", start)
    page.locator("#zoom-out").click()
    expect(page).not_to_have_url(first)
    page.locator(".switcher a", has_text="15m").click()
    page.wait_for_url(re.compile("range=15m"))
    expect(page.locator("input[name=from]")).to_have_value("")


@with_page(address("browser_look_orders < 3", range="5m"))
def a_link_shows_the_same(look, page):
    """Hiding a series, splitting, another view: whoever opens the link sees it all as it was."""
    rows = page.locator("#panel-0 .series-list tbody tr")
    expect(rows).to_have_count(3)
    rows.nth(1).locator("a").click()
    expect(rows.nth(1)).to_have_class("off")
    expect(page.locator("#panel-0 .plot .series[hidden]")).to_have_count(1)
    page.locator("#e").fill("browser_look_orders < 4")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(4)
    page.locator("select[name=step]").select_option("15s")
    page.wait_for_url(re.compile("step=15s"))
    # The address is there at once, the link with the answer.
    expect(page.locator("#share-link")).to_have_attribute("href", re.compile("step=15s"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#share-link").click()
    # The words that say so are gone after two seconds: a slow machine may not see them.
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('step=15s')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "token" not in link
    other = look.context()
    again = look.page(other, link.removeprefix(look.base))
    expect(again.locator("#e")).to_have_value("browser_look_orders < 4")
    expect(again.locator("#panel-0 .series-list tbody tr")).to_have_count(4)
    expect(again.locator("#panel-0 .series-list tr.off")).to_have_count(1)
    expect(again.locator("select[name=step]")).to_have_value("15s")
    other.close()


@with_page(address("browser_look_orders", range="5m"))
def a_thousand_series_are_handled(look, page):
    """Of very many series the largest are drawn, and that is said; the table lists more."""
    expect(page.locator("#panel-0 .remark").first).to_contain_text("20 series with the largest values of 1,200")
    expect(lines_of(page)).to_have_count(20)
    page.locator(".bar .tabs a", has_text="Table").click()
    expect(page.locator("#panel-0 table.values tbody tr")).to_have_count(500)
    expect(page.locator("#panel-0 .remark").first).to_contain_text("first 500 elements of 1,200")


@with_page(address("browser_look_hostile", e2='label_replace(vector(1), "x", "<b>", "", "")', range="5m"))
def hostile_labels_stay_text(look, page):
    """A label that is written as an attack is shown as it is: on the chart, in the read-out, in completion and in the table."""
    expect(page.locator("#panel-0 .series-list")).to_contain_text("<script>")
    plot = page.locator("#panel-0 .plot")
    plot.focus()
    page.keyboard.press("End")
    expect(page.locator("#panel-0 [data-readout]")).to_contain_text("onload=alert(1)")
    page.locator("#e").fill('browser_look_hostile{shop="')
    expect(page.locator("#completion [role=option]").first).to_contain_text("<script>")
    page.keyboard.press("Enter")
    page.keyboard.type('"}')
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-0 .plot .series")).to_have_count(1)
    page.locator(".bar .tabs a", has_text="Table").click()
    expect(page.locator("#panel-0 table.values")).to_contain_text("<script>")
    assert page.locator("main img, main script").count() == 0
    assert "taken over" not in page.title()


@with_page(address("browser_look_orders < 2", range="5m"))
def a_new_question_ends_the_old_one(look, page):
    """Only the newest answer is shown, and the request for the older one is given up."""
    given_up, held = [], []
    page.on("requestfailed", lambda request: given_up.append(request.url))

    # Never answered: who gives it up does so by itself.
    page.route(re.compile("slow_one.*fragment=main"), lambda route: held.append(route))
    page.locator("#e").fill("slow_one")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.locator("#e").fill("browser_look_orders < 5")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-0 .series-list tbody tr")).to_have_count(5)
    for route in held:
        try:
            route.abort()
        except Error:
            pass
    assert any("slow_one" in url for url in given_up), "the older request went on"
    expect(page.locator("#panel-0 .series-list tbody tr")).to_have_count(5)


@with_page(address("sum(rate(http_requests_total[15s]))", range="15m"))
def canary_against_baseline(look, page):
    """One choice splits any expression by version; four expressions stand side by side."""
    page.locator("select[name=split]").select_option("version")
    page.wait_for_url(re.compile("split=version"))
    expect(page.locator("#panel-0 .series-list tbody tr")).not_to_have_count(0)
    expect(page.locator("#panel-0 .plot .series.canary")).to_have_count(1)
    page.get_by_role("button", name="Add expression").click()
    expect(page.locator("#e2")).to_be_focused()
    page.keyboard.type("vector(1)")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-1 .remark")).to_contain_text("shown as it is")
    page.get_by_role("button", name="Remove expression 1").click()
    expect(page.locator(".panel")).to_have_count(1)
    expect(page.locator("#e")).to_have_value("vector(1)")


def explorer_works_without_script(look):
    """Without script the form asks, the server draws, and links lead on."""
    context = look.context(java_script_enabled=False)
    page = look.page(context, "/explore")
    expect(page.locator("#catalogue")).to_contain_text("http_requests_total")
    page.locator("#e").fill(REQUESTS)
    page.locator("main button", has_text="Run").click()
    expect(page.locator("#panel-0 .plot .series")).not_to_have_count(0)
    page.locator(".switcher a", has_text="15m").click()
    assert asked(page, "range") == "15m" and asked(page, "e") == REQUESTS, page.url
    page.locator("#panel-0 .series-list a").first.click()
    expect(page.locator("#panel-0 .series-list tr.off")).to_have_count(1)
    page.locator(".bar .tabs a", has_text="Table").click()
    expect(page.locator("#panel-0 table.values tbody tr")).not_to_have_count(0)
    page.locator("main button", has_text="Add expression").click()
    page.locator("#e2").fill("sum(")
    page.locator("main button", has_text="Run").click()
    expect(page.locator("#problem-1")).to_be_visible()
    context.close()


@with_page("/services/storefront")
def a_service_at_a_glance(look, page):
    """Requests, errors, latency and memory by version, each a way into the explorer."""
    charts = page.locator("#figures .chart")
    for title in ("Requests a second", "Errors", "Latency, p50", "Latency, p99", "Memory"):
        chart = charts.filter(has=page.locator("figcaption strong", has_text=title))
        expect(chart).to_have_count(1)
        expect(chart.locator(".figure")).to_have_text(re.compile(r"\d"))
    charts.first.locator("figcaption a").click()
    page.wait_for_url(re.compile("/explore"))
    expect(page.locator("#panel-0 .plot .series")).not_to_have_count(0)


def checks_are_drawn_from_the_store(look):
    """A rollout that has ended shows its checks over time: canary, baseline and limit."""
    context = look.context()
    page = look.page(context, "/rollouts")
    row = page.locator("table.rollouts tbody tr", has_text="Rolled back").filter(has_text="storefront").first
    path = row.locator("td.name > a").first.get_attribute("href")
    page = look.page(context, path)
    chart = page.locator("#checks .chart").first
    for line in ("canary", "baseline", "limit"):
        expect(chart.locator(f".plot .series.{line}")).to_have_count(1)
    expect(chart.locator(".marks .flag")).not_to_have_count(0)
    context.close()


CHECKS = [
    completion_by_keyboard, an_error_is_underlined, a_chart_is_drawn_and_read, zoom_is_in_the_address, a_link_shows_the_same,
    a_thousand_series_are_handled, hostile_labels_stay_text, a_new_question_ends_the_old_one, canary_against_baseline,
    explorer_works_without_script, a_service_at_a_glance, checks_are_drawn_from_the_store,
]
