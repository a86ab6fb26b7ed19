"""What a rollout's page shows of verdicts: the sentence, the effect with its interval, and evidence over time. Against a live server only."""
import re

from playwright.sync_api import expect

from flags import Flags


def find(look, is_wanted):
    """A rollout with a reading that has evidence."""
    for rollout in Flags(look).ask("GET", "/v1/rollouts?limit=100")["items"]:
        if is_wanted(rollout) and any("evidence" in reading for reading in rollout["readings"]):
            return rollout
    return None


def failed(rollout):
    return rollout["phase"] == "rolledBack" and any(reading["verdict"] == "fail" for reading in rollout["readings"])


def evidence_is_shown(look):
    """A check that failed says its sentence, how strong its evidence was, and draws it over the line that a rollback needs."""
    rollout = find(look, failed)
    assert rollout, "no rollout was taken back by its checks"
    reading = next(reading for reading in rollout["readings"] if reading["verdict"] == "fail")
    check, sentence = reading["check"], reading["reason"]
    context = look.context()
    page = look.page(context, f"/rollouts/{rollout['id']}")
    says = page.locator(f"#says-{check}")
    expect(says).to_contain_text(sentence[1:])
    expect(page.locator(f"#check-{check}")).to_contain_text("for a rollback")
    chart = page.locator(f"#chart-evidence-{check}")
    expect(chart.locator(".plot .series.canary")).to_have_count(1)
    expect(chart.locator(".plot .series.limit")).to_have_count(1)
    expect(chart.locator("svg.plot")).to_have_attribute("role", "img")
    plot = chart.locator("svg.plot")
    plot.scroll_into_view_if_needed()
    plot.hover()
    expect(chart.locator("[data-readout]")).not_to_be_empty()
    context.close()
    # The same without script.
    context = look.context(java_script_enabled=False)
    page = look.page(context, f"/rollouts/{rollout['id']}")
    expect(page.locator(f"#chart-evidence-{check} .plot .series.canary")).to_have_count(1)
    expect(page.locator(f"#says-{check}")).to_contain_text(sentence[1:])
    context.close()


def evidence_can_be_queried(look):
    """The chart's title leads to the series in the explorer."""
    rollout = find(look, failed)
    assert rollout, "no rollout was taken back by its checks"
    context = look.context()
    page = look.page(context, f"/rollouts/{rollout['id']}")
    page.locator("[id^=chart-evidence-] figcaption a").first.click()
    expect(page).to_have_url(re.compile(r"/explore\?"))
    expect(page.locator("textarea").first).to_have_value(re.compile("halcyon_verdict_log_evidence"))
    context.close()


CHECKS = [evidence_is_shown, evidence_can_be_queried]
