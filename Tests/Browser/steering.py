"""What a person tells rollouts on the page, button by button, to the end. Against a live server only.

Makes two rollouts by a plan of its own; both go back.
"""
import time

from playwright.sync_api import expect

from flags import Flags

PLAN = """
kind: Plan
name: browser-look
waves:
  - { name: one, hosts: 1, gate: approval, bake: 10m }
  - { name: rest, hosts: 100%, gate: approval }
"""

# What is waited for happens on hosts.
PATIENCE = 60


def press(page, verb, rollout, answer):
    """Presses a button, says why in the dialog that opens, and reads what the page says of it."""
    page.locator(f"#action-{verb}-{rollout}").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("input[name=reason]").fill("the browser test looks at it")
    dialog.locator("button[type=submit]").click()
    expect(page.locator("#flash")).to_contain_text(answer)


def shows(look, page, phase):
    expect(look.badge(page)).to_have_text(phase, timeout=PATIENCE * 1000)


def end(server, rollout):
    """Takes a rollout out of the way, unless it has ended."""
    path = f"/v1/rollouts/{rollout}"
    final = ("done", "rolledBack", "cancelled")
    if server.ask("GET", path)["phase"] not in final:
        server.ask("POST", f"{path}/abort", {"reason": "the browser test makes its own"})
    deadline = time.monotonic() + PATIENCE
    while server.ask("GET", path)["phase"] not in final:
        assert time.monotonic() < deadline, f"{rollout} does not end"
        time.sleep(0.2)


def every_button_steers(look):
    """Approve starts a wave, promote ends its waiting, rollback and abort take the version from every host."""
    server = Flags(look)
    service, _ = look.rollout.rsplit("-", 1)
    end(server, look.rollout)
    first = server.ask("GET", f"/v1/rollouts/{look.rollout}")
    running = server.ask("GET", f"/v1/services/{service}")["version"]
    wish = {
        "service": service, "force": True, "plan": "browser-look",
        "version": first["version"] if first["version"] != running else first["previous"],
    }
    server.ask("POST", "/v1/apply", {"files": [{"name": "plan.yaml", "text": PLAN}]})
    context = look.context()
    for last, answer in (("rollback", "Rolling back"), ("abort", "Aborted")):
        rollout = server.ask("POST", "/v1/deploy", wish)["rollout"]
        page = look.page(context, f"/rollouts/{rollout}")
        press(page, "approve", rollout, "Approved")
        shows(look, page, "Baking")
        press(page, "promote", rollout, "Promoted")
        shows(look, page, "Waiting for approval")
        press(page, last, rollout, answer)
        shows(look, page, "Rolled back")
        page.close()
    context.close()
    server.ask("DELETE", "/v1/plans/browser-look")


CHECKS = [every_button_steers]
